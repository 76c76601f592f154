/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oem/oem_call.h"
#include "oem/oem_memory.h"
#include "oem/oem_poll.h"
#include "oem/oem_submit.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/oem_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* Submit and poll, which belong together. */
struct end {
	unsigned calls;
	char tracking[BATCH_TRACKING_SIZE];
	bool over;
	struct verdict verdict[3];
	struct channel_answer answer;
};

static void
on_submit(void *arg, const struct channel_answer *answer, const char *tracking)
{
	struct end *end = arg;

	end->calls++;
	end->answer = *answer;
	(void)snprintf(end->tracking, sizeof end->tracking, "%s", tracking);
}

static void
on_poll(void *arg, const struct channel_answer *answer, const struct verdict *verdict)
{
	struct end *end = arg;

	end->calls++;
	end->answer = *answer;
	end->over = verdict;
	if (verdict)
		memcpy(end->verdict, verdict, sizeof end->verdict);
}

/* The second one cannot be sent. */
static struct batch *
new_batch(void)
{
	struct batch *b = oem_fake_batch();

	partner_fake_add(b, "S1", NULL, "Fab", "M", "a hash", 0);
	partner_fake_add(b, "S2", NULL, NULL, "M", NULL, 0);
	partner_fake_add(b, NULL, "0123456789012", NULL, NULL, NULL, 0);
	return b;
}

static struct channel_op *
submit(const struct oem_service *s, const struct batch *b, struct end *end)
{
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(oem_submit_start(s, b, on_submit, end, &op, &err), ERR_OK);
	assert_int_equal(end->calls, 0);
	return op;
}

static struct channel_op *
poll(const struct oem_service *s, const struct batch *b, struct end *end)
{
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(oem_poll_start(s, b, on_poll, end, &op, &err), ERR_OK);
	assert_int_equal(end->calls, 0);
	return op;
}

static void
assert_classes(const struct end *end, enum verdict_class a, enum verdict_class b,
    enum verdict_class c)
{
	assert_int_equal(end->calls, 1);
	assert_int_equal(end->answer.outcome, CHANNEL_DONE);
	assert_true(end->over);
	assert_int_equal(end->verdict[0].class, a);
	assert_int_equal(end->verdict[1].class, b);
	assert_int_equal(end->verdict[2].class, c);
}

static void
submissions(void **state)
{
	static const char by_id[] =
	    "endpoint: {validate: /v, register: /r, status: \"/s/{operationId}\"}\n"
	    "job: {mode: async_id, id: /id, status: /status, running: [queued]}\n";
	static const struct {
		const char *sections;
		unsigned status;
		const char *headers;
		const char *body;
		enum channel_outcome want;
		const char *tracking;
		const char *message; /* part of it */
	} tc[] = {
		{ NULL, 202, "Location: /v1/operations/1\n", "", CHANNEL_DONE, "/v1/operations/1",
		    "" },
		{ NULL, 200, "Location: https://oem.example/x\n", "", CHANNEL_DONE, "/x", "" },
		{ NULL, 202, "Location: https://evil.example/x\n", "", CHANNEL_UNKNOWN, "",
		    "without saying where" },
		{ NULL, 202, NULL, "", CHANNEL_UNKNOWN, "", "without saying where" },
		{ by_id, 202, "Location: /x\n", "{\"id\":\"op 1\"}", CHANNEL_DONE, "op 1", "" },
		{ by_id, 202, "Location: /x\n", "{}", CHANNEL_UNKNOWN, "", "without saying where" },
		{ NULL, 400, NULL, "{\"code\":\"801\"}", CHANNEL_REFUSED, "", "801" },
		{ NULL, 422, NULL, "", CHANNEL_REFUSED, "", "422" },
		{ NULL, 404, NULL, "", CHANNEL_UNSENT, "", "404" },
		{ NULL, 403, NULL, "{\"code\":\"ConsentRequired\"}", CHANNEL_NO_CONSENT, "",
		    "403" },
		{ NULL, 413, NULL, "", CHANNEL_TOO_LARGE, "", "413" },
		{ NULL, 429, "Retry-After: 3\n", "", CHANNEL_THROTTLED, "", "429" },
		{ NULL, 503, NULL, "", CHANNEL_SERVER, "", "503" },
	};
	struct batch *b = new_batch();

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct oem_service *s = oem_fake_service(tc[i].sections);
		struct end end;

		print_message("  %u %s\n", tc[i].status, tc[i].headers ? tc[i].headers : "");
		(void)submit(s, b, &end);
		partner_fake_answer_text(tc[i].status, tc[i].headers, tc[i].body);
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, tc[i].want);
		assert_string_equal(end.tracking, tc[i].tracking);
		assert_non_null(strstr(end.answer.message, tc[i].message));
		oem_fake_service_free(s);
	}
	batch_free(b);
}

/* What is sent is the same whenever it is sent. */
static void
a_request_is_repeated(void **state)
{
	static const char want[] =
	    "{\"purchaseOrderId\":\"PO-7\",\"tenantId\":\"" FAKE_TENANT
	    "\",\"tenantDomain\":\"" FAKE_DOMAIN
	    "\",\"devices\":[{\"ref\":\"1\",\"serialNumber\":\"S1\",\"manufacturer\":\"Fab\","
	    "\"model\":\"M\",\"groupTag\":\"HQ\"},{\"ref\":\"3\",\"productKeyId\":\"0123456789012\","
	    "\"groupTag\":\"HQ\"}]}";
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct oem_service *s = oem_fake_service(NULL); /* the program has begun anew */

		(void)submit(s, b, &end);
		assert_string_equal(partner_fake_request()->url,
		    "https://oem.example/api/v1/registrations");
		assert_string_equal(partner_fake_request()->body, want);
		partner_fake_assert_header("Idempotency-Key", FAKE_REQUEST_ID);
		partner_fake_assert_header("X-Correlation-Id", FAKE_CORRELATION_ID);
		partner_fake_fail(ERR_TIMEOUT, "no answer in time");
		assert_int_equal(end.answer.outcome, CHANNEL_UNKNOWN);
		assert_string_equal(end.tracking, "");
		oem_fake_service_free(s);
	}
	batch_free(b);
}

#define OVER \
	"{\"status\":\"finished\",\"devices\":[{\"ref\":\"3\",\"status\":\"finished\"}," \
	"{\"ref\":\"1\",\"status\":\"finished_with_errors\",\"errorCode\":\"808\"}]}"

static void
polls(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum channel_outcome want;
		bool over;
	} tc[] = {
		{ 200, "{\"status\":\"processing\"}", CHANNEL_DONE, false },
		{ 200, "{\"state\":\"processing\"}", CHANNEL_UNKNOWN, false },
		{ 200, "", CHANNEL_UNKNOWN, false },
		{ 404, "", CHANNEL_GONE, false },
		{ 500, "", CHANNEL_SERVER, false },
		{ 200, OVER, CHANNEL_DONE, true },
	};
	struct oem_service *s = oem_fake_service(NULL);
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	(void)snprintf(b->tracking, sizeof b->tracking, "/v1/operations/1?x=y");
	for (size_t i = 0; i < LENGTH(tc); i++) {
		(void)poll(s, b, &end);
		assert_string_equal(partner_fake_request()->url,
		    "https://oem.example/v1/operations/1?x=y");
		assert_int_equal(partner_fake_request()->method, HTTP_GET);
		assert_true(partner_fake_request()->answer_max > 3 * 1024);
		partner_fake_assert_header("Idempotency-Key", NULL);
		partner_fake_answer_text(tc[i].status, NULL, tc[i].body);
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, tc[i].want);
		assert_int_equal(end.over, tc[i].over);
	}
	assert_classes(&end, VERDICT_CLAIMED_ELSEWHERE, VERDICT_BAD_INPUT, VERDICT_OK);
	assert_string_equal(end.verdict[1].message,
	    "It was not sent: the service wants the product key id, or serial number, manufacturer "
	    "and model.");
	b->tracking[0] = '\0';
	(void)poll(s, b, &end);
	partner_fake_turn();
	assert_int_equal(end.answer.outcome, CHANNEL_GONE);
	assert_false(end.over);
	batch_free(b);
	oem_fake_service_free(s);
}

static void
by_an_id(void **state)
{
	struct oem_service *s = oem_fake_service(
	    "endpoint: {validate: /v, register: /r, status: \"/{tenantId}/s/{operationId}\"}\n"
	    "job: {mode: async_id, id: /id, status: /status, running: [queued]}\n");
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	(void)snprintf(b->tracking, sizeof b->tracking, "op/1");
	(void)poll(s, b, &end);
	assert_string_equal(partner_fake_request()->url,
	    "https://oem.example/api/" FAKE_TENANT "/s/op%2F1");
	partner_fake_answer_text(200, NULL, "{\"status\":\"queued\"}");
	assert_int_equal(end.answer.outcome, CHANNEL_DONE);
	assert_false(end.over);
	batch_free(b);
	oem_fake_service_free(s);
}

static void
at_once(void **state)
{
	static const char sync[] = "job: {mode: sync}\n";
	struct oem_service *s = oem_fake_service(sync);
	struct batch *b = new_batch();
	struct channel_op *op;
	struct end end;

	(void)state;
	(void)submit(s, b, &end);
	partner_fake_answer_text(200, NULL, "{}");
	assert_int_equal(end.answer.outcome, CHANNEL_UNKNOWN);
	(void)submit(s, b, &end);
	partner_fake_answer_text(200, "X-Request-Id: theirs\n", OVER);
	assert_int_equal(end.answer.outcome, CHANNEL_DONE);
	assert_string_equal(end.tracking, FAKE_REQUEST_ID);
	(void)snprintf(b->tracking, sizeof b->tracking, "%s", end.tracking);

	op = poll(s, b, &end);
	oem_call_cancel(op->call);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(end.answer.outcome, CHANNEL_STOPPED);
	assert_false(end.over);
	(void)poll(s, b, &end);
	assert_true(partner_fake_is_skipped());
	partner_fake_turn();
	assert_classes(&end, VERDICT_CLAIMED_ELSEWHERE, VERDICT_BAD_INPUT, VERDICT_OK);
	assert_string_equal(end.answer.request_id, "theirs");

	/* The program has begun anew in between. */
	(void)submit(s, b, &end);
	partner_fake_answer_text(200, NULL, OVER);
	oem_fake_service_free(s);
	s = oem_fake_service(sync);
	(void)poll(s, b, &end);
	partner_fake_turn();
	assert_int_equal(end.answer.outcome, CHANNEL_GONE);
	assert_false(end.over);
	batch_free(b);
	oem_fake_service_free(s);
}

static void
nothing_can_be_sent(void **state)
{
	struct oem_service *s = oem_fake_service("identity: both\n");
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	(void)submit(s, b, &end);
	assert_true(partner_fake_is_skipped());
	partner_fake_turn();
	assert_int_equal(end.answer.outcome, CHANNEL_DONE);
	assert_string_equal(end.tracking, FAKE_REQUEST_ID);
	(void)snprintf(b->tracking, sizeof b->tracking, "%s", end.tracking);
	(void)poll(s, b, &end);
	partner_fake_turn();
	assert_classes(&end, VERDICT_BAD_INPUT, VERDICT_BAD_INPUT, VERDICT_BAD_INPUT);
	batch_free(b);
	oem_fake_service_free(s);
}

static void
too_large(void **state)
{
	struct oem_service *s =
	    oem_fake_service("batching: {max_devices: 1000, max_bytes: 1KiB, in_flight: 1}\n");
	struct batch *b = oem_fake_batch();
	struct end end;

	(void)state;
	for (int i = 0; i < 20; i++)
		partner_fake_add(b, NULL, "0123456789012", NULL, NULL, NULL, 0);
	(void)submit(s, b, &end);
	partner_fake_turn();
	assert_int_equal(end.answer.outcome, CHANNEL_TOO_LARGE);
	assert_string_equal(end.tracking, "");
	batch_free(b);
	oem_fake_service_free(s);
}

struct pair {
	struct oem_service *service;
	struct batch *batch;
};

static void
attempt(void *arg)
{
	const struct pair *p = arg;
	struct channel_op *op = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	if (oem_submit_start(p->service, p->batch, on_submit, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		return;
	}
	partner_fake_answer_text(200, NULL, OVER);
	assert_int_equal(end.calls, 1);
	if (end.answer.outcome == CHANNEL_STOPPED) {
		assert_true(alloc_fault_hit());
		return;
	}
	op = NULL;
	if (oem_poll_start(p->service, p->batch, on_poll, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_null(op);
		return;
	}
	partner_fake_turn();
	assert_int_equal(end.calls, 2);
	assert_int_equal(end.over, end.answer.outcome == CHANNEL_DONE);
	if (!end.over) { /* nothing could be kept */
		assert_true(alloc_fault_hit());
		assert_int_equal(end.answer.outcome, CHANNEL_GONE);
	}
}

static void
memory_runs_out(void **state)
{
	struct pair p = { oem_fake_service("job: {mode: sync}\n"), new_batch() };

	(void)state;
	(void)snprintf(p.batch->tracking, sizeof p.batch->tracking, "%s", FAKE_REQUEST_ID);
	assert_true(alloc_fault_sweep(attempt, &p) >= 12);
	batch_free(p.batch);
	oem_fake_service_free(p.service);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, oem_fake_enter, oem_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(submissions),
		TEST(a_request_is_repeated),
		TEST(polls),
		TEST(by_an_id),
		TEST(at_once),
		TEST(nothing_can_be_sent),
		TEST(too_large),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
