/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "auth/token_source.h"

/*
 * A token source with a user's consent, between tests/unit/http_call_fake.h, a clock and a keeper
 * that the test drives. Every secret text begins with SECRET, and no memory may be given back with
 * that in it: link with free_watch. Mistakes fail the test that runs.
 */

/* Set-up and tear-down of a test; the latter frees the source. The refresh token is SECRET1. */
int token_fixture_enter(void **state);
int token_fixture_leave(void **state);

/* main() of a test that uses the fixture begins with this. */
void token_fixture_prepare(void);

struct token_source *token_fixture_source(void);
void token_fixture_free_source(void);

/* Another one instead; *out is freed by the caller. Nothing is asserted. */
enum err_code token_fixture_open(enum token_grant grant, struct token_source **out,
    struct err *err);

/* From now on token_fixture_source() is one whose stored refresh token does not open. */
void token_fixture_use_sealed(void);

/* In place of the source that there is. */
void token_fixture_use(struct token_source *ts);

/* Both clocks start at some time of their own. */
enum { TOKEN_FIXTURE_UNIX_S = 1894700000 };
void token_fixture_pass(uint64_t ms);
void token_fixture_set_clock(int64_t by_ms); /* the wall clock alone */

/* The keeper: how many saves were asked for, of which token the last was, and how it ends. */
unsigned token_fixture_saves(void);
const char *token_fixture_kept(void);
void token_fixture_saved(enum err_code code);
bool token_fixture_is_saving(void);
void token_fixture_flushed(void); /* what it was asked to wait for is durable */

/* One who waits, and what he was told. */
struct token_waiter {
	struct token_wait *wait;
	unsigned calls;
	char access[64]; /* "": none */
	const struct secret *handed_out;
	struct token_result result;
	struct err err;
	void (*then)(struct token_waiter *w); /* inside the callback */
};
token_fn token_waiter_on_token; /* arg: the waiter */

/* Asks the source, which succeeds. */
void token_waiter_get(struct token_waiter *w, const struct secret *refused);

/* Requests so far. */
unsigned token_fixture_requests(void);
void token_fixture_assert_sent(const char *refresh_token);

/* The request under way brings a token. refresh: NULL, none comes. */
void token_fixture_grant(const char *access, const char *refresh, unsigned life_s);

/* Asks and grants. */
void token_fixture_grant_first(const char *access, unsigned life_s);

/* want: NULL, none is at hand. */
void token_fixture_assert_cached(const char *want);
