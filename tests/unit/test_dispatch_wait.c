/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/dispatch_rig.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"
#include "tests/unit/store_show.h"

/* What a service's wish to be left alone means for what is on its way. */

/* Whatever belongs to the partner stops, even what is in the middle. */
static void
told_to_wait(void **state)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_THROTTLED);
	struct channel_op *look;
	struct rig r;

	(void)state;
	rig_open(&r,
	    TWO "begin adatum u; add 1 C acme; end 1; begin contoso v; add 1 D acme; end 1");
	rig_say(&r, FAKE_SUBMIT, "t", CHANNEL_UNKNOWN);
	rig_wait_ms(&r, 1);
	look = channel_fake_find(&r.channel, FAKE_LOOK, NULL);
	a.retry_after_ms = 30000;
	channel_fake_end(channel_fake_find(&r.channel, FAKE_SUBMIT, "u"), &a, NULL, NULL, NULL);
	assert_int_equal(look->pause_ms, 30000); /* before anything is written */
	assert_int_equal(channel_fake_find(&r.channel, FAKE_SUBMIT, "v")->pause_ms, 30000);
	rig_queue(&r, "contoso", "w", 1);
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_close(&r);
}

/* What is still being read from the store does not leave, and is as if it had been refused. */
static void
not_asked_yet(void **state)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_THROTTLED);
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	store_script_run(&r.script, "begin contoso u; add 1 C acme; end 1");
	dispatch_refresh(r.dispatch);
	assert_true(store_async_fake_step()); /* the news; the claim waits */
	assert_int_equal(store_async_fake_waiting(), 1);
	a.retry_after_ms = 30000;
	channel_fake_end(channel_fake_find(&r.channel, FAKE_SUBMIT, "t"), &a, NULL, NULL, NULL);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	assert_int_equal(r.channel.asked[FAKE_SUBMIT], 1);
	store_show_expect(r.script.store, "p", "pause partner/northwind 31000\n");
	rig_wait_ms(&r, 30000);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 2);
	rig_close(&r);
}

/* Only the customer whom it concerns. */
static void
one_customer(void **state)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_THROTTLED);
	struct rig r;

	(void)state;
	rig_open(&r,
	    TWO "begin adatum u; add 1 C acme; end 1; begin contoso v; add 1 D acme; end 1");
	a.retry_after_ms = 30000;
	a.customer_only = true;
	channel_fake_end(channel_fake_find(&r.channel, FAKE_SUBMIT, "t"), &a, NULL, NULL, NULL);
	assert_int_equal(channel_fake_find(&r.channel, FAKE_SUBMIT, "v")->pause_ms, 30000);
	assert_int_equal(channel_fake_find(&r.channel, FAKE_SUBMIT, "u")->pause_ms, 0);
	rig_close(&r);
}

/* Whoever is told so, even a check of consent, is told for all. */
static void
told_to_a_check(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, TWO "begin adatum u; add 1 C acme; end 1");
	rig_start(&r);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 2);
	rig_say_after(&r, FAKE_CONSENT, CHANNEL_THROTTLED, 30000);
	assert_int_equal(channel_fake_find(&r.channel, FAKE_CONSENT, NULL)->pause_ms, 30000);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_assert_wakes(&r, 30000);
	rig_wait_ms(&r, 30000);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 2);
	rig_close(&r);
}

/* For as long as was asked, whatever the clock does just before the answer comes. */
static void
the_clock_is_set(void **state)
{
	static const int64_t by_ms[] = { 0, HOUR, -HOUR };

	for (size_t i = 0; i < sizeof by_ms / sizeof by_ms[0]; i++) {
		struct rig r;

		assert_int_equal(sandbox_enter(state), 0);
		rig_init(&r, TWO);
		r.script.now_unix_ms += 3 * HOUR;
		rig_start(&r);
		rig_consent(&r);
		r.script.now_unix_ms += by_ms[i];
		r.script.set_ms += by_ms[i];
		rig_say_after(&r, FAKE_SUBMIT, CHANNEL_THROTTLED, 30000);
		rig_assert_wakes(&r, 30000);
		rig_wait_ms(&r, 29999);
		assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
		rig_wait_ms(&r, 1);
		if (by_ms[i] < 0)
			rig_consent(&r); /* which was seen in what is the future now */
		assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
		rig_close(&r);
		assert_int_equal(sandbox_leave(state), 0);
	}
}

/* Nor may it matter what the clock does between an answer and the moment when that is durable. */
static void
the_clock_is_set_while_the_store_writes(void **state)
{
	static const struct {
		enum channel_outcome outcome;
		int64_t wait_ms; /* 0: the service does not ask to wait */
		int64_t want_ms;
	} tc[] = {
		{ CHANNEL_THROTTLED, 30000, 30000 },
		{ CHANNEL_DONE, 0, 5000 }, /* the first look at the job */
	};
	static const int64_t by_ms[] = { HOUR, -HOUR };

	for (size_t i = 0; i < sizeof tc / sizeof tc[0] * 2; i++) {
		struct channel_answer a = channel_fake_answer(tc[i / 2].outcome);
		struct rig r;

		assert_int_equal(sandbox_enter(state), 0);
		rig_init(&r, TWO);
		r.script.now_unix_ms += 3 * HOUR;
		rig_start(&r);
		rig_consent(&r);
		a.retry_after_ms = tc[i / 2].wait_ms;
		channel_fake_end(channel_fake_find(&r.channel, FAKE_SUBMIT, NULL), &a, NULL, NULL,
		    NULL);
		r.script.now_unix_ms += by_ms[i % 2];
		r.script.set_ms += by_ms[i % 2];
		rig_settle(&r);
		rig_assert_wakes(&r, tc[i / 2].want_ms);
		rig_close(&r);
		assert_int_equal(sandbox_leave(state), 0);
	}
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(told_to_wait),
		IN_SANDBOX(not_asked_yet),
		IN_SANDBOX(one_customer),
		IN_SANDBOX(told_to_a_check),
		cmocka_unit_test(the_clock_is_set),
		cmocka_unit_test(the_clock_is_set_while_the_store_writes),
	};

	return cmocka_run_group_tests(tests, rig_quiet, rig_speak);
}
