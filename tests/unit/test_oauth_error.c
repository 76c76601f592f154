/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/oauth_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/entra_json.h"
#include "tests/unit/alloc_fault.h"

enum { RETRY_MS = 57000 };

#define AGAIN "Nothing has to be done: it is tried again later."
#define NO_ENDPOINT "Check token_url, and the proxy if there is one: what answers gives no tokens."

static struct http_response
response(unsigned status, const char *body)
{
	return (struct http_response){
		.status = status,
		.body = slice_of(body),
		.retry_after_ms = RETRY_MS,
	};
}

static void
answers(void **state)
{
	static const struct {
		const char *name;
		unsigned status;
		const char *body;
		enum token_trouble trouble;
		unsigned aadsts;
		const char *advice; /* its beginning */
		const char *msg;
	} tc[] = {
		{ "client", 401, "{\"error\":\"invalid_client\"}", TOKEN_CREDENTIAL, 0,
		    "Put a client secret", "token request: status 401, invalid_client" },
		{ "grant", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"no\"}",
		    TOKEN_CREDENTIAL, 0, "Ask whoever runs",
		    "token request: status 400, invalid_grant: no" },
		{ "request", 400, "{\"error\":\"invalid_request\"}", TOKEN_CONFIG, 0,
		    "Check client_id, scope", "token request: status 400, invalid_request" },
		{ "scope", 400, "{\"error\":\"invalid_scope\"}", TOKEN_CONFIG, 0, "Check scope",
		    "token request: status 400, invalid_scope" },
		{ "not allowed", 400, "{\"error\":\"unauthorized_client\"}", TOKEN_CONFIG, 0,
		    "Ask whoever runs", "token request: status 400, unauthorized_client" },
		{ "another endpoint", 400, "{\"error\":\"unsupported_grant_type\"}", TOKEN_CONFIG,
		    0, "Check token_url:", "token request: status 400, unsupported_grant_type" },
		{ "a word of its own", 400, "{\"error\":\"blue_moon\"}", TOKEN_CONFIG, 0,
		    "Ask whoever runs the service what", "token request: status 400, blue_moon" },
		{ "no JSON", 404, "<html>", TOKEN_CONFIG, 0, NO_ENDPOINT,
		    "token request: status 404" },
		{ "nothing", 302, "", TOKEN_CONFIG, 0, NO_ENDPOINT, "token request: status 302" },
		{ "throttled", 429, "{\"error\":\"invalid_client\"}", TOKEN_WAIT, 0, AGAIN,
		    "token request: status 429, invalid_client" },
		{ "broken", 502, "", TOKEN_WAIT, 0, AGAIN, "token request: status 502" },
		{ "for now", 400, "{\"error\":\"temporarily_unavailable\"}", TOKEN_WAIT, 0, AGAIN,
		    "token request: status 400, temporarily_unavailable" },
		{ "it is Entra ID", 401,
		    "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000222: old\"}",
		    TOKEN_CREDENTIAL, 7000222, "The client secret has expired.",
		    "token request: status 401, invalid_client, AADSTS7000222: old" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct http_response rsp = response(tc[i].status, tc[i].body);
		struct token_result r;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(oauth_error_judge(&rsp, &r, &err), ERR_FORMAT);
		assert_string_equal(err.msg, tc[i].msg);
		assert_int_equal(r.trouble, tc[i].trouble);
		assert_int_equal(r.aadsts, tc[i].aadsts);
		assert_int_equal(r.retry_after_ms, r.trouble == TOKEN_WAIT ? RETRY_MS : -1);
		assert_int_equal(strncmp(r.advice, tc[i].advice, strlen(tc[i].advice)), 0);
		assert_null(r.access);
	}
}

static void
without_answer(void **state)
{
	static const struct {
		const char *name;
		enum err_code code;
		enum token_trouble trouble;
		const char *advice;
	} tc[] = {
		{ "no connection", ERR_CONNECT, TOKEN_WAIT, AGAIN },
		{ "no trust", ERR_TLS, TOKEN_WAIT, "Check the clock, ca_file and pins" },
		{ "no token in it", ERR_FORMAT, TOKEN_CONFIG, NO_ENDPOINT },
		{ "too large", ERR_LIMIT, TOKEN_CONFIG, NO_ENDPOINT },
		{ "cancelled", ERR_CANCELLED, TOKEN_STOPPED, "It was stopped here." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct err why = { .code = tc[i].code };
		struct token_result r = oauth_error_without_answer(&why);

		print_message("  %s\n", tc[i].name);
		assert_int_equal(r.trouble, tc[i].trouble);
		assert_int_equal(strncmp(r.advice, tc[i].advice, strlen(tc[i].advice)), 0);
	}
}

static void
try_to_judge(void *arg)
{
	const struct http_response rsp = response(400, "{\"error\":\"invalid_scope\"}");
	struct token_result r;
	struct err err;
	enum err_code rc = oauth_error_judge(&rsp, &r, &err);

	(void)arg;
	if (rc == ERR_NOMEM)
		assert_int_equal(r.trouble, TOKEN_STOPPED);
	else
		assert_int_equal(rc, ERR_FORMAT);
	if (!alloc_fault_hit())
		assert_int_equal(r.trouble, TOKEN_CONFIG);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_to_judge, NULL) > 5);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(without_answer),
		cmocka_unit_test(memory_runs_out),
	};

	entra_json_wipe_freed(); /* jansson's allocations then are ours to refuse */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
