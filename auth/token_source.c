/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_source.h"

#include <assert.h>
#include <stdlib.h>

#include "auth/entra_error.h"
#include "auth/token_fetch.h"
#include "auth/token_request.h"
#include "auth/token_seal.h"
#include "base/log.h"

enum {
	WAITERS_MAX = 1024,
	LIFE_LEFT_MIN_MS = 60 * 1000, /* a token handed out has to last for a call */
	EARLY_MAX_MS = 5 * 60 * 1000, /* so long before its end a token is refreshed, */
	EARLY_LIFE_PART = 5,          /* or for this part of its life, if that is less */
	EARLY_PAUSE_MS = 60 * 1000,   /* after an early refresh that failed */
	NEW_KEY_TRIES = 6,            /* refusals of a certificate that has never worked */
	NEW_KEY_RETRY_MS = 30 * 1000, /* Source: sources.md#new-certificate */
};

struct token_wait {
	struct token_wait *next;
	token_fn *done;
	void *arg;
	bool cancelled;
};

/* Tokens of a sign-in, on their way into the store. */
struct adoption {
	struct token_answer token;
	token_saved_fn *done; /* NULL: there is none */
	void *arg;
};

/*
 * What moves is a token_fetch; the source is where its result stays, and who waits for it. At most one
 * of fetch, absent and adoption answers those who wait: an adoption takes the place of the others.
 */
struct token_source {
	/* Fixed at creation. */
	struct http_loop *http;
	const struct clock *clock;
	const struct token_keeper *keeper; /* NULL with TOKEN_CLIENT_CREDENTIALS */
	struct token_counts *counts;       /* NULL: nobody counts */
	const struct http_tls *tls;
	bool other; /* the endpoint is not Entra ID's, as far as is known */
	struct token_request *request;

	/* Changes. */
	struct secret
	    *refresh;          /* NULL with TOKEN_CLIENT_CREDENTIALS, and if nobody has signed in */
	struct secret *access; /* also after its end or a refusal: somebody may still look at it */
	int64_t expires_unix_ms;   /* 0: access is good for nothing */
	uint64_t expires_mono_ms;  /* the same */
	uint64_t early_mono_ms;    /* from then on access is to be replaced */
	struct token_fetch *fetch; /* NULL: nothing is under way */
	bool forgotten;            /* what fetch brings is not wanted any more */
	bool sealed;               /* there is no refresh because what is stored does not open */
	bool absent; /* the keeper will call, so that we can say: nobody has signed in */
	struct adoption adoption;
	int64_t asked_unix_ms; /* when fetch began: a token's life counts from there */
	uint64_t asked_mono_ms;
	struct token_wait *first;
	struct token_wait **end;
	size_t nwait;    /* all whose callback has not been called */
	token_fn *watch; /* NULL: nobody watches */
	void *watch_arg;
	struct err failure;    /* of the last request, if it brought no token */
	unsigned key_refusals; /* in a row, of a key that has not worked yet */
	bool key_proven;
	bool freed; /* what is left of the source waits for the end of fetch and absent */
};

/* --- creation --- */

static void
destroy(struct token_source *ts)
{
	token_request_free(ts->request);
	secret_free(ts->refresh);
	secret_free(ts->access);
	free(ts);
}

static enum err_code
fill(struct token_source *ts, const struct token_options *opt, struct err *err)
{
	struct slice seed;

	if (token_request_new(opt, &ts->request, err))
		return err->code;
	if (opt->grant == TOKEN_CLIENT_CREDENTIALS)
		return ERR_OK;
	assert(opt->keeper);
	ts->keeper = opt->keeper;
	ts->sealed = opt->sealed;
	if (!opt->refresh_token)
		return ERR_OK;
	seed = secret_get(opt->refresh_token);
	return secret_new(seed.ptr, seed.len, &ts->refresh, err);
}

enum err_code
token_source_new(const struct token_options *opt, struct token_source **out, struct err *err)
{
	struct token_source *ts = calloc(1, sizeof *ts);

	if (!ts)
		return err_set(err, ERR_NOMEM, "out of memory");
	ts->http = opt->http;
	ts->clock = opt->clock;
	ts->tls = opt->tls;
	ts->counts = opt->counts;
	ts->other = opt->token_url != NULL;
	ts->end = &ts->first;
	if (fill(ts, opt, err)) {
		destroy(ts);
		return err->code;
	}
	*out = ts;
	return ERR_OK;
}

void
token_source_free(struct token_source *ts)
{
	if (!ts)
		return;
	assert(ts->nwait == 0 && !ts->adoption.done && !ts->freed);
	ts->freed = true;
	if (ts->fetch)
		token_fetch_cancel(ts->fetch);
	else if (!ts->absent)
		destroy(ts);
}

/* --- the tokens --- */

static void
forget_access(struct token_source *ts)
{
	ts->expires_unix_ms = 0;
	ts->expires_mono_ms = 0;
}

static void
swap_secret(struct secret **old, struct secret **new)
{
	secret_free(*old);
	*old = *new;
	*new = NULL;
}

static void
take_tokens(struct token_source *ts, struct token_answer *token)
{
	uint64_t life_ms = token->life_s * 1000;
	uint64_t early_ms = life_ms / EARLY_LIFE_PART;

	if (early_ms > EARLY_MAX_MS)
		early_ms = EARLY_MAX_MS;
	ts->expires_unix_ms = ts->asked_unix_ms + (int64_t)life_ms;
	ts->expires_mono_ms = ts->asked_mono_ms + life_ms;
	ts->early_mono_ms = ts->expires_mono_ms - early_ms;
	swap_secret(&ts->access, &token->access);
	if (token->refresh)
		swap_secret(&ts->refresh, &token->refresh);
}

/* A new certificate takes minutes to become known everywhere in Entra ID. */
static void
excuse_new_key(struct token_source *ts, struct token_result *r)
{
	if (r->aadsts != ENTRA_KEY_UNKNOWN || r->trouble != TOKEN_CREDENTIAL || ts->key_proven ||
	    ++ts->key_refusals >= NEW_KEY_TRIES)
		return;
	r->trouble = TOKEN_WAIT;
	r->retry_after_ms = NEW_KEY_RETRY_MS;
	r->advice =
	    "Nothing has to be done if the certificate was uploaded just now: it is tried again.";
}

static void
take_failure(struct token_source *ts, struct token_result *r)
{
	uint64_t pause_ms = EARLY_PAUSE_MS;

	excuse_new_key(ts, r);
	if (r->retry_after_ms > EARLY_PAUSE_MS)
		pause_ms = (uint64_t)r->retry_after_ms;
	ts->early_mono_ms = clock_mono_ms(ts->clock) + pause_ms;
}

/* --- those who wait --- */

static void
answer(struct token_wait *w, const struct token_result *r, const struct err *err)
{
	static const struct err cancelled = { ERR_CANCELLED,
		"nobody waits for the token any more" };
	struct token_result none = entra_error_without_answer(&cancelled);
	struct token_wait wait = *w;

	free(w); /* first, so that done may start or free anything */
	if (wait.cancelled)
		wait.done(wait.arg, &none, &cancelled);
	else
		wait.done(wait.arg, r, err);
}

/* The last callback may free the source: behind it only what is ours is looked at. */
static void
answer_all(struct token_source *ts, const struct token_result *r, const struct err *err)
{
	struct token_wait *w = ts->first;

	ts->first = NULL; /* who asks from inside a callback waits for another request */
	ts->end = &ts->first;
	while (w) {
		struct token_wait *next = w->next;

		ts->nwait--;
		answer(w, r, err);
		w = next;
	}
}

static void
answer_absent(struct token_source *ts)
{
	static const struct token_result none = {
		.trouble = TOKEN_SIGN_IN,
		.retry_after_ms = -1,
		.advice = "Run 'autoreg login' with the name of the partner.",
	};
	static const struct err nobody = { ERR_NOT_FOUND, "nobody has signed in." };
	static const struct err sealed = { ERR_NOT_FOUND, TOKEN_SEAL_LOST "." };

	answer_all(ts, &none, ts->sealed ? &sealed : &nobody);
}

static void
answer_failed(struct token_source *ts, const struct err *why)
{
	const struct token_result none = entra_error_without_answer(why);

	answer_all(ts, &none, why);
}

/* --- asking --- */

static bool
is_busy(const struct token_source *ts)
{
	return ts->fetch || ts->absent || ts->adoption.done;
}

static void save_adopted(struct token_source *ts);

static void
count(struct token_source *ts, bool ok)
{
	if (!ts->counts)
		return;
	if (ok)
		ts->counts->ok++;
	else
		ts->counts->failed++;
}

static void
on_fetched(void *arg, struct token_outcome *o)
{
	struct token_source *ts = arg;
	const struct err *err = o->err.code ? &o->err : NULL;
	bool forgotten = ts->forgotten;

	ts->fetch = NULL;
	ts->forgotten = false;
	if (ts->freed) {
		destroy(ts);
		return;
	}
	if (ts->adoption.done) {
		save_adopted(ts);
		return;
	}
	if (forgotten) {
		answer_absent(ts);
		return;
	}
	count(ts, o->token.access != NULL);
	ts->failure = o->err;
	if (o->token.access) {
		take_tokens(ts, &o->token);
		ts->failure.code = ERR_OK;
		ts->key_proven = true;
		o->result.access = ts->access;
	} else {
		take_failure(ts, &o->result);
	}
	if (ts->watch)
		ts->watch(ts->watch_arg, &o->result, err);
	answer_all(ts, &o->result, err);
}

static enum err_code
fetch(struct token_source *ts, struct err *err)
{
	struct secret *form;
	enum err_code rc;

	ts->asked_unix_ms = clock_unix_ms(ts->clock);
	ts->asked_mono_ms = clock_mono_ms(ts->clock);
	rc = token_request_form(ts->request, ts->refresh, &form, err);
	if (rc)
		return rc;
	rc = token_fetch_start(
	    &(struct token_fetch_options){
	        .http = ts->http,
	        .keeper = ts->keeper,
	        .url = token_request_url(ts->request),
	        .form = form,
	        .tls = ts->tls,
	        .other = ts->other,
	        .prove = token_request_signs(ts->request) ? ts->request : NULL,
	        .now_unix_s = ts->asked_unix_ms / 1000,
	    },
	    on_fetched, ts, &ts->fetch, err);
	secret_free(form);
	return rc;
}

/* Who asked since a sign-in was over waits for another request. */
static void
on_absent(void *arg, const struct err *failed)
{
	struct token_source *ts = arg;
	struct err err;

	(void)failed;
	ts->absent = false;
	if (ts->freed)
		destroy(ts);
	else if (!ts->adoption.done && !ts->refresh)
		answer_absent(ts);
	else if (!ts->adoption.done && ts->first && fetch(ts, &err))
		answer_failed(ts, &err);
}

/* A request for a token; without a refresh token only the news of that, which is late as well. */
static enum err_code
begin(struct token_source *ts, struct err *err)
{
	if (!ts->keeper || ts->refresh)
		return fetch(ts, err);
	if (ts->keeper->flush(ts->keeper->arg, on_absent, ts, err))
		return err->code;
	ts->absent = true;
	return ERR_OK;
}

const struct secret *
token_source_cached(struct token_source *ts)
{
	uint64_t now_ms = clock_mono_ms(ts->clock);
	struct err err;

	if (ts->expires_mono_ms < now_ms + LIFE_LEFT_MIN_MS)
		return NULL;
	if (now_ms >= ts->early_mono_ms && !is_busy(ts) && begin(ts, &err))
		log_trace("no early refresh: %s", err.msg); /* the next who asks tries again */
	return ts->access;
}

int64_t
token_source_expires_unix_ms(const struct token_source *ts)
{
	return ts->expires_unix_ms;
}

const char *
token_source_failure(const struct token_source *ts)
{
	return ts->failure.code ? ts->failure.msg : "";
}

enum err_code
token_source_get(struct token_source *ts, const struct secret *refused, token_fn *done, void *arg,
    struct token_wait **out, struct err *err)
{
	struct token_wait *w;

	if (refused && ts->access && slice_eq(secret_get(refused), secret_get(ts->access)))
		forget_access(ts);
	if (ts->nwait >= WAITERS_MAX)
		return err_set(err, ERR_LIMIT, "%d wait for the same token already", WAITERS_MAX);
	w = calloc(1, sizeof *w);
	if (!w)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (!is_busy(ts) && begin(ts, err)) {
		free(w);
		return err->code;
	}
	w->done = done;
	w->arg = arg;
	*ts->end = w;
	ts->end = &w->next;
	ts->nwait++;
	*out = w;
	return ERR_OK;
}

enum err_code
token_source_renew(struct token_source *ts, struct err *err)
{
	return is_busy(ts) || !token_source_signed_in(ts) ? ERR_OK : fetch(ts, err);
}

void
token_wait_cancel(struct token_wait *w)
{
	w->cancelled = true;
}

/* --- signing in and out --- */

void
token_source_watch(struct token_source *ts, token_fn *watch, void *arg)
{
	ts->watch = watch;
	ts->watch_arg = arg;
}

const struct token_request *
token_source_request(const struct token_source *ts)
{
	return ts->request;
}

bool
token_source_signed_in(const struct token_source *ts)
{
	return !ts->keeper || ts->refresh;
}

/* Those who wait get the new token, or without one another request, if that can be. */
static void
on_adopted(void *arg, const struct err *failed)
{
	struct token_source *ts = arg;
	struct adoption a = ts->adoption;
	struct token_result got = { .access = NULL };
	struct err err;

	ts->adoption = (struct adoption){ .done = NULL };
	if (!failed) {
		ts->asked_unix_ms = clock_unix_ms(ts->clock);
		ts->asked_mono_ms = clock_mono_ms(ts->clock);
		take_tokens(ts, &a.token);
		got.access = ts->access;
		answer_all(ts, &got, NULL);
	} else if (ts->first && begin(ts, &err)) {
		answer_failed(ts, &err);
	}
	token_answer_done(&a.token);
	a.done(a.arg, failed);
}

static enum err_code
start_saving(struct token_source *ts, struct err *err)
{
	return ts->keeper->save(ts->keeper->arg, ts->adoption.token.refresh, on_adopted, ts, err);
}

static void
save_adopted(struct token_source *ts)
{
	struct err err;

	if (start_saving(ts, &err))
		on_adopted(ts, &err);
}

enum err_code
token_source_adopt(struct token_source *ts, struct token_answer *token, token_saved_fn *done,
    void *arg, struct err *err)
{
	assert(ts->keeper && !ts->adoption.done && token->access && token->refresh);
	ts->adoption = (struct adoption){ *token, done, arg };
	if (ts->fetch) {
		token_fetch_cancel(ts->fetch);
	} else if (start_saving(ts, err)) {
		ts->adoption = (struct adoption){ .done = NULL }; /* still the caller's */
		return err->code;
	}
	*token = (struct token_answer){ .life_s = 0 };
	return ERR_OK;
}

void
token_source_forget(struct token_source *ts)
{
	assert(!ts->adoption.done);
	secret_free(ts->refresh);
	ts->refresh = NULL;
	ts->sealed = false;
	forget_access(ts);
	if (!ts->fetch)
		return;
	ts->forgotten = true;
	token_fetch_cancel(ts->fetch);
}
