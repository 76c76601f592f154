/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dispatch_rig.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_show.h"

/* A maker's service: contoso and litware are its customers, adatum is the partner's. */
enum { SECOND = 1000, AFTER = 30 * SECOND, EVERY = 20 * MINUTE, FOR = HOUR };

static const struct oem oems[] = {
	{ .name = "fabrikam",
	    .flush = { .devices = 3, .after_ms = AFTER },
	    .not_found = { .every_ms = EVERY, .for_ms = FOR } },
};

#define MAKERS(customer) \
	{ \
		.name = customer, .tenant = "tenant-" customer, .domain = customer ".example", \
		.via = { VIA_OEM, \
			"fabrikam" } \
	}

static const struct customer customers[] = {
	MAKERS("contoso"),
	{ .name = "adatum", .tenant = "tenant-adatum", .via = { VIA_PARTNER, "northwind" } },
	MAKERS("litware"),
};

static void
init(struct rig *r)
{
	rig_init(r, "route contoso oem/fabrikam adatum partner/northwind litware oem/fabrikam");
	r->config.oems = (struct oem_list){ oems, 1 };
	r->config.customers = (struct customer_list){ customers, 3 };
	r->config.batch.max_devices = 5;
}

/* All have consented, who are asked in the first tenth of an hour. */
static void
start(struct rig *r)
{
	rig_start(r);
	rig_wait_ms(r, HOUR / 10);
	rig_consent(r);
}

static void
open_rig(struct rig *r)
{
	init(r);
	start(r);
}

/* Units come in, and the dispatcher is told. */
static void
take(struct rig *r, const char *units)
{
	store_script_run(&r->script, units);
	dispatch_refresh(r->dispatch);
	rig_settle(r);
}

static size_t
devices_on_their_way(struct rig *r)
{
	return channel_fake_find(&r->channel, FAKE_SUBMIT, NULL)->batch->ndevice;
}

/* --- when units leave ---------------------------------------------------------------------------- */

static void
they_leave_together(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	take(&r, "unit contoso u A acme t; unit contoso u B acme t");
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_assert_wakes(&r, AFTER);
	rig_wait_ms(&r, AFTER - 1);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	take(&r, "unit contoso u C acme t");
	assert_int_equal(devices_on_their_way(&r), 3);
	rig_close(&r);
}

static void
the_oldest_has_waited_long_enough(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	take(&r, "unit contoso u A acme t");
	rig_wait_ms(&r, AFTER - SECOND);
	take(&r, "unit contoso u B acme t");
	rig_assert_wakes(&r, SECOND);
	rig_wait_ms(&r, SECOND);
	assert_int_equal(devices_on_their_way(&r), 2);
	take(&r, "unit contoso u C acme t"); /* its own time begins */
	rig_assert_wakes(&r, AFTER);
	rig_close(&r);
}

static void
the_end_of_a_pallet(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	open_rig(&r);
	take(&r, "unit contoso u A acme t; unit litware u B acme t");
	assert_int_equal(dispatch_flush(r.dispatch, "nobody", &err), ERR_NOT_FOUND);
	store_script_run(&r.script, "unit contoso u C acme t"); /* nobody has told of it yet */
	assert_int_equal(dispatch_flush(r.dispatch, "contoso", &err), ERR_OK);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	assert_int_equal(devices_on_their_way(&r), 2);
	take(&r, "unit contoso u D acme t"); /* came after it */
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	assert_int_equal(dispatch_flush(r.dispatch, NULL, &err), ERR_OK);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 3);
	rig_close(&r);
}

/* It was asked for while news were read that do not have the last unit. */
static void
a_flush_sees_all_that_was_there(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	open_rig(&r);
	store_script_run(&r.script, "unit contoso u A acme t");
	dispatch_refresh(r.dispatch);
	assert_int_equal(dispatch_flush(r.dispatch, "contoso", &err), ERR_OK);
	rig_settle(&r);
	assert_int_equal(devices_on_their_way(&r), 1);
	rig_close(&r);
}

static void
a_partner_waits_for_nothing(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	rig_queue(&r, "adatum", "t", 1);
	dispatch_refresh(r.dispatch);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_close(&r);
}

static void
orders_are_not_mixed(void **state)
{
	struct rig r;
	struct err err;

	(void)state;
	open_rig(&r);
	take(&r, "unit contoso u A acme t PO1; unit contoso u B acme t PO2");
	assert_int_equal(dispatch_flush(r.dispatch, NULL, &err), ERR_OK);
	rig_settle(&r);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 2);
	assert_string_equal(channel_fake_find(&r.channel, FAKE_SUBMIT, "t")->batch->order, "PO1");
	assert_string_equal(channel_fake_find(&r.channel, FAKE_SUBMIT, "t")->batch->domain,
	    "contoso.example");
	rig_close(&r);
}

static void
a_service_takes_less_than_configured(void **state)
{
	struct rig r;

	(void)state;
	init(&r);
	r.limits[1] = (struct service_limits){ .max_devices = 3, .in_flight = 1 };
	start(&r);
	take(&r,
	    "unit contoso u A acme t; unit contoso u B acme t; unit contoso u C acme t;"
	    "unit contoso u D acme t");
	assert_int_equal(devices_on_their_way(&r), 3);
	rig_wait_ms(&r, AFTER);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 1);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE); /* it is not settled */
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_wait_ms(&r, 5 * SECOND);
	rig_say(&r, FAKE_POLL, NULL, CHANNEL_DONE);
	assert_int_equal(devices_on_their_way(&r), 1);
	rig_close(&r);
}

/* --- what is not found yet ----------------------------------------------------------------------- */

/* The job on its way is over: A is not found, all others are registered. */
static void
say_not_found(struct rig *r)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_DONE);
	struct channel_op *op;
	struct verdict said[5];

	rig_say(r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_wait_ms(r, 5 * SECOND);
	op = channel_fake_find(&r->channel, FAKE_POLL, NULL);
	for (size_t i = 0; i < op->batch->ndevice; i++) {
		bool found = !slice_eq(op->batch->device[i].serial, slice_of("A"));

		verdict_set(&said[i], found ? VERDICT_OK : VERDICT_NOT_FOUND, found ? 0 : 812, "",
		    "%s", found ? "" : "Not there.");
	}
	channel_fake_end(op, &a, NULL, said, NULL);
	rig_settle(r);
}

static void
mates_do_not_wait_for_it(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	take(&r, "unit contoso u A acme t; unit contoso u B acme t; unit contoso u C acme t");
	say_not_found(&r);
	store_show_expect(r.script.store, "d",
	    "device A submitted not_found 812 contoso/t u:1\n"
	    "device B registered ok contoso/t u:2\n"
	    "device C registered ok contoso/t u:3\n");
	rig_wait_ms(&r, EVERY);
	assert_int_equal(devices_on_their_way(&r), 1);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_wait_ms(&r, 5 * SECOND);
	rig_say(&r, FAKE_POLL, NULL, CHANNEL_DONE);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	rig_close(&r);
}

static void
it_is_not_waited_for_without_end(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	take(&r, "unit contoso u A acme t; unit contoso u B acme t; unit contoso u C acme t");
	say_not_found(&r);
	for (unsigned i = 0; i < 3; i++) { /* at 20, 40 and 60 minutes and a bit */
		rig_wait_ms(&r, EVERY);
		say_not_found(&r);
	}
	store_show_expect(r.script.store, "d",
	    "device A failed not_found 812 contoso/t u:1 attempts=4\n"
	    "device B registered ok contoso/t u:2\n"
	    "device C registered ok contoso/t u:3\n");
	rig_close(&r);
}

static void
others_go_while_it_waits(void **state)
{
	struct rig r;

	(void)state;
	init(&r);
	r.limits[1].in_flight = 1;
	start(&r);
	take(&r, "unit contoso u A acme t; unit contoso u B acme t; unit contoso u C acme t");
	say_not_found(&r);
	take(&r, "unit contoso u D acme t; unit contoso u E acme t; unit contoso u F acme t");
	assert_int_equal(devices_on_their_way(&r), 3);
	rig_close(&r);
}

/* --- what is taken back -------------------------------------------------------------------------- */

/* A is registered, and has become B. */
static void
replace(struct rig *r)
{
	struct err err;

	take(r, "unit contoso u A acme t");
	assert_int_equal(dispatch_flush(r->dispatch, NULL, &err), ERR_OK);
	rig_settle(r);
	rig_say(r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_wait_ms(r, 5 * SECOND);
	rig_say(r, FAKE_POLL, NULL, CHANNEL_DONE);
	take(r, "unit contoso u B acme t - A");
}

static void
the_old_one_first(void **state)
{
	struct channel_op *op;
	struct rig r;

	(void)state;
	open_rig(&r);
	replace(&r);
	rig_wait_ms(&r, AFTER);
	assert_int_equal(rig_count(&r, FAKE_SUBMIT), 0);
	op = channel_fake_find(&r.channel, FAKE_RELEASE, NULL);
	assert_int_equal(op->batch->ndevice, 1);
	assert_true(slice_eq(op->batch->device[0].serial, slice_of("A")));
	assert_string_equal(op->batch->tenant, "tenant-contoso");
	assert_string_equal(op->batch->domain, "contoso.example");
	rig_say(&r, FAKE_RELEASE, NULL, CHANNEL_DONE);
	rig_wait_ms(&r, AFTER);
	assert_int_equal(devices_on_their_way(&r), 1);
	rig_say(&r, FAKE_SUBMIT, NULL, CHANNEL_DONE);
	rig_close(&r);
}

static void
taking_back_comes_to_nothing(void **state)
{
	static const struct {
		enum channel_outcome outcome;
		int64_t retry_after_ms;
		int64_t again_ms;
	} tc[] = {
		{ CHANNEL_SERVER, -1, 1 },
		{ CHANNEL_UNKNOWN, -1, 1 },
		{ CHANNEL_REFUSED, -1, 1 },
		{ CHANNEL_THROTTLED, 7000, 7000 },
		{ CHANNEL_UNSENT, 9000, 9000 },
	};
	struct rig r;

	(void)state;
	open_rig(&r);
	replace(&r);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", channel_outcome_name(tc[i].outcome));
		rig_say_after(&r, FAKE_RELEASE, tc[i].outcome, tc[i].retry_after_ms);
		assert_int_equal(rig_count(&r, FAKE_RELEASE), 0);
		rig_assert_wakes(&r, tc[i].again_ms);
		rig_wait_ms(&r, tc[i].again_ms);
		assert_int_equal(rig_count(&r, FAKE_RELEASE), 1);
	}
	rig_say(&r, FAKE_RELEASE, NULL, CHANNEL_NO_CONSENT);
	rig_wait_ms(&r, MINUTE);
	assert_int_equal(rig_count(&r, FAKE_RELEASE), 0);
	rig_wait_ms(&r, HOUR);
	rig_consent(&r);
	assert_int_equal(rig_count(&r, FAKE_RELEASE), 1);
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(they_leave_together, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(the_oldest_has_waited_long_enough, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(the_end_of_a_pallet, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(a_flush_sees_all_that_was_there, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(a_partner_waits_for_nothing, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(orders_are_not_mixed, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(a_service_takes_less_than_configured, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(mates_do_not_wait_for_it, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(it_is_not_waited_for_without_end, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(others_go_while_it_waits, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(the_old_one_first, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(taking_back_comes_to_nothing, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, rig_quiet, rig_speak);
}
