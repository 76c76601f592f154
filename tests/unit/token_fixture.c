/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/token_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/entra_json.h"
#include "tests/unit/free_watch.h"
#include "tests/unit/http_call_fake.h"

static struct token_source *source; /* of the test that runs */

/* --- time --- */

static int64_t unix_ms;
static uint64_t mono_ms;

static int64_t
read_unix(void *arg)
{
	(void)arg;
	return unix_ms;
}

static uint64_t
read_mono(void *arg)
{
	(void)arg;
	return mono_ms;
}

static const struct clock test_clock = { read_unix, read_mono, NULL };

void
token_fixture_pass(uint64_t ms)
{
	unix_ms += (int64_t)ms;
	mono_ms += ms;
}

void
token_fixture_set_clock(int64_t by_ms)
{
	unix_ms += by_ms;
}

/* --- a keeper whose saves the test ends --- */

static struct {
	unsigned asked;
	token_saved_fn *done; /* NULL: none is under way */
	void *done_arg;
	char token[64];
} keeping;

static enum err_code
save(void *arg, const struct secret *token, token_saved_fn *done, void *done_arg, struct err *err)
{
	struct slice text = secret_get(token);

	(void)arg;
	(void)err;
	assert_null(keeping.done);
	keeping.asked++;
	keeping.done = done;
	keeping.done_arg = done_arg;
	memcpy(keeping.token, text.ptr, text.len);
	keeping.token[text.len] = '\0';
	return ERR_OK;
}

static struct {
	token_saved_fn *done; /* NULL: nobody waits */
	void *done_arg;
} flushing;

static enum err_code
flush(void *arg, token_saved_fn *done, void *done_arg, struct err *err)
{
	(void)arg;
	(void)err;
	assert_null(flushing.done);
	flushing.done = done;
	flushing.done_arg = done_arg;
	return ERR_OK;
}

void
token_fixture_flushed(void)
{
	token_saved_fn *done = flushing.done;

	assert_non_null(done);
	flushing.done = NULL;
	done(flushing.done_arg, NULL);
}

static const struct token_keeper keeper = { NULL, save, flush };

void
token_fixture_saved(enum err_code code)
{
	token_saved_fn *done = keeping.done;
	const struct err no_room = { ERR_IO, "no room" };

	assert_non_null(done);
	keeping.done = NULL;
	done(keeping.done_arg, code ? &no_room : NULL);
}

unsigned
token_fixture_saves(void)
{
	return keeping.asked;
}

const char *
token_fixture_kept(void)
{
	return keeping.token;
}

bool
token_fixture_is_saving(void)
{
	return keeping.done != NULL;
}

/* --- one who waits --- */

void
token_waiter_on_token(void *arg, const struct token_result *r, const struct err *err)
{
	struct token_waiter *w = arg;

	w->calls++;
	w->result = *r;
	w->handed_out = r->access;
	w->access[0] = '\0';
	if (r->access)
		(void)snprintf(w->access, sizeof w->access, SLICE_FMT,
		    SLICE_ARG(secret_get(r->access)));
	w->err = err ? *err : (struct err){ .code = ERR_OK };
	assert_int_equal(err != NULL && err->code == ERR_OK, 0);
	if (w->then)
		w->then(w);
}

void
token_waiter_get(struct token_waiter *w, const struct secret *refused)
{
	struct err err;
	unsigned before = w->calls;

	assert_int_equal(
	    token_source_get(source, refused, token_waiter_on_token, w, &w->wait, &err), ERR_OK);
	assert_int_equal(w->calls, before);
}

/* --- the source --- */

static struct secret *
secret_of(const char *text)
{
	struct secret *s = NULL;
	struct err err;

	assert_int_equal(secret_new(text, strlen(text), &s, &err), ERR_OK);
	return s;
}

static struct secret *client_secret, *seed;

static struct token_options
options(enum token_grant grant)
{
	return (struct token_options){
		.clock = &test_clock,
		.random = random_system(),
		.keeper = grant == TOKEN_REFRESH ? &keeper : NULL,
		.login = "https://login.microsoftonline.com",
		.tenant = "t",
		.client_id = "c",
		.audience = "https://api.partnercenter.microsoft.com",
		.grant = grant,
		.client_secret = client_secret,
		.refresh_token = grant == TOKEN_REFRESH ? seed : NULL,
	};
}

enum err_code
token_fixture_open(enum token_grant grant, struct token_source **out, struct err *err)
{
	const struct token_options opt = options(grant);

	return token_source_new(&opt, out, err);
}

void
token_fixture_use_sealed(void)
{
	struct token_options opt = options(TOKEN_REFRESH);
	struct token_source *sealed = NULL;
	struct err err;

	opt.refresh_token = NULL;
	opt.sealed = true;
	assert_int_equal(token_source_new(&opt, &sealed, &err), ERR_OK);
	token_fixture_use(sealed);
}

struct token_source *
token_fixture_source(void)
{
	return source;
}

void
token_fixture_use(struct token_source *ts)
{
	token_source_free(source);
	source = ts;
}

void
token_fixture_free_source(void)
{
	token_fixture_use(NULL);
}

void
token_fixture_prepare(void)
{
	entra_json_wipe_freed();
}

int
token_fixture_enter(void **state)
{
	struct err err;

	unix_ms = TOKEN_FIXTURE_UNIX_S * INT64_C(1000);
	mono_ms = 5000;
	memset(&keeping, 0, sizeof keeping);
	memset(&flushing, 0, sizeof flushing);
	client_secret = secret_of("SECRET");
	seed = secret_of("SECRET1");
	free_watch("SECRET");
	assert_int_equal(token_fixture_open(TOKEN_REFRESH, &source, &err), ERR_OK);
	return http_call_fake_enter(state);
}

/* Nothing of ours may be given back with a secret in it, in any test. */
int
token_fixture_leave(void **state)
{
	token_fixture_free_source();
	secret_free(client_secret);
	secret_free(seed);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
	assert_null(keeping.done);
	assert_null(flushing.done);
	return http_call_fake_leave(state);
}

unsigned
token_fixture_requests(void)
{
	return http_call_fake_last()->started;
}

void
token_fixture_assert_sent(const char *refresh_token)
{
	char want[64];

	(void)snprintf(want, sizeof want, "&refresh_token=%s&", refresh_token);
	assert_non_null(strstr(http_call_fake_last()->text, want));
}

/* refresh: NULL, none comes. */
void
token_fixture_grant(const char *access, const char *refresh, unsigned life_s)
{
	/* Not on the stack: what is left there stands in the padding of what is made next. */
	static char body[512];

	(void)snprintf(body, sizeof body,
	    "{\"token_type\":\"Bearer\",\"expires_in\":%u,\"access_token\":\"%s\"%s%s%s}", life_s,
	    access, refresh ? ",\"refresh_token\":\"" : "", refresh ? refresh : "",
	    refresh ? "\"" : "");
	http_call_fake_answer(200, -1, body);
}

void
token_fixture_assert_cached(const char *want)
{
	const struct secret *token = token_source_cached(source);

	assert_int_equal(token != NULL, want != NULL);
	if (want)
		assert_true(slice_eq(secret_get(token), slice_of(want)));
}

/* A source with a token. */
void
token_fixture_grant_first(const char *access, unsigned life_s)
{
	struct token_waiter w = { .calls = 0 };

	token_waiter_get(&w, NULL);
	token_fixture_grant(access, NULL, life_s);
	assert_string_equal(w.access, access);
}
