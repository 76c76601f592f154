/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_submit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partner/known_batches.h"
#include "partner/partner_call.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define BASE "https://api.partnercenter.microsoft.com/v1/customers/" FAKE_TENANT
#define LIST_URL BASE "/deviceBatches"
#define APPEND_URL BASE "/deviceBatches/HQ%201/devices"
#define JOB "Location: /customers/c/batchJobStatus/4444-41\n"
#define NONE "{\"items\":[]}"
#define ONE "{\"items\":[{\"id\":\"HQ 1\"}]}"
#define CASE "{\"items\":[{\"id\":\"hq 1\"}]}"
#define MORE "{\"items\":[{\"id\":\"hq 1\"}],\"continuationToken\":\"next\"}"
#define EXISTS "{\"code\":\"3000\",\"description\":\"The batch already exists.\"}"

struct end {
	unsigned calls;
	char tracking[BATCH_TRACKING_SIZE];
	struct channel_answer answer;
};

static void
on_submit(void *arg, const struct channel_answer *answer, const char *tracking)
{
	struct end *end = arg;

	end->calls++;
	end->answer = *answer;
	memcpy(end->tracking, tracking, strlen(tracking) + 1);
}

/* A request as it is seen, and the answer to it. */
struct turn {
	enum { END, GET, CREATE, APPEND } sent;
	unsigned status; /* 0: fail with the code */
	const char *headers;
	const char *body;
	enum err_code code;
};

struct flow {
	const char *name;
	bool known;
	struct turn turn[6]; /* up to END */
	enum channel_outcome want;
	const char *tracking;
	bool known_then;
	bool new_id;         /* the last upload had a request id of its own */
	const char *message; /* part of it; NULL: any */
};

static void
assert_sent(const struct turn *t)
{
	const struct fake_request *r = partner_fake_request();

	assert_true(partner_fake_has_request());
	assert_int_equal(r->method, t->sent == GET ? HTTP_GET : HTTP_POST);
	assert_string_equal(r->url, t->sent == APPEND ? APPEND_URL : LIST_URL);
	partner_fake_assert_header("MS-CorrelationId", FAKE_CORRELATION_ID);
	if (t->sent == CREATE)
		assert_ptr_equal(strstr(r->body, "{\"batchId\":\"HQ 1\",\"devices\":[{"), r->body);
	else if (t->sent == APPEND)
		assert_ptr_equal(strstr(r->body, "[{\"serialNumber\":\"SN-1\""), r->body);
	else
		assert_int_equal(r->body_len, 0);
}

static void
play(const struct turn *t)
{
	for (; t->sent != END; t++) {
		assert_sent(t);
		if (t->status > 0)
			partner_fake_answer_text(t->status, t->headers, t->body ? t->body : "");
		else
			partner_fake_fail(t->code, "what happened");
	}
}

static struct batch *
new_batch(void)
{
	struct batch *b = partner_fake_batch("HQ 1");

	partner_fake_add(b, "SN-1", NULL, NULL, NULL, "hash", 0);
	return b;
}

static struct channel_op *
start(struct known_batches *k, const struct batch *b, struct end *end)
{
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(
	    batch_submit_start(partner_fake_options(), k, b, on_submit, end, &op, &err), ERR_OK);
	assert_int_equal(end->calls, 0);
	return op;
}

static void
check(const struct flow *f)
{
	struct batch *b = new_batch();
	struct known_batches *k;
	struct end end;
	struct err err;

	print_message("  %s\n", f->name);
	assert_int_equal(known_batches_new(&k, &err), ERR_OK);
	if (f->known)
		known_batches_add(k, FAKE_TENANT, "HQ 1");
	(void)start(k, b, &end);
	play(f->turn);
	assert_int_equal(end.calls, 1);
	assert_false(partner_fake_has_request());
	assert_int_equal(end.answer.outcome, f->want);
	assert_string_equal(end.tracking, f->tracking ? f->tracking : "");
	assert_int_equal(known_batches_has(k, FAKE_TENANT, "HQ 1"), f->known_then);
	if (f->message)
		assert_non_null(strstr(end.answer.message, f->message));
	if (partner_fake_request()->method == HTTP_POST)
		assert_int_equal(strcmp(end.answer.request_id, FAKE_REQUEST_ID) != 0, f->new_id);
	known_batches_free(k);
	batch_free(b);
}

static void
accepted(void **state)
{
	static const struct flow tc[] = {
		{ "created",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 202, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true },
		{ "appended",
		    .turn = { { .sent = GET, .status = 200, .body = ONE },
		        { .sent = APPEND, .status = 202, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true },
		{ "known", .known = true,
		    .turn = { { .sent = APPEND, .status = 202, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true },
		{ "200", .known = true,
		    .turn = { { .sent = APPEND, .status = 200, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true },
		{ "201", .known = true,
		    .turn = { { .sent = APPEND, .status = 201, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true },
		{ "a link in the body", .known = true,
		    .turn = { { .sent = APPEND,
		        .status = 200,
		        .body = "{\"uri\":\"/customers/c/batchJobStatus/4444-42\"}" } },
		    .want = CHANNEL_DONE, .tracking = "4444-42", .known_then = true },
		{ "the header outranks the body", .known = true,
		    .turn = { { .sent = APPEND,
		        .status = 200,
		        .headers = JOB,
		        .body = "{\"uri\":\"/customers/c/batchJobStatus/4444-42\"}" } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true },
		{ "another host", .known = true,
		    .turn = { { .sent = APPEND,
		        .status = 202,
		        .headers = "Location: https://evil.example/batchJobStatus/1\n" } },
		    .want = CHANNEL_UNKNOWN, .known_then = true,
		    .message = "without naming the job" },
		{ "no job",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 202 } },
		    .want = CHANNEL_UNKNOWN, .known_then = true,
		    .message = "without naming the job" },
		{ "on a later page",
		    .turn = { { .sent = GET, .status = 200, .body = MORE },
		        { .sent = GET, .status = 200, .body = ONE },
		        { .sent = APPEND, .status = 202, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++)
		check(&tc[i]);
}

static void
names(void **state)
{
	static const struct flow tc[] = {
		{ "another case", .turn = { { .sent = GET, .status = 200, .body = CASE } },
		    .want = CHANNEL_NAME_CASE,
		    .message = "a batch \"hq 1\", which differs from the group tag \"HQ 1\"" },
		{ "another case on the first page alone",
		    .turn = { { .sent = GET, .status = 200, .body = MORE },
		        { .sent = GET, .status = 200, .body = NONE } },
		    .want = CHANNEL_NAME_CASE },
		{ "made by somebody meanwhile",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 400, .body = EXISTS },
		        { .sent = GET, .status = 200, .body = ONE },
		        { .sent = APPEND, .status = 202, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true,
		    .new_id = true },
		{ "409",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 409 },
		        { .sent = GET, .status = 200, .body = ONE },
		        { .sent = APPEND, .status = 202, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true,
		    .new_id = true },
		{ "said to exist but not listed",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 409 },
		        { .sent = GET, .status = 200, .body = NONE } },
		    .want = CHANNEL_UNSENT, .message = "exists, but does not list it" },
		{ "made in another case meanwhile",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 409 },
		        { .sent = GET, .status = 200, .body = MORE },
		        { .sent = GET, .status = 200, .body = NONE } },
		    .want = CHANNEL_NAME_CASE },
		{ "known no more", .known = true,
		    .turn = { { .sent = APPEND, .status = 404, .body = "{\"code\":\"1000\"}" },
		        { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 202, .headers = JOB } },
		    .want = CHANNEL_DONE, .tracking = "4444-41", .known_then = true,
		    .new_id = true },
		{ "known no more, yet listed", .known = true,
		    .turn = { { .sent = APPEND, .status = 404 },
		        { .sent = GET, .status = 200, .body = ONE },
		        { .sent = APPEND, .status = 404 } },
		    .want = CHANNEL_UNSENT, .known_then = true, .new_id = true },
		{ "known, but the customer is gone", .known = true,
		    .turn = { { .sent = APPEND, .status = 404, .body = "{\"code\":\"60003\"}" } },
		    .want = CHANNEL_NO_CONSENT, .known_then = true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++)
		check(&tc[i]);
}

/* Nothing was sent before the upload, and only the upload may leave a doubt. */
static void
troubles(void **state)
{
	static const struct flow tc[] = {
		{ "list: timed out", .turn = { { .sent = GET, .code = ERR_TIMEOUT } },
		    .want = CHANNEL_UNSENT },
		{ "list: no connection", .turn = { { .sent = GET, .code = ERR_CONNECT } },
		    .want = CHANNEL_UNSENT },
		{ "list: out of memory", .turn = { { .sent = GET, .code = ERR_NOMEM } },
		    .want = CHANNEL_STOPPED },
		{ "list: 500", .turn = { { .sent = GET, .status = 500 } }, .want = CHANNEL_UNSENT },
		{ "list: 400", .turn = { { .sent = GET, .status = 400 } }, .want = CHANNEL_UNSENT },
		{ "list: 413", .turn = { { .sent = GET, .status = 413 } }, .want = CHANNEL_UNSENT },
		{ "list: 403", .turn = { { .sent = GET, .status = 403 } },
		    .want = CHANNEL_NO_CONSENT },
		{ "list: 404", .turn = { { .sent = GET, .status = 404 } },
		    .want = CHANNEL_NO_CONSENT },
		{ "list: 429", .turn = { { .sent = GET, .status = 429 } },
		    .want = CHANNEL_THROTTLED },
		{ "list: unreadable", .turn = { { .sent = GET, .status = 200, .body = "<html>" } },
		    .want = CHANNEL_UNSENT, .message = "nothing was sent" },
		{ "list: turns in circles",
		    .turn = { { .sent = GET, .status = 200, .body = MORE },
		        { .sent = GET, .status = 200, .body = MORE } },
		    .want = CHANNEL_UNSENT },
		{ "create: timed out",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .code = ERR_TIMEOUT } },
		    .want = CHANNEL_UNKNOWN },
		{ "create: no connection",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .code = ERR_CONNECT } },
		    .want = CHANNEL_UNSENT },
		{ "create: 500",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 500 } },
		    .want = CHANNEL_SERVER },
		{ "create: 400",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 400 } },
		    .want = CHANNEL_REFUSED },
		{ "create: 404",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 404 } },
		    .want = CHANNEL_NO_CONSENT },
		{ "create: 413",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 413 } },
		    .want = CHANNEL_TOO_LARGE },
		{ "create: app only",
		    .turn = { { .sent = GET, .status = 200, .body = NONE },
		        { .sent = CREATE, .status = 403, .body = "{\"code\":\"900329\"}" } },
		    .want = CHANNEL_AUTH },
		{ "append: 429", .known = true,
		    .turn = { { .sent = APPEND, .status = 429, .headers = "Retry-After: 9\n" } },
		    .want = CHANNEL_THROTTLED, .known_then = true },
		{ "append: connection lost", .known = true,
		    .turn = { { .sent = APPEND, .code = ERR_NET } }, .want = CHANNEL_UNKNOWN,
		    .known_then = true },
		{ "append: says that it exists", .known = true,
		    .turn = { { .sent = APPEND, .status = 409 } }, .want = CHANNEL_REFUSED,
		    .known_then = true },
		{ "listed, then gone",
		    .turn = { { .sent = GET, .status = 200, .body = ONE },
		        { .sent = APPEND, .status = 404 } },
		    .want = CHANNEL_UNSENT, .known_then = true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++)
		check(&tc[i]);
}

static void
further_pages_are_asked_for(void **state)
{
	struct batch *b = new_batch();
	struct known_batches *k;
	struct end end;
	struct err err;

	(void)state;
	assert_int_equal(known_batches_new(&k, &err), ERR_OK);
	(void)start(k, b, &end);
	partner_fake_assert_header("MS-ContinuationToken", NULL);
	partner_fake_answer_text(200, NULL, MORE);
	partner_fake_assert_header("MS-ContinuationToken", "next");
	partner_fake_answer_text(200, NULL, ONE);
	partner_fake_assert_header("MS-ContinuationToken", NULL);
	partner_fake_assert_header("MS-RequestId", FAKE_REQUEST_ID);
	partner_fake_answer_text(202, JOB, "");
	assert_int_equal(end.calls, 1);
	known_batches_free(k);
	batch_free(b);
}

/* The list has left, the upload has not. */
static void
told_to_wait(void **state)
{
	struct batch *b = new_batch();
	struct known_batches *k;
	struct channel_op *op;
	struct end end;
	struct err err;

	(void)state;
	assert_int_equal(known_batches_new(&k, &err), ERR_OK);
	op = start(k, b, &end);
	op->pause_ms = 9000;
	partner_fake_answer_text(200, NULL, NONE);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, CHANNEL_THROTTLED);
	assert_int_equal(end.answer.retry_after_ms, 9000);
	assert_false(partner_fake_has_request());
	known_batches_free(k);
	batch_free(b);
}

static void
cancelled_everywhere(void **state)
{
	static const struct turn turn[] = {
		{ .sent = APPEND, .status = 404 },
		{ .sent = GET, .status = 200, .body = NONE },
		{ .sent = CREATE, .status = 409 },
		{ .sent = GET, .status = 200, .body = ONE },
		{ .sent = APPEND, .status = 202, .headers = JOB },
	};

	(void)state;
	for (size_t at = 0; at < LENGTH(turn); at++) {
		struct batch *b = new_batch();
		struct known_batches *k;
		struct channel_op *op;
		struct end end;
		struct err err;

		assert_int_equal(known_batches_new(&k, &err), ERR_OK);
		known_batches_add(k, FAKE_TENANT, "HQ 1");
		op = start(k, b, &end);
		for (size_t i = 0; i < at; i++) {
			assert_sent(&turn[i]);
			partner_fake_answer_text(turn[i].status, turn[i].headers,
			    turn[i].body ? turn[i].body : "");
		}
		assert_sent(&turn[at]);
		partner_call_cancel(op->call);
		partner_call_cancel(op->call);
		assert_int_equal(end.calls, 0);
		partner_fake_fail(ERR_CANCELLED, "cancelled");
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, CHANNEL_STOPPED);
		assert_string_equal(end.tracking, "");
		known_batches_free(k);
		batch_free(b);
	}
}

/* The whole way through the longest flow; wherever memory ends, there is one end. */
static void
attempt(void *arg)
{
	struct batch *b = arg;
	struct channel_op *op = NULL;
	struct known_batches *k = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	if (known_batches_new(&k, &err))
		return;
	if (batch_submit_start(partner_fake_options(), k, b, on_submit, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		assert_int_equal(end.calls, 0);
	} else {
		if (partner_fake_has_request())
			partner_fake_answer_text(200, NULL, NONE);
		if (partner_fake_has_request())
			partner_fake_answer_text(409, NULL, "");
		if (partner_fake_has_request())
			partner_fake_answer_text(200, NULL, ONE);
		if (partner_fake_has_request())
			partner_fake_answer_text(202, JOB, "");
		assert_int_equal(end.calls, 1);
		if (end.answer.outcome != CHANNEL_DONE)
			assert_int_equal(end.answer.outcome, CHANNEL_STOPPED);
	}
	known_batches_free(k);
}

static void
memory_runs_out(void **state)
{
	struct batch *b = new_batch();

	(void)state;
	assert_true(alloc_fault_sweep(attempt, b) >= 10);
	batch_free(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, partner_fake_enter, partner_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(accepted),
		TEST(names),
		TEST(troubles),
		TEST(further_pages_are_asked_for),
		TEST(told_to_wait),
		TEST(cancelled_everywhere),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
