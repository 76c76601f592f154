/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_consent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oem/oem_call.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/oem_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define HOUR_MS (60 * 60 * 1000)
#define GRANTED "{\"consent\":\"granted\"}"

struct end {
	unsigned calls;
	bool granted;
	struct channel_answer answer;
};

static void
on_consent(void *arg, const struct channel_answer *answer, bool granted)
{
	struct end *end = arg;

	end->calls++;
	end->granted = granted;
	end->answer = *answer;
}

static struct channel_op *
start(const struct oem_service *s, const char *of, struct end *end)
{
	char id[] = FAKE_TENANT, domain[64];
	struct channel_op *op = NULL;
	struct err err;

	(void)snprintf(domain, sizeof domain, "%s", of);
	*end = (struct end){ .calls = 0 };
	assert_int_equal(oem_consent_start(s, &(struct channel_tenant){ id, domain }, on_consent,
	                     end, &op, &err),
	    ERR_OK);
	memset(id, '#', sizeof id);
	memset(domain, '#', sizeof domain);
	assert_int_equal(end->calls, 0);
	return op;
}

static void
answers(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum channel_outcome want;
		const char *message; /* part of it */
	} tc[] = {
		{ 200, GRANTED, CHANNEL_DONE, "" },
		{ 200, "{\"consent\":\"notGranted\"}", CHANNEL_NO_CONSENT, "has not consented" },
		{ 200, "{\"consent\":\"revoked\"}", CHANNEL_NO_CONSENT, "has not consented" },
		{ 200, "{\"consent\":\"maybe\"}", CHANNEL_UNSENT, "(HTTP 200) does not say" },
		{ 200, "", CHANNEL_UNSENT, "(HTTP 200) does not say" },
		{ 403, "{\"code\":\"ConsentRequired\"}", CHANNEL_NO_CONSENT, "ConsentRequired" },
		{ 403, "", CHANNEL_AUTH, "HTTP 403" },
		{ 404, "", CHANNEL_UNSENT, "HTTP 404" },
		{ 409, "{\"message\":\"not its domain\"}", CHANNEL_UNSENT, "409: not its domain" },
		{ 429, "", CHANNEL_THROTTLED, "HTTP 429" },
		{ 500, "", CHANNEL_UNSENT, "HTTP 500" },
	};
	struct oem_service *s = oem_fake_service(NULL);

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct end end;

		print_message("  %u %s\n", tc[i].status, tc[i].body);
		oem_consent_forget(s, FAKE_TENANT);
		(void)start(s, FAKE_DOMAIN, &end);
		assert_string_equal(partner_fake_request()->url,
		    "https://oem.example/api/v1/consent/validate");
		assert_string_equal(partner_fake_request()->body,
		    "{\"tenantId\":\"" FAKE_TENANT "\",\"tenantDomain\":\"" FAKE_DOMAIN "\"}");
		partner_fake_assert_header("Idempotency-Key", NULL);
		partner_fake_answer_text(tc[i].status, NULL, tc[i].body);
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, tc[i].want);
		assert_int_equal(end.granted, tc[i].want == CHANNEL_DONE);
		assert_non_null(strstr(end.answer.message, tc[i].message));
		assert_string_equal(end.answer.call, "POST validate");
	}
	oem_fake_service_free(s);
}

static void
by_get(void **state)
{
	struct oem_service *s = oem_fake_service(
	    "endpoint: {validate: \"/c/{tenantId}\", register: /r, query: {d: \"{tenantDomain}\"}}\n"
	    "consent:\n  method: GET\n  granted: [{status: 204}]\n  refused: [{status: 404}]\n");
	struct end end;

	(void)state;
	(void)start(s, FAKE_DOMAIN, &end);
	assert_int_equal(partner_fake_request()->method, HTTP_GET);
	assert_string_equal(partner_fake_request()->url,
	    "https://oem.example/api/c/" FAKE_TENANT "?d=" FAKE_DOMAIN);
	assert_string_equal(partner_fake_request()->body, "");
	partner_fake_answer_text(404, NULL, "");
	assert_int_equal(end.answer.outcome, CHANNEL_NO_CONSENT);
	oem_fake_service_free(s);
}

static void
a_yes_is_remembered(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct channel_op *op;
	struct end first, end;

	(void)state;
	(void)start(s, FAKE_DOMAIN, &first);
	partner_fake_answer_text(200, NULL, GRANTED);
	oem_fake_set_ms(HOUR_MS - 1);
	(void)start(s, FAKE_DOMAIN, &end);
	assert_true(partner_fake_is_skipped());
	partner_fake_turn();
	assert_true(end.granted);
	assert_string_equal(end.answer.request_id, first.answer.request_id);

	op = start(s, FAKE_DOMAIN, &end);
	oem_call_cancel(op->call);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(end.answer.outcome, CHANNEL_STOPPED);
	assert_false(end.granted);

	/* Another domain of the same id is another question. */
	(void)start(s, "fabrikam.example", &end);
	assert_true(partner_fake_has_request());
	partner_fake_answer_text(409, NULL, "");
	assert_false(end.granted);

	/* What came in between has made the memory doubtful. */
	(void)start(s, FAKE_DOMAIN, &end);
	assert_true(partner_fake_has_request());
	partner_fake_answer_text(200, NULL, GRANTED);
	oem_fake_set_ms(HOUR_MS - 1 + HOUR_MS);
	(void)start(s, FAKE_DOMAIN, &end);
	assert_true(partner_fake_has_request());
	partner_fake_answer_text(200, NULL, "{\"consent\":\"revoked\"}");
	assert_int_equal(end.answer.outcome, CHANNEL_NO_CONSENT);
	oem_fake_service_free(s);
}

static void
no_answer(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct end end;

	(void)state;
	(void)start(s, FAKE_DOMAIN, &end);
	partner_fake_fail(ERR_TIMEOUT, "no answer in time");
	assert_int_equal(end.answer.outcome, CHANNEL_UNSENT);
	assert_string_equal(end.answer.message, "no answer in time");
	oem_fake_service_free(s);
}

static void
attempt(void *arg)
{
	struct channel_op *op = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	oem_consent_forget(arg, "t");
	if (oem_consent_start(arg, &(struct channel_tenant){ "t", "d" }, on_consent, &end, &op,
	        &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		return;
	}
	partner_fake_answer_text(200, NULL, GRANTED);
	assert_int_equal(end.calls, 1);
	assert_true(end.granted); /* also if there is no memory to remember it */
}

static void
memory_runs_out(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);

	(void)state;
	assert_true(alloc_fault_sweep(attempt, s) >= 4);
	oem_fake_service_free(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, oem_fake_enter, oem_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(answers),
		TEST(by_get),
		TEST(a_yes_is_remembered),
		TEST(no_answer),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
