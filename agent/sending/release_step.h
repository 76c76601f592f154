/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/sending/roster.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "channel/channel.h"

/*
 * A unit has become another one, and its service is asked to take the old one back; what it says is
 * made durable. A service that takes nothing back is not asked: that is for a person, and the new
 * unit goes all the same.
 *
 * A crash at any point costs one request: to take back what is not there (any more) is no error.
 *
 * Thread: the loop's.
 */
struct release_step;
struct store_async;

struct release_step_request {
	struct store_async *writer;
	struct channel *channel;
	const struct clock *clock;
	const struct random *random;
	const struct customer *customer;
	const char *service_scope;
	int64_t old_device;
	/* Its answer asks to wait (batch_policy_waits()); before it is durable, arg as for done. */
	void (*on_wait)(void *arg, const struct channel_answer *answer);
};

/* Borrowed by the callback, after which the step is gone. */
struct release_step_result {
	bool over;                           /* nothing is left to do about this unit */
	const struct channel_answer *answer; /* NULL: the service was not asked */
};

/* err: NULL, or why what happened is not durable: the store has failed. */
typedef void release_step_fn(void *arg, const struct release_step_result *result,
    const struct err *err);

/*
 * The contract of every start: exactly once, later, on the loop thread, if ERR_OK; else never.
 * Everything in the request must outlive the step. Errors: ERR_NOMEM, ERR_IO.
 */
MUST_USE enum err_code release_step_start(const struct release_step_request *req,
    release_step_fn *done, void *arg, struct release_step **out, struct err *err);

/* A wish; what has been answered still becomes durable. */
void release_step_cancel(struct release_step *r);

/* Another answer asks to wait: nothing of it that has not left leaves any more. */
void release_step_pause(struct release_step *r, int64_t for_ms);
