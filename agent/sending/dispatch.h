/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/sending/roster.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "channel/channel.h"
#include "config/config.h"

/*
 * Decides what is done next: which lane's devices leave, which job is asked about, whose consent is
 * checked, and when to wake up for the next of these. What is stored and what is due are two things:
 * everything here can be rebuilt from the store.
 *
 * Fair: each service's free upload slot goes to the next customer in turn, so that a hundred
 * thousand devices of one do not keep the ten of another waiting. Uploads on their way are limited
 * for each service, jobs that are not settled for each customer; a slot never waits for its job.
 *
 * Thread: the loop's.
 */
struct dispatch;
struct meter;
struct store_async;
struct uv_loop_s;

struct dispatch_options {
	struct uv_loop_s *loop;
	const struct clock *clock;
	const struct random *random;
	const struct config *config;
	struct store_async *writer;
	struct channel *const
	    *channel; /* one for each partner of the configuration, then each oem */
	const struct service_limits *limits; /* beside channel; NULL: none has any of its own */
	struct meter *meter;                 /* NULL: nobody counts */
	void *arg;
	void (*on_list)(void *arg, int64_t list); /* devices of it have been settled, or are held */
	/* What waits of this customer, or of anybody (NULL), may be held from now on. */
	void (*on_held)(void *arg, const char *customer);
	/* The roster, or what is due, may have changed; may be NULL. Often: to be looked at later. */
	void (*on_change)(void *arg);
};

/* All in it must outlive the object. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code dispatch_open(const struct dispatch_options *opt, struct dispatch **out,
    struct err *err);

/* Something in the store has changed that the dispatcher has not done itself. Any number of times. */
void dispatch_refresh(struct dispatch *d);

/*
 * What is in the store now for this customer (NULL: for any) waits no longer for more to be sent with
 * it: the end of a pallet. Errors: ERR_NOT_FOUND (no such customer).
 */
MUST_USE enum err_code dispatch_flush(struct dispatch *d, const char *customer, struct err *err);

/* Borrowed by the callback: how the customer's consent stands after the service was asked. */
struct dispatch_consent {
	enum consent_state state;
	const struct channel_answer *answer; /* NULL: nothing was asked, err says why */
};
typedef void dispatch_consent_fn(void *arg, const struct dispatch_consent *c,
    const struct err *err);

/*
 * Asks the service now whether a customer consents, or joins the check that is under way; what it
 * says is durable when done runs. If it returns ERR_OK done runs exactly once, later, on the loop
 * thread; otherwise never. Errors: ERR_NOT_FOUND (no such customer), ERR_USAGE (its service has no
 * such thing), ERR_BUSY (its service is left alone for a while yet), ERR_LIMIT (too many wait),
 * ERR_NOMEM, ERR_IO, ERR_CANCELLED (closing).
 */
MUST_USE enum err_code dispatch_check_consent(struct dispatch *d, const char *customer,
    dispatch_consent_fn *done, void *arg, struct err *err);

/* url: what the customers of a service are sent; NULL with err. Borrowed. */
typedef void dispatch_link_fn(void *arg, const char *url, const struct channel_answer *answer,
    const struct err *err);

/*
 * The link for a customer: the one that is known, else the service is asked for it and it is kept.
 * requested: somebody is about to send it, so that a customer whose consent is "unknown" becomes
 * "requested". The contract of dispatch_check_consent().
 */
MUST_USE enum err_code dispatch_link(struct dispatch *d, const char *customer, bool requested,
    dispatch_link_fn *done, void *arg, struct err *err);

/*
 * Starts nothing new, gives what is in flight the grace, then cancels it; then closes all handles,
 * frees the object and calls closed on the loop thread. A second call cuts the grace short; its
 * arguments do not count.
 */
void dispatch_close(struct dispatch *d, uint64_t grace_ms, void (*closed)(void *arg), void *arg);

/* Borrowed until the next return to the loop. */
const struct roster *dispatch_roster(const struct dispatch *d);

/* When something is due for a customer, unix milliseconds; 0: nothing is. */
int64_t dispatch_next_unix_ms(const struct dispatch *d, const struct party *p);

/* The same for all of them together, checks of consent that nobody waits for included. */
int64_t dispatch_wake_unix_ms(const struct dispatch *d);

/*
 * Something was due late_ms ago, nothing stands in its way, and nobody has taken it. That cannot be,
 * but for a moment; if it stays so, nothing is sent any more.
 */
bool dispatch_is_stuck(struct dispatch *d, uint64_t late_ms);
