/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/service_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "channel/channel_answer.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

/*
 * What services differ in, noted in the order in which it is asked for; how the flow goes with a real
 * service's own is in the tests of partner/partner_call.h and oem/oem_call.h.
 */
static char said[64];
static int64_t wait_ms;

static void
say(const char *what)
{
	size_t len = strlen(said);

	(void)snprintf(said + len, sizeof said - len, "%s ", what);
}

static int64_t
leave(struct service_call *c)
{
	assert_non_null(c);
	say("leave");
	return wait_ms;
}

static void
take_ids(struct service_call *c, const struct http_response *rsp)
{
	say("ids");
	assert_int_equal(c->answer.status, 0);
	assert_true(rsp->status >= 200);
}

static void
judge(struct service_call *c, const struct http_response *rsp)
{
	say("judge");
	assert_int_equal(c->answer.status, rsp->status);
	channel_answer_set(&c->answer, CHANNEL_REFUSED, "advice", "message");
}

static void
call_free(struct service_call *c)
{
	say("free");
	service_call_done(c);
	free(c);
}

static const struct service_call_ops ops = {
	.service = "test",
	.leave = leave,
	.take_ids = take_ids,
	.judge = judge,
	.free = call_free,
};

/* --- the calls of a test --- */

static struct channel_answer ended; /* as the callback was told */
static unsigned calls;

static void
on_call(void *arg, const struct channel_answer *answer, const struct http_response *rsp)
{
	assert_ptr_equal(arg, &ended);
	assert_int_equal(rsp ? rsp->status : 0, answer->status);
	say("callback");
	ended = *answer;
	calls++;
}

static int
enter(void **state)
{
	said[0] = '\0';
	wait_ms = 0;
	calls = 0;
	return partner_fake_enter(state);
}

static struct service_call *
new_call(struct token_source *tokens, const struct secret *token)
{
	const struct service_call_options opt = {
		.ops = &ops,
		.random = partner_fake_options()->random,
		.tokens = tokens,
		.token = token,
		.call = "GET it",
		.request_id = FAKE_REQUEST_ID,
		.correlation_id = FAKE_CORRELATION_ID,
		.request = { .method = HTTP_GET, .url = "https://service.example/" },
		.done = on_call,
		.arg = &ended,
	};
	struct service_call *c = malloc(sizeof *c);
	struct err err;

	assert_non_null(c);
	memset(c, '#', sizeof *c);
	assert_int_equal(service_call_init(c, &opt, &err), ERR_OK);
	service_call_header(c, "X-One", "1");
	service_call_header(c, "x-ONE", "2"); /* the first one counts */
	return c;
}

static void
start(struct service_call *c)
{
	struct err err;

	assert_int_equal(service_call_start(c, &err), ERR_OK);
	assert_int_equal(calls, 0);
}

static void
assert_end(const char *order, enum channel_outcome outcome, unsigned status)
{
	assert_string_equal(said, order);
	assert_int_equal(calls, 1);
	assert_int_equal(ended.outcome, outcome);
	assert_int_equal(ended.status, status);
	assert_string_equal(ended.call, "GET it");
	assert_string_equal(ended.request_id, FAKE_REQUEST_ID);
}

/* --- tests --- */

static void
with_no_token(void **state)
{
	(void)state;
	start(new_call(NULL, NULL));
	assert_string_equal(partner_fake_request()->bearer, "");
	assert_string_equal(partner_fake_request()->headers, "X-One: 1\n");
	partner_fake_answer_text(200, NULL, "{}");
	assert_end("leave ids free callback ", CHANNEL_DONE, 200);
}

/* There is no other to be had: that it is refused is for the service's own judge. */
static void
with_a_fixed_token(void **state)
{
	struct secret *token;
	struct err err;

	(void)state;
	assert_int_equal(secret_new("fixed", 5, &token, &err), ERR_OK);
	start(new_call(NULL, token));
	assert_string_equal(partner_fake_request()->bearer, "fixed");
	partner_fake_answer_text(401, NULL, "");
	assert_end("leave ids judge free callback ", CHANNEL_REFUSED, 401);
	secret_free(token);
}

/* The repeated request has to ask again whether it may leave. */
static void
with_tokens(void **state)
{
	(void)state;
	start(new_call(partner_fake_options()->tokens, NULL));
	assert_string_equal(partner_fake_request()->bearer, "token-1");
	partner_fake_answer_text(401, NULL, "");
	assert_string_equal(partner_fake_refused(), "token-1");
	partner_fake_give_token("token-2");
	assert_string_equal(partner_fake_request()->bearer, "token-2");
	partner_fake_answer_text(401, NULL, "");
	assert_end("leave leave ids judge free callback ", CHANNEL_REFUSED, 401);
}

static void
may_not_leave(void **state)
{
	(void)state;
	wait_ms = 700;
	start(new_call(NULL, NULL));
	assert_true(partner_fake_is_skipped());
	partner_fake_turn();
	assert_end("leave free callback ", CHANNEL_THROTTLED, 0);
	assert_int_equal(ended.retry_after_ms, 700);
}

static void
may_not_leave_again(void **state)
{
	(void)state;
	start(new_call(partner_fake_options()->tokens, NULL));
	wait_ms = 700;
	partner_fake_answer_text(401, NULL, "");
	partner_fake_give_token("token-2");
	assert_end("leave leave free callback ", CHANNEL_THROTTLED, 0);
}

/* Told to wait, it does not even ask. */
static void
paused(void **state)
{
	struct service_call *c = new_call(partner_fake_options()->tokens, NULL);

	(void)state;
	partner_fake_token(NULL);
	start(c);
	service_call_pause(c, 9000);
	partner_fake_give_token("token-1");
	assert_end("free callback ", CHANNEL_THROTTLED, 0);
	assert_int_equal(ended.retry_after_ms, 9000);
}

static void
skipped(void **state)
{
	struct service_call *c = new_call(NULL, NULL);
	struct err err;

	(void)state;
	channel_answer_set(&c->answer, CHANNEL_GONE, NULL, "known");
	assert_int_equal(service_call_skip(c, &err), ERR_OK);
	partner_fake_turn();
	assert_end("free callback ", CHANNEL_GONE, 0);
	assert_string_equal(ended.message, "known");
}

/* A call that did not start is still the caller's. */
static void
does_not_start(void **state)
{
	struct service_call *c = new_call(NULL, NULL);
	struct err err;

	(void)state;
	partner_fake_refuse(ERR_USAGE);
	assert_int_equal(service_call_start(c, &err), ERR_USAGE);
	assert_string_equal(said, "leave ");
	assert_int_equal(calls, 0);
	call_free(c);
}

static void
attempt(void *arg)
{
	struct service_call *c = arg;
	struct err err;

	if (service_call_start(c, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		return;
	}
	partner_fake_answer_text(200, NULL, "");
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, new_call(partner_fake_options()->tokens, NULL)),
	    1);
	assert_int_equal(calls, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, partner_fake_leave)
	static const struct CMUnitTest tests[] = {
		TEST(with_no_token),
		TEST(with_a_fixed_token),
		TEST(with_tokens),
		TEST(may_not_leave),
		TEST(may_not_leave_again),
		TEST(paused),
		TEST(skipped),
		TEST(does_not_start),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
