/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/login_record.h"

#include <stdio.h>
#include <string.h>

#include "agent/sending/roster.h"
#include "auth/token_seal.h"

static const char *
scope_of(const char *partner, char out[SCOPE_NAME_SIZE])
{
	(void)snprintf(out, SCOPE_NAME_SIZE, "partner/%s", partner);
	return out;
}

static struct slice
credentials(void)
{
	return slice_of(hold_reason_name(HOLD_CREDENTIALS));
}

static enum err_code
hold(struct store *s, const char *partner, const char *message, struct err *err)
{
	char scope[SCOPE_NAME_SIZE];

	return store_hold(s, slice_of(scope_of(partner, scope)), credentials(), slice_of(message),
	    err);
}

static enum err_code
add_event(struct store *s, const struct login_record *r, const char *kind, struct err *err)
{
	const struct store_event e = {
		.kind = slice_of(kind),
		.actor = slice_of(r->actor),
		.partner = slice_of(r->partner),
		.message = slice_of(r->message),
	};

	return store_event_add(s, &e, err);
}

enum err_code
login_record_absent(struct store *s, const char *partner, struct err *err)
{
	char message[HOLD_MESSAGE_SIZE];

	(void)snprintf(message, sizeof message,
	    "nobody has signed in for this partner. Run 'autoreg login %s'.", partner);
	return hold(s, partner, message, err);
}

enum err_code
login_record_try(struct store *s, const char *partner, struct err *err)
{
	char scope[SCOPE_NAME_SIZE];

	return store_unhold(s, slice_of(scope_of(partner, scope)), credentials(), err);
}

/* --- what the trail and the holds tell --- */

/* The newest event of a partner. */
struct newest {
	struct slice partner;
	int64_t id; /* 0: there is none */
};

static enum err_code
look_at_event(void *arg, const struct store_event *e, struct err *err)
{
	struct newest *n = arg;

	(void)err;
	if (slice_eq(e->partner, n->partner))
		n->id = e->id;
	return ERR_OK;
}

static enum err_code
find_newest(struct store *s, const char *kind, struct newest *out, struct err *err)
{
	const struct store_event_query q = { .kind = slice_of(kind) };

	return store_events(s, &q, look_at_event, out, err);
}

struct known_hold {
	struct slice scope;
	bool there;
	bool sealed; /* it tells of a token that does not open, whoever has put it there */
};

static enum err_code
look_at_hold(void *arg, const struct store_hold *h, struct err *err)
{
	struct known_hold *k = arg;

	(void)err;
	if (!slice_eq(h->scope, k->scope) || !slice_eq(h->reason, credentials()))
		return ERR_OK;
	k->there = true;
	k->sealed =
	    memmem(h->message.ptr, h->message.len, TOKEN_SEAL_LOST, strlen(TOKEN_SEAL_LOST));
	return ERR_OK;
}

/* --- what happens --- */

enum err_code
login_record_done(struct store *s, const struct login_record *r, const char *account,
    const char *roles, int64_t at_unix_ms, struct err *err)
{
	struct newest lost = { .partner = slice_of(r->partner) }, done = lost;

	if (find_newest(s, "login_lost", &lost, err) || find_newest(s, "login_done", &done, err) ||
	    store_login_save(s, slice_of(r->partner), slice_of(account), slice_of(roles),
	        at_unix_ms, err) ||
	    add_event(s, r, "login_done", err) ||
	    (lost.id > done.id && add_event(s, r, "login_renewed", err)))
		return err->code;
	return login_record_try(s, r->partner, err);
}

enum err_code
login_record_lost(struct store *s, const struct login_record *r, struct err *err)
{
	char scope[SCOPE_NAME_SIZE];
	struct known_hold known = { .scope = slice_of(scope_of(r->partner, scope)) };

	if (store_holds(s, look_at_hold, &known, err) ||
	    (!known.there && add_event(s, r, "login_lost", err)))
		return err->code;
	return hold(s, r->partner, r->message, err);
}

enum err_code
login_record_sealed(struct store *s, const char *partner, struct err *err)
{
	char message[HOLD_MESSAGE_SIZE];
	const struct login_record r = {
		.partner = partner,
		.actor = "agent",
		.message = message,
	};

	(void)snprintf(message, sizeof message,
	    TOKEN_SEAL_LOST ". Put the right seal key back and restart the agent, or run 'autoreg "
	                    "login %s'.",
	    partner);
	return login_record_lost(s, &r, err);
}

enum err_code
login_record_opened(struct store *s, const char *partner, struct err *err)
{
	const struct login_record r = {
		.partner = partner,
		.actor = "agent",
		.message = "the stored token opens again",
	};
	char scope[SCOPE_NAME_SIZE];
	struct known_hold known = { .scope = slice_of(scope_of(partner, scope)) };

	if (store_holds(s, look_at_hold, &known, err))
		return err->code;
	if (!known.sealed)
		return ERR_OK;
	if (add_event(s, &r, "login_renewed", err))
		return err->code;
	return login_record_try(s, partner, err);
}

enum err_code
login_record_expiring(struct store *s, const struct login_record *r, uint32_t days, struct err *err)
{
	if (store_login_warned(s, slice_of(r->partner), days, err))
		return err->code;
	return add_event(s, r, "login_expiring", err);
}

enum err_code
login_record_forgotten(struct store *s, const struct login_record *r, struct err *err)
{
	if (store_login_forget(s, slice_of(r->partner), err) ||
	    add_event(s, r, "login_forgotten", err))
		return err->code;
	return login_record_absent(s, r->partner, err);
}
