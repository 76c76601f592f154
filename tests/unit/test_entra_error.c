/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/entra_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/entra_json.h"
#include "tests/unit/alloc_fault.h"

enum { RETRY_MS = 57000 };

#define TRACE "88888888-8888-4888-8888-888888888801"
#define CORRELATION "88888888-8888-4888-8888-888888888802"
#define AGAIN "Nothing has to be done: it is tried again later."
#define LOGIN "Repeat the sign-in with 'autoreg login'."
#define NO_ENTRA \
	"Check the cloud's login address, and the proxy if there is one: what answers is not Entra ID."

static struct http_response
response(unsigned status, const char *body)
{
	return (struct http_response){
		.status = status,
		.body = slice_of(body),
		.retry_after_ms = RETRY_MS,
	};
}

/* Every number that the documents name. */
static void
numbers(void **state)
{
	static const struct {
		enum token_trouble trouble;
		unsigned aadsts[16];
	} tc[] = {
		{ TOKEN_CREDENTIAL,
		    { 7000215, 7000222, 70002, 50012, 700027, 500133, 700024, 700030, 7000218,
		        700025 } },
		{ TOKEN_CONFIG,
		    { 90002, 700016, 7000112, 70001, 500011, 650057, 65001, 90038, 900382, 900432,
		        50011, 901002 } },
		{ TOKEN_SIGN_IN,
		    { 700082, 70008, 50173, 50089, 70043, 70000, 54005, 700005, 50076, 50079, 50072,
		        50074, 50078, 50055 } },
		{ TOKEN_ADMIN, { 53003, 530032, 530034, 50034, 50057, 50053, 50126, 90099 } },
		{ TOKEN_WAIT, { 50033, 90006, 90012, 90024, 90033, 90055, 50196 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		for (size_t k = 0; tc[i].aadsts[k] > 0; k++) {
			struct token_result r;
			struct http_response rsp;
			char body[128];
			struct err err;

			/* An error that says nothing: the advice can only be the number's. */
			(void)snprintf(body, sizeof body, "{\"error\":\"?\",\"error_codes\":[%u]}",
			    tc[i].aadsts[k]);
			print_message("  %u\n", tc[i].aadsts[k]);
			rsp = response(400, body);
			assert_int_equal(entra_error_judge(&rsp, &r, &err), ERR_FORMAT);
			assert_int_equal(r.trouble, tc[i].trouble);
			assert_int_equal(r.aadsts, tc[i].aadsts[k]);
			assert_int_equal(r.retry_after_ms, r.trouble == TOKEN_WAIT ? RETRY_MS : -1);
			assert_null(r.access);
			assert_true(strlen(r.advice) > 20);
			assert_null(strstr(r.advice, "list of AADSTS"));
		}
	}
}

/* Which part of an answer decides. */
static void
decisions(void **state)
{
	static const struct {
		const char *name;
		unsigned status;
		const char *body;
		enum token_trouble trouble;
		unsigned aadsts;
		const char *advice; /* how it begins */
	} tc[] = {
		{ "invalid_request", 400, "{\"error\":\"invalid_request\"}", TOKEN_CONFIG, 0,
		    "Check tenant, client_id" },
		{ "invalid_client", 401, "{\"error\":\"invalid_client\"}", TOKEN_CREDENTIAL, 0,
		    "Make a new client secret" },
		{ "invalid_grant", 400, "{\"error\":\"invalid_grant\"}", TOKEN_SIGN_IN, 0, LOGIN },
		{ "unauthorized_client", 400, "{\"error\":\"unauthorized_client\"}", TOKEN_CONFIG,
		    0, "Check client_id, and what" },
		{ "unsupported_grant_type", 400, "{\"error\":\"unsupported_grant_type\"}",
		    TOKEN_CONFIG, 0, "Check the method" },
		{ "invalid_resource", 400, "{\"error\":\"invalid_resource\"}", TOKEN_CONFIG, 0,
		    "Check the cloud" },
		{ "interaction_required", 400, "{\"error\":\"interaction_required\"}",
		    TOKEN_SIGN_IN, 0, LOGIN },
		{ "temporarily_unavailable", 400, "{\"error\":\"temporarily_unavailable\"}",
		    TOKEN_WAIT, 0, AGAIN },
		{ "unknown error", 400, "{\"error\":\"new_error\"}", TOKEN_CONFIG, 0,
		    "Look the error up" },

		{ "number before error", 400,
		    "{\"error\":\"invalid_grant\",\"error_codes\":[53003]}", TOKEN_ADMIN, 53003,
		    "Ask an administrator" },
		{ "unknown number", 400, "{\"error\":\"invalid_grant\",\"error_codes\":[99999999]}",
		    TOKEN_SIGN_IN, 99999999, LOGIN },
		{ "unavailable before number", 400,
		    "{\"error\":\"temporarily_unavailable\",\"error_codes\":[53003]}", TOKEN_WAIT,
		    53003, AGAIN },
		{ "status before number", 503,
		    "{\"error\":\"invalid_grant\",\"error_codes\":[700082]}", TOKEN_WAIT, 700082,
		    AGAIN },
		{ "429 before error", 429, "{\"error\":\"invalid_client\"}", TOKEN_WAIT, 0, AGAIN },
		{ "advice of a number that waits", 503, "{\"error\":\"x\",\"error_codes\":[90055]}",
		    TOKEN_WAIT, 90055, "The tenant is throttled." },
		{ "unknown error and number", 400, "{\"error\":\"new_error\",\"error_codes\":[1]}",
		    TOKEN_CONFIG, 1, "Look the error up" },

		{ "number in the text only", 400,
		    "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS50076: Due to\"}",
		    TOKEN_SIGN_IN, 50076, "Repeat the sign-in with 'autoreg login', with multi" },
		{ "first of two numbers", 400,
		    "{\"error\":\"invalid_grant\",\"error_codes\":[50076,53003]}", TOKEN_SIGN_IN,
		    50076, "Repeat the sign-in with 'autoreg login', with multi" },
		{ "codes are no numbers", 400,
		    "{\"error\":\"invalid_grant\",\"error_codes\":[\"50076\"]}", TOKEN_SIGN_IN, 0,
		    LOGIN },
		{ "no codes", 400, "{\"error\":\"invalid_grant\",\"error_codes\":[]}",
		    TOKEN_SIGN_IN, 0, LOGIN },
		{ "codes are a number", 400, "{\"error\":\"invalid_grant\",\"error_codes\":50076}",
		    TOKEN_SIGN_IN, 0, LOGIN },
		{ "negative number", 400, "{\"error\":\"invalid_grant\",\"error_codes\":[-1]}",
		    TOKEN_SIGN_IN, 0, LOGIN },
		{ "number too large", 400,
		    "{\"error\":\"invalid_grant\",\"error_codes\":[4294967296]}", TOKEN_SIGN_IN, 0,
		    LOGIN },

		{ "byte order mark", 400, "\xEF\xBB\xBF{\"error\":\"invalid_grant\"}",
		    TOKEN_SIGN_IN, 0, LOGIN },
		{ "error is an object", 400, "{\"error\":{\"code\":\"invalid_grant\"}}",
		    TOKEN_CONFIG, 0, NO_ENTRA },
		{ "empty object", 400, "{}", TOKEN_CONFIG, 0, NO_ENTRA },
		{ "no body", 400, "", TOKEN_CONFIG, 0, NO_ENTRA },
		{ "page of a proxy", 407, "<html>", TOKEN_CONFIG, 0, NO_ENTRA },
		{ "redirect", 302, "", TOKEN_CONFIG, 0, NO_ENTRA },
		{ "not found", 404, "", TOKEN_CONFIG, 0, NO_ENTRA },
		{ "other success", 204, "", TOKEN_CONFIG, 0, NO_ENTRA },
		{ "throttled without a body", 429, "", TOKEN_WAIT, 0, AGAIN },
		{ "500", 500, "", TOKEN_WAIT, 0, AGAIN },
		{ "page of a gateway", 502, "<html>", TOKEN_WAIT, 0, AGAIN },
		{ "599", 599, "", TOKEN_WAIT, 0, AGAIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct http_response rsp = response(tc[i].status, tc[i].body);
		struct token_result r;
		struct err err;

		print_message("  %s\n", tc[i].name);
		memset(&r, 0x99, sizeof r);
		assert_int_equal(entra_error_judge(&rsp, &r, &err), ERR_FORMAT);
		assert_null(r.access);
		assert_int_equal(r.trouble, tc[i].trouble);
		assert_int_equal(r.aadsts, tc[i].aadsts);
		assert_int_equal(r.retry_after_ms, r.trouble == TOKEN_WAIT ? RETRY_MS : -1);
		assert_int_equal(strncmp(r.advice, tc[i].advice, strlen(tc[i].advice)), 0);
	}
}

static void
messages(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		const char *msg;
	} tc[] = {
		{ "all of it",
		    "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS700082: The refresh token "
		    "has expired. Trace ID: " TRACE " Correlation ID: " CORRELATION
		    " Timestamp: 2030-01-15 10:00:00Z\",\"error_codes\":[700082],"
		    "\"timestamp\":\"2030-01-15 10:00:00Z\",\"trace_id\":\"" TRACE
		    "\",\"correlation_id\":\"" CORRELATION
		    "\",\"error_uri\":\"https://login.microsoftonline.com/error?code=700082\"}",
		    "token request: status 400, invalid_grant, AADSTS700082, trace " TRACE
		    ", correlation " CORRELATION ": The refresh token has expired." },
		{ "description of several lines",
		    "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS50076: Due to a "
		    "change.\\r\\nTrace ID: x\\r\\nforged: line\"}",
		    "token request: status 400, invalid_grant, AADSTS50076: Due to a change." },
		{ "no body", "", "token request: status 400" },
		{ "page", "<html>forged</html>", "token request: status 400" },
		{ "description without a number",
		    "{\"error\":\"x\",\"error_description\":\" Sorry: no. \"}",
		    "token request: status 400, x: Sorry: no." },
		{ "number without an end", "{\"error\":\"x\",\"error_description\":\"AADSTS1\"}",
		    "token request: status 400, x: AADSTS1" },
		{ "no number behind the mark",
		    "{\"error\":\"x\",\"error_description\":\"AADSTS1x: a\"}",
		    "token request: status 400, x: AADSTS1x: a" },
		{ "control characters",
		    "{\"error\":\"a\\nb\",\"error_description\":\"a\\u001b[31mb\\u007f\"}",
		    "token request: status 400, a?b: a?[31mb?" },
		{ "ids that are none",
		    "{\"error\":\"x\",\"trace_id\":\"see http://evil\",\"correlation_id\":\"a\\nb\"}",
		    "token request: status 400, x" },
		{ "long error",
		    "{\"error\":\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee\"}",
		    "token request: status 400, aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd" },
		{ "percent signs", "{\"error\":\"%s%n\",\"error_description\":\"%s%n\"}",
		    "token request: status 400, %s%n: %s%n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct http_response rsp = response(400, tc[i].body);
		struct token_result r;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(entra_error_judge(&rsp, &r, &err), ERR_FORMAT);
		assert_string_equal(err.msg, tc[i].msg);
	}
}

/* A description that does not fit is cut between characters, behind the ids. */
static void
long_description(void **state)
{
	char body[2048] = "{\"error\":\"invalid_grant\",\"error_description\":\"";
	struct http_response rsp;
	struct token_result r;
	struct err err;
	size_t len = strlen(body);

	(void)state;
	for (; len < 1500; len += 2)
		memcpy(body + len, "é", 2);
	(void)snprintf(body + len, sizeof body - len, "\",\"trace_id\":\"" TRACE "\"}");
	rsp = response(400, body);
	assert_int_equal(entra_error_judge(&rsp, &r, &err), ERR_FORMAT);
	assert_non_null(strstr(err.msg, "trace " TRACE ": éé"));
	assert_true(strlen(err.msg) >= sizeof err.msg - 2); /* all the room, and whole characters */
	assert_string_equal(err.msg + strlen(err.msg) - 2, "é");
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
		{ "lost", ERR_NET, TOKEN_WAIT, AGAIN },
		{ "no answer", ERR_TIMEOUT, TOKEN_WAIT, AGAIN },
		{ "no trust", ERR_TLS, TOKEN_WAIT, "Check this machine's clock" },
		{ "no token in it", ERR_FORMAT, TOKEN_CONFIG, NO_ENTRA },
		{ "too large", ERR_LIMIT, TOKEN_CONFIG, NO_ENTRA },
		{ "cancelled", ERR_CANCELLED, TOKEN_STOPPED, "It was stopped here." },
		{ "no memory", ERR_NOMEM, TOKEN_STOPPED, "It was stopped here." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct err why = { .code = tc[i].code };
		struct token_result r = entra_error_without_answer(&why);

		print_message("  %s\n", tc[i].name);
		assert_int_equal(r.trouble, tc[i].trouble);
		assert_int_equal(strncmp(r.advice, tc[i].advice, strlen(tc[i].advice)), 0);
		assert_int_equal(r.aadsts, 0);
		assert_int_equal(r.retry_after_ms, -1);
		assert_null(r.access);
	}
}

static void
try_to_judge(void *arg)
{
	const struct http_response rsp = response(400, "{\"error\":\"invalid_grant\"}");
	struct token_result r;
	struct err err;
	enum err_code rc = entra_error_judge(&rsp, &r, &err);

	(void)arg;
	if (alloc_fault_hit() && rc == ERR_NOMEM)
		assert_int_equal(r.trouble, TOKEN_STOPPED);
	else if (!alloc_fault_hit())
		assert_int_equal(r.trouble, TOKEN_SIGN_IN);
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
		cmocka_unit_test(numbers),
		cmocka_unit_test(decisions),
		cmocka_unit_test(messages),
		cmocka_unit_test(long_description),
		cmocka_unit_test(without_answer),
		cmocka_unit_test(memory_runs_out),
	};

	entra_json_wipe_freed(); /* jansson's allocations then are ours to refuse */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
