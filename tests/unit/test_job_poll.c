/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/job_poll.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partner/partner_call.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define OVER \
	"{\"status\":\"finished\",\"devicesStatus\":[{\"serialNumber\":\"b\",\"status\":\"finished\"}]}"

struct end {
	unsigned calls;
	bool has_verdicts;
	enum verdict_class verdict[2];
	struct channel_answer answer;
};

static void
on_poll(void *arg, const struct channel_answer *answer, const struct verdict *verdict)
{
	struct end *end = arg;

	end->calls++;
	end->answer = *answer;
	end->has_verdicts = verdict;
	for (size_t i = 0; verdict && i < 2; i++)
		end->verdict[i] = verdict[i].class;
}

static struct batch *
new_batch(void)
{
	struct batch *b = partner_fake_batch("x");

	partner_fake_add(b, "a", NULL, NULL, NULL, "hash", 0);
	partner_fake_add(b, "b", NULL, NULL, NULL, "hash", 0);
	memcpy(b->tracking, "4444-41", 8);
	return b;
}

static struct channel_op *
start(const struct batch *b, struct end *end)
{
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(job_poll_start(partner_fake_options(), b, on_poll, end, &op, &err),
	    ERR_OK);
	assert_int_equal(end->calls, 0);
	return op;
}

static void
request(void **state)
{
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	(void)start(b, &end);
	assert_int_equal(partner_fake_request()->method, HTTP_GET);
	assert_string_equal(partner_fake_request()->url,
	    "https://api.partnercenter.microsoft.com/v1/customers/" FAKE_TENANT
	    "/batchJobStatus/4444-41");
	assert_int_equal(partner_fake_request()->answer_max, (64 + 2 * 10) * 1024);
	partner_fake_assert_header("MS-CorrelationId", FAKE_CORRELATION_ID);
	partner_fake_assert_header("MS-RequestId", "00000000-0000-4001-8000-000000000002");
	partner_fake_answer_text(200, NULL, OVER);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, CHANNEL_DONE);
	assert_true(end.has_verdicts);
	assert_int_equal(end.verdict[0], VERDICT_NONE);
	assert_int_equal(end.verdict[1], VERDICT_OK);
	batch_free(b);
}

static void
outcomes(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum channel_outcome want;
	} tc[] = {
		{ 200, "{\"status\":\"queued\"}", CHANNEL_DONE },
		{ 200, "<html>", CHANNEL_UNKNOWN },
		{ 200, "", CHANNEL_UNKNOWN },
		{ 404, "", CHANNEL_GONE },
		{ 404, "{\"code\":\"1000\"}", CHANNEL_GONE },
		{ 404, "{\"code\":\"60003\"}", CHANNEL_NO_CONSENT },
		{ 403, "", CHANNEL_NO_CONSENT },
		{ 429, "", CHANNEL_THROTTLED },
		{ 500, "", CHANNEL_SERVER },
	};
	struct batch *b = new_batch();

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct end end;

		(void)start(b, &end);
		partner_fake_answer_text(tc[i].status, NULL, tc[i].body);
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, tc[i].want);
		assert_false(end.has_verdicts);
	}
	batch_free(b);
}

static void
cancelled(void **state)
{
	struct batch *b = new_batch();
	struct channel_op *op;
	struct end end;

	(void)state;
	op = start(b, &end);
	partner_call_cancel(op->call);
	assert_int_equal(end.calls, 0);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, CHANNEL_STOPPED);
	batch_free(b);
}

static void
attempt(void *arg)
{
	struct channel_op *op = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	if (job_poll_start(partner_fake_options(), arg, on_poll, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		return;
	}
	partner_fake_answer_text(200, NULL, OVER);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, alloc_fault_hit() ? CHANNEL_STOPPED : CHANNEL_DONE);
	assert_int_equal(end.has_verdicts, !alloc_fault_hit());
}

static void
memory_runs_out(void **state)
{
	struct batch *b = new_batch();

	(void)state;
	assert_true(alloc_fault_sweep(attempt, b) >= 8);
	batch_free(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, partner_fake_enter, partner_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(request),
		TEST(outcomes),
		TEST(cancelled),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
