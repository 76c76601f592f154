/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/random.h"
#include "channel/batch.h"
#include "channel/channel.h"
#include "config/config.h"
#include "store/store.h"

/*
 * What becomes of a batch after a channel has answered: the one place where it is decided whether
 * something is sent again. Pure: time and chance come in, a decision comes out.
 *
 * The rules. What was refused clearly (429, a clean 4xx, no connection at all) did not happen.
 * After anything else the outcome is unknown: the service is asked, at least once and not only
 * right away, before the devices are sent again. A body that the service fails on three times is
 * halved until the device that poisons it stands alone. A refusal that concerns the customer or the
 * partner holds or pauses all of it, not this batch.
 *
 * A device that a maker's service does not know yet stays, and is sent again from time to time: the
 * service learns of devices from a report that may come later than they are shipped. It has a verdict
 * all the same, so that people see for what it waits.
 *
 * A maker's service has no list to look in, but knows a request by its id: that stays the same until
 * it is known what became of the request, or its body changes. At a partner's it is new after any
 * answer. Source: sources.md#partner-headers
 */

/* Facts that do not change while a batch lives. */
struct batch_rules {
	const struct config *config;
	const struct poll_times *poll; /* how jobs of this service are asked about */
	const struct random *random;
	int64_t now_unix_ms;
	uint64_t typical_ms; /* what a job of this customer takes as a rule; 0: unknown */
	unsigned strikes; /* answers in a row with which the service was out of reach, with this */
	const struct oem
	    *oem; /* whose service it is; NULL: a partner's, who has to find all devices */
};

/* What the batch itself becomes. */
enum batch_action {
	BATCH_ACCEPT,   /* accepted, poll at due */
	BATCH_MOVE,     /* to state, due */
	BATCH_SETTLE,   /* each device as told in settlement[]; then, if any stay, move */
	BATCH_SPLIT,    /* in halves */
	BATCH_DISSOLVE, /* its devices go back to the queue, without an attempt */
	BATCH_LEAVE,    /* nothing: we were stopped */
};

enum batch_scope { SCOPE_NONE, SCOPE_LANE, SCOPE_CUSTOMER, SCOPE_SERVICE };

struct batch_decision {
	enum batch_action action;
	enum batch_state state; /* BATCH_MOVE, BATCH_SETTLE */
	int64_t due_unix_ms;    /* BATCH_ACCEPT, BATCH_MOVE, BATCH_SETTLE, BATCH_SPLIT */
	bool server_error;      /* BATCH_MOVE: counts towards halving */
	bool new_request;       /* what is sent next is not the same request as the last */

	enum batch_scope hold;  /* who waits for a person */
	const char *reason;     /* "consent", "credentials", "tag"; static */
	enum batch_scope pause; /* who waits for time */
	int64_t pause_until_unix_ms;
	bool out_of_reach; /* a strike; any other answer forgets them */
};

/*
 * settlement: one for each device of the batch, filled for BATCH_SETTLE: those that stay are
 * DEVICE_SUBMITTED. verdict: as many, memory for what the settlements point to. state and counters
 * are those before the answer.
 */
struct batch_outcome {
	struct batch_decision decision;
	struct store_settlement *settlement;
	struct verdict *verdict;
};

void batch_policy_submitted(const struct batch_rules *rules, const struct store_batch *state,
    const struct batch *batch, const struct channel_answer *answer, struct batch_outcome *out);

/* said: a verdict for each device; NULL: the job is not over. */
void batch_policy_polled(const struct batch_rules *rules, const struct store_batch *state,
    const struct batch *batch, const struct channel_answer *answer, const struct verdict *said,
    struct batch_outcome *out);

/* there: for each device, whether the service lists it; NULL: nobody knows. */
void batch_policy_looked(const struct batch_rules *rules, const struct store_batch *state,
    const struct batch *batch, const struct channel_answer *answer, const bool *there,
    struct batch_outcome *out);

/*
 * Does the service say how long to wait? Then nothing goes out to the customer (customer_only) or the
 * partner for as long as that, not even the rest of what is under way.
 */
bool batch_policy_waits(const struct channel_answer *answer);

/*
 * Full jitter: anything from 1 ms to base * 2^attempt, at most max. attempt counts from 0.
 * Without randomness it is that upper end.
 */
uint64_t batch_policy_backoff_ms(const struct retry_times *retry, unsigned attempt,
    const struct random *random);
