/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/engine/agent.h"
#include "agent/tools/service_manager.h"
#include "base/err.h"

/*
 * The daemon before its service manager: ready, what it is doing, reading its configuration again,
 * stopping; and its watchdog, which is fed only while agent_pulse() finds all parts alive. With no
 * manager it costs nothing.
 *
 * What it is doing is told when it has changed, at most once a second; an idle agent is not woken for
 * that.
 *
 * Thread: the loop's.
 */
struct service_life;
struct uv_loop_s;

/*
 * The agent is ready: everything that people need is open. All arguments must outlive the object,
 * the agent until close. Errors: ERR_NOMEM, ERR_IO (the manager did not hear it, and would end us);
 * *out is untouched then.
 */
MUST_USE enum err_code service_life_open(struct uv_loop_s *loop, struct agent *a,
    const struct service_manager *m, struct service_life **out, struct err *err);

/* What agent_work() and the like say may have changed. Any number of times. Accepts NULL. */
void service_life_touch(struct service_life *l);

/* The agent is stopping. The object is freed once the loop has run. Accepts NULL. */
void service_life_close(struct service_life *l);
