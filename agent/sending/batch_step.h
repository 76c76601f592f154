/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/sending/batch_policy.h"
#include "agent/sending/roster.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "channel/channel.h"
#include "config/config.h"
#include "store/store.h"

/*
 * One step of one batch: read it from the store (or take it out of the queue), ask the channel one
 * thing, make durable what follows from the answer. A crash at any point costs this step and no
 * device.
 *
 * Thread: the loop's.
 */
struct batch_step;
struct store_async;

enum batch_step_kind {
	STEP_CLAIM,  /* the next devices of a lane: a new batch, submitted */
	STEP_RESEND, /* a batch that is known not to be there: submitted again */
	STEP_POLL,   /* what became of the job? */
	STEP_LOOK,   /* which of the devices does the service list? */
};

struct batch_step_request {
	enum batch_step_kind kind;
	struct store_async *writer;
	struct channel *channel;
	const struct config *config;
	const struct customer *customer;
	const struct clock *clock;
	const struct random *random;
	const char *service_scope;
	const char *customer_scope;
	int64_t lane;
	int64_t batch;        /* else */
	uint64_t typical_ms;  /* as in struct batch_rules */
	unsigned strikes;     /* of the service, before this step */
	uint64_t max_devices; /* STEP_CLAIM */
	uint64_t max_bytes;
	const struct poll_times *poll; /* as in struct batch_rules */
	const struct oem *oem;         /* the same */
	/* Its answer asks to wait (batch_policy_waits()); before it is durable, arg as for done. */
	void (*on_wait)(void *arg, const struct channel_answer *answer);
};

/* Borrowed by the callback, after which the step is gone. */
struct batch_step_result {
	bool nothing;                /* STEP_CLAIM: the lane was empty */
	struct store_batch before;   /* as it was asked about; id 0: it could not be read */
	struct store_batch after[2]; /* as it stands now; the second after a split */
	size_t nafter;
	const struct channel_answer *answer;
	const struct batch_decision *decision;
	int64_t lead_ms;            /* of the clock that it was made by: agenda_clock_moved() */
	enum consent_state consent; /* as it is now, if the decision holds the customer */
	size_t settled;             /* devices */
	const struct batch *batch;  /* as before; NULL: nothing */
	const struct store_settlement
	    *settlement;     /* of each of its devices, if the decision settles */
	const int64_t *list; /* lists that have one of them */
	size_t nlist;
};

/*
 * err: NULL, or why the step came to no durable end: the store failed. What is in the store is then
 * as before the step, or BATCH_SENDING, which has to be treated as unknown.
 */
typedef void batch_step_fn(void *arg, const struct batch_step_result *result,
    const struct err *err);

/*
 * The contract of every start: exactly once, later, on the loop thread, if ERR_OK; else never.
 * Everything in the request must outlive the step. Errors: ERR_NOMEM, ERR_IO.
 */
MUST_USE enum err_code batch_step_start(const struct batch_step_request *req, batch_step_fn *done,
    void *arg, struct batch_step **out, struct err *err);

/* A wish: the channel is left alone as soon as may be; what has to be durable still becomes so. */
void batch_step_cancel(struct batch_step *step);

/*
 * Another answer asks to wait: nothing of the step that has not left leaves any more. It ends as if
 * the service had said so to it.
 */
void batch_step_pause(struct batch_step *step, int64_t for_ms);
