/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "agent/engine/agent.h"
#include "base/err.h"

/*
 * What people want done about consent, by an agent, as the document that they are given for it. The
 * daemon does it for who asks over the socket, a command for itself if none runs.
 *
 *	check     {"consent":[…one…],"check":{"outcome","call","status","code","message","advice"}}
 *	link      {"customer","link"}; it is about to be sent: an unknown consent becomes "requested"
 *	discover  {"consent":[…all…],"unconfigured":[{"partner","tenant","domain","company","granted"}],
 *	          "failed":[{"partner","message","advice"}]}
 *
 * Thread: the loop's.
 */
enum consent_wish { CONSENT_CHECK, CONSENT_LINK, CONSENT_DISCOVER };

/* doc: the callee's; NULL with err, or for want of memory. */
typedef void consent_task_fn(void *arg, json_t *doc, const struct err *err);

/*
 * customer: NULL for CONSENT_DISCOVER; copied. If it returns ERR_OK done runs exactly once, later,
 * on the loop thread, never inside start; otherwise never. It ends by itself when the agent stops.
 * Errors: ERR_NOT_FOUND (no such customer), ERR_NOMEM, those of agent_check_consent() and the others.
 */
MUST_USE enum err_code consent_task_start(struct agent *a, enum consent_wish wish,
    const char *customer, consent_task_fn *done, void *arg, struct err *err);
