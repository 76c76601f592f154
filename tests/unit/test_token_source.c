/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/token_answer.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/http_call_fake.h"
#include "tests/unit/token_fixture.h"

enum { WAITERS = 1024 }; /* as many as may wait */

#define EXPIRED "{\"error\":\"invalid_grant\",\"error_codes\":[700082]}"

/* --- waiting --- */

static void
one_request_for_all(void **state)
{
	struct token_waiter w[3] = { { .calls = 0 } };

	(void)state;
	token_fixture_assert_cached(NULL);
	assert_int_equal(token_source_expires_unix_ms(token_fixture_source()), 0);
	for (size_t i = 0; i < 3; i++)
		token_waiter_get(&w[i], NULL);
	assert_int_equal(token_fixture_requests(), 1);
	assert_string_equal(http_call_fake_last()->url,
	    "https://login.microsoftonline.com/t/oauth2/v2.0/token");
	token_fixture_assert_sent("SECRET1");
	token_fixture_pass(2000);
	token_fixture_grant("SECRETa", NULL, 3600);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(w[i].calls, 1);
		assert_string_equal(w[i].access, "SECRETa");
		assert_int_equal(w[i].err.code, ERR_OK);
		assert_ptr_equal(w[i].handed_out, token_source_cached(token_fixture_source()));
	}
	/* Its life counts from when it was asked for. */
	assert_int_equal(token_source_expires_unix_ms(token_fixture_source()),
	    (TOKEN_FIXTURE_UNIX_S + 3600) * INT64_C(1000));
	token_fixture_assert_cached("SECRETa");
	assert_int_equal(token_fixture_requests(), 1);
}

static void
refusal_for_all(void **state)
{
	struct token_waiter w[2] = { { .calls = 0 } };

	(void)state;
	token_waiter_get(&w[0], NULL);
	token_waiter_get(&w[1], NULL);
	http_call_fake_answer(400, -1, EXPIRED);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(w[i].calls, 1);
		assert_null(w[i].handed_out);
		assert_int_equal(w[i].err.code, ERR_FORMAT);
		assert_int_equal(w[i].result.trouble, TOKEN_SIGN_IN);
		assert_int_equal(w[i].result.aadsts, 700082);
	}
	token_fixture_assert_cached(NULL);
	token_waiter_get(&w[0], NULL); /* and the next who asks begins anew */
	assert_int_equal(token_fixture_requests(), 2);
	token_fixture_grant("SECRETa", NULL, 3600);
	assert_string_equal(w[0].access, "SECRETa");
}

static void
too_many_wait(void **state)
{
	static struct token_waiter w[WAITERS + 1];
	struct token_wait *wait = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < WAITERS; i++)
		token_waiter_get(&w[i], NULL);
	assert_int_equal(token_source_get(token_fixture_source(), NULL, token_waiter_on_token,
	                     &w[WAITERS], &wait, &err),
	    ERR_LIMIT);
	assert_string_equal(err.msg, "1024 wait for the same token already");
	assert_null(wait);
	token_fixture_grant("SECRETa", NULL, 3600);
	for (size_t i = 0; i <= WAITERS; i++)
		assert_int_equal(w[i].calls, i < WAITERS);
	token_waiter_get(&w[WAITERS], NULL);
	token_fixture_grant("SECRETb", NULL, 3600);
	assert_int_equal(w[WAITERS].calls, 1);
}

static void
does_not_start(void **state)
{
	struct token_waiter w = { .calls = 0 };
	struct err err;

	(void)state;
	http_call_fake_refuse(ERR_CANCELLED);
	assert_int_equal(token_source_get(token_fixture_source(), NULL, token_waiter_on_token, &w,
	                     &w.wait, &err),
	    ERR_CANCELLED);
	assert_null(w.wait);
	assert_int_equal(w.calls, 0);
}

/* --- cancelling --- */

static void
assert_cancelled(const struct token_waiter *w)
{
	assert_int_equal(w->calls, 1);
	assert_null(w->handed_out);
	assert_int_equal(w->err.code, ERR_CANCELLED);
	assert_int_equal(w->result.trouble, TOKEN_STOPPED);
}

static void
cancelled_in_request(void **state)
{
	struct token_waiter w[3] = { { .calls = 0 } };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		token_waiter_get(&w[i], NULL);
	token_wait_cancel(w[1].wait);
	token_wait_cancel(w[1].wait);
	assert_int_equal(w[1].calls, 0);
	assert_false(http_call_fake_last()->cancelled);
	token_fixture_grant("SECRETa", NULL, 3600);
	assert_string_equal(w[0].access, "SECRETa");
	assert_cancelled(&w[1]);
	assert_string_equal(w[2].access, "SECRETa");
}

static void
all_cancelled(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_waiter_get(&w, NULL);
	token_wait_cancel(w.wait);
	http_call_fake_fail(ERR_NET, "lost");
	assert_cancelled(&w);
}

static void
cancelled_in_save(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_waiter_get(&w, NULL);
	token_fixture_grant("SECRETa", "SECRET2", 3600);
	token_wait_cancel(w.wait);
	assert_int_equal(w.calls, 0);
	token_fixture_saved(ERR_OK);
	assert_cancelled(&w);
	token_fixture_assert_cached("SECRETa"); /* the request has gone on */
}

static struct token_waiter *next_one;

static void
cancel_next(struct token_waiter *w)
{
	(void)w;
	token_wait_cancel(next_one->wait);
}

static void
cancelled_by_another(void **state)
{
	struct token_waiter w[2] = { { .then = cancel_next } };

	(void)state;
	next_one = &w[1];
	token_waiter_get(&w[0], NULL);
	token_waiter_get(&w[1], NULL);
	token_fixture_grant("SECRETa", NULL, 3600);
	assert_string_equal(w[0].access, "SECRETa");
	assert_cancelled(&w[1]);
}

/* --- inside a callback --- */

static void
get_again(struct token_waiter *w)
{
	w->then = NULL;
	token_waiter_get(w, NULL);
}

static void
free_source(struct token_waiter *w)
{
	(void)w;
	token_fixture_free_source();
}

static void
asked_inside(void **state)
{
	struct token_waiter w[2] = { { .then = get_again } };

	(void)state;
	token_waiter_get(&w[0], NULL);
	token_waiter_get(&w[1], NULL);
	token_fixture_grant("SECRETa", NULL, 3600);
	assert_int_equal(w[0].calls, 1);
	assert_int_equal(w[1].calls, 1);
	assert_int_equal(token_fixture_requests(), 2); /* another one, for whoever asked since */
	token_fixture_grant("SECRETb", NULL, 3600);
	assert_int_equal(w[0].calls, 2);
	assert_string_equal(w[0].access, "SECRETb");
	assert_int_equal(w[1].calls, 1);
}

static void
refuse_it(struct token_waiter *w)
{
	w->then = NULL;
	token_waiter_get(w, w->handed_out);
	token_fixture_assert_cached(NULL);
}

/* The others still get to see the token that the first one brings back. */
static void
refused_inside(void **state)
{
	struct token_waiter w[2] = { { .then = refuse_it } };

	(void)state;
	token_waiter_get(&w[0], NULL);
	token_waiter_get(&w[1], NULL);
	token_fixture_grant("SECRETa", NULL, 3600);
	assert_string_equal(w[1].access, "SECRETa");
	token_fixture_grant("SECRETb", NULL, 3600);
	assert_string_equal(w[0].access, "SECRETb");
}

static void
freed_inside(void **state)
{
	struct token_waiter w[2] = { { .calls = 0 }, { .then = free_source } };

	(void)state;
	token_waiter_get(&w[0], NULL);
	token_waiter_get(&w[1], NULL);
	token_fixture_grant("SECRETa", NULL, 3600);
	assert_int_equal(w[0].calls + w[1].calls, 2);
	assert_null(token_fixture_source());
}

/* --- nobody has signed in, and signing in --- */

static struct {
	unsigned calls;
	enum err_code code;
} adopted;

static void
on_adopted(void *arg, const struct err *err)
{
	assert_ptr_equal(arg, &adopted);
	adopted.calls++;
	adopted.code = err ? err->code : ERR_OK;
}

static enum err_code
adopt(const char *access, const char *refresh)
{
	struct token_answer token = { .life_s = 3600 };
	struct err err;
	enum err_code rc;

	adopted.calls = 0;
	assert_int_equal(secret_new(access, strlen(access), &token.access, &err), ERR_OK);
	assert_int_equal(secret_new(refresh, strlen(refresh), &token.refresh, &err), ERR_OK);
	rc = token_source_adopt(token_fixture_source(), &token, on_adopted, &adopted, &err);
	assert_int_equal(rc == ERR_OK, token.access == NULL);
	token_answer_done(&token);
	assert_int_equal(adopted.calls, 0);
	return rc;
}

static void
assert_told_to_sign_in(const struct token_waiter *w)
{
	assert_int_equal(w->calls, 1);
	assert_null(w->handed_out);
	assert_int_equal(w->err.code, ERR_NOT_FOUND);
	assert_int_equal(w->result.trouble, TOKEN_SIGN_IN);
	assert_non_null(strstr(w->result.advice, "autoreg login"));
}

static void
nobody_has_signed_in(void **state)
{
	struct token_waiter w[2] = { { .calls = 0 } };

	(void)state;
	token_source_forget(token_fixture_source());
	assert_false(token_source_signed_in(token_fixture_source()));
	token_waiter_get(&w[0], NULL);
	token_waiter_get(&w[1], NULL);
	assert_int_equal(token_fixture_requests(), 0);
	token_fixture_flushed();
	assert_told_to_sign_in(&w[0]);
	assert_told_to_sign_in(&w[1]);
	w[0].calls = 0;
	token_waiter_get(&w[0], NULL); /* it stays so */
	token_fixture_flushed();
	assert_told_to_sign_in(&w[0]);
}

/* As if nobody had signed in, until somebody lets go of it. */
static void
what_is_stored_does_not_open(void **state)
{
	struct token_waiter w[2] = { { .calls = 0 } };

	(void)state;
	token_fixture_use_sealed();
	assert_false(token_source_signed_in(token_fixture_source()));
	token_waiter_get(&w[0], NULL);
	token_fixture_flushed();
	assert_told_to_sign_in(&w[0]);
	assert_string_equal(w[0].err.msg,
	    "the stored token is sealed with another key, or damaged.");
	token_source_forget(token_fixture_source());
	token_waiter_get(&w[1], NULL);
	token_fixture_flushed();
	assert_string_equal(w[1].err.msg, "nobody has signed in.");
}

static void
adopted_while_one_waits(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_source_forget(token_fixture_source());
	token_waiter_get(&w, NULL);
	assert_int_equal(adopt("SECRETa", "SECRET2"), ERR_OK);
	token_fixture_flushed();
	assert_int_equal(w.calls, 0); /* the sign-in answers */
	assert_string_equal(token_fixture_kept(), "SECRET2");
	token_fixture_saved(ERR_OK);
	assert_int_equal(adopted.calls, 1);
	assert_int_equal(adopted.code, ERR_OK);
	assert_string_equal(w.access, "SECRETa");
	assert_true(token_source_signed_in(token_fixture_source()));
	token_fixture_assert_cached("SECRETa");
	token_waiter_get(&w, NULL);
	token_fixture_assert_sent("SECRET2");
	token_fixture_grant("SECRETb", NULL, 3600);
}

static void
adopted_before_the_flush(void **state)
{
	struct token_waiter w[2] = { { .calls = 0 } };

	(void)state;
	token_source_forget(token_fixture_source());
	token_waiter_get(&w[0], NULL);
	assert_int_equal(adopt("SECRETa", "SECRET2"), ERR_OK);
	token_fixture_saved(ERR_OK);
	assert_string_equal(w[0].access, "SECRETa");
	token_waiter_get(&w[1], NULL); /* asks for another one, and the source may do so */
	token_fixture_flushed();
	token_fixture_grant("SECRETb", NULL, 3600);
	assert_string_equal(w[1].access, "SECRETb");
}

static void
adopted_instead_of_a_request(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_waiter_get(&w, NULL);
	assert_int_equal(adopt("SECRETa", "SECRET2"), ERR_OK);
	assert_true(http_call_fake_last()->cancelled);
	assert_false(token_fixture_is_saving());
	http_call_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(w.calls, 0);
	token_fixture_saved(ERR_OK);
	assert_int_equal(adopted.calls, 1);
	assert_string_equal(w.access, "SECRETa");
}

static void
not_adopted(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_waiter_get(&w, NULL);
	assert_int_equal(adopt("SECRETa", "SECRET2"), ERR_OK);
	http_call_fake_fail(ERR_CANCELLED, "cancelled");
	token_fixture_saved(ERR_IO);
	assert_int_equal(adopted.code, ERR_IO);
	token_fixture_assert_sent("SECRET1"); /* the former is used again */
	assert_int_equal(token_fixture_requests(), 2);
	token_fixture_grant("SECRETb", NULL, 3600);
	assert_string_equal(w.access, "SECRETb");
}

static void
forgotten_in_request(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_waiter_get(&w, NULL);
	token_source_forget(token_fixture_source());
	assert_true(http_call_fake_last()->cancelled);
	http_call_fake_fail(ERR_CANCELLED, "cancelled");
	assert_told_to_sign_in(&w);
}

static void
forgotten_in_save(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_waiter_get(&w, NULL);
	token_fixture_grant("SECRETa", "SECRET2", 3600);
	token_source_forget(token_fixture_source());
	token_fixture_saved(ERR_OK);
	assert_told_to_sign_in(&w);
	token_fixture_assert_cached(NULL);
	assert_false(token_source_signed_in(token_fixture_source()));
}

static void
freed_before_the_flush(void **state)
{
	struct token_waiter w = { .calls = 0 };

	(void)state;
	token_source_forget(token_fixture_source());
	token_waiter_get(&w, NULL);
	assert_int_equal(adopt("SECRETa", "SECRET2"), ERR_OK);
	token_fixture_saved(ERR_OK);
	token_fixture_free_source();
	token_fixture_flushed();
}

/* --- watching --- */

static void
watched(void **state)
{
	struct token_waiter seen = { .calls = 0 }, w = { .calls = 0 };

	(void)state;
	token_source_watch(token_fixture_source(), token_waiter_on_token, &seen);
	token_waiter_get(&w, NULL);
	http_call_fake_answer(400, -1, EXPIRED);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.result.trouble, TOKEN_SIGN_IN);
	token_waiter_get(&w, NULL);
	token_fixture_grant("SECRETa", NULL, 3600);
	assert_int_equal(seen.calls, 2);
	assert_string_equal(seen.access, "SECRETa");
	assert_int_equal(adopt("SECRETb", "SECRET2"), ERR_OK);
	token_fixture_saved(ERR_OK);
	token_source_forget(token_fixture_source());
	token_waiter_get(&w, NULL);
	token_fixture_flushed();
	assert_int_equal(seen.calls, 2); /* no request was made for these */
}

/* --- the end --- */

static void
freed_in_early_refresh(void **state)
{
	(void)state;
	token_fixture_grant_first("SECRETa", 3600);
	token_fixture_pass(3300000);
	token_fixture_assert_cached("SECRETa");
	token_fixture_free_source();
	assert_true(http_call_fake_last()->cancelled);
	http_call_fake_fail(ERR_CANCELLED, "cancelled");
}

static void
freed_in_save(void **state)
{
	(void)state;
	token_fixture_grant_first("SECRETa", 3600);
	token_fixture_pass(3300000);
	token_fixture_assert_cached("SECRETa");
	token_fixture_grant("SECRETb", "SECRET2", 3600);
	token_fixture_free_source();
	token_fixture_saved(ERR_OK);
	assert_string_equal(token_fixture_kept(), "SECRET2");
	token_source_free(NULL);
}

static void
try_all(void *arg)
{
	struct token_source *ts = NULL;
	struct token_waiter w = { .calls = 0 };
	struct err err;
	enum err_code rc;

	(void)arg;
	rc = token_fixture_open(TOKEN_REFRESH, &ts, &err);
	if (!rc)
		rc = token_source_get(ts, NULL, token_waiter_on_token, &w, &w.wait, &err);
	if (!rc) {
		token_fixture_grant("SECRETa", "SECRET2", 3600);
		if (token_fixture_is_saving())
			token_fixture_saved(ERR_OK);
		assert_int_equal(w.calls, 1);
		assert_int_equal(w.handed_out != NULL, !alloc_fault_hit());
	} else {
		assert_true(alloc_fault_hit());
		assert_int_equal(rc, ERR_NOMEM);
		assert_int_equal(w.calls, 0);
	}
	token_source_free(ts);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_all, NULL) > 15);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_request_for_all, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(refusal_for_all, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(too_many_wait, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(does_not_start, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(cancelled_in_request, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(all_cancelled, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(cancelled_in_save, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(cancelled_by_another, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(asked_inside, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(refused_inside, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(freed_inside, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(what_is_stored_does_not_open, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(nobody_has_signed_in, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(adopted_while_one_waits, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(adopted_before_the_flush, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(adopted_instead_of_a_request, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(not_adopted, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(forgotten_in_request, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(forgotten_in_save, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(freed_before_the_flush, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(watched, token_fixture_enter, token_fixture_leave),
		cmocka_unit_test_setup_teardown(freed_in_early_refresh, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(freed_in_save, token_fixture_enter,
		    token_fixture_leave),
		cmocka_unit_test_setup_teardown(memory_runs_out, token_fixture_enter,
		    token_fixture_leave),
	};

	token_fixture_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
