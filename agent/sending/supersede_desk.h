/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/sending/agenda.h"
#include "agent/sending/dispatch.h"
#include "base/err.h"

/*
 * Where units that have become other ones are taken back, so that those may go: one at a time at each
 * service, the oldest of a customer first, the customers in turn, and again later when that comes to
 * nothing. Nothing is asked for a customer who may not send.
 *
 * Thread: the loop's.
 */
struct supersede_desk;

struct supersede_desk_options {
	const struct dispatch_options *dispatch;
	struct agenda *agenda;
	void *arg;
	/* There are news in the store; err: it has failed. */
	void (*on_change)(void *arg, const struct err *err);
	/* A service wants nothing more of a party (NULL: of anybody) for so long. */
	void (*on_wait)(void *arg, struct party *p, struct service *s, int64_t for_ms);
};

/* All in it must outlive the desk. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code supersede_desk_new(const struct supersede_desk_options *opt,
    struct supersede_desk **out, struct err *err);

/* Nothing of it may be under way. Accepts NULL. */
void supersede_desk_free(struct supersede_desk *desk);

/* Starts what is due. */
void supersede_desk_serve(struct supersede_desk *desk);

bool supersede_desk_is_busy(const struct supersede_desk *desk);

/* A wish, for all that is under way. */
void supersede_desk_cancel(struct supersede_desk *desk);

/* As on_wait has it: what is under way and has not left does not leave. */
void supersede_desk_pause(struct supersede_desk *desk, const struct party *p,
    const struct service *s, int64_t for_ms);
