/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/token_source.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static void
initial(void **state)
{
	struct channel_answer a;

	(void)state;
	memset(&a, '#', sizeof a);
	channel_answer_init(&a);
	assert_int_equal(a.outcome, CHANNEL_DONE);
	assert_int_equal(a.status, 0);
	assert_int_equal(a.retry_after_ms, -1);
	assert_string_equal(a.code, "");
	assert_string_equal(a.message, "");
	assert_string_equal(a.advice, "");
	assert_string_equal(a.request_id, "");
}

static void
set_and_turn(void **state)
{
	static const char own[] = "own advice";
	struct channel_answer a;

	(void)state;
	channel_answer_init(&a);
	a.status = 202;
	channel_answer_set(&a, CHANNEL_UNKNOWN, own, "%d of %s", 1, "2");
	assert_int_equal(a.outcome, CHANNEL_UNKNOWN);
	assert_int_equal(a.status, 202);
	assert_string_equal(a.message, "1 of 2");
	assert_ptr_equal(a.advice, own);
	channel_answer_turn(&a, CHANNEL_UNSENT);
	assert_int_equal(a.outcome, CHANNEL_UNSENT);
	assert_string_equal(a.message, "1 of 2");
	assert_non_null(strstr(a.advice, "proxy"));
	channel_answer_set(&a, CHANNEL_AUTH, NULL, "%0509d\xE2\x82\xAC", 1);
	assert_int_equal(strlen(a.message), 509);
	assert_non_null(strstr(a.advice, "Check the credentials"));
	for (int o = CHANNEL_DONE; o <= CHANNEL_STOPPED; o++) {
		channel_answer_turn(&a, (enum channel_outcome)o);
		assert_non_null(a.advice);
	}
}

static void
failures(void **state)
{
	static const struct {
		enum err_code code;
		enum channel_outcome ended, not_begun;
	} tc[] = {
		{ ERR_CONNECT, CHANNEL_UNSENT, CHANNEL_UNSENT },
		{ ERR_TLS, CHANNEL_UNSENT, CHANNEL_UNSENT },
		{ ERR_NET, CHANNEL_UNKNOWN, CHANNEL_UNSENT },
		{ ERR_TIMEOUT, CHANNEL_UNKNOWN, CHANNEL_UNSENT },
		{ ERR_LIMIT, CHANNEL_UNKNOWN, CHANNEL_UNSENT },
		{ ERR_USAGE, CHANNEL_STOPPED, CHANNEL_UNSENT },
		{ ERR_CANCELLED, CHANNEL_STOPPED, CHANNEL_STOPPED },
		{ ERR_NOMEM, CHANNEL_STOPPED, CHANNEL_STOPPED },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct err err = { tc[i].code, "what happened" };
		struct channel_answer a;

		channel_answer_init(&a);
		channel_answer_of_failure(&a, &err);
		assert_int_equal(a.outcome, tc[i].ended);
		assert_string_equal(a.message, "what happened");
		assert_int_equal(strstr(a.advice, "clock") != NULL, tc[i].code == ERR_TLS);
		channel_answer_not_begun(&a, &err);
		assert_int_equal(a.outcome, tc[i].not_begun);
		assert_string_equal(a.message, "what happened");
	}
}

static void
tokens(void **state)
{
	static const struct {
		enum token_trouble trouble;
		unsigned aadsts;
		int64_t retry_after_ms;
		enum channel_outcome want;
		const char *code;
	} tc[] = {
		{ TOKEN_WAIT, 90033, 5000, CHANNEL_UNSENT, "AADSTS90033" },
		{ TOKEN_WAIT, 0, -1, CHANNEL_UNSENT, "" },
		{ TOKEN_CREDENTIAL, 7000215, -1, CHANNEL_AUTH, "AADSTS7000215" },
		{ TOKEN_CONFIG, 700016, -1, CHANNEL_AUTH, "AADSTS700016" },
		{ TOKEN_SIGN_IN, 700082, -1, CHANNEL_AUTH, "AADSTS700082" },
		{ TOKEN_ADMIN, 53003, -1, CHANNEL_AUTH, "AADSTS53003" },
		{ TOKEN_STOPPED, 0, -1, CHANNEL_STOPPED, "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct token_result r = { .trouble = tc[i].trouble,
			.aadsts = tc[i].aadsts,
			.retry_after_ms = tc[i].retry_after_ms,
			.advice = "do this" };
		struct err err = { ERR_IO, "because" };
		struct channel_answer a;

		channel_answer_init(&a);
		channel_answer_of_token(&a, &r, &err);
		assert_int_equal(a.outcome, tc[i].want);
		assert_string_equal(a.code, tc[i].code);
		assert_int_equal(a.retry_after_ms, tc[i].retry_after_ms);
		assert_string_equal(a.message, "no token: because");
		assert_string_equal(a.advice, "do this");
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(initial),
		cmocka_unit_test(set_and_turn),
		cmocka_unit_test(failures),
		cmocka_unit_test(tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
