/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hooks/hook_queue.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "tests/unit/hook_call_fake.h"
#include "tests/unit/log_catch.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"
#include "tests/unit/store_script.h"

static const char *const wanted[] = { "list_done", "claim_released", "hook_failed" };

struct rig {
	uv_loop_t loop;
	struct store_script script;
	struct hook_settings settings;
	struct retry_times retry;
	struct hook_queue *queue;
	unsigned closed;
};

/* --- the trail --- */

static void
add(struct rig *r, const char *kind, const char *message)
{
	const struct store_event e = {
		.kind = slice_of(kind),
		.actor = slice_of("agent"),
		.customer = slice_of("contoso"),
		.message = slice_of(message),
	};
	struct err err;

	assert_int_equal(store_event_add(r->script.store, &e, &err), ERR_OK);
}

static enum err_code
note(void *arg, const struct store_event *e, struct err *err)
{
	char *text = arg;
	size_t used = strlen(text);

	(void)err;
	(void)snprintf(text + used, 512 - used, SLICE_FMT ": " SLICE_FMT "\n",
	    SLICE_ARG(e->customer), SLICE_ARG(e->message));
	return ERR_OK;
}

static void
assert_failures(struct rig *r, const char *want)
{
	const struct store_event_query q = { .kind = slice_of("hook_failed") };
	char text[512] = "";
	struct err err;

	assert_int_equal(store_events(r->script.store, &q, note, text, &err), ERR_OK);
	assert_string_equal(text, want);
}

static int64_t
cursor(struct rig *r)
{
	int64_t at;
	struct err err;

	assert_int_equal(store_cursor_load(r->script.store, slice_of("hooks"), &at, &err), ERR_OK);
	return at;
}

/* --- the rig --- */

static void
rig_init(struct rig *r)
{
	memset(r, 0, sizeof *r);
	assert_int_equal(uv_loop_init(&r->loop), 0);
	store_script_open(&r->script);
	(void)store_async_fake_open(r->script.store);
	hook_call_fake_reset();
	r->settings = (struct hook_settings){
		.on = { wanted, sizeof wanted / sizeof wanted[0] },
		.timeout_ms = 1000,
		.attempts = 3,
	};
	r->retry = (struct retry_times){ .base_ms = 1, .max_ms = 1, .attempts = 9 };
}

static void
rig_open(struct rig *r)
{
	struct hook_queue_options opt = {
		.loop = &r->loop,
		.random = random_system(),
		.settings = &r->settings,
		.retry = &r->retry,
	};
	struct err err;

	opt.writer = opt.reader = store_async_fake_open(r->script.store);
	assert_int_equal(hook_queue_begin(r->script.store, &r->settings, &opt.position, &err),
	    ERR_OK);
	assert_int_equal(hook_queue_open(&opt, &r->queue, &err), ERR_OK);
}

static void
settle(void)
{
	while (store_async_fake_step())
		continue;
}

/* The next event to be told is this one; none: nothing is. */
static void
assert_told(const char *kind)
{
	settle();
	assert_int_equal(hook_call_fake_last()->under_way, kind != NULL);
	if (kind)
		assert_string_equal(hook_call_fake_last()->kind, kind);
}

static void
wake(struct rig *r)
{
	hook_queue_wake(r->queue);
}

/* Until it is tried again: the queue's timer is the only thing in the loop. */
static void
wait_for_another_try(struct rig *r)
{
	unsigned before = hook_call_fake_last()->started;

	settle();
	while (hook_call_fake_last()->started == before) {
		(void)uv_run(&r->loop, UV_RUN_ONCE);
		settle();
	}
}

static void
on_closed(void *arg)
{
	((struct rig *)arg)->closed++;
}

static void
begin_closing(struct rig *r, uint64_t grace_ms)
{
	hook_queue_close(r->queue, grace_ms, on_closed, r);
	assert_int_equal(r->closed, 0); /* never inside */
}

static void
end_closing(struct rig *r)
{
	while (!r->closed) {
		settle();
		(void)uv_run(&r->loop, UV_RUN_ONCE);
	}
	assert_int_equal(r->closed, 1);
	r->closed = 0;
}

static void
rig_close(struct rig *r)
{
	begin_closing(r, 0);
	end_closing(r);
}

static void
rig_done(struct rig *r)
{
	assert_int_equal(uv_loop_close(&r->loop), 0);
	store_script_close(&r->script);
}

/* --- tests --- */

static void
it_begins_with_what_happens_from_now_on(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	add(&r, "list_done", "long ago");
	rig_open(&r);
	assert_told(NULL);
	add(&r, "list_received", "nobody wants it");
	add(&r, "list_done", "one");
	wake(&r);
	assert_told("list_done");
	assert_non_null(strstr(hook_call_fake_last()->json, "\"message\":\"one\""));
	assert_int_equal(hook_call_fake_last()->id, 3);
	assert_int_equal(cursor(&r), 1); /* not before it is told */
	hook_call_fake_end(ERR_OK);
	assert_told(NULL);
	assert_int_equal(cursor(&r), 3);
	rig_close(&r);
	rig_done(&r);
}

static void
one_after_the_other(void **state)
{
	static const char *const kind[] = { "list_done", "claim_released", "list_done" };
	struct rig r;

	(void)state;
	rig_init(&r);
	add(&r, "agent_started", "");
	rig_open(&r);
	assert_told(NULL);
	for (size_t i = 0; i < 3; i++) {
		add(&r, kind[i], "");
		wake(&r); /* also while one is told */
	}
	for (size_t i = 0; i < 3; i++) {
		assert_told(kind[i]);
		assert_int_equal(hook_call_fake_last()->id, i + 2);
		hook_call_fake_end(ERR_OK);
	}
	assert_told(NULL);
	assert_int_equal(hook_call_fake_last()->started, 3);
	rig_close(&r);
	rig_done(&r);
}

static void
many_that_nobody_wants(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	add(&r, "agent_started", "");
	rig_open(&r);
	settle();
	store_script_run(&r.script, "group");
	for (int i = 0; i < 5000; i++)
		add(&r, "list_received", "");
	add(&r, "list_done", "the needle");
	store_script_run(&r.script, "endgroup");
	wake(&r);
	assert_told("list_done");
	assert_int_equal(hook_call_fake_last()->id, 5002);
	assert_int_equal(cursor(&r), 1 + 64 * 64); /* so many need not be looked at again */
	hook_call_fake_end(ERR_OK);
	settle();
	rig_close(&r);
	rig_done(&r);
}

static void
one_that_fails_is_tried_again_then_given_up(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	add(&r, "agent_started", "");
	rig_open(&r);
	add(&r, "list_done", "a");
	add(&r, "claim_released", "b");
	assert_told("list_done");
	hook_call_fake_end(ERR_IO);
	wait_for_another_try(&r);
	hook_call_fake_refuse(); /* that it cannot even begin is a failure like any other */
	hook_call_fake_end(ERR_TIMEOUT);
	settle();
	assert_int_equal(cursor(&r), 1);
	while (hook_call_fake_last()->id == 2) {
		(void)uv_run(&r.loop, UV_RUN_ONCE);
		settle();
	}
	assert_failures(&r,
	    "contoso: event 2 (list_done) was told to nobody, given up after 3 "
	    "attempts: a hook\n");
	assert_string_equal(hook_call_fake_last()->kind, "claim_released");
	assert_int_equal(cursor(&r), 2);
	hook_call_fake_end(ERR_IO);
	wait_for_another_try(&r); /* each event has its own attempts */
	hook_call_fake_end(ERR_OK);
	assert_told(NULL);
	assert_int_equal(hook_call_fake_last()->started, 4); /* and of hook_failed nobody is told */
	rig_close(&r);
	rig_done(&r);
}

static void
what_is_not_told_is_told_by_the_next(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.settings.attempts = 1; /* that it was stopped is none */
	add(&r, "agent_started", "");
	rig_open(&r);
	add(&r, "list_done", "a");
	wake(&r);
	assert_told("list_done");
	begin_closing(&r, 1000000);
	assert_false(hook_call_fake_last()->cancelled);
	hook_queue_close(r.queue, 0, NULL, NULL);
	assert_true(hook_call_fake_last()->cancelled);
	hook_call_fake_end(ERR_CANCELLED);
	end_closing(&r);
	assert_int_equal(cursor(&r), 1);
	assert_failures(&r, "");

	add(&r, "claim_released", "while nobody was there");
	rig_open(&r);
	assert_told("list_done");
	hook_call_fake_end(ERR_OK);
	assert_told("claim_released");
	begin_closing(&r, 0); /* the grace is over at once */
	while (!hook_call_fake_last()->cancelled)
		(void)uv_run(&r.loop, UV_RUN_ONCE);
	hook_call_fake_end(ERR_OK); /* it was faster: that counts */
	end_closing(&r);
	assert_int_equal(cursor(&r), 3);
	rig_done(&r);
}

static void
what_is_there_is_told_within_the_grace(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	add(&r, "agent_started", "");
	rig_open(&r);
	add(&r, "list_done", "a");
	add(&r, "list_done", "b");
	wake(&r);
	begin_closing(&r, 1000000); /* while it reads */
	assert_told("list_done");
	hook_call_fake_end(ERR_OK);
	assert_told("list_done");
	hook_call_fake_end(ERR_IO); /* but for another try nobody waits */
	end_closing(&r);
	assert_int_equal(cursor(&r), 2);
	assert_failures(&r, "");
	rig_done(&r);
}

static void
it_ends_while_it_waits(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	r.retry = (struct retry_times){ .base_ms = 1000000, .max_ms = 1000000, .attempts = 9 };
	add(&r, "agent_started", "");
	rig_open(&r);
	add(&r, "list_done", "a");
	assert_told("list_done");
	hook_call_fake_end(ERR_IO);
	rig_close(&r);
	assert_int_equal(cursor(&r), 1);
	rig_done(&r);
}

static void
a_store_that_fails(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	add(&r, "agent_started", "");
	rig_open(&r);
	settle();
	add(&r, "list_done", "a");
	add(&r, "list_done", "b");
	wake(&r);
	assert_told("list_done");
	store_async_fake_fail(); /* the place is not noted */
	hook_call_fake_end(ERR_OK);
	assert_told("list_done");
	assert_int_equal(hook_call_fake_last()->id, 3);
	assert_int_equal(cursor(&r), 1);
	store_async_fake_refuse();
	hook_call_fake_end(ERR_OK);
	assert_told(NULL);
	assert_int_equal(cursor(&r), 1);
	add(&r, "list_done", "c");
	wake(&r);
	assert_told("list_done");
	hook_call_fake_end(ERR_OK);
	assert_told(NULL);
	assert_int_equal(cursor(&r), 4);
	rig_close(&r);
	rig_done(&r);
}

static void
nobody_wants_to_be_told(void **state)
{
	static const struct hook_settings none = { .attempts = 1 };
	int64_t at = 9;
	struct rig r;
	struct err err;

	(void)state;
	rig_init(&r);
	add(&r, "agent_started", "");
	rig_open(&r);
	rig_close(&r);
	assert_int_equal(cursor(&r), 1);
	assert_int_equal(hook_queue_begin(r.script.store, &none, &at, &err), ERR_OK);
	assert_int_equal(at, 0);
	assert_int_equal(cursor(&r), 0);
	add(&r, "list_done", "meanwhile");
	assert_int_equal(hook_queue_begin(r.script.store, &r.settings, &at, &err), ERR_OK);
	assert_int_equal(at, 2);
	assert_int_equal(cursor(&r), 2);
	rig_done(&r);
}

static int
enter(void **state)
{
	log_catch_begin(LOG_LEVEL_ERROR);
	return sandbox_enter(state);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, sandbox_leave)
	const struct CMUnitTest tests[] = {
		TEST(it_begins_with_what_happens_from_now_on),
		TEST(one_after_the_other),
		TEST(many_that_nobody_wants),
		TEST(one_that_fails_is_tried_again_then_given_up),
		TEST(what_is_not_told_is_told_by_the_next),
		TEST(what_is_there_is_told_within_the_grace),
		TEST(it_ends_while_it_waits),
		TEST(a_store_that_fails),
		TEST(nobody_wants_to_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
