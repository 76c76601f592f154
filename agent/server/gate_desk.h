/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/server/http_exchange.h"
#include "base/err.h"

/*
 * Answers whether devices may be delivered, to those who want to know it now and to those who would
 * rather wait until it is settled. The store is asked again and again while somebody waits, all of
 * them in one question: so nothing that changes a device can forget to tell us.
 *
 * Thread: the loop's.
 */
struct agent;
struct gate_desk;
struct uv_loop_s;

enum {
	GATE_WAITERS_MAX = 24, /* fewer than the server has connections */
	GATE_WAIT_MAX_MS = 60 * 1000,
};

/* agent must outlive it. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code gate_desk_new(struct uv_loop_s *loop, struct agent *agent,
    struct gate_desk **out, struct err *err);

/*
 * Answers x, at once or at the latest when wait_ms (at most GATE_WAIT_MAX_MS) is over. by_status: a no
 * is one of HTTP as well. Who would be one too many is refused, as ERR_BUSY.
 */
void gate_desk_ask(struct gate_desk *d, struct http_exchange *x, const char *serial, bool by_status,
    uint64_t wait_ms);

/* From now on nobody waits: who does is answered with what is known. */
void gate_desk_hurry(struct gate_desk *d);

/* Nobody may wait. Frees the desk; closed is called on the loop thread, never inside close. */
void gate_desk_close(struct gate_desk *d, void (*closed)(void *arg), void *arg);
