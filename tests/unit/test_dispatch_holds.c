/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dispatch_rig.h"
#include "tests/unit/sandbox.h"

/* --- pauses and holds ---------------------------------------------------------------------------- */

static void
a_pause_stops_polls_as_well_and_ends_in_time(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO "begin adatum u; add 1 C acme; add 2 D acme; add 3 E acme; end 3");
	rig_say(&r, FAKE_SUBMIT, "t", CHANNEL_DONE);
	rig_say(&r, FAKE_SUBMIT, "u", CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_say_after(&r, FAKE_SUBMIT, CHANNEL_THROTTLED, 30000);
	rig_assert_wakes(&r, 30000);
	rig_wait_ms(&r, 29999);
	assert_int_equal(rig_count(&r, FAKE_POLL) + rig_count(&r, FAKE_SUBMIT), 0);
	store_script_run(&r.script, "begin contoso t; add 1 F acme; end 1");
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_POLL) + rig_count(&r, FAKE_SUBMIT), 0);
	rig_assert_wakes(&r, 1);
	rig_wait_ms(&r, 1);
	assert_int_equal(rig_count(&r, FAKE_POLL), 2);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 2);
	rig_close(&r);
}

/* A pause is kept in the store: the next run waits as well. */
static void
a_pause_survives(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, TWO "pause partner/northwind 9000");
	rig_start(&r);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 0);
	rig_assert_wakes(&r, 8000);
	rig_wait_ms(&r, 8000);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1);
	rig_close(&r);
}

static void
one_customer_paused_leaves_the_other(void **state)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_THROTTLED);
	struct rig r;

	(void)state;
	rig_open(&r, TWO "begin adatum u; add 1 C acme; add 2 D acme; add 3 E acme; end 3");
	a.customer_only = true;
	a.retry_after_ms = 30000;
	channel_fake_end(channel_fake_find(&r.channel, FAKE_SUBMIT, "t"), &a, NULL, NULL, NULL);
	rig_settle(&r);
	rig_say(&r, FAKE_SUBMIT, "u", CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1); /* the rest of adatum */
	rig_wait_ms(&r, 5000);
	assert_int_equal(rig_count(&r, FAKE_POLL), 1);
	rig_close(&r);
}

static void
one_outage_is_one_strike(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r,
	    "begin contoso t; add 1 A a; add 2 B a; end 2; begin contoso u; add 1 C a; end 1;"
	    "begin contoso v; add 1 D a; end 1");
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 3);
	for (unsigned i = 0; i < 3; i++)
		rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_UNSENT);
	assert_int_equal(dispatch_roster(r.dispatch)->service[0].strikes, 1);
	rig_wait_ms(&r, 1);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 3);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_UNSENT);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_UNSENT);
	assert_int_equal(dispatch_roster(r.dispatch)->service[0].strikes, 2);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	assert_int_equal(dispatch_roster(r.dispatch)->service[0].strikes, 0);
	rig_close(&r);
}

/* Between two checks of contoso while its devices wait: a twelfth of an hour, less its spread. */
enum { OFTEN = HOUR / 12 - HOUR / 12 / 10 / 4 };

static void
withdrawn_consent_holds_a_customer(void **state)
{
	struct rig r;
	enum hold_reason reason;
	const struct hold_note *h;

	(void)state;
	rig_open(&r, TWO "begin adatum u; add 1 C acme; end 1");
	rig_say(&r, FAKE_SUBMIT, "t", CHANNEL_NO_CONSENT);
	rig_assert_told(&r, "held contoso ");
	h = roster_party_hold(&dispatch_roster(r.dispatch)->party[0], &reason);
	assert_non_null(h);
	assert_int_equal(reason, HOLD_CONSENT);
	assert_string_equal(h->message, "what happened What to do.");
	assert_int_equal(h->since_unix_ms, START_MS);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1); /* adatum's */
	rig_say(&r, FAKE_LINK, NULL, CHANNEL_DONE);
	assert_string_equal(
	    roster_party_hold(&dispatch_roster(r.dispatch)->party[0], &reason)->message,
	    "what happened What to do. Send the customer this link: " FAKE_URL);
	rig_assert_wakes(&r, OFTEN);
	rig_wait_ms(&r, OFTEN);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 1);
	rig_say(&r, FAKE_CONSENT, NULL, CHANNEL_NO_CONSENT);
	rig_assert_told(&r, "held contoso ");
	assert_int_equal(r.channel.asked[FAKE_CONSENT], 3); /* and not at once again */
	assert_int_equal(r.channel.asked[FAKE_LINK], 1);
	rig_wait_ms(&r, OFTEN);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 2);
	rig_close(&r);
}

/* Who is not let in for one customer is not let in for any. */
static void
refused_credentials_hold_a_partner(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO "begin adatum u; add 1 C acme; end 1");
	rig_say(&r, FAKE_SUBMIT, "u", CHANNEL_DONE);
	rig_say(&r, FAKE_SUBMIT, "t", CHANNEL_AUTH);
	rig_assert_told(&r, "held all ");
	rig_assert_wakes(&r, 15 * MINUTE); /* consents: the only way to learn that it is mended */
	rig_wait_ms(&r, 15 * MINUTE);
	assert_int_equal(rig_count(&r, FAKE_POLL), 0);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 2);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	assert_int_equal(rig_count(&r, FAKE_POLL), 1);
	rig_close(&r);
}

static void
an_operator_pauses_sending_but_not_asking(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	store_script_run(&r.script,
	    "hold customer/contoso paused; begin contoso t; add 1 C a; end 1");
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	rig_wait_ms(&r, 5000);
	assert_int_equal(rig_count(&r, FAKE_POLL), 1);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	store_script_run(&r.script, "unhold customer/contoso paused");
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_close(&r);
}

static void
a_held_lane_leaves_the_others(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO "begin contoso u; add 1 C acme; end 1");
	rig_say(&r, FAKE_SUBMIT, "t", CHANNEL_NAME_CASE);
	rig_assert_told(&r, "held contoso ");
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_say(&r, FAKE_SUBMIT, "u", CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_close(&r);
}

static struct channel_op *
find_consent(struct rig *r, const char *tenant)
{
	for (size_t i = 0; i < CHANNEL_FAKE_OPS_MAX; i++) {
		struct channel_op *op = &r->channel.op[i];

		if (op->fake && op->kind == FAKE_CONSENT && strcmp(op->tenant, tenant) == 0)
			return op;
	}
	fail_msg("%s is not asked about", tenant);
	return NULL;
}

static void
old_consent_is_no_consent(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, "");
	store_script_run(&r.script, TWO);
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	rig_consent(&r);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_wait_ms(&r, HOUR);
	assert_int_equal(rig_count(&r, FAKE_CONSENT), 2); /* adatum is idle, and asked as well */
	channel_fake_say(find_consent(&r, "tenant-adatum"), CHANNEL_DONE);
	rig_settle(&r);
	rig_say(&r, FAKE_CONSENT, NULL, CHANNEL_SERVER); /* nobody knows */
	r.script.now_unix_ms = START_MS + 24 * HOUR - 1;
	store_script_run(&r.script, "begin contoso t; add 1 C acme; end 1");
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	r.script.now_unix_ms++;
	store_script_run(&r.script, "begin contoso t; add 1 D acme; end 1");
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 2);
	rig_close(&r);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(a_pause_stops_polls_as_well_and_ends_in_time),
		IN_SANDBOX(a_pause_survives),
		IN_SANDBOX(one_customer_paused_leaves_the_other),
		IN_SANDBOX(one_outage_is_one_strike),
		IN_SANDBOX(withdrawn_consent_holds_a_customer),
		IN_SANDBOX(refused_credentials_hold_a_partner),
		IN_SANDBOX(an_operator_pauses_sending_but_not_asking),
		IN_SANDBOX(a_held_lane_leaves_the_others),
		IN_SANDBOX(old_consent_is_no_consent),
	};

	return cmocka_run_group_tests(tests, rig_quiet, rig_speak);
}
