/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/sending/agenda.h"
#include "agent/sending/dispatch.h"
#include "base/err.h"

/*
 * Where consent is asked for: it checks those who are due, gets the links of services whose customers
 * lack consent, and answers people who want to know either now.
 *
 * Thread: the loop's.
 */
struct consent_desk;

struct consent_desk_options {
	const struct dispatch_options *dispatch;
	struct agenda *agenda;
	void *arg;
	/* There are news in the store, and perhaps a free slot; err: it has failed. */
	void (*on_change)(void *arg, const struct err *err);
	/* A service wants nothing more of a party (NULL: of anybody) for so long. */
	void (*on_wait)(void *arg, struct party *p, struct service *s, int64_t for_ms);
};

/* All in it must outlive the desk. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code consent_desk_new(const struct consent_desk_options *opt,
    struct consent_desk **out, struct err *err);

/* Nothing of it may be under way. Accepts NULL. */
void consent_desk_free(struct consent_desk *desk);

/* Starts what is due and has a slot. */
void consent_desk_serve(struct consent_desk *desk);

/* For dispatch_check_consent() and dispatch_link(). */
MUST_USE enum err_code consent_desk_check(struct consent_desk *desk, const char *customer,
    dispatch_consent_fn *done, void *arg, struct err *err);
MUST_USE enum err_code consent_desk_link(struct consent_desk *desk, const char *customer,
    bool requested, dispatch_link_fn *done, void *arg, struct err *err);

/* Takes nothing more, and answers everybody whose question has not been begun: on the loop thread. */
void consent_desk_close(struct consent_desk *desk);

/* Cancels what is under way. */
void consent_desk_cancel(struct consent_desk *desk);
bool consent_desk_is_busy(const struct consent_desk *desk);

/* Everything under way at a service, or of one of its customers, is told to wait. */
void consent_desk_pause(struct consent_desk *desk, const struct party *p, const struct service *s,
    int64_t for_ms);
