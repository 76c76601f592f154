/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_async.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/dispatch_rig.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"
#include "tests/unit/store_show.h"

/* --- the way of a device ------------------------------------------------------------------------- */

static void
nothing_to_do_sleeps(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, "");
	assert_int_equal(r.channel.asked[FAKE_CONSENT], 0);
	rig_assert_wakes(&r, SPREAD_CONTOSO); /* when its consent is looked at */
	rig_close(&r);
}

static void
from_the_queue_to_the_end(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, TWO);
	rig_start(&r);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1); /* adatum has nothing to send */
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_assert_wakes(&r, SPREAD_ADATUM); /* the answer wakes us */
	rig_consent(&r);
	assert_int_equal(r.channel.asked[FAKE_CONSENT], 1);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_say(&r, FAKE_SUBMIT, "t", CHANNEL_DONE);
	rig_assert_wakes(&r, 5000);
	rig_wait_ms(&r, 4999);
	assert_int_equal(rig_count(&r, FAKE_POLL), 0);
	rig_wait_ms(&r, 1);
	assert_int_equal(rig_count(&r, FAKE_POLL), 1);
	rig_assert_wakes(&r, SPREAD_ADATUM - 5000); /* the answer wakes us */
	rig_say(&r, FAKE_POLL, "t", CHANNEL_DONE);
	rig_assert_told(&r, "list 1 ");
	rig_assert_wakes(&r, SPREAD_ADATUM - 5000);
	store_show_expect(r.script.store, "bd",
	    "device A registered ok contoso/t 1.csv:1\n"
	    "device B registered ok contoso/t 1.csv:2\n");
	rig_close(&r);
}

/* What is due and not taken is late only after a while; what is on its way is taken. */
static void
stuck_is_what_nobody_takes(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, TWO);
	rig_start(&r);
	r.script.now_unix_ms += HOUR;
	assert_false(dispatch_is_stuck(r.dispatch, 5000)); /* consent is asked for */
	r.script.now_unix_ms -= HOUR;
	rig_consent(&r);
	r.script.now_unix_ms += HOUR;
	assert_false(dispatch_is_stuck(r.dispatch, 5000)); /* the upload is on its way */
	r.script.now_unix_ms -= HOUR;
	rig_say(&r, FAKE_SUBMIT, "t", CHANNEL_DONE);
	r.script.now_unix_ms += 5000 + 4999; /* a poll is due after 5000, and the timer hangs */
	assert_false(dispatch_is_stuck(r.dispatch, 5000));
	r.script.now_unix_ms++;
	assert_true(dispatch_is_stuck(r.dispatch, 5000));
	rig_ring(&r);
	assert_false(dispatch_is_stuck(r.dispatch, 5000));
	rig_close(&r);
}

static void
a_list_that_comes_later_is_noticed(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, "");
	store_script_run(&r.script, TWO);
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_close(&r);
}

/* The news that were asked for while others were on their way are as new as they were wanted. */
static void
no_refresh_is_forgotten(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, "");
	dispatch_refresh(r.dispatch);
	assert_int_equal(store_async_fake_waiting(), 1);
	dispatch_refresh(r.dispatch);
	dispatch_refresh(r.dispatch);
	assert_int_equal(store_async_fake_waiting(), 1);
	assert_true(store_async_fake_step());
	assert_int_equal(store_async_fake_waiting(), 1);
	store_script_run(&r.script, TWO);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1);
	rig_close(&r);
}

/* Unknown is asked about, twice and not only right away, and only then sent again. */
static void
unknown_is_looked_for(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_UNKNOWN);
	rig_wait_ms(&r, 1);
	rig_say(&r, FAKE_LOOK, NULL, CHANNEL_DONE);
	assert_int_equal(r.channel.asked[FAKE_SUBMIT], 1);
	rig_assert_wakes(&r, MINUTE);
	rig_wait_ms(&r, MINUTE);
	rig_say(&r, FAKE_LOOK, NULL, CHANNEL_DONE);
	rig_wait_ms(&r, 1);
	assert_int_equal(r.channel.asked[FAKE_SUBMIT], 2);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_close(&r);
}

static void
what_a_crash_has_left(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r,
	    "begin contoso t; add 1 A acme; add 2 B acme; add 3 C acme; end 3;"
	    "claim 1 1; claim 1 1; accept 2 T; claim 1 1; move 3 resend 5");
	rig_start(&r);
	assert_int_equal(rig_count(&r, FAKE_LOOK), 1); /* it was about to leave */
	assert_int_equal(channel_fake_find(&r.channel, FAKE_LOOK, NULL)->batch->id, 1);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0); /* not without consent */
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	assert_int_equal(channel_fake_find(&r.channel, FAKE_SUBMIT, NULL)->batch->id, 3);
	rig_wait_ms(&r, 5);
	assert_int_equal(rig_count(&r, FAKE_POLL), 1);
	assert_string_equal(channel_fake_find(&r.channel, FAKE_POLL, NULL)->batch->tracking, "T");
	rig_close(&r);
}

static void
halves_are_sent_one_by_one(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_REFUSED);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1); /* the group is still to be made */
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_REFUSED);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_assert_told(&r, "list 1 ");
	assert_int_equal(dispatch_roster(r.dispatch)->party[0].jobs, 1);
	rig_close(&r);
}

/* --- fair, and within limits --------------------------------------------------------------------- */

static void
customers_take_turns(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "");
	r.config.batch.uploads = 1;
	r.config.batch.in_flight = 1000;
	rig_queue(&r, "contoso", "many", 400);
	rig_queue(&r, "adatum", "few", 4);
	rig_start(&r);
	rig_consent(&r);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
		rig_say(&r, FAKE_SUBMIT, i % 2 ? "few" : "many", CHANNEL_DONE);
	}
	for (unsigned i = 0; i < 10; i++)
		rig_say(&r, FAKE_SUBMIT, "many", CHANNEL_DONE);
	rig_close(&r);
}

static void
lanes_of_a_customer_take_turns(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "");
	r.config.batch.uploads = 1;
	rig_queue(&r, "contoso", "x", 20);
	rig_queue(&r, "contoso", "y", 4);
	rig_start(&r);
	rig_consent(&r);
	rig_say(&r, FAKE_SUBMIT, "x", CHANNEL_DONE);
	rig_say(&r, FAKE_SUBMIT, "y", CHANNEL_DONE);
	rig_say(&r, FAKE_SUBMIT, "x", CHANNEL_DONE);
	rig_say(&r, FAKE_SUBMIT, "y", CHANNEL_DONE);
	rig_say(&r, FAKE_SUBMIT, "x", CHANNEL_DONE);
	rig_say(&r, FAKE_SUBMIT, "x", CHANNEL_DONE);
	rig_close(&r);
}

static void
limits_hold(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "");
	r.config.batch.uploads = 2;
	r.config.batch.in_flight = 3;
	rig_queue(&r, "contoso", "t", 40);
	rig_start(&r);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1); /* the one that makes the group */
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 2); /* an accepted job takes no upload slot, */
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1); /* but counts for its customer */
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_wait_ms(&r, 5000);
	assert_int_equal(rig_count(&r, FAKE_POLL), 3);
	rig_say(&r, FAKE_POLL, NULL, CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_close(&r);
}

/* What waits for a slot is woken by who leaves it, and not again and again by the clock. */
static void
a_full_house_does_not_spin(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "");
	r.config.batch.uploads = 1;
	rig_queue(&r, "contoso", "t", 8);
	store_script_run(&r.script,
	    "claim 1 1; claim 1 1; claim 1 1; claim 1 5;"
	    "move 1 resend 5; move 2 resend 5; move 3 resend 5; move 4 resend 5");
	rig_start(&r);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_assert_wakes(&r, SPREAD_ADATUM);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_assert_wakes(&r, 5000);
	rig_close(&r);
}

static void
few_ask_at_once(void **state)
{
	char line[64];
	struct rig r;

	(void)state;
	rig_init(&r, "");
	rig_queue(&r, "contoso", "t", 30);
	for (unsigned i = 1; i <= 30; i++) {
		(void)snprintf(line, sizeof line, "claim 1 1; accept %u T", i);
		store_script_run(&r.script, line);
	}
	rig_start(&r);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1); /* takes up room among those that ask */
	r.script.now_unix_ms += 5;
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_POLL), 7);
	rig_assert_wakes(&r, -1);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_POLL), 8);
	rig_close(&r);
}

/* --- trouble ------------------------------------------------------------------------------------- */

static void
a_clock_that_was_set_back(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, TWO "tick 864000000");
	rig_start(&r);
	rig_consent(&r);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_assert_wakes(&r, 5000);
	r.script.now_unix_ms -= 864000000; /* ten days */
	r.alarm.at = r.script.now_unix_ms;
	rig_ring(&r);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1); /* a consent of the future is none */
	rig_consent(&r);
	rig_assert_wakes(&r, 15 * MINUTE);
	rig_wait_ms(&r, 15 * MINUTE);
	assert_int_equal(rig_count(&r, FAKE_POLL), 1);
	rig_close(&r);
}

/* Nobody asks to be paused for longer than a day. */
static void
a_pause_of_another_age(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, TWO "tick 864000000; pause partner/northwind 864009000");
	rig_start(&r);
	rig_assert_wakes(&r, 8000);
	r.script.now_unix_ms -= 864000000;
	r.alarm.at = r.script.now_unix_ms;
	rig_ring(&r);
	rig_assert_wakes(&r, 24 * HOUR);
	rig_wait_ms(&r, 24 * HOUR);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1);
	rig_close(&r);
}

static void
news_that_fail_are_tried_again(void **state)
{
	struct err err;
	struct rig r;

	(void)state;
	rig_init(&r, TWO);
	assert_int_equal(rig_open_dispatch(&r, store_async_fake_open(r.script.store), &err),
	    ERR_OK);
	store_async_fake_fail();
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 0);
	rig_assert_wakes(&r, 5000);
	dispatch_refresh(r.dispatch); /* not before */
	assert_int_equal(store_async_fake_waiting(), 0);
	rig_wait_ms(&r, 5000);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1);
	rig_close(&r);
}

static void
news_that_cannot_be_asked_for_are_tried_again(void **state)
{
	struct store_async *writer;
	struct err err;
	struct rig r;

	(void)state;
	rig_init(&r, TWO);
	writer = store_async_fake_open(r.script.store);
	store_async_fake_refuse();
	assert_int_equal(rig_open_dispatch(&r, writer, &err), ERR_OK);
	rig_settle(&r);
	rig_assert_wakes(&r, 5000);
	rig_wait_ms(&r, 5000);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1);
	rig_close(&r);
}

/* A claim that was rolled back has made no batch; the next one may get its number. */
static void
a_claim_that_fails_leaves_nothing(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, TWO);
	r.config.batch.in_flight = 1;
	rig_start(&r);
	channel_fake_say(channel_fake_find(&r.channel, FAKE_CONSENT, NULL), CHANNEL_DONE);
	assert_true(store_async_fake_step());            /* the consent is saved */
	assert_int_equal(store_async_fake_waiting(), 2); /* the news, and the claim */
	assert_true(store_async_fake_step());
	store_async_fake_fail();
	rig_settle(&r);
	assert_int_equal(dispatch_roster(r.dispatch)->party[0].jobs, 0);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT) + rig_count(&r, FAKE_LOOK), 0);
	rig_assert_wakes(&r, 5000);
	rig_wait_ms(&r, 5000);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	assert_int_equal(dispatch_roster(r.dispatch)->party[0].jobs, 1);
	rig_close(&r);
}

static void
an_answer_that_is_lost_is_asked_for(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	channel_fake_say(channel_fake_find(&r.channel, FAKE_SUBMIT, NULL), CHANNEL_DONE);
	store_async_fake_fail();
	rig_settle(&r);
	rig_assert_wakes(&r, 5000);
	rig_wait_ms(&r, 5000);
	assert_int_equal(r.channel.asked[FAKE_SUBMIT], 1);
	assert_int_equal(rig_count(&r, FAKE_LOOK), 1);
	rig_close(&r);
}

/* Out of memory in the channel: not at once again. */
static void
stopped_by_itself_waits(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_STOPPED);
	assert_int_equal(rig_count(&r, FAKE_LOOK), 0);
	rig_assert_wakes(&r, 5000);
	rig_wait_ms(&r, 5000);
	assert_int_equal(rig_count(&r, FAKE_LOOK), 1);
	rig_close(&r);
}

/* --- the end ------------------------------------------------------------------------------------- */

static void
closing_lets_what_is_in_flight_end(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r,
	    TWO "begin adatum u; add 1 C acme; add 2 D acme; end 2;"
	        "begin adatum v; add 1 E acme; end 1");
	dispatch_close(r.dispatch, 7000, rig_on_closed, &r);
	assert_int_equal(r.closed, 0);
	rig_ring(&r);
	rig_assert_wakes(&r, 7000);
	rig_say(&r, FAKE_SUBMIT, "t", CHANNEL_DONE);
	dispatch_refresh(r.dispatch);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 2); /* nothing new */
	assert_int_equal(store_async_fake_waiting(), 0);
	assert_false(channel_fake_find(&r.channel, FAKE_SUBMIT, NULL)->cancelled);
	rig_wait_ms(&r, 7000);
	assert_true(channel_fake_find(&r.channel, FAKE_SUBMIT, NULL)->cancelled);
	channel_fake_stop_cancelled(&r.channel);
	rig_settle(&r);
	(void)uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_int_equal(r.closed, 1);
	store_show_expect(r.script.store, "d",
	    "device A submitted contoso/t 1.csv:1\ndevice B submitted contoso/t 1.csv:2\n"
	    "device C submitted adatum/u 2.csv:1\ndevice D submitted adatum/u 2.csv:2\n"
	    "device E submitted adatum/v 3.csv:1\n");
	rig_close(&r);
}

static void
closing_twice_cuts_the_grace_short(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, TWO);
	rig_start(&r);
	dispatch_close(r.dispatch, 7000, rig_on_closed, &r);
	dispatch_close(r.dispatch, 0, NULL, NULL);
	assert_true(channel_fake_find(&r.channel, FAKE_CONSENT, NULL)->cancelled);
	dispatch_close(r.dispatch, 0, NULL, NULL);
	rig_close(&r);
}

static void
closing_waits_for_the_news(void **state)
{
	struct err err;
	struct rig r;

	(void)state;
	rig_init(&r, TWO);
	assert_int_equal(rig_open_dispatch(&r, store_async_fake_open(r.script.store), &err),
	    ERR_OK);
	dispatch_close(r.dispatch, 0, rig_on_closed, &r);
	r.alarm.on_time(r.alarm.timer);
	(void)uv_run(&r.loop, UV_RUN_NOWAIT);
	assert_int_equal(r.closed, 0);
	store_async_fake_fail();
	rig_settle(&r);
	(void)uv_run(&r.loop, UV_RUN_NOWAIT);
	assert_int_equal(r.closed, 1);
	rig_close(&r);
}

static void
try_to_open(void *arg)
{
	struct rig *r = arg;
	struct err err;

	r->dispatch = NULL;
	r->closed = 0;
	if (rig_open_dispatch(r, store_async_fake_open(r->script.store), &err)) {
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(r->dispatch);
		return;
	}
	assert_false(alloc_fault_hit());
	alloc_fault_arm(0);
	rig_settle(r);
}

static void
memory_may_end_while_it_opens(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "");
	assert_true(alloc_fault_sweep(try_to_open, &r) > 2);
	rig_close(&r);
}

static void
what_is_next_for_a_customer(void **state)
{
	const struct roster *roster;
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	roster = dispatch_roster(r.dispatch);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	assert_int_equal(dispatch_next_unix_ms(r.dispatch, &roster->party[0]), START_MS + 5000);
	assert_int_equal(dispatch_next_unix_ms(r.dispatch, &roster->party[1]), 0);
	assert_int_equal(dispatch_next_unix_ms(r.dispatch, &roster->party[2]), 0);
	rig_close(&r);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(nothing_to_do_sleeps),
		IN_SANDBOX(from_the_queue_to_the_end),
		IN_SANDBOX(stuck_is_what_nobody_takes),
		IN_SANDBOX(a_list_that_comes_later_is_noticed),
		IN_SANDBOX(no_refresh_is_forgotten),
		IN_SANDBOX(unknown_is_looked_for),
		IN_SANDBOX(what_a_crash_has_left),
		IN_SANDBOX(halves_are_sent_one_by_one),
		IN_SANDBOX(customers_take_turns),
		IN_SANDBOX(lanes_of_a_customer_take_turns),
		IN_SANDBOX(limits_hold),
		IN_SANDBOX(a_full_house_does_not_spin),
		IN_SANDBOX(few_ask_at_once),
		IN_SANDBOX(a_clock_that_was_set_back),
		IN_SANDBOX(a_pause_of_another_age),
		IN_SANDBOX(news_that_fail_are_tried_again),
		IN_SANDBOX(news_that_cannot_be_asked_for_are_tried_again),
		IN_SANDBOX(a_claim_that_fails_leaves_nothing),
		IN_SANDBOX(an_answer_that_is_lost_is_asked_for),
		IN_SANDBOX(stopped_by_itself_waits),
		IN_SANDBOX(closing_lets_what_is_in_flight_end),
		IN_SANDBOX(closing_twice_cuts_the_grace_short),
		IN_SANDBOX(closing_waits_for_the_news),
		IN_SANDBOX(memory_may_end_while_it_opens),
		IN_SANDBOX(what_is_next_for_a_customer),
	};

	return cmocka_run_group_tests(tests, rig_quiet, rig_speak);
}
