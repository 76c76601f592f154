/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/consent_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/records/records_json.h"
#include "agent/sending/roster.h"

struct standing {
	const char *name;
	const char *via;   /* "partner/northwind"; "intune" */
	const char *state; /* "granted" */
	const char *evidence;
	const char *link; /* NULL: not known */
	int64_t since_unix_ms;
	int64_t checked_unix_ms;
};

struct consent_snapshot {
	struct standing *party;
	size_t n;
	struct arena arena; /* owns all of it */
};

static const char *
via_of(struct consent_snapshot *s, const struct customer *c)
{
	static const char *const kind[] = {
		[VIA_PARTNER] = "partner/",
		[VIA_OEM] = "oem/",
		[VIA_INTUNE] = "intune",
	};
	char text[SCOPE_NAME_SIZE];

	(void)snprintf(text, sizeof text, "%s%s", kind[c->via.kind],
	    c->via.name ? c->via.name : "");
	return arena_text(&s->arena, slice_of(text));
}

/* A maker's link stands in the configuration, a partner's comes from the service. */
static const char *
link_of(struct consent_snapshot *s, const struct config *c, const struct customer *k)
{
	const struct oem *oem = k->via.kind == VIA_OEM ? config_oem(c, k->via.name) : NULL;

	return oem && oem->consent_link ? arena_text(&s->arena, slice_of(oem->consent_link)) : NULL;
}

static void
add(struct consent_snapshot *s, const struct config *c, const struct customer *k)
{
	s->party[s->n++] = (struct standing){
		.name = arena_text(&s->arena, slice_of(k->name)),
		.via = via_of(s, k),
		.state = consent_state_name(CONSENT_UNKNOWN),
		.evidence = "",
		.link = link_of(s, c, k),
	};
}

enum err_code
consent_snapshot_new(const struct config *c, const char *customer, struct consent_snapshot **out,
    struct err *err)
{
	struct consent_snapshot *s = calloc(1, sizeof *s);
	enum err_code rc = ERR_OK;

	if (!s)
		return err_set(err, ERR_NOMEM, "consent");
	s->party = arena_alloc(&s->arena, c->customers.n * sizeof *s->party);
	for (size_t i = 0; s->party && i < c->customers.n; i++) {
		if (!customer || strcmp(c->customers.item[i].name, customer) == 0)
			add(s, c, &c->customers.item[i]);
	}
	if (s->arena.failed)
		rc = err_set(err, ERR_NOMEM, "consent");
	else if (customer && s->n == 0)
		rc = err_set(err, ERR_NOT_FOUND, "the configuration has no customer %s", customer);
	if (rc)
		consent_snapshot_free(s);
	else
		*out = s;
	return rc;
}

static enum err_code
check(const struct consent_snapshot *s, struct err *err)
{
	return s->arena.failed ? err_set(err, ERR_NOMEM, "consent") : ERR_OK;
}

static enum err_code
take_consent(void *arg, const struct store_consent *k, struct err *err)
{
	struct consent_snapshot *s = arg;

	for (size_t i = 0; i < s->n; i++) {
		struct standing *p = &s->party[i];

		if (!slice_eq(k->customer, slice_of(p->name)))
			continue;
		p->state = arena_text(&s->arena, k->state);
		p->evidence = arena_text(&s->arena, k->evidence);
		p->since_unix_ms = k->since_unix_ms;
		p->checked_unix_ms = k->checked_unix_ms;
	}
	return check(s, err);
}

static enum err_code
take_link(void *arg, struct slice service, struct slice url, struct err *err)
{
	struct consent_snapshot *s = arg;

	for (size_t i = 0; i < s->n; i++) {
		if (slice_eq(service, slice_of(s->party[i].via)))
			s->party[i].link = arena_text(&s->arena, url);
	}
	return check(s, err);
}

enum err_code
consent_snapshot_read(struct consent_snapshot *s, struct store *store, struct err *err)
{
	if (store_consents(store, take_consent, s, err))
		return err->code;
	return store_links(store, take_link, s, err);
}

static json_t *
party_json(const struct standing *p)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "customer", p->name, "via", p->via,
	    "state", p->state, "since", records_json_time(p->since_unix_ms), "checked",
	    records_json_time(p->checked_unix_ms), "link",
	    records_json_text(slice_of(p->link ? p->link : "")), "evidence",
	    records_json_text(slice_of(p->evidence)));
}

json_t *
consent_snapshot_json(const struct consent_snapshot *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->n; i++) {
		if (json_array_append_new(all, party_json(&s->party[i]))) {
			json_decref(all);
			return NULL;
		}
	}
	return json_pack("{s:o}", "consent", all);
}

void
consent_snapshot_free(struct consent_snapshot *s)
{
	if (!s)
		return;
	arena_done(&s->arena);
	free(s);
}
