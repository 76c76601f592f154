/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/roster.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sending/roster_news.h"
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

const char *
roster_service_scope(const struct via *via, char out[SCOPE_NAME_SIZE])
{
	if (via->kind == VIA_INTUNE)
		return NULL;
	(void)snprintf(out, SCOPE_NAME_SIZE, "%s/%s", via->kind == VIA_OEM ? "oem" : "partner",
	    via->name);
	return out;
}

static void
name_services(struct roster *r)
{
	const struct config *c = r->config;
	size_t n = 0;

	for (size_t i = 0; i < c->partners.n; i++)
		(void)roster_service_scope(&(struct via){ VIA_PARTNER, c->partners.item[i].name },
		    r->service[n++].scope.name);
	for (size_t i = 0; i < c->oems.n; i++) {
		r->service[n].oem = &c->oems.item[i];
		(void)roster_service_scope(&(struct via){ VIA_OEM, c->oems.item[i].name },
		    r->service[n++].scope.name);
	}
}

static struct service *
find_service(const struct roster *r, const struct via *via)
{
	char scope[SCOPE_NAME_SIZE];

	for (size_t i = 0; roster_service_scope(via, scope) && i < r->nservice; i++) {
		if (strcmp(r->service[i].scope.name, scope) == 0)
			return &r->service[i];
	}
	return NULL;
}

enum err_code
roster_init(struct roster *out, const struct config *config, struct err *err)
{
	struct roster r = {
		.config = config,
		.nservice = config->partners.n + config->oems.n,
		.nparty = config->customers.n,
	};

	r.service = calloc(r.nservice + 1, sizeof *r.service);
	r.party = calloc(r.nparty + 1, sizeof *r.party);
	if (!r.service || !r.party) {
		roster_done(&r);
		return err_set(err, ERR_NOMEM, "customers");
	}
	name_services(&r);
	for (size_t i = 0; i < r.nparty; i++) {
		const struct customer *c = &config->customers.item[i];
		struct party *p = &r.party[i];

		(void)snprintf(p->scope.name, SCOPE_NAME_SIZE, "customer/%s", c->name);
		p->customer = c;
		p->service = find_service(&r, &c->via);
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
		l->waits_unix_ms = l->queued ? p->lane[i].waits_unix_ms : 0;
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
	const struct supersede_news *supersede = n->supersede.item;

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
	p->superseded = 0;
	for (size_t i = 0; i < n->supersede.n; i++) {
		if (strcmp(supersede[i].customer, p->customer->name) == 0)
			p->superseded = supersede[i].old_device;
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
