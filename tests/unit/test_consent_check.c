/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/consent_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partner/partner_call.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

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
start(struct end *end)
{
	char tenant[] = FAKE_TENANT;
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(
	    consent_check_start(partner_fake_options(), tenant, on_consent, end, &op, &err),
	    ERR_OK);
	memset(tenant, '#', sizeof tenant);
	assert_int_equal(end->calls, 0);
	assert_string_equal(partner_fake_request()->url,
	    "https://api.partnercenter.microsoft.com/v1/customers/" FAKE_TENANT);
	assert_int_equal(partner_fake_request()->method, HTTP_GET);
	return op;
}

static void
answers(void **state)
{
	static const struct {
		const char *name;
		unsigned status;
		const char *body;
		enum channel_outcome want;
		const char *message; /* part of it */
	} tc[] = {
		{ "reseller", 200, "\xEF\xBB\xBF{\"relationshipToPartner\":\"reseller\"}",
		    CHANNEL_DONE, "" },
		{ "Reseller", 200, "{\"relationshipToPartner\":\"Reseller\"}", CHANNEL_DONE, "" },
		{ "without delegated access", 200,
		    "{\"relationshipToPartner\":\"reseller\",\"allowDelegatedAccess\":false}",
		    CHANNEL_DONE, "" },
		{ "none", 200, "{\"relationshipToPartner\":\"none\"}", CHANNEL_NO_CONSENT,
		    "is \"none\" and has to be \"reseller\"" },
		{ "advisor", 200, "{\"relationshipToPartner\":\"advisor\"}", CHANNEL_NO_CONSENT,
		    "\"advisor\"" },
		{ "unknown", 200, "{\"relationshipToPartner\":\"resellers\"}", CHANNEL_NO_CONSENT,
		    "\"resellers\"" },
		{ "not said", 200, "{\"id\":\"x\"}", CHANNEL_UNKNOWN, "does not say" },
		{ "null", 200, "{\"relationshipToPartner\":null}", CHANNEL_UNKNOWN,
		    "does not say" },
		{ "unreadable", 200, "<html>", CHANNEL_UNKNOWN, "does not say" },
		{ "20002", 403, "{\"code\":20002}", CHANNEL_NO_CONSENT, "no relationship" },
		{ "403 without body", 403, "", CHANNEL_NO_CONSENT, "denies access" },
		{ "60003", 404, "{\"code\":\"60003\"}", CHANNEL_NO_CONSENT, "this tenant" },
		{ "1000", 404, "{\"code\":\"1000\"}", CHANNEL_NO_CONSENT, "does not know" },
		{ "404 without body", 404, "", CHANNEL_NO_CONSENT, "does not know" },
		{ "indirect reseller", 403, "{\"code\":1002}", CHANNEL_DENIED, "not authorized" },
		{ "not allowed", 403, "{\"code\":\"600006\"}", CHANNEL_DENIED, "may not do this" },
		{ "program status", 403, "{\"code\":\"900149\"}", CHANNEL_DENIED, "not active" },
		{ "role", 403, "{\"code\":\"900150\"}", CHANNEL_AUTH, "role" },
		{ "rights", 403, "{\"code\":\"900308\"}", CHANNEL_NO_CONSENT, "rights" },
		{ "conditional access", 403, "{\"code\":\"900309\"}", CHANNEL_AUTH, "conditional" },
		{ "429", 429, "", CHANNEL_THROTTLED, "slow down" },
		{ "500", 500, "", CHANNEL_SERVER, "failed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct end end;

		print_message("  %s\n", tc[i].name);
		(void)start(&end);
		partner_fake_answer_text(tc[i].status, NULL, tc[i].body);
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, tc[i].want);
		assert_int_equal(end.granted, tc[i].want == CHANNEL_DONE);
		assert_string_equal(end.answer.call, "GET customers/{customer}");
		assert_non_null(strstr(end.answer.message, tc[i].message));
	}
}

static void
cancelled(void **state)
{
	struct channel_op *op;
	struct end end;

	(void)state;
	op = start(&end);
	partner_call_cancel(op->call);
	assert_int_equal(end.calls, 0);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, CHANNEL_STOPPED);
	assert_false(end.granted);
}

static void
attempt(void *arg)
{
	struct channel_op *op = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	(void)arg;
	if (consent_check_start(partner_fake_options(), "t", on_consent, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		return;
	}
	partner_fake_answer_text(200, NULL, "{\"relationshipToPartner\":\"reseller\"}");
	assert_int_equal(end.calls, 1);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(attempt, NULL) >= 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, partner_fake_enter, partner_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(answers),
		TEST(cancelled),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
