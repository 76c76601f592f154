/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/sending/roster.h"
#include "base/clock.h"
#include "base/err.h"
#include "channel/channel.h"

/*
 * Asks a service whether a customer consents, and makes durable what it says: the state, and the
 * hold that follows from it or its end. A service that cannot be asked changes nothing.
 *
 * Thread: the loop's.
 */
struct consent_step;
struct store_async;

struct consent_step_request {
	struct store_async *writer;
	struct channel *channel;
	const struct clock *clock;
	const struct customer *customer;
	const char *service_scope; /* held if the service does not let us in at all */
	/* Its answer asks to wait (batch_policy_waits()); before it is durable, arg as for done. */
	void (*on_wait)(void *arg, const struct channel_answer *answer);
};

/*
 * answer: NULL if the store failed before it was durable; else state is how the consent stands now.
 * The caller reads the news from the store.
 */
typedef void consent_step_fn(void *arg, const struct channel_answer *answer,
    enum consent_state state, const struct err *err);

/* The contract of every start. Everything in the request must outlive the check. */
MUST_USE enum err_code consent_step_start(const struct consent_step_request *req,
    consent_step_fn *done, void *arg, struct consent_step **out, struct err *err);

/* A wish; what has been answered still becomes durable. */
void consent_step_cancel(struct consent_step *c);

/* Another answer asks to wait: nothing of it that has not left leaves any more. */
void consent_step_pause(struct consent_step *c, int64_t for_ms);
