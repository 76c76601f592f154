/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/roster.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "channel/channel.h"

static const char *const reason_name[NHOLD_REASON] = {
	[HOLD_CONSENT] = "consent",
	[HOLD_CREDENTIALS] = "credentials",
	[HOLD_TAG] = "tag",
	[HOLD_PAUSED] = "paused",
};

static const char *const consent_name[] = {
	[CONSENT_UNKNOWN] = "unknown",
	[CONSENT_REQUESTED] = "requested",
	[CONSENT_GRANTED] = "granted",
	[CONSENT_DENIED] = "denied",
	[CONSENT_WITHDRAWN] = "withdrawn",
};

const char *
hold_reason_name(enum hold_reason reason)
{
	return reason_name[reason];
}

const char *
consent_state_name(enum consent_state state)
{
	return consent_name[state];
}

enum consent_state
consent_state_of(struct slice name)
{
	for (enum consent_state s = CONSENT_UNKNOWN; s <= CONSENT_WITHDRAWN; s++) {
		if (slice_eq(name, slice_of(consent_name[s])))
			return s;
	}
	return CONSENT_UNKNOWN;
}

void
hold_message(const struct channel_answer *answer, const char *url, char out[HOLD_MESSAGE_SIZE])
{
	(void)snprintf(out, HOLD_MESSAGE_SIZE, "%s%s%s", answer->message,
	    answer->advice[0] ? " " : "", answer->advice);
	if (url[0])
		hold_message_add_link(out, url);
}

void
hold_message_add_link(char message[HOLD_MESSAGE_SIZE], const char *url)
{
	static const char lead[] = " Send the customer this link: ";
	const char *old = strstr(message, lead);
	size_t room = HOLD_MESSAGE_SIZE - sizeof lead - strlen(url);
	struct slice kept = slice_of(message);

	assert(strlen(url) < LINK_SIZE);
	if (old)
		kept.len = (size_t)(old - message);
	kept = utf8_head(kept, room);
	(void)snprintf(message + kept.len, HOLD_MESSAGE_SIZE - kept.len, "%s%s", lead, url);
}

/* --- from the configuration --- */

enum err_code
roster_init(struct roster *out, const struct config *config, struct err *err)
{
	struct roster r = {
		.config = config,
		.nservice = config->partners.n,
		.nparty = config->customers.n,
	};

	r.service = calloc(r.nservice + 1, sizeof *r.service);
	r.party = calloc(r.nparty + 1, sizeof *r.party);
	if (!r.service || !r.party) {
		roster_done(&r);
		return err_set(err, ERR_NOMEM, "customers");
	}
	for (size_t i = 0; i < r.nservice; i++)
		(void)snprintf(r.service[i].scope.name, SCOPE_NAME_SIZE, "partner/%s",
		    config->partners.item[i].name);
	for (size_t i = 0; i < r.nparty; i++) {
		const struct customer *c = &config->customers.item[i];
		struct party *p = &r.party[i];

		(void)snprintf(p->scope.name, SCOPE_NAME_SIZE, "customer/%s", c->name);
		p->customer = c;
		for (size_t k = 0; c->via.kind == VIA_PARTNER && k < r.nservice; k++) {
			if (strcmp(config->partners.item[k].name, c->via.name) == 0)
				p->service = &r.service[k];
		}
	}
	*out = r;
	return ERR_OK;
}

void
roster_done(struct roster *r)
{
	for (size_t i = 0; r->party && i < r->nparty; i++)
		free(r->party[i].lane);
	free(r->party);
	free(r->service);
	memset(r, 0, sizeof *r);
}

/* --- from the store --- */

struct lane_news {
	int64_t id;
	uint64_t queued;
	char customer[ENTITY_NAME_SIZE];
	char tag[TAG_SIZE];
};

struct hold_news {
	char scope[SCOPE_NAME_SIZE];
	enum hold_reason reason;
	struct hold_note note;
};

struct pause_news {
	char scope[SCOPE_NAME_SIZE];
	int64_t until_unix_ms;
};

struct consent_news {
	char customer[ENTITY_NAME_SIZE];
	enum consent_state state;
	int64_t checked_unix_ms;
};

struct link_news {
	char scope[SCOPE_NAME_SIZE];
	char url[LINK_SIZE];
};

struct claims_news {
	char customer[ENTITY_NAME_SIZE];
	int64_t ask_unix_ms;
};

/* An array that grows by its element's size. */
struct rows {
	void *item;
	size_t n;
	size_t room;
};

struct roster_news {
	struct rows lane;
	struct rows batch;
	struct rows hold;
	struct rows pause;
	struct rows consent;
	struct rows link;
	struct rows claims;
};

/* A zeroed element at the end; NULL with *err set: no memory. */
static void *
rows_add(struct rows *r, size_t size, struct err *err)
{
	char *at;

	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 16;
		void *more = reallocarray(r->item, room, size);

		if (!more) {
			(void)err_set(err, ERR_NOMEM, "customers");
			return NULL;
		}
		r->item = more;
		r->room = room;
	}
	at = (char *)r->item + r->n++ * size;
	memset(at, 0, size);
	return at;
}

static void
put_text(char *dst, size_t size, struct slice s)
{
	(void)snprintf(dst, size, SLICE_FMT, SLICE_ARG(s));
}

static enum err_code
on_lane(void *arg, const struct store_lane *l, struct err *err)
{
	struct roster_news *n = arg;
	struct lane_news *to = rows_add(&n->lane, sizeof *to, err);

	if (!to)
		return err->code;
	to->id = l->id;
	to->queued = l->queued;
	put_text(to->customer, sizeof to->customer, l->customer);
	put_text(to->tag, sizeof to->tag, l->tag);
	return ERR_OK;
}

static enum err_code
on_batch(void *arg, const struct store_batch *b, struct err *err)
{
	struct roster_news *n = arg;
	struct store_batch *to = rows_add(&n->batch, sizeof *to, err);

	if (!to)
		return err->code;
	*to = *b;
	return ERR_OK;
}

static enum err_code
on_hold(void *arg, const struct store_hold *h, struct err *err)
{
	struct roster_news *n = arg;
	struct hold_news *to;

	for (enum hold_reason reason = 0; reason < NHOLD_REASON; reason++) {
		if (!slice_eq(h->reason, slice_of(reason_name[reason])))
			continue;
		to = rows_add(&n->hold, sizeof *to, err);
		if (!to)
			return err->code;
		to->reason = reason;
		to->note.on = true;
		to->note.since_unix_ms = h->since_unix_ms;
		put_text(to->note.message, sizeof to->note.message, h->message);
		put_text(to->scope, sizeof to->scope, h->scope);
	}
	return ERR_OK;
}

static enum err_code
on_pause(void *arg, struct slice scope, int64_t until_unix_ms, struct err *err)
{
	struct roster_news *n = arg;
	struct pause_news *to = rows_add(&n->pause, sizeof *to, err);

	if (!to)
		return err->code;
	to->until_unix_ms = until_unix_ms;
	put_text(to->scope, sizeof to->scope, scope);
	return ERR_OK;
}

static enum err_code
on_consent(void *arg, const struct store_consent *c, struct err *err)
{
	struct roster_news *n = arg;
	struct consent_news *to = rows_add(&n->consent, sizeof *to, err);

	if (!to)
		return err->code;
	to->state = consent_state_of(c->state);
	to->checked_unix_ms = c->checked_unix_ms;
	put_text(to->customer, sizeof to->customer, c->customer);
	return ERR_OK;
}

static enum err_code
on_link(void *arg, struct slice service, struct slice url, struct err *err)
{
	struct roster_news *n = arg;
	struct link_news *to;

	if (url.len >= sizeof to->url)
		return ERR_OK;
	to = rows_add(&n->link, sizeof *to, err);
	if (!to)
		return err->code;
	put_text(to->scope, sizeof to->scope, service);
	put_text(to->url, sizeof to->url, url);
	return ERR_OK;
}

static enum err_code
on_claims_due(void *arg, struct slice customer, int64_t ask_unix_ms, struct err *err)
{
	struct roster_news *n = arg;
	struct claims_news *to = rows_add(&n->claims, sizeof *to, err);

	if (!to)
		return err->code;
	to->ask_unix_ms = ask_unix_ms;
	put_text(to->customer, sizeof to->customer, customer);
	return ERR_OK;
}

enum err_code
roster_news_read(struct store *s, struct roster_news **out, struct err *err)
{
	struct roster_news *n = calloc(1, sizeof *n);

	if (!n)
		return err_set(err, ERR_NOMEM, "customers");
	if (store_lanes(s, on_lane, n, err) || store_batches(s, 0, on_batch, n, err) ||
	    store_holds(s, on_hold, n, err) || store_pauses(s, on_pause, n, err) ||
	    store_consents(s, on_consent, n, err) || store_links(s, on_link, n, err) ||
	    store_claims_due(s, on_claims_due, n, err)) {
		roster_news_free(n);
		return err->code;
	}
	*out = n;
	return ERR_OK;
}

void
roster_news_free(struct roster_news *n)
{
	if (!n)
		return;
	free(n->lane.item);
	free(n->batch.item);
	free(n->hold.item);
	free(n->pause.item);
	free(n->consent.item);
	free(n->link.item);
	free(n->claims.item);
	free(n);
}

const struct store_batch *
roster_news_batches(const struct roster_news *n, size_t *count)
{
	*count = n->batch.n;
	return n->batch.item;
}

/* --- both together --- */

static void
update_scope(struct scope *s, const struct roster_news *n)
{
	const struct hold_news *hold = n->hold.item;

	memset(s->hold, 0, sizeof s->hold);
	for (size_t i = 0; i < n->hold.n; i++) {
		if (strcmp(hold[i].scope, s->name) == 0)
			s->hold[hold[i].reason] = hold[i].note;
	}
}

/* Of an earlier run only: the store does not know how the clock was set since. */
static void
load_pause(struct scope *s, const struct roster_news *n)
{
	const struct pause_news *pause = n->pause.item;

	s->pause_until_unix_ms = 0;
	for (size_t i = 0; i < n->pause.n; i++) {
		if (strcmp(pause[i].scope, s->name) == 0)
			s->pause_until_unix_ms = pause[i].until_unix_ms;
	}
}

static void
load_pauses(struct roster *r, const struct roster_news *n)
{
	for (size_t i = 0; i < r->nparty; i++)
		load_pause(&r->party[i].scope, n);
	for (size_t i = 0; i < r->nservice; i++)
		load_pause(&r->service[i].scope, n);
	r->loaded = true;
}

static size_t
count_lanes(const struct party *p, const struct roster_news *n)
{
	const struct lane_news *lane = n->lane.item;
	size_t count = 0;

	for (size_t i = 0; i < n->lane.n; i++)
		count += strcmp(lane[i].customer, p->customer->name) == 0;
	return count;
}

static void
update_lane(struct lane *l, struct party *p, const struct lane_news *lane,
    const struct roster_news *n)
{
	l->id = lane->id;
	l->party = p;
	l->queued = lane->queued;
	memcpy(l->tag, lane->tag, sizeof l->tag);
	(void)snprintf(l->scope.name, SCOPE_NAME_SIZE, "lane/%" PRId64, l->id);
	update_scope(&l->scope, n);
	for (size_t i = 0; i < p->nlane; i++) {
		if (p->lane[i].id != l->id)
			continue;
		l->uploads = p->lane[i].uploads;
		l->opened = p->lane[i].opened;
	}
}

static void
update_lanes(struct party *p, struct lane *room, const struct roster_news *n)
{
	const struct lane_news *lane = n->lane.item;
	size_t count = 0;

	for (size_t i = 0; i < n->lane.n; i++) {
		if (strcmp(lane[i].customer, p->customer->name) == 0)
			update_lane(&room[count++], p, &lane[i], n);
	}
	free(p->lane);
	p->lane = room;
	p->nlane = count;
}

static void
update_party(struct party *p, struct lane *room, const struct roster_news *n)
{
	const struct consent_news *consent = n->consent.item;
	const struct claims_news *claims = n->claims.item;

	update_lanes(p, room, n);
	for (size_t i = 0; i < n->consent.n; i++) {
		if (strcmp(consent[i].customer, p->customer->name) == 0) {
			p->consent = consent[i].state;
			p->consent_checked_unix_ms = consent[i].checked_unix_ms;
		}
	}
	p->claims_unix_ms = 0;
	for (size_t i = 0; i < n->claims.n; i++) {
		if (strcmp(claims[i].customer, p->customer->name) == 0)
			p->claims_unix_ms = claims[i].ask_unix_ms;
	}
	update_scope(&p->scope, n);
}

static void
update_service(struct service *s, const struct roster_news *n)
{
	const struct link_news *link = n->link.item;

	for (size_t i = 0; i < n->link.n; i++) {
		if (strcmp(link[i].scope, s->scope.name) == 0)
			memcpy(s->link, link[i].url, sizeof s->link);
	}
	update_scope(&s->scope, n);
}

enum err_code
roster_update(struct roster *r, const struct roster_news *n, struct err *err)
{
	struct lane **room = calloc(r->nparty + 1, sizeof *room);
	enum err_code rc = room ? ERR_OK : err_set(err, ERR_NOMEM, "lanes");

	for (size_t i = 0; rc == ERR_OK && i < r->nparty; i++) {
		room[i] = calloc(count_lanes(&r->party[i], n) + 1, sizeof **room);
		if (!room[i])
			rc = err_set(err, ERR_NOMEM, "lanes");
	}
	for (size_t i = 0; room && i < r->nparty; i++) {
		if (rc == ERR_OK)
			update_party(&r->party[i], room[i], n);
		else
			free(room[i]);
	}
	for (size_t i = 0; rc == ERR_OK && i < r->nservice; i++)
		update_service(&r->service[i], n);
	if (rc == ERR_OK && !r->loaded)
		load_pauses(r, n);
	free(room);
	return rc;
}

/* --- questions --- */

struct lane *
roster_lane(const struct roster *r, int64_t id)
{
	for (size_t i = 0; i < r->nparty; i++) {
		for (size_t k = 0; k < r->party[i].nlane; k++) {
			if (r->party[i].lane[k].id == id)
				return &r->party[i].lane[k];
		}
	}
	return NULL;
}

static const struct hold_note *
first_hold(const struct scope *s, enum hold_reason *reason)
{
	for (enum hold_reason k = 0; k < NHOLD_REASON; k++) {
		if (s->hold[k].on) {
			*reason = k;
			return &s->hold[k];
		}
	}
	return NULL;
}

const struct hold_note *
roster_party_hold(const struct party *p, enum hold_reason *reason)
{
	const struct hold_note *h = first_hold(&p->scope, reason);

	return h || !p->service ? h : first_hold(&p->service->scope, reason);
}

const struct hold_note *
roster_lane_hold(const struct lane *l, enum hold_reason *reason)
{
	const struct hold_note *h = first_hold(&l->scope, reason);

	return h ? h : roster_party_hold(l->party, reason);
}

int64_t
roster_party_pause(const struct party *p)
{
	int64_t own = p->scope.pause_until_unix_ms;
	int64_t service = p->service ? p->service->scope.pause_until_unix_ms : 0;

	return own > service ? own : service;
}
