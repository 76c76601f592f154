/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_call.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "channel/channel_answer.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/oem_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define URL "https://oem.example/api/v1/registrations"
#define BODY "{\"tenantId\":\"" FAKE_TENANT "\"}"

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

static const struct oem_call_request post = {
	.call = "POST register",
	.purpose = OEM_CALL_REGISTER,
	.method = HTTP_POST,
	.url = URL,
	.tenant = { FAKE_TENANT, FAKE_DOMAIN },
	.request_id = FAKE_REQUEST_ID,
	.correlation_id = FAKE_CORRELATION_ID,
	.body = { BODY, sizeof BODY - 1 },
	.answer_max = 17,
};

static struct oem_call *
start(const struct oem_service *s, const struct oem_call_request *req, struct end *end)
{
	struct oem_call *c = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(oem_call_start(s, req, on_call, end, &c, &err), ERR_OK);
	assert_non_null(c);
	assert_int_equal(end->calls, 0);
	return c;
}

static void
assert_end(const struct end *end, enum channel_outcome outcome, unsigned status)
{
	assert_int_equal(end->calls, 1);
	assert_int_equal(end->answer.outcome, outcome);
	assert_int_equal(end->status, status);
	assert_false(partner_fake_has_request());
	assert_false(partner_fake_is_skipped());
	assert_false(partner_fake_waits());
}

static void
carries_all(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct end end;

	(void)state;
	start(s, &post, &end);
	assert_string_equal(partner_fake_request()->url, URL);
	assert_int_equal(partner_fake_request()->method, HTTP_POST);
	assert_string_equal(partner_fake_request()->bearer, "token-1");
	assert_null(partner_fake_request()->bearer_header);
	assert_true(partner_fake_request()->tls->tls_1_3);
	assert_int_equal(partner_fake_request()->answer_max, 17);
	assert_string_equal(partner_fake_request()->body, BODY);
	assert_string_equal(partner_fake_request()->headers,
	    "Accept: application/json\n"
	    "Content-Type: application/json\n"
	    "X-Correlation-Id: " FAKE_CORRELATION_ID "\n"
	    "Idempotency-Key: " FAKE_REQUEST_ID "\n");
	partner_fake_answer_text(202, "Retry-After: 5\nX-Request-Id: their id\n", "{}");
	assert_end(&end, CHANNEL_DONE, 202);
	assert_string_equal(end.answer.call, "POST register");
	assert_string_equal(end.answer.request_id, FAKE_REQUEST_ID); /* two words are no id */
	assert_string_equal(end.answer.correlation_id, FAKE_CORRELATION_ID);
	assert_int_equal(end.answer.retry_after_ms, 5000);
	oem_fake_service_free(s);
}

static void
as_the_profile_says(void **state)
{
	struct oem_service *s = oem_fake_service(
	    "endpoint:\n  validate: /v\n  register: /r\n  headers: {accept: \"text/x\", "
	    "X-Tenant: \"{tenantId}/{tenantDomain}\"}\n"
	    "auth_header: X-Key\nidempotency: {safe: false}\n"
	    "tracing: {request_id_header: X-Trace}\n");
	struct oem_call_request get = post;
	struct end end;

	(void)state;
	get.purpose = OEM_CALL_STATUS;
	get.method = HTTP_GET;
	get.body = (struct slice){ NULL, 0 };
	get.request_id = get.correlation_id = NULL;
	start(s, &get, &end);
	assert_string_equal(partner_fake_request()->headers,
	    "accept: text/x\n"
	    "X-Tenant: " FAKE_TENANT "/" FAKE_DOMAIN "\n");
	assert_string_equal(partner_fake_request()->bearer_header, "X-Key");
	partner_fake_answer_text(500, "x-trace: 1-abc/Z\n", "");
	assert_end(&end, CHANNEL_SERVER, 500);
	assert_string_equal(end.answer.request_id, "1-abc/Z");
	assert_int_equal(strlen(end.answer.correlation_id), GUID_SIZE - 1);
	oem_fake_service_free(s);
}

static void
token_is_renewed_once(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct end end;

	(void)state;
	for (unsigned again = 0; again < 2; again++) {
		partner_fake_token("token-1");
		start(s, &post, &end);
		partner_fake_answer_text(401, NULL, "");
		assert_int_equal(end.calls, 0);
		assert_true(oem_fake_refused());
		partner_fake_give_token("token-2");
		assert_string_equal(partner_fake_request()->bearer, "token-2");
		assert_string_equal(partner_fake_request()->body, BODY);
		partner_fake_assert_header("Idempotency-Key", FAKE_REQUEST_ID);
		partner_fake_answer_text(again ? 401 : 200, NULL, "");
		assert_end(&end, again ? CHANNEL_AUTH : CHANNEL_DONE, again ? 401 : 200);
	}
	start(s, &post, &end);
	partner_fake_answer_text(401, NULL, "");
	partner_fake_give_no_token(TOKEN_CREDENTIAL, 0, -1, ERR_IO);
	assert_end(&end, CHANNEL_AUTH, 0);
	assert_string_equal(end.answer.advice, "advice of the token");
	oem_fake_service_free(s);
}

static void
token_is_waited_for(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct oem_call *c;
	struct end end;

	(void)state;
	partner_fake_token(NULL);
	start(s, &post, &end);
	assert_false(oem_fake_refused());
	partner_fake_give_token("token-2");
	partner_fake_answer_text(404, NULL, "");
	assert_end(&end, CHANNEL_GONE, 404);

	partner_fake_token(NULL);
	c = start(s, &post, &end);
	oem_call_pause(c, 7000);
	partner_fake_give_token("token-2");
	assert_end(&end, CHANNEL_THROTTLED, 0);
	assert_int_equal(end.answer.retry_after_ms, 7000);

	partner_fake_token(NULL);
	c = start(s, &post, &end);
	oem_call_cancel(c);
	partner_fake_give_no_token(TOKEN_STOPPED, 0, -1, ERR_CANCELLED);
	assert_end(&end, CHANNEL_STOPPED, 0);
	oem_fake_service_free(s);
}

/* A certificate alone: nothing is renewed. */
static void
without_token(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct end end;

	(void)state;
	oem_fake_wants_token(false);
	start(s, &post, &end);
	assert_string_equal(partner_fake_request()->bearer, "");
	partner_fake_answer_text(401, NULL, "");
	assert_end(&end, CHANNEL_AUTH, 401);
	oem_fake_service_free(s);
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
	};
	struct oem_service *s = oem_fake_service(NULL);
	struct oem_call *c;
	struct end end;

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		start(s, &post, &end);
		partner_fake_fail(tc[i].code, "what happened");
		assert_end(&end, tc[i].want, 0);
		assert_string_equal(end.answer.message, "what happened");
		assert_string_equal(end.answer.request_id, FAKE_REQUEST_ID);
	}
	c = start(s, &post, &end);
	oem_call_cancel(c);
	oem_call_cancel(c);
	assert_int_equal(end.calls, 0);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_end(&end, CHANNEL_STOPPED, 0);
	oem_fake_service_free(s);
}

static void
so_many_in_an_interval(void **state)
{
	struct oem_service *s = oem_fake_service(
	    "batching: {max_devices: 10, max_bytes: 1MiB, in_flight: 1, requests: 2, interval: 1s}\n");
	struct oem_call *c;
	struct end end;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		start(s, &post, &end);
		partner_fake_answer_text(200, NULL, "");
		assert_end(&end, CHANNEL_DONE, 200);
	}
	oem_fake_set_ms(300);
	start(s, &post, &end);
	assert_true(partner_fake_is_skipped());
	partner_fake_turn();
	assert_end(&end, CHANNEL_THROTTLED, 0);
	assert_int_equal(end.answer.retry_after_ms, 700);
	c = start(s, &post, &end);
	oem_call_cancel(c);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_end(&end, CHANNEL_STOPPED, 0);
	oem_fake_set_ms(1000);
	start(s, &post, &end);
	partner_fake_answer_text(200, NULL, "");
	assert_end(&end, CHANNEL_DONE, 200);
	oem_fake_service_free(s);
}

static void
known_answers(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct channel_answer known;
	struct oem_call *c = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	(void)state;
	channel_answer_init(&known);
	channel_answer_set(&known, CHANNEL_GONE, "do this", "never was");
	assert_int_equal(oem_call_skip(s, &known, on_call, &end, &c, &err), ERR_OK);
	memset(&known, '#', sizeof known);
	assert_int_equal(end.calls, 0);
	partner_fake_turn();
	assert_end(&end, CHANNEL_GONE, 0);
	assert_string_equal(end.answer.message, "never was");
	oem_fake_service_free(s);
}

/* --- what never leaves --- */

static void
dies_or_not(void **state)
{
	static char hash[1600];
	static const struct {
		const char *name;
		enum oem_purpose purpose;
		struct oem_tenant tenant;
		const char *body;
		bool dies;
	} tc[] = {
		{ "register", OEM_CALL_REGISTER, { FAKE_TENANT, FAKE_DOMAIN }, BODY, false },
		{ "blank", OEM_CALL_REGISTER, { "", "" }, BODY, true },
		{ "no id", OEM_CALL_REGISTER, { "", FAKE_DOMAIN }, BODY, true },
		{ "no domain", OEM_CALL_REGISTER, { FAKE_TENANT, "" }, BODY, true },
		{ "spaces", OEM_CALL_REGISTER, { " ", "\t" }, BODY, true },
		{ "body of nobody", OEM_CALL_REGISTER, { FAKE_TENANT, FAKE_DOMAIN },
		    "{\"tenantId\":\"\"}", true },
		{ "no body", OEM_CALL_REGISTER, { FAKE_TENANT, FAKE_DOMAIN }, "", true },
		{ "validate nobody", OEM_CALL_VALIDATE, { "", "" }, "", true },
		{ "ask for nobody", OEM_CALL_STATUS, { "", "" }, "", true },
		{ "release", OEM_CALL_RELEASE, { "", "" }, "{\"tenantId\":\"\"}", false },
		{ "a hash", OEM_CALL_RELEASE, { "", "" }, hash, true },
	};
	struct oem_service *s = oem_fake_service(NULL);

	(void)state;
	memset(hash, 'T', 1500);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct oem_call_request req = post;
		pid_t child;
		int status;

		print_message("  %s\n", tc[i].name);
		req.purpose = tc[i].purpose;
		req.tenant = tc[i].tenant;
		req.body = slice_of(tc[i].body);
		child = fork();
		if (child == 0) {
			struct oem_call *c;
			struct end end;
			struct err err;

			(void)signal(SIGABRT, SIG_DFL);
			(void)close(STDERR_FILENO);
			_exit(oem_call_start(s, &req, on_call, &end, &c, &err) ? 2 : 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, tc[i].dies);
		assert_int_equal(WIFEXITED(status) && WEXITSTATUS(status) == 0, !tc[i].dies);
	}
	oem_fake_service_free(s);
}

/* --- memory --- */

static void
attempt(void *arg)
{
	struct end end = { .calls = 0 };
	struct oem_call *c = NULL;
	struct err err;

	if (oem_call_start(arg, &post, on_call, &end, &c, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(c);
		return;
	}
	partner_fake_answer_text(200, NULL, "");
	assert_int_equal(end.calls, 1);
}

static void
memory_runs_out(void **state)
{
	struct oem_service *s =
	    oem_fake_service("endpoint: {validate: /v, register: /r, headers: {X-A: b}}\n");

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, s), 3);
	oem_fake_service_free(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, oem_fake_enter, oem_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(carries_all),
		TEST(as_the_profile_says),
		TEST(token_is_renewed_once),
		TEST(token_is_waited_for),
		TEST(without_token),
		TEST(no_answer),
		TEST(so_many_in_an_interval),
		TEST(known_answers),
		TEST(dies_or_not),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
