/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_release.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oem/oem_call.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/oem_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

struct end {
	unsigned calls;
	bool released;
	struct channel_answer answer;
};

static void
on_release(void *arg, const struct channel_answer *answer, bool released)
{
	struct end *end = arg;

	end->calls++;
	end->released = released;
	end->answer = *answer;
}

static struct batch *
new_batch(void)
{
	struct batch *b = oem_fake_batch();

	partner_fake_add(b, NULL, "0123456789012", NULL, NULL, NULL, 0);
	return b;
}

static struct channel_op *
start(const struct oem_service *s, const struct batch *b, struct end *end)
{
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(oem_release_start(s, b, on_release, end, &op, &err), ERR_OK);
	assert_int_equal(end->calls, 0);
	return op;
}

static void
assert_end(const struct end *end, enum channel_outcome outcome, bool released)
{
	assert_int_equal(end->calls, 1);
	assert_int_equal(end->answer.outcome, outcome);
	assert_int_equal(end->released, released);
}

#define REGISTER_URL "https://oem.example/api/v1/registrations"
#define STATUS_URL "https://oem.example/v1/operations/1"
#define JOB(code) \
	"{\"status\":\"finished\",\"devices\":[{\"ref\":\"1\",\"status\":\"finished_with_errors\"," \
	"\"errorCode\":\"" code "\"}]}"

/* The first attempt begins the job, the others ask. */
static void
a_job(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum channel_outcome want;
		bool released;
		bool forgotten; /* the next attempt begins again */
	} tc[] = {
		{ 200, "{\"status\":\"queued\"}", CHANNEL_DONE, false, false },
		{ 500, "", CHANNEL_SERVER, false, false },
		{ 200, "<html>", CHANNEL_UNKNOWN, false, false },
		{ 404, "", CHANNEL_UNKNOWN, false, true },
		{ 200,
		    "{\"status\":\"finished\",\"devices\":[{\"ref\":\"1\",\"status\":\"finished\"}]}",
		    CHANNEL_DONE, true, true },
		{ 200, JOB("807"), CHANNEL_DONE, true, true },
		{ 200, JOB("808"), CHANNEL_DONE, true, true },
		{ 200, JOB("812"), CHANNEL_DONE, true, true },
		{ 200, JOB("806"), CHANNEL_REFUSED, false, true },
		{ 200, JOB("801"), CHANNEL_REFUSED, false, true },
		{ 200, JOB("640"), CHANNEL_UNKNOWN, false, true },
		{ 200, "{\"status\":\"failed\"}", CHANNEL_UNKNOWN, false, true },
	};
	struct batch *b = new_batch();

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct oem_service *s = oem_fake_service(NULL);
		struct end end;

		print_message("  %u %s\n", tc[i].status, tc[i].body);
		(void)start(s, b, &end);
		assert_string_equal(partner_fake_request()->url, REGISTER_URL);
		assert_string_equal(partner_fake_request()->body,
		    "{\"purchaseOrderId\":\"PO-7\",\"tenantId\":\"\",\"tenantDomain\":\"\","
		    "\"devices\":[{\"ref\":\"1\",\"productKeyId\":\"0123456789012\","
		    "\"groupTag\":\"HQ\"}]}");
		partner_fake_assert_header("Idempotency-Key", FAKE_REQUEST_ID);
		partner_fake_answer_text(202, "Location: /v1/operations/1\n", "");
		assert_end(&end, CHANNEL_DONE, false);

		(void)start(s, b, &end);
		assert_string_equal(partner_fake_request()->url, STATUS_URL);
		assert_int_equal(partner_fake_request()->method, HTTP_GET);
		partner_fake_answer_text(tc[i].status, NULL, tc[i].body);
		assert_end(&end, tc[i].want, tc[i].released);

		(void)start(s, b, &end);
		assert_string_equal(partner_fake_request()->url,
		    tc[i].forgotten ? REGISTER_URL : STATUS_URL);
		partner_fake_fail(ERR_CONNECT, "no connection");
		assert_end(&end, CHANNEL_UNSENT, false);
		oem_fake_service_free(s);
	}
	batch_free(b);
}

static void
refusals(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum channel_outcome want;
		bool released;
	} tc[] = {
		{ 404, "{\"code\":\"807\"}", CHANNEL_DONE, true },
		{ 404, "", CHANNEL_UNSENT, false },
		{ 400, "", CHANNEL_REFUSED, false },
		{ 429, "", CHANNEL_THROTTLED, false },
		{ 202, "", CHANNEL_UNKNOWN, false },
	};
	struct oem_service *s = oem_fake_service(NULL);
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		(void)start(s, b, &end);
		partner_fake_answer_text(tc[i].status, NULL, tc[i].body);
		assert_end(&end, tc[i].want, tc[i].released);
	}
	batch_free(b);
	oem_fake_service_free(s);
}

static void
at_once_and_at_its_own_path(void **state)
{
	struct oem_service *s = oem_fake_service(
	    "endpoint: {validate: /v, register: /r, deregister: path, deregister_path: "
	    "\"/gone/{tenantId}\"}\njob: {mode: sync}\n");
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	(void)start(s, b, &end);
	assert_string_equal(partner_fake_request()->url,
	    "https://oem.example/api/gone/" FAKE_TENANT);
	assert_non_null(strstr(partner_fake_request()->body, FAKE_TENANT));
	partner_fake_answer_text(200, NULL, JOB("807"));
	assert_end(&end, CHANNEL_DONE, true);
	batch_free(b);
	oem_fake_service_free(s);
}

static void
cannot_be_named(void **state)
{
	struct oem_service *s = oem_fake_service("identity: both\n");
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	(void)start(s, b, &end);
	partner_fake_turn();
	assert_end(&end, CHANNEL_REFUSED, false);
	assert_non_null(strstr(end.answer.message, "no device can be sent"));
	batch_free(b);
	oem_fake_service_free(s);
}

static void
cancelled(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct batch *b = new_batch();
	struct channel_op *op;
	struct end end;

	(void)state;
	op = start(s, b, &end);
	oem_call_cancel(op->call);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_end(&end, CHANNEL_STOPPED, false);
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

	if (oem_release_start(p->service, p->batch, on_release, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		return;
	}
	partner_fake_answer_text(400, NULL, "");
	assert_int_equal(end.calls, 1);
}

static void
memory_runs_out(void **state)
{
	struct pair p = { oem_fake_service(NULL), new_batch() };

	(void)state;
	assert_true(alloc_fault_sweep(attempt, &p) >= 4);
	batch_free(p.batch);
	oem_fake_service_free(p.service);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, oem_fake_enter, oem_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_job),
		TEST(refusals),
		TEST(at_once_and_at_its_own_path),
		TEST(cannot_be_named),
		TEST(cancelled),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
