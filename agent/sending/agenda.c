/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/agenda.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sending/agenda_clock.h"
#include "agent/sending/flush.h"
#include "agent/tools/log_event.h"
#include "channel/channel.h"

enum { ASKING_MAX = 8 }; /* polls, looks and checks at one service at once: they are small */

/* While devices wait for consent it is asked for more often, but not without end. */
enum { HURRY = 12, HURRY_MIN_MS = 30 * 1000 };

/* No job takes longer; a clock that was set meanwhile would teach us decades. */
enum { LEARN_MAX_MS = 24 * 60 * 60 * 1000 };
enum { SPREAD = 10 }; /* customers are spread over this part of an interval */

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

/* --- life ---------------------------------------------------------------------------------------- */

enum err_code
agenda_init(struct agenda *out, const struct config *config, const struct clock *clock,
    struct dispatch *dispatch, struct err *err)
{
	struct agenda a = {
		.config = config,
		.dispatch = dispatch,
	};

	agenda_clock_begin(&a, clock);
	if (roster_init(&a.roster, config, err))
		return err->code;
	a.check = calloc(a.roster.nparty + 1, sizeof *a.check);
	a.inquiry = calloc(a.roster.nservice + 1, sizeof *a.inquiry);
	a.taking = calloc(a.roster.nservice + 1, sizeof *a.taking);
	if (!a.check || !a.inquiry || !a.taking) {
		agenda_done(&a);
		return err_set(err, ERR_NOMEM, "agenda");
	}
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
	free(a->inquiry);
	free(a->taking);
}

struct job *
agenda_add(struct agenda *a, struct party *p, const struct store_batch *b)
{
	struct job *j = calloc(1, sizeof *j);

	if (!j) {
		log_event(LOG_NO_MEMORY, LOG_TEXT(WHAT, "a batch"), LOG_NUMBER(BATCH_ID, b->id));
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

static unsigned *
slots(struct service *s, enum batch_step_kind kind)
{
	return uploads(kind) ? &s->uploads : &s->asking;
}

void
agenda_begin(struct agenda *a, struct job *j, enum batch_step_kind kind)
{
	struct lane *l = roster_lane(&a->roster, j->lane);

	j->kind = kind;
	j->strikes = j->party->service->strikes;
	++*slots(j->party->service, kind);
	if (l && uploads(kind))
		l->uploads++;
}

void
agenda_end(struct agenda *a, const struct job *j)
{
	struct lane *l = roster_lane(&a->roster, j->lane);

	--*slots(j->party->service, j->kind);
	/* A lane of an order may have gone since, and have come again. */
	if (l && uploads(j->kind) && l->uploads > 0)
		l->uploads--;
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
is_free(const struct agenda *a, const struct party *p, int64_t now)
{
	enum hold_reason reason;

	return has_consent(a, p, now) && !roster_party_hold(p, &reason);
}

/* A batch that waits for its time to be sent again is with nobody. */
static bool
is_in_flight(const struct job *j, int64_t now)
{
	return j->step || j->batch.state != BATCH_RESEND || j->batch.due_unix_ms <= now;
}

static bool
has_room(const struct agenda *a, const struct party *p, int64_t now)
{
	uint64_t most = p->service->limits.in_flight;
	uint64_t own = 0, all = 0;

	for (const struct job *j = a->job; j; j = j->next) {
		if (j->party->service != p->service || !is_in_flight(j, now))
			continue;
		own += j->party == p;
		all++;
	}
	return own < a->config->batch.in_flight && (most == 0 || all < most);
}

static bool
may_send(const struct agenda *a, const struct party *p, int64_t now)
{
	return is_free(a, p, now) && roster_party_pause(p) <= now;
}

/*
 * Whether another upload of the lane would go to a group that another may still make: a group has the
 * name of the tag, whatever the order is. Makers' services have none.
 */
static bool
is_opening(const struct lane *l)
{
	const struct party *p = l->party;
	unsigned uploads = 0;

	if (p->service->oem)
		return false;
	for (size_t i = 0; i < p->nlane; i++) {
		if (strcmp(p->lane[i].tag, l->tag) != 0)
			continue;
		if (p->lane[i].opened)
			return false;
		uploads += p->lane[i].uploads;
	}
	return uploads > 0;
}

static bool
has_work(const struct party *p)
{
	for (size_t i = 0; i < p->nlane; i++) {
		if (p->lane[i].queued > 0)
			return true;
	}
	return p->jobs > 0 || p->superseded;
}

/* --- whose turn it is ---------------------------------------------------------------------------- */

/* When a waiting job may go on: not before it is due, which thousands that wait for days are not. */
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
		if (!l || is_opening(l) || !has_consent(a, j->party, now) ||
		    roster_lane_hold(l, &reason))
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

		if (j->party->service != s || j->batch.due_unix_ms > earliest ||
		    uploads(agenda_kind(j->batch.state)) != uploading)
			continue;
		due = job_due(a, j, now);
		if (due <= earliest) {
			earliest = due;
			first = j;
		}
	}
	return first;
}

/* When the devices that wait in a lane may leave, if the customer may send at all. */
static int64_t
lane_due(const struct lane *l)
{
	enum hold_reason reason;

	if (l->queued == 0 || is_opening(l) || roster_lane_hold(l, &reason))
		return AGENDA_NEVER;
	return flush_due(l);
}

/* The next lane of a customer that has devices waiting and nothing against it. */
static struct lane *
next_lane(const struct agenda *a, struct party *p, int64_t now)
{
	for (size_t i = 0; i < p->nlane; i++) {
		struct lane *l = &p->lane[(p->turn + i) % p->nlane];

		if (lane_due(l) > now)
			continue;
		if (!has_room(a, p, now))
			return NULL;
		p->turn = (p->turn + i + 1) % p->nlane;
		return l;
	}
	return NULL;
}

struct lane *
agenda_next_lane(struct agenda *a, struct service *s, int64_t now)
{
	for (size_t i = 0; i < a->roster.nparty; i++) {
		size_t k = (s->turn + i) % a->roster.nparty;
		struct party *p = &a->roster.party[k];
		struct lane *l =
		    p->service == s && may_send(a, p, now) ? next_lane(a, p, now) : NULL;

		if (l) {
			s->turn = (k + 1) % a->roster.nparty;
			return l;
		}
	}
	return NULL;
}

/* --- when ---------------------------------------------------------------------------------------- */

/* The place of party i in a part of an interval, the same every time. */
static int64_t
spread_ms(const struct agenda *a, size_t i, uint64_t interval_ms)
{
	return (int64_t)(interval_ms / SPREAD * (i + 1) / (a->roster.nparty + 1));
}

/* A refused role is mended by a person who knows that; for consent somebody may be waiting. */
static uint64_t
recheck_ms(const struct agenda *a, const struct party *p)
{
	uint64_t usual = a->config->consent.recheck_ms;
	uint64_t hurry = usual / HURRY > HURRY_MIN_MS ? usual / HURRY : HURRY_MIN_MS;

	if (p->consent == CONSENT_GRANTED || p->consent == CONSENT_DENIED || !has_work(p))
		return usual;
	return hurry < usual ? hurry : usual;
}

int64_t
agenda_check_due(const struct agenda *a, size_t i, int64_t now)
{
	const struct party *p = &a->roster.party[i];
	const struct check *c = &a->check[i];
	int64_t checked = p->consent_checked_unix_ms;
	uint64_t interval = recheck_ms(a, p);
	int64_t due = 0;

	if (!p->service || c->flow)
		return AGENDA_NEVER;
	if (c->wanted)
		return roster_party_pause(p);
	if (checked && checked <= now)
		due = checked + (int64_t)interval - spread_ms(a, i, interval);
	if (!has_work(p) || has_consent(a, p, now))
		due = later(due, a->begun_unix_ms + spread_ms(a, i, interval));
	/* The only way to learn that the credentials work again: whoever has work tries. */
	if (lacks_credentials(p)) {
		int64_t retry =
		    earlier(p->service->scope.hold[HOLD_CREDENTIALS].since_unix_ms, now) +
		    (int64_t)a->config->retry.max_ms;

		due = has_work(p) ? retry : later(due, retry);
	}
	return later(later(due, roster_party_pause(p)), c->again_unix_ms);
}

static bool
lacks_consent(const struct party *p)
{
	return p->scope.hold[HOLD_CONSENT].on && p->consent != CONSENT_DENIED;
}

int64_t
agenda_link_due(const struct agenda *a, size_t i)
{
	const struct service *s = &a->roster.service[i];
	const struct inquiry *q = &a->inquiry[i];
	int64_t pause = s->scope.pause_until_unix_ms;

	if (s->link[0] || q->flow || !s->channel || !s->channel->ops->link)
		return AGENDA_NEVER;
	if (q->wanted)
		return pause;
	if (s->scope.hold[HOLD_CREDENTIALS].on)
		return AGENDA_NEVER;
	for (size_t k = 0; k < a->roster.nparty; k++) {
		if (a->roster.party[k].service == s && lacks_consent(&a->roster.party[k]))
			return later(pause, q->again_unix_ms);
	}
	return AGENDA_NEVER;
}

int64_t
agenda_claims_due(const struct agenda *a, const struct party *p, int64_t now)
{
	if (!p->service || !p->claims_unix_ms || !is_free(a, p, now))
		return AGENDA_NEVER;
	return later(p->claims_unix_ms, roster_party_pause(p));
}

/* The end of a pause lets the queue move. */
static int64_t
pause_end(const struct party *p, int64_t now)
{
	int64_t until = p->service && has_work(p) ? roster_party_pause(p) : 0;

	return until > now ? until : AGENDA_NEVER;
}

/* What could have left already does so when a step ends. */
static int64_t
lanes_due(const struct agenda *a, const struct party *p, int64_t now)
{
	int64_t due = AGENDA_NEVER;

	for (size_t i = 0; p->service && may_send(a, p, now) && i < p->nlane; i++) {
		int64_t lane = lane_due(&p->lane[i]);

		if (lane > now)
			due = earlier(due, lane);
	}
	return due;
}

int64_t
agenda_release_due(const struct agenda *a, const struct party *p, int64_t now)
{
	const struct taking *t;

	if (!p->service || !p->superseded || !is_free(a, p, now))
		return AGENDA_NEVER;
	t = &a->taking[p->service - a->roster.service];
	return t->flow ? AGENDA_NEVER : later(roster_party_pause(p), t->again_unix_ms);
}

int64_t
agenda_party_due(const struct agenda *a, const struct party *p, int64_t now)
{
	int64_t due = earlier(pause_end(p, now), agenda_claims_due(a, p, now));

	due = earlier(due, earlier(lanes_due(a, p, now), agenda_release_due(a, p, now)));
	if (has_work(p))
		due = earlier(due, agenda_check_due(a, (size_t)(p - a->roster.party), now));
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

		due = earlier(due, earlier(pause_end(p, now), agenda_claims_due(a, p, now)));
		due = earlier(due, lanes_due(a, p, now));
		if (p->service && agenda_has_slot(a, p->service, STEP_POLL))
			due = earlier(due,
			    earlier(agenda_check_due(a, i, now), agenda_release_due(a, p, now)));
	}
	for (size_t i = 0; i < a->roster.nservice; i++) {
		if (agenda_has_slot(a, &a->roster.service[i], STEP_POLL))
			due = earlier(due, agenda_link_due(a, i));
	}
	for (const struct job *j = a->job; j; j = j->next) {
		if (j->batch.due_unix_ms < due &&
		    agenda_has_slot(a, j->party->service, agenda_kind(j->batch.state)))
			due = earlier(due, job_due(a, j, now));
	}
	return due;
}

/* It has ended somewhere between the two last questions, unless the clock was set meanwhile. */
void
agenda_learn(struct job *j, int64_t since_unix_ms, int64_t now)
{
	struct service *s = j->party->service;
	int64_t took = (later(j->asked_unix_ms, since_unix_ms) + now) / 2 - since_unix_ms;

	if (took > 0 && took < LEARN_MAX_MS)
		s->typical_ms =
		    s->typical_ms ? (3 * s->typical_ms + (uint64_t)took) / 4 : (uint64_t)took;
}
