/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define URL "https://api.partnercenter.microsoft.com/v1/customers/c"
#define OTHER_ID "12345678-9abc-DEF0-1234-56789abcdef0"

struct end {
	unsigned calls;
	unsigned status; /* of the response; 0: there was none */
	struct channel_answer answer;
};

static void
on_call(void *arg, const struct channel_answer *answer, const struct http_response *rsp)
{
	struct end *end = arg;

	end->calls++;
	end->status = rsp ? rsp->status : 0;
	end->answer = *answer;
}

static struct partner_call *
start(const struct partner_request *req, struct end *end)
{
	struct partner_call *c = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(partner_call_start(partner_fake_options(), req, on_call, end, &c, &err),
	    ERR_OK);
	assert_non_null(c);
	assert_int_equal(end->calls, 0);
	return c;
}

static const struct partner_request get = { .method = HTTP_GET, .url = URL };

static void
assert_end(const struct end *end, enum channel_outcome outcome, unsigned status)
{
	assert_int_equal(end->calls, 1);
	assert_int_equal(end->answer.outcome, outcome);
	assert_int_equal(end->answer.status, status);
	assert_int_equal(end->status, status);
	assert_false(partner_fake_has_request());
	assert_false(partner_fake_waits());
}

static void
token_at_hand(void **state)
{
	struct end end;

	(void)state;
	start(&get, &end);
	assert_string_equal(partner_fake_request()->url, URL);
	assert_string_equal(partner_fake_request()->bearer, "token-1");
	assert_int_equal(partner_fake_request()->method, HTTP_GET);
	assert_int_equal(partner_fake_request()->answer_max, 0);
	assert_string_equal(partner_fake_request()->headers,
	    "Accept: application/json\n"
	    "MS-RequestId: 00000000-0000-4001-8000-000000000002\n"
	    "MS-CorrelationId: 00000000-0000-4003-8000-000000000004\n"
	    "X-Locale: en-US\n"
	    "MS-PartnerCenter-Application: autoreg\n");
	partner_fake_answer_text(200, NULL, "{}");
	assert_end(&end, CHANNEL_DONE, 200);
	assert_string_equal(end.answer.request_id, "00000000-0000-4001-8000-000000000002");
	assert_string_equal(end.answer.correlation_id, "00000000-0000-4003-8000-000000000004");
	assert_int_equal(end.answer.retry_after_ms, -1);
}

static size_t
body_read(void *arg, char *out, size_t cap)
{
	const char **rest = arg;
	size_t n = strlen(*rest) < cap ? strlen(*rest) : cap;

	memcpy(out, *rest, n);
	*rest += n;
	return n;
}

static void
body_rewind(void *arg)
{
	*(const char **)arg = "hello";
}

static void
given_ids_page_and_body(void **state)
{
	const char *rest = "hello";
	const struct http_body body = { 5, body_read, body_rewind, &rest };
	const struct partner_request req = { .method = HTTP_POST,
		.url = URL,
		.page = "p/1=",
		.request_id = FAKE_REQUEST_ID,
		.correlation_id = FAKE_CORRELATION_ID,
		.body = &body,
		.answer_max = 17 };
	struct end end;

	(void)state;
	start(&req, &end);
	assert_int_equal(partner_fake_request()->method, HTTP_POST);
	assert_int_equal(partner_fake_request()->answer_max, 17);
	assert_string_equal(partner_fake_request()->body, "hello");
	partner_fake_assert_header("MS-RequestId", FAKE_REQUEST_ID);
	partner_fake_assert_header("MS-CorrelationId", FAKE_CORRELATION_ID);
	partner_fake_assert_header("MS-ContinuationToken", "p/1=");
	partner_fake_assert_header("Content-Type", "application/json");

	/* After a refusal the same is sent again, the body from its beginning. */
	partner_fake_answer_text(401, NULL, "");
	partner_fake_give_token("token-2");
	assert_string_equal(partner_fake_request()->body, "hello");
	assert_string_equal(partner_fake_request()->bearer, "token-2");
	partner_fake_assert_header("MS-RequestId", FAKE_REQUEST_ID);
	partner_fake_assert_header("MS-ContinuationToken", "p/1=");
	partner_fake_answer_text(202, NULL, "");
	assert_end(&end, CHANNEL_DONE, 202);
	assert_string_equal(end.answer.request_id, FAKE_REQUEST_ID);
}

static void
ids_of_the_service(void **state)
{
	static const struct {
		const char *headers;
		const char *request_id;
		const char *correlation_id;
	} tc[] = {
		{ "ms-requestid: " OTHER_ID "\n", OTHER_ID, FAKE_CORRELATION_ID },
		{ "MS-CorrelationId: " OTHER_ID "\n", FAKE_REQUEST_ID, OTHER_ID },
		{ "MS-RequestId: 12345678-9abc-def0-1234-56789abcdef\n", FAKE_REQUEST_ID,
		    FAKE_CORRELATION_ID },
		{ "MS-RequestId: 12345678-9abc-def0-1234-56789abcdefg\n", FAKE_REQUEST_ID,
		    FAKE_CORRELATION_ID },
		{ "MS-RequestId: 12345678+9abc-def0-1234-56789abcdef0\n", FAKE_REQUEST_ID,
		    FAKE_CORRELATION_ID },
		{ "MS-RequestId: \n", FAKE_REQUEST_ID, FAKE_CORRELATION_ID },
	};
	const struct partner_request req = { .method = HTTP_GET,
		.url = URL,
		.request_id = FAKE_REQUEST_ID,
		.correlation_id = FAKE_CORRELATION_ID };
	struct end end;

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		start(&req, &end);
		partner_fake_answer_text(403, tc[i].headers, "");
		assert_end(&end, CHANNEL_NO_CONSENT, 403);
		assert_string_equal(end.answer.request_id, tc[i].request_id);
		assert_string_equal(end.answer.correlation_id, tc[i].correlation_id);
	}
}

static void
token_to_wait_for(void **state)
{
	struct end end;

	(void)state;
	partner_fake_token(NULL);
	start(&get, &end);
	assert_false(partner_fake_has_request());
	assert_true(partner_fake_waits());
	assert_string_equal(partner_fake_refused(), "");
	partner_fake_give_token("token-2");
	assert_string_equal(partner_fake_request()->bearer, "token-2");
	partner_fake_answer_text(404, NULL, "");
	assert_end(&end, CHANNEL_GONE, 404);
}

static void
refused_once_and_twice(void **state)
{
	struct end end;

	(void)state;
	for (unsigned again = 0; again < 2; again++) {
		partner_fake_token("token-1");
		start(&get, &end);
		partner_fake_token("token-of-others"); /* renewed meanwhile: not what was refused */
		partner_fake_answer_text(401, NULL, "");
		assert_int_equal(end.calls, 0);
		assert_string_equal(partner_fake_refused(), "token-1");
		partner_fake_give_token("token-2");
		assert_string_equal(partner_fake_request()->bearer, "token-2");
		if (again == 0) {
			partner_fake_answer_text(200, NULL, "{}");
			assert_end(&end, CHANNEL_DONE, 200);
		} else {
			partner_fake_answer_text(401, NULL, "{\"code\":\"900421\"}");
			assert_end(&end, CHANNEL_AUTH, 401);
			assert_string_equal(end.answer.code, "900421");
		}
	}
}

static void
no_token(void **state)
{
	struct end end;

	(void)state;
	partner_fake_token(NULL);
	start(&get, &end);
	partner_fake_give_no_token(TOKEN_SIGN_IN, 700082, -1, ERR_IO);
	assert_end(&end, CHANNEL_AUTH, 0);
	assert_string_equal(end.answer.code, "AADSTS700082");
	assert_string_equal(end.answer.advice, "advice of the token");

	start(&get, &end);
	partner_fake_give_no_token(TOKEN_WAIT, 0, 3000, ERR_CONNECT);
	assert_end(&end, CHANNEL_UNSENT, 0);
	assert_int_equal(end.answer.retry_after_ms, 3000);

	partner_fake_token("token-1");
	start(&get, &end);
	partner_fake_answer_text(401, NULL, "");
	partner_fake_give_no_token(TOKEN_ADMIN, 53003, -1, ERR_IO);
	assert_end(&end, CHANNEL_AUTH, 0);
	assert_string_equal(end.answer.code, "AADSTS53003");
}

static void
no_answer(void **state)
{
	static const struct {
		enum err_code code;
		enum channel_outcome want;
	} tc[] = {
		{ ERR_CONNECT, CHANNEL_UNSENT },
		{ ERR_TLS, CHANNEL_UNSENT },
		{ ERR_NET, CHANNEL_UNKNOWN },
		{ ERR_TIMEOUT, CHANNEL_UNKNOWN },
		{ ERR_LIMIT, CHANNEL_UNKNOWN },
		{ ERR_NOMEM, CHANNEL_STOPPED },
	};
	struct end end;

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		start(&get, &end);
		partner_fake_fail(tc[i].code, "api.example: what happened");
		assert_end(&end, tc[i].want, 0);
		assert_string_equal(end.answer.message, "api.example: what happened");
		assert_int_equal(strlen(end.answer.request_id), GUID_SIZE - 1);
	}
}

static void
retry_after(void **state)
{
	struct end end;

	(void)state;
	start(&get, &end);
	partner_fake_answer_text(503, "Retry-After: 30\n", "");
	assert_end(&end, CHANNEL_SERVER, 503);
	assert_int_equal(end.answer.retry_after_ms, 30000);
}

/* A request that has not left by then does not leave; one that has is waited for. */
static void
told_to_wait(void **state)
{
	struct partner_call *c;
	struct end end;

	(void)state;
	partner_fake_token(NULL);
	c = start(&get, &end);
	partner_call_pause(c, 9000);
	assert_int_equal(end.calls, 0);
	partner_fake_give_token("token-1");
	assert_end(&end, CHANNEL_THROTTLED, 0);
	assert_int_equal(end.answer.retry_after_ms, 9000);
	partner_fake_token("token-1");
	c = start(&get, &end);
	partner_call_pause(c, 9000);
	partner_fake_answer_text(200, NULL, "");
	assert_end(&end, CHANNEL_DONE, 200);
}

enum where { AT_TOKEN, AT_REQUEST, AT_RENEWAL, AT_REPEAT };

static void
cancelled_everywhere(void **state)
{
	struct end end;

	(void)state;
	for (int where = AT_TOKEN; where <= AT_REPEAT; where++) {
		struct partner_call *c;

		partner_fake_token(where == AT_TOKEN ? NULL : "token-1");
		c = start(&get, &end);
		if (where >= AT_RENEWAL)
			partner_fake_answer_text(401, NULL, "");
		if (where == AT_REPEAT)
			partner_fake_give_token("token-2");
		partner_call_cancel(c);
		partner_call_cancel(c);
		assert_true(partner_fake_is_cancelled());
		assert_int_equal(end.calls, 0);
		if (where == AT_TOKEN || where == AT_RENEWAL)
			partner_fake_give_no_token(TOKEN_STOPPED, 0, -1, ERR_CANCELLED);
		else
			partner_fake_fail(ERR_CANCELLED, "cancelled");
		assert_end(&end, CHANNEL_STOPPED, 0);
	}
}

static void
assert_refused(enum err_code code)
{
	struct partner_call *c = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	partner_fake_refuse(code);
	assert_int_equal(partner_call_start(partner_fake_options(), &get, on_call, &end, &c, &err),
	    code);
	assert_int_equal(err.code, code);
	assert_null(c);
	assert_int_equal(end.calls, 0);
}

static void
start_is_refused(void **state)
{
	struct end end;

	(void)state;
	assert_refused(ERR_USAGE);
	assert_refused(ERR_CANCELLED);
	partner_fake_token(NULL);
	assert_refused(ERR_LIMIT);

	/* What cannot be started later on ends the call. */
	start(&get, &end);
	partner_fake_refuse(ERR_NOMEM);
	partner_fake_give_token("token-1");
	assert_end(&end, CHANNEL_STOPPED, 0);
	start(&get, &end);
	partner_fake_refuse(ERR_LIMIT);
	partner_fake_answer_text(401, NULL, "");
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, CHANNEL_UNSENT);
}

static void
attempt(void *arg)
{
	struct partner_call *c = NULL;
	struct err err;

	if (partner_call_start(partner_fake_options(), &get, on_call, arg, &c, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(c);
		return;
	}
	partner_fake_answer_text(200, NULL, "{}");
}

static void
memory_runs_out(void **state)
{
	struct end end = { .calls = 0 };

	(void)state;
	assert_true(alloc_fault_sweep(attempt, &end) >= 2);
	assert_int_equal(end.calls, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, partner_fake_enter, partner_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(token_at_hand),
		TEST(given_ids_page_and_body),
		TEST(ids_of_the_service),
		TEST(told_to_wait),
		TEST(token_to_wait_for),
		TEST(refused_once_and_twice),
		TEST(no_token),
		TEST(no_answer),
		TEST(retry_after),
		TEST(cancelled_everywhere),
		TEST(start_is_refused),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
