/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_result.h"

#include <inttypes.h>
#include <string.h>

#include "agent/sending/agenda_clock.h"
#include "agent/tools/log_event.h"

enum { AGAIN_MS = 5000 }; /* after the store has failed, or we were stopped */

/* Requests that were on their way together learn of one failure, and not of many. */
static void
count_strikes(struct job *j, const struct batch_step_result *r)
{
	struct service *s = j->party->service;

	if (r->decision->out_of_reach)
		s->strikes += s->strikes == j->strikes;
	else if (r->answer->outcome != CHANNEL_STOPPED)
		s->strikes = 0;
}

static void
note_hold(struct scope *s, const struct batch_step_result *r, int64_t at_unix_ms)
{
	for (enum hold_reason k = 0; k < NHOLD_REASON; k++) {
		struct hold_note *h = &s->hold[k];

		if (h->on || strcmp(hold_reason_name(k), r->decision->reason) != 0)
			continue;
		h->on = true;
		h->since_unix_ms = at_unix_ms;
		hold_message(r->answer, "", h->message); /* the link comes with the news */
		log_event(LOG_HELD, LOG_TEXT(SCOPE, s->name), LOG_TEXT(REASON, r->decision->reason),
		    LOG_TEXT(ERROR, h->message));
	}
}

static void
apply_scope(const struct agenda *a, struct job *j, const struct batch_step_result *r, int64_t now)
{
	const struct batch_decision *d = r->decision;
	struct lane *l = roster_lane(&a->roster, j->lane);
	struct scope *scope[] = {
		[SCOPE_LANE] = l ? &l->scope : NULL,
		[SCOPE_CUSTOMER] = &j->party->scope,
		[SCOPE_SERVICE] = &j->party->service->scope,
	};
	struct scope *paused = d->pause ? scope[d->pause] : NULL;
	struct scope *held = d->hold ? scope[d->hold] : NULL;
	int64_t until = agenda_clock_moved(a, d->pause_until_unix_ms, r->lead_ms);

	if (paused && paused->pause_until_unix_ms < until)
		paused->pause_until_unix_ms = until;
	if (held)
		note_hold(held, r, now);
	if (d->hold == SCOPE_CUSTOMER) {
		j->party->consent = r->consent;
		j->party->consent_checked_unix_ms = now;
	}
	if (l && d->action == BATCH_ACCEPT)
		l->opened = true;
}

static void
log_answer(const struct job *j, const struct batch_step_result *r)
{
	const struct channel_answer *a = r->answer;
	const char *customer = j->party->customer->name;

	if (a->outcome == CHANNEL_DONE || a->outcome == CHANNEL_STOPPED)
		log_event(LOG_BATCH_ANSWERED, LOG_NUMBER(BATCH_ID, r->before.id),
		    LOG_TEXT(CUSTOMER, customer),
		    LOG_TEXT(OUTCOME, channel_outcome_name(a->outcome)),
		    LOG_NUMBER(SETTLED, r->settled), LOG_TEXT(REQUEST_ID, a->request_id));
	else
		log_event(LOG_BATCH_DELAYED, LOG_NUMBER(BATCH_ID, r->before.id),
		    LOG_TEXT(CUSTOMER, customer),
		    LOG_TEXT(OUTCOME, channel_outcome_name(a->outcome)),
		    LOG_NUMBER(HTTP_STATUS, a->status), LOG_TEXT(CODE, a->code),
		    LOG_TEXT(REQUEST_ID, a->request_id), LOG_TEXT(ERROR, a->message));
}

void
batch_result_lost(struct agenda *a, struct job *j, const struct batch_step_result *r, int64_t now)
{
	if (j->batch.id == 0)
		j->batch = r->before;
	if (j->batch.id == 0) {
		agenda_remove(a, j);
		return;
	}
	if (j->batch.state == BATCH_SENDING || j->kind == STEP_CLAIM || j->kind == STEP_RESEND)
		j->batch.state = BATCH_UNKNOWN;
	j->batch.due_unix_ms = now + AGAIN_MS;
}

/* The batch, or the two that it has become, as the store has them now. */
static void
take_batches(struct agenda *a, struct job *j, const struct batch_step_result *r, int64_t now)
{
	struct store_batch after[2] = { r->after[0], r->after[1] };

	/* The store did not see how the clock was set since the decision. */
	for (size_t i = 0; i < r->nafter; i++)
		after[i].due_unix_ms = agenda_clock_moved(a, after[i].due_unix_ms, r->lead_ms);
	j->asked_unix_ms = now;
	if (r->nafter > 1)
		(void)agenda_add(a, j->party, &after[1]);
	j->batch = after[0];
	if (r->decision->action == BATCH_LEAVE) {
		j->batch.due_unix_ms = now + AGAIN_MS;
		if (j->batch.state == BATCH_SENDING)
			j->batch.state = BATCH_UNKNOWN;
	}
	if (j->batch.state == BATCH_CLOSED)
		agenda_remove(a, j);
}

void
batch_result_apply(struct agenda *a, struct job *j, const struct batch_step_result *r, int64_t now)
{
	log_answer(j, r);
	if (j->kind == STEP_POLL && r->decision->action == BATCH_SETTLE)
		agenda_learn(j, r->before.since_unix_ms, now);
	count_strikes(j, r);
	apply_scope(a, j, r, now);
	take_batches(a, j, r, now);
}
