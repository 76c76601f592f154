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
	.via = { VIA_PARTNER, "northwind" },
};

struct rig {
	struct store_script script;
	struct channel_fake channel;
	struct consent_step_request req;
	struct consent_step *step;
	unsigned told;
	enum err_code code;
	enum channel_outcome outcome; /* if the code is ERR_OK */
	enum consent_state state;
	int64_t wait_ms;
	char consent[1024];
	char events[512];
};

static void
on_wait(void *arg, const struct channel_answer *answer)
{
	struct rig *r = arg;

	assert_int_equal(r->told, 0);
	r->wait_ms = answer->retry_after_ms;
}

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
		.on_wait = on_wait,
	};
}

static void
rig_close(struct rig *r)
{
	assert_int_equal(store_async_fake_waiting(), 0);
	store_script_close(&r->script);
}

static void
on_checked(void *arg, const struct channel_answer *answer, enum consent_state state,
    const struct err *err)
{
	struct rig *r = arg;

	r->told++;
	assert_true(!answer != !err);
	r->code = err ? err->code : ERR_OK;
	r->state = state;
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

static enum err_code
note_event(void *arg, const struct store_event *e, struct err *err)
{
	struct rig *r = arg;
	size_t used = strlen(r->events);

	(void)err;
	(void)snprintf(r->events + used, sizeof r->events - used,
	    SLICE_FMT " " SLICE_FMT " " SLICE_FMT " " SLICE_FMT " " SLICE_FMT ";",
	    SLICE_ARG(e->kind), SLICE_ARG(e->actor), SLICE_ARG(e->customer), SLICE_ARG(e->partner),
	    SLICE_ARG(e->request_id));
	return ERR_OK;
}

static void
assert_events(struct rig *r, const char *want)
{
	const struct store_event_query all = { .after = 0 };
	struct err err;

	r->events[0] = '\0';
	assert_int_equal(store_events(r->script.store, &all, note_event, r, &err), ERR_OK);
	assert_string_equal(r->events, want);
}

static void
save_consent(struct rig *r, const char *state)
{
	struct err err;

	assert_int_equal(store_consent_save(r->script.store, slice_of("contoso"), slice_of(state),
	                     slice_of("before"), 7, &err),
	    ERR_OK);
}

#define EVENT(kind) kind " agent contoso northwind their-request;"
#define SEEN(code, status) \
	" GET customers/{customer}: HTTP " status " code " code ", request their-request: " \
	"what happened"
#define NO SEEN("no_consent", "403")

static void
each_answer_becomes_durable(void **state)
{
	static const struct {
		const char *name;
		const char *was; /* NULL: nothing is known */
		const char *script;
		enum channel_outcome outcome;
		enum consent_state state;
		const char *consent;
		const char *holds;
		const char *events;
	} tc[] = {
		{ "granted", NULL, "tick 5", CHANNEL_DONE, CONSENT_GRANTED,
		    "contoso granted checked=1005" SEEN("done", "200"), "",
		    EVENT("consent_granted") },
		{ "granted again: what waited for it may go", "granted",
		    "hold customer/contoso consent; hold customer/contoso paused;"
		    "hold partner/northwind credentials; hold customer/adatum consent",
		    CHANNEL_DONE, CONSENT_GRANTED,
		    "contoso granted checked=1000" SEEN("done", "200"),
		    "hold customer/adatum consent since=1000 message\n"
		    "hold customer/contoso paused since=1000 message\n",
		    "" },
		{ "withdrawn", "granted", "", CHANNEL_NO_CONSENT, CONSENT_WITHDRAWN,
		    "contoso withdrawn checked=1000" NO,
		    "hold customer/contoso consent since=1000 what happened What to do.\n",
		    EVENT("consent_withdrawn") },
		{ "never given", NULL, "", CHANNEL_NO_CONSENT, CONSENT_UNKNOWN,
		    "contoso unknown checked=1000" NO,
		    "hold customer/contoso consent since=1000 what happened What to do.\n", "" },
		{ "not given yet", "requested", "", CHANNEL_NO_CONSENT, CONSENT_REQUESTED,
		    "contoso requested checked=1000" NO,
		    "hold customer/contoso consent since=1000 what happened What to do.\n", "" },
		{ "not in this role", "granted", "", CHANNEL_DENIED, CONSENT_DENIED,
		    "contoso denied checked=1000" SEEN("denied", "403"),
		    "hold customer/contoso consent since=1000 what happened What to do.\n",
		    EVENT("consent_denied") },
		{ "not let in", "granted", "", CHANNEL_AUTH, CONSENT_GRANTED,
		    "contoso granted checked=7 before",
		    "hold partner/northwind credentials since=1000 what happened What to do.\n",
		    "" },
		{ "throttled changes nothing", NULL, "hold customer/contoso consent",
		    CHANNEL_THROTTLED, CONSENT_UNKNOWN, "",
		    "hold customer/contoso consent since=1000 message\n", "" },
		{ "no connection changes nothing", "withdrawn", "", CHANNEL_UNSENT,
		    CONSENT_WITHDRAWN, "contoso withdrawn checked=7 before", "", "" },
		{ "a server's mistake changes nothing", NULL, "", CHANNEL_SERVER, CONSENT_UNKNOWN,
		    "", "", "" },
		{ "refused changes nothing", NULL, "", CHANNEL_REFUSED, CONSENT_UNKNOWN, "", "",
		    "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct rig r;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, tc[i].script);
		if (tc[i].was)
			save_consent(&r, tc[i].was);
		channel_fake_say(ask(&r), tc[i].outcome);
		assert_int_equal(r.told, 0);
		assert_true(store_async_fake_step());
		assert_int_equal(r.told, 1);
		assert_int_equal(r.code, ERR_OK);
		assert_int_equal(r.outcome, tc[i].outcome);
		assert_int_equal(r.state, tc[i].state);
		assert_int_equal(r.wait_ms, 0);
		assert_consent(&r, tc[i].consent);
		assert_events(&r, tc[i].events);
		store_show_expect(r.script.store, "h", tc[i].holds);
		rig_close(&r);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static void
the_hold_tells_the_link(void **state)
{
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	assert_int_equal(store_link_save(r.script.store, slice_of("partner/northwind"),
	                     slice_of(FAKE_URL), &err),
	    ERR_OK);
	channel_fake_say(ask(&r), CHANNEL_NO_CONSENT);
	assert_true(store_async_fake_step());
	store_show_expect(r.script.store, "h",
	    "hold customer/contoso consent since=1000 what happened What to do."
	    " Send the customer this link: " FAKE_URL "\n");
	rig_close(&r);
}

static enum err_code
note_pause(void *arg, struct slice scope, int64_t until_unix_ms, struct err *err)
{
	struct rig *r = arg;

	(void)err;
	(void)snprintf(r->events, sizeof r->events, SLICE_FMT " until %d", SLICE_ARG(scope),
	    (int)until_unix_ms);
	return ERR_OK;
}

/* Told at once, because others must not send meanwhile; then kept. */
static void
told_to_wait(void **state)
{
	static const char *const want[] = { "partner/northwind until 10000",
		"customer/contoso until 10000" };

	(void)state;
	for (size_t i = 0; i < LENGTH(want); i++) {
		struct channel_answer a = channel_fake_answer(CHANNEL_THROTTLED);
		struct err err;
		struct rig r;

		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, "");
		a.retry_after_ms = 9000;
		a.customer_only = i == 1;
		channel_fake_end(ask(&r), &a, NULL, NULL, NULL);
		assert_int_equal(r.wait_ms, 9000);
		assert_true(store_async_fake_step());
		assert_int_equal(store_pauses(r.script.store, note_pause, &r, &err), ERR_OK);
		assert_string_equal(r.events, want[i]);
		rig_close(&r);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static void
paused_while_asking(void **state)
{
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	op = ask(&r);
	consent_step_pause(r.step, 500);
	assert_int_equal(op->pause_ms, 500);
	channel_fake_say(op, CHANNEL_DONE);
	consent_step_pause(r.step, 500); /* nothing is on its way */
	assert_true(store_async_fake_step());
	rig_close(&r);
}

/* An answer without a yes is a no. */
static void
not_granted_is_a_no(void **state)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_DONE);
	struct channel_op told;
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	save_consent(&r, "granted");
	op = ask(&r);
	told = *op;
	memset(op, 0, sizeof *op);
	told.consented(told.arg, &a, false);
	assert_true(store_async_fake_step());
	assert_int_equal(r.outcome, CHANNEL_NO_CONSENT);
	assert_consent(&r, "contoso withdrawn checked=1000" SEEN("done", "200"));
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

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_becomes_durable),
		IN_SANDBOX(the_hold_tells_the_link),
		cmocka_unit_test(told_to_wait),
		IN_SANDBOX(paused_while_asking),
		IN_SANDBOX(not_granted_is_a_no),
		IN_SANDBOX(a_store_that_fails_is_told),
		IN_SANDBOX(cancelled_while_asking),
		IN_SANDBOX(cancelled_while_saving),
		IN_SANDBOX(what_cannot_be_begun_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
