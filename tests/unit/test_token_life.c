/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/http_call_fake.h"
#include "tests/unit/token_fixture.h"

/* How long the tokens of a source are used, and by what they are replaced. */

enum { MINUTE_MS = 60 * 1000 };

#define EXPIRED "{\"error\":\"invalid_grant\",\"error_codes\":[700082]}"

#define KEY_UNKNOWN "{\"error\":\"invalid_client\",\"error_codes\":[700027]}"

/* --- a token's life --- */

static void
lives(void **state)
{
	static const struct {
		const char *name;
		unsigned life_s;
		uint64_t age_ms;
		bool cached;
		bool refreshed;
	} tc[] = {
		{ "fresh", 3600, 0, true, false },
		{ "five minutes and a bit left", 3600, 3299999, true, false },
		{ "five minutes left", 3600, 3300000, true, true },
		{ "a minute left", 3600, 3540000, true, true },
		{ "less than a minute left", 3600, 3540001, false, false },
		{ "over", 3600, 3600001, false, false },
		{ "more than a fifth left", 600, 479999, true, false },
		{ "a fifth left", 600, 480000, true, true },
		{ "a minute's life", 60, 0, true, false },
		{ "part of a minute's life", 60, 1, false, false },
		{ "less than a minute's life", 59, 0, false, false },
		{ "a day's life", 86400, 86099999, true, false },
		{ "five minutes of a day left", 86400, 86100000, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		unsigned before;

		print_message("  %s\n", tc[i].name);
		token_fixture_grant_first("SECRETa", tc[i].life_s);
		before = token_fixture_requests();
		token_fixture_pass(tc[i].age_ms);
		token_fixture_assert_cached(tc[i].cached ? "SECRETa" : NULL);
		assert_int_equal(token_fixture_requests() - before, tc[i].refreshed);
		token_fixture_assert_cached(tc[i].cached ? "SECRETa" : NULL);
		assert_int_equal(token_fixture_requests() - before, tc[i].refreshed);
		if (tc[i].refreshed) {
			token_fixture_grant("SECRETb", NULL, 3600);
			token_fixture_assert_cached("SECRETb");
		}
	}
}

/* What the machine's clock does has no say in how long a token is good. */
static void
clock_is_set(void **state)
{
	(void)state;
	token_fixture_grant_first("SECRETa", 3600);
	token_fixture_set_clock(-86400000);
	token_fixture_assert_cached("SECRETa");
	token_fixture_pass(3600000);
	token_fixture_assert_cached(NULL);
}

static void
joins_early_refresh(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_fixture_grant_first("SECRETa", 3600);
	token_fixture_pass(3300000);
	token_fixture_assert_cached("SECRETa");
	token_waiter_get(&w, NULL);
	assert_int_equal(token_fixture_requests(), 2);
	token_fixture_grant("SECRETb", NULL, 3600);
	assert_string_equal(w.access, "SECRETb");
	token_fixture_assert_cached("SECRETb");
}

static void
early_refresh_fails(void **state)
{
	static const struct {
		const char *name;
		int64_t retry_after_ms;
		uint64_t pause_ms;
	} tc[] = {
		{ "the service does not say when", -1, MINUTE_MS },
		{ "the service says soon", 1000, MINUTE_MS },
		{ "the service says later", 2 * MINUTE_MS, 2 * MINUTE_MS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		unsigned before;

		print_message("  %s\n", tc[i].name);
		token_fixture_grant_first("SECRETa", 3600);
		token_fixture_pass(3300000);
		before = token_fixture_requests();
		token_fixture_assert_cached("SECRETa");
		http_call_fake_answer(503, tc[i].retry_after_ms, "");
		token_fixture_assert_cached("SECRETa");
		token_fixture_pass(tc[i].pause_ms - 1);
		token_fixture_assert_cached("SECRETa");
		assert_int_equal(token_fixture_requests() - before, 1);
		token_fixture_pass(1);
		token_fixture_assert_cached("SECRETa");
		assert_int_equal(token_fixture_requests() - before, 2);
		token_fixture_grant("SECRETb", NULL, 3600);
	}
}

static void
early_refresh_does_not_start(void **state)
{
	(void)state;
	token_fixture_grant_first("SECRETa", 3600);
	token_fixture_pass(3300000);
	http_call_fake_refuse(ERR_NOMEM);
	token_fixture_assert_cached("SECRETa");
	assert_int_equal(token_fixture_requests(), 1);
	token_fixture_assert_cached("SECRETa");
	assert_int_equal(token_fixture_requests(), 2);
	token_fixture_grant("SECRETb", NULL, 3600);
}

/* --- a token that the service does not take --- */

static void
refused(void **state)
{
	struct token_waiter w[2] = { { .calls = 0 } };
	struct secret *first; /* as whoever has used it has kept it */
	struct err err;

	(void)state;
	assert_int_equal(secret_new("SECRETa", 7, &first, &err), ERR_OK);
	token_fixture_grant_first("SECRETa", 3600);
	token_waiter_get(&w[0], first);
	token_fixture_assert_cached(NULL);
	assert_int_equal(token_source_expires_unix_ms(token_fixture_source()), 0);
	token_waiter_get(&w[1], first); /* so does the next one who used it */
	assert_int_equal(token_fixture_requests(), 2);
	token_fixture_grant("SECRETb", NULL, 3600);
	assert_string_equal(w[0].access, "SECRETb");
	assert_string_equal(w[1].access, "SECRETb");
	token_fixture_assert_cached("SECRETb");

	token_waiter_get(&w[0], first); /* too late: another is in its place, which stays */
	token_fixture_assert_cached("SECRETb");
	http_call_fake_fail(ERR_NET, "lost");
	token_fixture_assert_cached("SECRETb");
	secret_free(first);
}

static void
refused_and_no_other(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_fixture_grant_first("SECRETa", 3600);
	token_waiter_get(&w, token_source_cached(token_fixture_source()));
	http_call_fake_answer(400, -1, EXPIRED);
	assert_int_equal(w.result.trouble, TOKEN_SIGN_IN);
	token_fixture_assert_cached(NULL);
}

/* --- the refresh token --- */

static void
replaced(void **state)
{
	struct token_waiter w[2] = { { .calls = 0 } };

	(void)state;
	token_waiter_get(&w[0], NULL);
	token_fixture_assert_sent("SECRET1");
	token_fixture_grant("SECRETa", "SECRET2", 3600);
	assert_string_equal(token_fixture_kept(), "SECRET2");
	assert_int_equal(w[0].calls, 0);
	token_fixture_assert_cached(NULL);
	token_waiter_get(&w[1], NULL); /* joins, also now */
	assert_int_equal(token_fixture_requests(), 1);
	token_fixture_saved(ERR_OK);
	assert_string_equal(w[0].access, "SECRETa");
	assert_string_equal(w[1].access, "SECRETa");
	token_fixture_assert_cached("SECRETa");

	token_waiter_get(&w[0], NULL);
	token_fixture_assert_sent("SECRET2");
	token_fixture_grant("SECRETb", NULL, 3600);
	token_waiter_get(&w[0], NULL);
	token_fixture_assert_sent("SECRET2"); /* none came, so that it stays */
	token_fixture_grant("SECRETc", NULL, 3600);
	assert_int_equal(token_fixture_saves(), 1);
}

static void
not_saved(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_waiter_get(&w, NULL);
	token_fixture_grant("SECRETa", "SECRET2", 3600);
	token_fixture_saved(ERR_IO);
	assert_string_equal(w.access, "SECRETa");
	assert_int_equal(w.err.code, ERR_IO);
	assert_string_equal(w.err.msg,
	    "the new refresh token is not saved, the old one stays in use: no room");
	token_fixture_assert_cached("SECRETa");
	assert_int_equal(token_fixture_requests(), 1);

	token_waiter_get(&w, NULL);
	token_fixture_assert_sent("SECRET1");
	token_fixture_grant("SECRETb", "SECRET3", 3600);
	token_fixture_saved(ERR_OK);
	assert_int_equal(w.err.code, ERR_OK);
	token_waiter_get(&w, NULL);
	token_fixture_assert_sent("SECRET3");
	token_fixture_grant("SECRETc", NULL, 3600);
}

static void
without_user(void **state)
{
	struct token_waiter w = { .calls = 0 };
	struct token_source *ts = NULL;
	struct err err;

	(void)state;
	assert_int_equal(token_fixture_open(TOKEN_CLIENT_CREDENTIALS, &ts, &err), ERR_OK);
	token_fixture_use(ts);
	token_waiter_get(&w, NULL);
	assert_null(strstr(http_call_fake_last()->text, "refresh_token"));
	token_fixture_grant("SECRETa", "SECRET2", 3600);
	assert_string_equal(w.access, "SECRETa");
	assert_int_equal(token_fixture_saves(), 0);
	token_waiter_get(&w, NULL);
	assert_null(strstr(http_call_fake_last()->text, "refresh_token"));
	token_fixture_grant("SECRETb", NULL, 3600);
}

/* --- a certificate that is not known yet --- */

static void
refuse_key(enum token_trouble want)
{
	struct token_waiter w = { .calls = 0 };

	token_waiter_get(&w, NULL);
	http_call_fake_answer(401, -1, KEY_UNKNOWN);
	assert_int_equal(w.calls, 1);
	assert_int_equal(w.result.aadsts, 700027);
	assert_int_equal(w.result.trouble, want);
	assert_int_equal(w.result.retry_after_ms, want == TOKEN_WAIT ? 30000 : -1);
}

static void
new_key(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		refuse_key(TOKEN_WAIT);
	refuse_key(TOKEN_CREDENTIAL);
	refuse_key(TOKEN_CREDENTIAL);
}

static void
proven_key(void **state)
{
	(void)state;
	refuse_key(TOKEN_WAIT);
	token_fixture_grant_first("SECRETa", 3600);
	refuse_key(TOKEN_CREDENTIAL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lives, token_fixture_enter, token_fixture_leave),
		cmocka_unit_test_setup_teardown(clock_is_set, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(joins_early_refresh, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(early_refresh_fails, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(early_refresh_does_not_start, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(refused, token_fixture_enter, token_fixture_leave),
		cmocka_unit_test_setup_teardown(refused_and_no_other, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(replaced, token_fixture_enter, token_fixture_leave),
		cmocka_unit_test_setup_teardown(not_saved, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(without_user, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(new_key, token_fixture_enter, token_fixture_leave),
		cmocka_unit_test_setup_teardown(proven_key, token_fixture_enter,
		    token_fixture_leave),
	};

	token_fixture_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
