/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/agenda.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "http/retry_after.h"

enum { ASKING_MAX = 8 }; /* polls, looks and checks at one service at once: they are small */

enum { CLOCK_STEP_MS = 1000 }; /* less is no step: clocks are steered */

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
clock_lead_ms(const struct clock *clock)
{
	return clock_unix_ms(clock) - (int64_t)clock_mono_ms(clock);
}

/* --- life ---------------------------------------------------------------------------------------- */

enum err_code
agenda_init(struct agenda *out, const struct config *config, const struct clock *clock,
    struct dispatch *dispatch, struct err *err)
{
	struct agenda a = {
		.config = config,
		.dispatch = dispatch,
		.lead_ms = clock_lead_ms(clock),
	};

	if (roster_init(&a.roster, config, err))
		return err->code;
	a.check = calloc(a.roster.nparty + 1, sizeof *a.check);
	if (!a.check) {
		roster_done(&a.roster);
		return err_set(err, ERR_NOMEM, "agenda");
	}
	for (size_t i = 0; i < a.roster.nparty; i++)
		a.check[i].dispatch = dispatch;
	*out = a;
	return ERR_OK;
}

void
agenda_done(struct agenda *a)
{
	while (a->job)
		agenda_remove(a, a->job);
	roster_done(&a->roster);
	free(a->check);
}

struct job *
agenda_add(struct agenda *a, struct party *p, const struct store_batch *b)
{
	struct job *j = calloc(1, sizeof *j);

	if (!j) {
		log_error("no memory for a batch; it waits for a restart batch=%" PRId64, b->id);
		return NULL;
	}
	j->dispatch = a->dispatch;
	j->party = p;
	j->lane = b->lane;
	j->batch = *b;
	j->next = a->job;
	a->job = j;
	p->jobs++;
	return j;
}

void
agenda_remove(struct agenda *a, struct job *j)
{
	struct job **at = &a->job;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	j->party->jobs--;
	free(j);
}

/* --- what stands in the way ---------------------------------------------------------------------- */

enum batch_step_kind
agenda_kind(enum batch_state state)
{
	switch (state) {
	case BATCH_RESEND:
		return STEP_RESEND;
	case BATCH_ACCEPTED:
		return STEP_POLL;
	case BATCH_SENDING:
	case BATCH_UNKNOWN:
	case BATCH_MISSING:
	case BATCH_CLOSED:
		break;
	}
	return STEP_LOOK;
}

static bool
uploads(enum batch_step_kind kind)
{
	return kind == STEP_CLAIM || kind == STEP_RESEND;
}

unsigned *
agenda_slots(struct service *s, enum batch_step_kind kind)
{
	return uploads(kind) ? &s->uploads : &s->asking;
}

bool
agenda_has_slot(const struct agenda *a, const struct service *s, enum batch_step_kind kind)
{
	return uploads(kind) ? s->uploads < a->config->batch.uploads : s->asking < ASKING_MAX;
}

static bool
lacks_credentials(const struct party *p)
{
	return p->service->scope.hold[HOLD_CREDENTIALS].on;
}

/* What lies ahead of now does not count: the clock was wrong then, or is now. */
static bool
is_younger(int64_t then, uint64_t age_ms, int64_t now)
{
	return then <= now && (uint64_t)(now - then) < age_ms;
}

/* Nothing is sent without consent that was seen not too long ago. */
static bool
has_consent(const struct agenda *a, const struct party *p, int64_t now)
{
	return p->consent == CONSENT_GRANTED &&
	    is_younger(p->consent_checked_unix_ms, a->config->consent.max_age_ms, now);
}

static bool
may_send(const struct agenda *a, const struct party *p, int64_t now)
{
	enum hold_reason reason;

	return has_consent(a, p, now) && !roster_party_hold(p, &reason) &&
	    roster_party_pause(p) <= now && p->jobs < a->config->batch.in_flight;
}

static bool
has_work(const struct party *p)
{
	for (size_t i = 0; i < p->nlane; i++) {
		if (p->lane[i].queued > 0)
			return true;
	}
	return p->jobs > 0;
}

/* --- whose turn it is ---------------------------------------------------------------------------- */

/* When a waiting job may go on. */
static int64_t
job_due(const struct agenda *a, const struct job *j, int64_t now)
{
	int64_t until = roster_party_pause(j->party);
	const struct lane *l;
	enum hold_reason reason;

	if (j->step || lacks_credentials(j->party))
		return AGENDA_NEVER;
	if (j->batch.state == BATCH_RESEND) {
		l = roster_lane(&a->roster, j->lane);
		if (!l || !has_consent(a, j->party, now) || roster_lane_hold(l, &reason))
			return AGENDA_NEVER;
	}
	return later(until, j->batch.due_unix_ms);
}

struct job *
agenda_next_job(const struct agenda *a, const struct service *s, bool uploading, int64_t now)
{
	struct job *first = NULL;
	int64_t earliest = now;

	for (struct job *j = a->job; j; j = j->next) {
		int64_t due;

		if (j->party->service != s || uploads(agenda_kind(j->batch.state)) != uploading)
			continue;
		due = job_due(a, j, now);
		if (due <= earliest) {
			earliest = due;
			first = j;
		}
	}
	return first;
}

/* The next lane of a customer that has devices waiting and nothing against it. */
static struct lane *
next_lane(struct party *p)
{
	enum hold_reason reason;

	for (size_t i = 0; i < p->nlane; i++) {
		struct lane *l = &p->lane[(p->turn + i) % p->nlane];

		if (l->queued > 0 && !roster_lane_hold(l, &reason)) {
			p->turn = (p->turn + i + 1) % p->nlane;
			return l;
		}
	}
	return NULL;
}

struct lane *
agenda_next_lane(struct agenda *a, struct service *s, int64_t now)
{
	for (size_t i = 0; i < a->roster.nparty; i++) {
		size_t k = (s->turn + i) % a->roster.nparty;
		struct party *p = &a->roster.party[k];
		struct lane *l = p->service == s && may_send(a, p, now) ? next_lane(p) : NULL;

		if (l) {
			s->turn = (k + 1) % a->roster.nparty;
			return l;
		}
	}
	return NULL;
}

/* --- when ---------------------------------------------------------------------------------------- */

int64_t
agenda_check_due(const struct agenda *a, size_t i, int64_t now)
{
	const struct party *p = &a->roster.party[i];
	int64_t checked = p->consent_checked_unix_ms;
	int64_t due =
	    checked && checked <= now ? checked + (int64_t)a->config->consent.recheck_ms : 0;

	if (!p->service || !has_work(p) || a->check[i].flow)
		return AGENDA_NEVER;
	/* The only way to learn that the credentials work again. */
	if (lacks_credentials(p))
		due = earlier(p->service->scope.hold[HOLD_CREDENTIALS].since_unix_ms, now) +
		    (int64_t)a->config->retry.max_ms;
	return later(later(due, roster_party_pause(p)), a->check[i].again_unix_ms);
}

/* The end of a pause lets the queue move. */
static int64_t
pause_end(const struct party *p, int64_t now)
{
	int64_t until = p->service && has_work(p) ? roster_party_pause(p) : 0;

	return until > now ? until : AGENDA_NEVER;
}

int64_t
agenda_party_due(const struct agenda *a, const struct party *p, int64_t now)
{
	int64_t due =
	    earlier(agenda_check_due(a, (size_t)(p - a->roster.party), now), pause_end(p, now));

	for (const struct job *j = a->job; j; j = j->next) {
		if (j->party == p)
			due = earlier(due, job_due(a, j, now));
	}
	return due;
}

/* What waits for a slot is started when a step ends, and not by the clock. */
int64_t
agenda_wake(const struct agenda *a, int64_t now)
{
	int64_t due = AGENDA_NEVER;

	for (size_t i = 0; i < a->roster.nparty; i++) {
		const struct party *p = &a->roster.party[i];

		due = earlier(due, pause_end(p, now));
		if (p->service && agenda_has_slot(a, p->service, STEP_POLL))
			due = earlier(due, agenda_check_due(a, i, now));
	}
	for (const struct job *j = a->job; j; j = j->next) {
		if (agenda_has_slot(a, j->party->service, agenda_kind(j->batch.state)))
			due = earlier(due, job_due(a, j, now));
	}
	return due;
}

/* It has ended somewhere between the two last questions. */
void
agenda_learn(struct job *j, int64_t since_unix_ms, int64_t now)
{
	struct service *s = j->party->service;
	int64_t took = (later(j->asked_unix_ms, since_unix_ms) + now) / 2 - since_unix_ms;

	if (took > 0)
		s->typical_ms =
		    s->typical_ms ? (3 * s->typical_ms + (uint64_t)took) / 4 : (uint64_t)took;
}

static void
shift(int64_t *instant, int64_t by_ms)
{
	if (*instant > 0)
		*instant = later(*instant + by_ms, 1);
}

static void
shift_all(struct agenda *a, int64_t by_ms)
{
	for (struct job *j = a->job; j; j = j->next)
		shift(&j->batch.due_unix_ms, by_ms);
	for (size_t i = 0; i < a->roster.nparty; i++) {
		struct party *p = &a->roster.party[i];

		shift(&a->check[i].again_unix_ms, by_ms);
		shift(&p->scope.pause_until_unix_ms, by_ms);
		for (size_t k = 0; k < p->nlane; k++)
			shift(&p->lane[k].scope.pause_until_unix_ms, by_ms);
	}
	for (size_t i = 0; i < a->roster.nservice; i++)
		shift(&a->roster.service[i].scope.pause_until_unix_ms, by_ms);
}

void
agenda_follow_clock(struct agenda *a, const struct clock *clock)
{
	int64_t step_ms = clock_lead_ms(clock) - a->lead_ms;

	if (step_ms > -CLOCK_STEP_MS && step_ms < CLOCK_STEP_MS)
		return;
	a->lead_ms += step_ms;
	shift_all(a, step_ms);
}

void
agenda_clamp(struct agenda *a, int64_t now)
{
	const struct config *c = a->config;
	uint64_t longest = c->retry.max_ms > c->poll.max_ms ? c->retry.max_ms : c->poll.max_ms;
	int64_t latest = now + (int64_t)longest;
	int64_t latest_pause = now + RETRY_AFTER_MAX_MS;

	/* What was put off by a service waits for the end of the pause besides. */
	for (struct job *j = a->job; j; j = j->next)
		j->batch.due_unix_ms = earlier(j->batch.due_unix_ms, latest);
	for (size_t i = 0; i < a->roster.nparty; i++) {
		struct scope *s = &a->roster.party[i].scope;

		a->check[i].again_unix_ms = earlier(a->check[i].again_unix_ms, latest_pause);
		s->pause_until_unix_ms = earlier(s->pause_until_unix_ms, latest_pause);
	}
	for (size_t i = 0; i < a->roster.nservice; i++) {
		struct scope *s = &a->roster.service[i].scope;

		s->pause_until_unix_ms = earlier(s->pause_until_unix_ms, latest_pause);
	}
}
