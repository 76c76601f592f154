/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/consent_step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_async.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/channel_fake.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static const struct customer customer = {
	.name = "contoso",
	.tenant = "22222222-2222-4222-8222-222222222222",
};

struct rig {
	struct store_script script;
	struct channel_fake channel;
	struct consent_step_request req;
	struct consent_step *step;
	unsigned told;
	enum err_code code;
	enum channel_outcome outcome; /* if the code is ERR_OK */
	char consent[1024];
};

static void
rig_open(struct rig *r, const char *script)
{
	memset(r, 0, sizeof *r);
	store_script_open(&r->script);
	store_script_run(&r->script, script);
	channel_fake_init(&r->channel);
	r->req = (struct consent_step_request){
		.writer = store_async_fake_open(r->script.store),
		.channel = &r->channel.channel,
		.clock = &r->script.clock,
		.customer = &customer,
		.service_scope = "partner/northwind",
	};
}

static void
rig_close(struct rig *r)
{
	assert_int_equal(store_async_fake_waiting(), 0);
	store_script_close(&r->script);
}

static void
on_checked(void *arg, const struct channel_answer *answer, const struct err *err)
{
	struct rig *r = arg;

	r->told++;
	assert_true(!answer != !err);
	r->code = err ? err->code : ERR_OK;
	r->outcome = answer ? answer->outcome : CHANNEL_STOPPED;
}

static struct channel_op *
ask(struct rig *r)
{
	struct channel_op *op;
	struct err err;

	assert_int_equal(consent_step_start(&r->req, on_checked, r, &r->step, &err), ERR_OK);
	assert_int_equal(r->told, 0);
	op = channel_fake_find(&r->channel, FAKE_CONSENT, NULL);
	assert_string_equal(op->tenant, customer.tenant);
	return op;
}

static enum err_code
note_consent(void *arg, const struct store_consent *c, struct err *err)
{
	struct rig *r = arg;

	(void)err;
	(void)snprintf(r->consent, sizeof r->consent,
	    SLICE_FMT " " SLICE_FMT " checked=%d " SLICE_FMT, SLICE_ARG(c->customer),
	    SLICE_ARG(c->state), (int)c->checked_unix_ms, SLICE_ARG(c->evidence));
	return ERR_OK;
}

static void
assert_consent(struct rig *r, const char *want)
{
	struct err err;

	r->consent[0] = '\0';
	assert_int_equal(store_consents(r->script.store, note_consent, r, &err), ERR_OK);
	assert_string_equal(r->consent, want);
}

static void
each_answer_becomes_durable(void **state)
{
	static const struct {
		const char *name;
		const char *script;
		enum channel_outcome outcome;
		const char *consent;
		const char *holds;
	} tc[] = {
		{ "granted", "tick 5", CHANNEL_DONE,
		    "contoso granted checked=1005"
		    " HTTP 200 code done, request their-request: what happened",
		    "" },
		{ "granted again: what waited for it may go",
		    "hold customer/contoso consent; hold customer/contoso paused;"
		    "hold partner/northwind credentials; hold customer/adatum consent",
		    CHANNEL_DONE,
		    "contoso granted checked=1000"
		    " HTTP 200 code done, request their-request: what happened",
		    "hold customer/adatum consent since=1000 message\n"
		    "hold customer/contoso paused since=1000 message\n" },
		{ "withdrawn", "", CHANNEL_NO_CONSENT,
		    "contoso withdrawn checked=1000"
		    " HTTP 403 code no_consent, request their-request: what happened",
		    "hold customer/contoso consent since=1000 what happened What to do.\n" },
		{ "not let in", "", CHANNEL_AUTH, "",
		    "hold partner/northwind credentials since=1000 what happened What to do.\n" },
		{ "throttled changes nothing", "hold customer/contoso consent", CHANNEL_THROTTLED,
		    "", "hold customer/contoso consent since=1000 message\n" },
		{ "no connection changes nothing", "", CHANNEL_UNSENT, "", "" },
		{ "a server's mistake changes nothing", "", CHANNEL_SERVER, "", "" },
		{ "refused changes nothing", "", CHANNEL_REFUSED, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct rig r;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, tc[i].script);
		channel_fake_say(ask(&r), tc[i].outcome);
		assert_int_equal(r.told, 0);
		assert_true(store_async_fake_step());
		assert_int_equal(r.told, 1);
		assert_int_equal(r.code, ERR_OK);
		assert_int_equal(r.outcome, tc[i].outcome);
		assert_consent(&r, tc[i].consent);
		store_show_expect(r.script.store, "h", tc[i].holds);
		rig_close(&r);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

/* An answer without a yes is a no. */
static void
not_granted_is_withdrawn(void **state)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_DONE);
	struct channel_op told;
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	op = ask(&r);
	told = *op;
	memset(op, 0, sizeof *op);
	told.consented(told.arg, &a, false);
	assert_true(store_async_fake_step());
	assert_int_equal(r.outcome, CHANNEL_NO_CONSENT);
	assert_consent(&r,
	    "contoso withdrawn checked=1000"
	    " HTTP 200 code done, request their-request: what happened");
	rig_close(&r);
}

static void
a_store_that_fails_is_told(void **state)
{
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	channel_fake_say(ask(&r), CHANNEL_NO_CONSENT);
	store_async_fake_fail();
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_int_equal(r.code, ERR_IO);
	assert_consent(&r, "");
	store_show_expect(r.script.store, "h", "");
	r.told = 0;
	op = ask(&r);
	store_async_fake_refuse();
	channel_fake_say(op, CHANNEL_DONE);
	assert_int_equal(r.told, 1);
	assert_int_equal(r.code, ERR_NOMEM);
	rig_close(&r);
}

static void
cancelled_while_asking(void **state)
{
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	op = ask(&r);
	consent_step_cancel(r.step);
	consent_step_cancel(r.step);
	assert_true(op->cancelled);
	assert_int_equal(r.told, 0);
	channel_fake_stop_cancelled(&r.channel);
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_int_equal(r.outcome, CHANNEL_STOPPED);
	assert_consent(&r, "");
	rig_close(&r);
}

static void
cancelled_while_saving(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, "");
	channel_fake_say(ask(&r), CHANNEL_DONE);
	consent_step_cancel(r.step);
	assert_int_equal(r.told, 0);
	assert_true(store_async_fake_step());
	assert_int_equal(r.outcome, CHANNEL_DONE);
	rig_close(&r);
}

static void
what_cannot_be_begun_leaves_nothing(void **state)
{
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	r.channel.refuses = true;
	assert_int_equal(consent_step_start(&r.req, on_checked, &r, &r.step, &err), ERR_NOMEM);
	assert_null(r.step);
	alloc_fault_arm(1);
	assert_int_equal(consent_step_start(&r.req, on_checked, &r, &r.step, &err), ERR_NOMEM);
	alloc_fault_arm(0);
	assert_null(r.step);
	assert_int_equal(r.channel.asked[FAKE_CONSENT], 0);
	assert_int_equal(r.told, 0);
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_becomes_durable),
		cmocka_unit_test_setup_teardown(not_granted_is_withdrawn, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(a_store_that_fails_is_told, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(cancelled_while_asking, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(cancelled_while_saving, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(what_cannot_be_begun_leaves_nothing, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
