/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/entra_json.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/free_watch.h"

#define TYPE "\"token_type\":\"Bearer\","
#define LIFE "\"expires_in\":3599,"
#define ACCESS "\"access_token\":\"eyJ0\""

static void
assert_token(const struct secret *token, const char *want)
{
	if (!want) {
		assert_null(token);
		return;
	}
	assert_non_null(token);
	assert_true(slice_eq(secret_get(token), slice_of(want)));
}

static void
granted(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		uint64_t life_s;
		const char *access;
		const char *refresh; /* NULL: none */
	} tc[] = {
		{ "version 2.0, with a refresh token",
		    "{\n \"token_type\": \"Bearer\",\n"
		    " \"scope\": \"https://api.partnercenter.microsoft.com/user_impersonation\",\n"
		    " \"expires_in\": 4123,\n \"ext_expires_in\": 4123,\n"
		    " \"access_token\": \"eyJ0eXAi...\",\n \"refresh_token\": \"1.AXkA...\"\n}",
		    4123, "eyJ0eXAi...", "1.AXkA..." },
		{ "version 2.0, application only",
		    "{" TYPE "\"expires_in\":3599,\"ext_expires_in\":3599," ACCESS "}", 3599,
		    "eyJ0", NULL },
		{ "version 1",
		    "{" TYPE "\"scope\":\"user_impersonation\",\"expires_in\":\"3599\","
		    "\"ext_expires_in\":\"3599\",\"expires_on\":\"1894701599\","
		    "\"not_before\":\"1894697700\","
		    "\"resource\":\"https://api.partnercenter.microsoft.com\"," ACCESS
		    ",\"refresh_token\":\"0.AX\",\"id_token\":\"eyJ1\"}",
		    3599, "eyJ0", "0.AX" },
		{ "byte order mark", "\xEF\xBB\xBF{" TYPE LIFE ACCESS "}", 3599, "eyJ0", NULL },
		{ "type in lower case", "{\"token_type\":\"bearer\"," LIFE ACCESS "}", 3599, "eyJ0",
		    NULL },
		{ "escaped", "{" TYPE LIFE "\"access_token\":\"a\\/b\\u002b~\"}", 3599, "a/b+~",
		    NULL },
		{ "empty refresh token", "{" TYPE LIFE ACCESS ",\"refresh_token\":\"\"}", 3599,
		    "eyJ0", NULL },
		{ "null refresh token", "{" TYPE LIFE ACCESS ",\"refresh_token\":null}", 3599,
		    "eyJ0", NULL },
		{ "life not said", "{" TYPE ACCESS "}", TOKEN_LIFE_UNSAID_S, "eyJ0", NULL },
		{ "shortest life", "{" TYPE "\"expires_in\":1," ACCESS "}", 1, "eyJ0", NULL },
		{ "longest life", "{" TYPE "\"expires_in\":\"31622400\"," ACCESS "}",
		    TOKEN_LIFE_MAX_S, "eyJ0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct token_answer a;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(token_answer_parse(slice_of(tc[i].body), &a, &err), ERR_OK);
		assert_int_equal(a.life_s, tc[i].life_s);
		assert_token(a.access, tc[i].access);
		assert_token(a.refresh, tc[i].refresh);
		token_answer_done(&a);
		assert_null(a.access);
		assert_null(a.refresh);
		token_answer_done(&a);
	}
}

static void
refused(void **state)
{
	static const char no_life[] = "expires_in is no sensible number of seconds";
	static const char no_type[] = "token_type is not Bearer";
	static const char bad_access[] = "access_token has characters that no token has";
	static const struct {
		const char *name;
		const char *body;
		const char *msg;
	} tc[] = {
		{ "nothing", "", "the answer is not a JSON object" },
		{ "sign-in page of a hotel", "<html>", "the answer is not a JSON object" },
		{ "cut off", "{" TYPE LIFE ACCESS, "the answer is not a JSON object" },
		{ "token twice", "{" TYPE LIFE ACCESS "," ACCESS "}",
		    "the answer is not a JSON object" },
		{ "empty", "{}", no_type },
		{ "no type", "{" LIFE ACCESS "}", no_type },
		{ "other type", "{\"token_type\":\"pop\"," LIFE ACCESS "}", no_type },
		{ "type is a number", "{\"token_type\":1," LIFE ACCESS "}", no_type },
		{ "life of 0", "{" TYPE "\"expires_in\":0," ACCESS "}", no_life },
		{ "life of \"0\"", "{" TYPE "\"expires_in\":\"0\"," ACCESS "}", no_life },
		{ "negative life", "{" TYPE "\"expires_in\":-1," ACCESS "}", no_life },
		{ "life too long", "{" TYPE "\"expires_in\":31622401," ACCESS "}", no_life },
		{ "text of a life too long", "{" TYPE "\"expires_in\":\"31622401\"," ACCESS "}",
		    no_life },
		{ "life beyond any number",
		    "{" TYPE "\"expires_in\":\"36893488147419103232\"," ACCESS "}", no_life },
		{ "life with a fraction", "{" TYPE "\"expires_in\":3599.0," ACCESS "}", no_life },
		{ "life with blanks", "{" TYPE "\"expires_in\":\" 3599\"," ACCESS "}", no_life },
		{ "empty life", "{" TYPE "\"expires_in\":\"\"," ACCESS "}", no_life },
		{ "no token", "{" TYPE LIFE "\"refresh_token\":\"1.AX\"}",
		    "there is no access_token" },
		{ "empty token", "{" TYPE LIFE "\"access_token\":\"\"}",
		    "there is no access_token" },
		{ "token is an object", "{" TYPE LIFE "\"access_token\":{}}",
		    "there is no access_token" },
		{ "line end in the token", "{" TYPE LIFE "\"access_token\":\"a\\r\\nX: b\"}",
		    bad_access },
		{ "blank in the token", "{" TYPE LIFE "\"access_token\":\"a b\"}", bad_access },
		{ "delete in the token", "{" TYPE LIFE "\"access_token\":\"a\\u007f\"}",
		    bad_access },
		{ "accent in the token", "{" TYPE LIFE "\"access_token\":\"\xC3\xA9\"}",
		    bad_access },
		{ "line end in the refresh token",
		    "{" TYPE LIFE ACCESS ",\"refresh_token\":\"a\\n\"}",
		    "refresh_token has characters that no token has" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct token_answer a, before;
		struct err err;

		print_message("  %s\n", tc[i].name);
		memset(&a, 0x99, sizeof a);
		before = a;
		assert_int_equal(token_answer_parse(slice_of(tc[i].body), &a, &err), ERR_FORMAT);
		assert_string_equal(err.msg, tc[i].msg);
		assert_memory_equal(&a, &before, sizeof a);
	}
}

/* An answer with tokens of such lengths, and blanks behind it up to len. The caller frees. */
static char *
answer_of(size_t access, size_t refresh, size_t len)
{
	char *body = malloc(len + 1);
	int n;

	assert_non_null(body);
	n = snprintf(body, len + 1,
	    "{" TYPE LIFE "\"access_token\":\"%0*d\",\"refresh_token\":\"%0*d\"}", (int)access, 0,
	    (int)refresh, 0);
	assert_true(n > 0 && (size_t)n <= len);
	memset(body + n, ' ', len - (size_t)n);
	body[len] = '\0';
	return body;
}

static void
limits(void **state)
{
	static const struct {
		const char *name;
		size_t access;
		size_t refresh;
		size_t len;
		const char *msg; /* NULL: it is good */
	} tc[] = {
		{ "the longest tokens", TOKEN_MAX, TOKEN_MAX, 3 * TOKEN_MAX, NULL },
		{ "access token too long", TOKEN_MAX + 1, 1, 3 * TOKEN_MAX,
		    "access_token is longer than 16384 bytes" },
		{ "refresh token too long", 1, TOKEN_MAX + 1, 3 * TOKEN_MAX,
		    "refresh_token is longer than 16384 bytes" },
		{ "the longest body", 1, 1, TOKEN_ANSWER_MAX, NULL },
		{ "body too long", 1, 1, TOKEN_ANSWER_MAX + 1, "longer than 262144 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *body = answer_of(tc[i].access, tc[i].refresh, tc[i].len);
		struct token_answer a = { .life_s = 0 };
		struct err err;
		enum err_code rc = token_answer_parse(slice_of(body), &a, &err);

		print_message("  %s\n", tc[i].name);
		assert_int_equal(rc, tc[i].msg ? ERR_LIMIT : ERR_OK);
		if (tc[i].msg)
			assert_string_equal(err.msg, tc[i].msg);
		assert_int_equal(a.life_s, tc[i].msg ? 0 : 3599);
		token_answer_done(&a);
		free(body);
	}
}

static void
nothing_left_behind(void **state)
{
	static const char *const body[] = {
		"{" TYPE LIFE "\"access_token\":\"SECRET\",\"refresh_token\":\"SECRET\"}",
		"{" TYPE LIFE "\"access_token\":\"SECRET\",\"refresh_token\":\"SECRET\\n\"}",
		"{" TYPE LIFE "\"access_token\":\"SECRET\"",
		"{" TYPE LIFE "\"access_token\":\"SECRET\",\"access_token\":\"SECRET\"}",
	};
	struct token_answer a = { .life_s = 0 };
	struct err err;

	(void)state;
	free_watch("SECRET");
	for (size_t i = 0; i < sizeof body / sizeof body[0]; i++) {
		assert_int_equal(token_answer_parse(slice_of(body[i]), &a, &err) == ERR_OK, i == 0);
		assert_null(i > 0 ? strstr(err.msg, "SECRET") : NULL);
		token_answer_done(&a);
	}
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
}

static void
try_to_parse(void *arg)
{
	const char *body = "{" TYPE LIFE ACCESS ",\"refresh_token\":\"1.AX\"}";
	struct token_answer a = { .life_s = 7 };
	struct err err;
	enum err_code rc = token_answer_parse(slice_of(body), &a, &err);

	(void)arg;
	if (alloc_fault_hit()) {
		assert_true(rc == ERR_NOMEM || rc == ERR_FORMAT); /* the latter is jansson's */
		assert_int_equal(a.life_s, 7);
		assert_null(a.access);
		return;
	}
	assert_int_equal(rc, ERR_OK);
	token_answer_done(&a);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_to_parse, NULL) > 10);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(granted),
		cmocka_unit_test(refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(nothing_left_behind),
		cmocka_unit_test(memory_runs_out),
	};

	entra_json_wipe_freed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
