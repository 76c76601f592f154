/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/status_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/records/records_json.h"

enum { VIA_SIZE = 80 };

static const char *
copy(struct status_snapshot *s, const char *text)
{
	return text ? arena_text(&s->arena, slice_of(text)) : NULL;
}

/* Once memory is out the arena stays failed, so that it is enough to look at the end of a step. */
static enum err_code
check(const struct status_snapshot *s, struct err *err)
{
	return s->arena.failed ? err_set(err, ERR_NOMEM, "status") : ERR_OK;
}

static const char *
via_of(struct status_snapshot *s, const struct customer *c)
{
	static const char *const kind[] = {
		[VIA_PARTNER] = "partner/",
		[VIA_OEM] = "oem/",
		[VIA_INTUNE] = "intune",
	};
	char text[VIA_SIZE];

	(void)snprintf(text, sizeof text, "%s%s", kind[c->via.kind],
	    c->via.name ? c->via.name : "");
	return copy(s, text);
}

enum err_code
status_snapshot_new(const struct config *c, struct status_snapshot **out, struct err *err)
{
	struct status_snapshot *s = calloc(1, sizeof *s);

	if (!s)
		return err_set(err, ERR_NOMEM, "status");
	s->customer = arena_alloc(&s->arena, c->customers.n * sizeof *s->customer);
	s->partner = arena_alloc(&s->arena, c->partners.n * sizeof *s->partner);
	s->oem = arena_alloc(&s->arena, c->oems.n * sizeof *s->oem);
	s->ncustomer = s->customer ? c->customers.n : 0;
	s->npartner = s->partner ? c->partners.n : 0;
	s->noem = s->oem ? c->oems.n : 0;
	s->login_lifetime_ms = c->login.lifetime_ms;
	for (size_t i = 0; i < s->ncustomer; i++) {
		s->customer[i].name = copy(s, c->customers.item[i].name);
		s->customer[i].via = via_of(s, &c->customers.item[i]);
		s->customer[i].consent = "unknown";
	}
	for (size_t i = 0; i < s->npartner; i++)
		s->partner[i].name = copy(s, c->partners.item[i].name);
	for (size_t i = 0; i < s->noem; i++)
		s->oem[i].name = copy(s, c->oems.item[i].name);
	if (check(s, err)) {
		status_snapshot_free(s);
		return err->code;
	}
	*out = s;
	return ERR_OK;
}

enum err_code
status_snapshot_ask_agent(struct status_snapshot *s, const struct agent *a, struct err *err)
{
	s->running = true;
	for (size_t i = 0; i < s->ncustomer; i++) {
		struct status_customer *c = &s->customer[i];
		struct agent_customer_status known;

		agent_customer_status(a, i, &known);
		c->consent = copy(s, known.consent);
		c->held_for = copy(s, known.held_for);
		c->held_message = copy(s, known.held_message);
		c->next_unix_ms = known.next_unix_ms;
		c->in_flight = known.in_flight;
		c->paused_until_unix_ms = known.paused_until_unix_ms;
	}
	for (size_t i = 0; i < s->npartner; i++) {
		struct agent_partner_status known;

		agent_partner_status(a, i, &known);
		s->partner[i].token = copy(s, known.token);
		s->partner[i].message = copy(s, known.message);
		s->partner[i].expires_unix_ms = known.expires_unix_ms;
		s->partner[i].signed_in = known.signed_in;
		s->partner[i].certificate_until_unix_ms = known.certificate_until_unix_s * 1000;
	}
	for (size_t i = 0; i < s->noem; i++) {
		struct agent_oem_status known;

		agent_oem_status(a, i, &known);
		s->oem[i].credential = copy(s, known.credential);
		s->oem[i].message = copy(s, known.message);
		s->oem[i].certificate_until_unix_ms = known.certificate_until_unix_s * 1000;
	}
	return check(s, err);
}

/* --- from the store --- */

/* NULL: a customer that was taken out of the configuration. */
static struct status_customer *
find_customer(const struct status_snapshot *s, struct slice name)
{
	for (size_t i = 0; i < s->ncustomer; i++) {
		if (slice_eq(name, slice_of(s->customer[i].name)))
			return &s->customer[i];
	}
	return NULL;
}

static enum err_code
add_count(void *arg, struct slice customer, enum device_state state, uint64_t n, struct err *err)
{
	struct status_snapshot *s = arg;
	struct status_customer *c = find_customer(s, customer);

	(void)err;
	if (c)
		c->states[state] += n;
	if (state == DEVICE_QUEUED)
		s->queued += n;
	return ERR_OK;
}

static enum err_code
add_login(void *arg, const struct store_login *l, struct err *err)
{
	struct status_snapshot *s = arg;

	for (size_t i = 0; i < s->npartner; i++) {
		struct status_partner *p = &s->partner[i];

		if (!slice_eq(l->partner, slice_of(p->name)))
			continue;
		p->account = l->account.len ? arena_text(&s->arena, l->account) : NULL;
		p->signed_in_unix_ms = l->since_unix_ms;
		p->good_until_unix_ms =
		    l->saved_unix_ms ? l->saved_unix_ms + (int64_t)s->login_lifetime_ms : 0;
	}
	return check(s, err);
}

enum err_code
status_snapshot_count(struct status_snapshot *s, struct store *store, struct err *err)
{
	struct store_stats stats;

	if (store_tally(store, add_count, s, err) || store_logins(store, add_login, s, err) ||
	    store_stats(store, &stats, err))
		return err->code;
	s->oldest_unix_ms = stats.oldest_queued_unix_ms;
	return ERR_OK;
}

static enum err_code
add_consent(void *arg, const struct store_consent *k, struct err *err)
{
	struct status_snapshot *s = arg;
	struct status_customer *c = find_customer(s, k->customer);

	if (c)
		c->consent = arena_text(&s->arena, k->state);
	return check(s, err);
}

static bool
is_in_scope(const struct status_customer *c, struct slice scope)
{
	struct slice prefix = slice_of("customer/");

	if (slice_eq(scope, slice_of(c->via)))
		return true;
	return slice_eq(slice_head(scope, prefix.len), prefix) &&
	    slice_eq(slice_from(scope, prefix.len), slice_of(c->name));
}

static enum err_code
add_hold(void *arg, const struct store_hold *h, struct err *err)
{
	struct status_snapshot *s = arg;

	for (size_t i = 0; i < s->ncustomer; i++) {
		struct status_customer *c = &s->customer[i];

		if (c->held_for || !is_in_scope(c, h->scope))
			continue;
		c->held_for = arena_text(&s->arena, h->reason);
		c->held_message = arena_text(&s->arena, h->message);
	}
	return check(s, err);
}

enum err_code
status_snapshot_ask_store(struct status_snapshot *s, struct store *store, struct err *err)
{
	if (store_consents(store, add_consent, s, err) || store_holds(store, add_hold, s, err))
		return err->code;
	return ERR_OK;
}

/* --- as JSON --- */

static json_t *
text_json(const char *text)
{
	return text ? records_json_text(slice_of(text)) : json_null();
}

static json_t *
customer_json(const struct status_customer *c)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:i}", "name", text_json(c->name),
	    "consent", text_json(c->consent), "states", records_json_states(c->states), "held_for",
	    text_json(c->held_for), "held_message", text_json(c->held_message), "next",
	    records_json_time(c->next_unix_ms), "in_flight", (int)c->in_flight);
}

static json_t *
partner_json(const struct status_partner *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", text_json(p->name), "token",
	    text_json(p->token), "expires", records_json_time(p->expires_unix_ms), "account",
	    text_json(p->account), "signed_in", records_json_time(p->signed_in_unix_ms),
	    "good_until", records_json_time(p->good_until_unix_ms), "message",
	    text_json(p->message));
}

static json_t *
oem_json(const struct status_oem *o)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "name", text_json(o->name), "credential",
	    text_json(o->credential), "certificate_until",
	    records_json_time(o->certificate_until_unix_ms), "message", text_json(o->message));
}

json_t *
status_snapshot_json(const struct status_snapshot *s)
{
	json_t *customers = json_array();
	json_t *partners = json_array();
	json_t *oems = json_array();
	bool whole = true;

	for (size_t i = 0; i < s->ncustomer; i++)
		whole =
		    json_array_append_new(customers, customer_json(&s->customer[i])) == 0 && whole;
	for (size_t i = 0; i < s->npartner; i++)
		whole = json_array_append_new(partners, partner_json(&s->partner[i])) == 0 && whole;
	for (size_t i = 0; i < s->noem; i++)
		whole = json_array_append_new(oems, oem_json(&s->oem[i])) == 0 && whole;
	if (!whole) {
		json_decref(customers);
		json_decref(partners);
		json_decref(oems);
		return NULL;
	}
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:{s:I, s:o}}", "version", AUTOREG_VERSION,
	    "running", s->running, "customers", customers, "partners", partners, "oems", oems,
	    "queue", "queued", (json_int_t)s->queued, "oldest",
	    records_json_time(s->oldest_unix_ms));
}

void
status_snapshot_free(struct status_snapshot *s)
{
	if (!s)
		return;
	arena_done(&s->arena);
	free(s);
}
