/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/release_step.h"

#include <setjmp.h>
#include <stdarg.h>
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
	.domain = "contoso.example",
	.via = { VIA_OEM, "fabrikam" },
};

struct rig {
	struct store_script script;
	struct channel_fake channel;
	struct random random;
	struct release_step_request req;
	struct release_step *step;
	unsigned told;
	bool over;
	bool asked; /* there is an answer */
	enum channel_outcome outcome;
	enum err_code code;
	int64_t wait_ms;
};

/* A is registered, and has become B. */
#define REPLACED \
	"route contoso oem/fabrikam; unit contoso u A acme t PO1; claim 1 9;" \
	"settle 1 A registered ok; unit contoso u B acme t PO1 A"

static void
on_wait(void *arg, const struct channel_answer *answer)
{
	struct rig *r = arg;

	assert_int_equal(r->told, 0);
	r->wait_ms = answer->retry_after_ms;
}

static enum err_code
draw_zero(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)err;
	memset(out, 0, len);
	return ERR_OK;
}

static void
rig_open(struct rig *r, const char *script)
{
	memset(r, 0, sizeof *r);
	store_script_open(&r->script);
	store_script_run(&r->script, script);
	channel_fake_init(&r->channel);
	r->random.fill = draw_zero;
	r->req = (struct release_step_request){
		.writer = store_async_fake_open(r->script.store),
		.channel = &r->channel.channel,
		.clock = &r->script.clock,
		.random = &r->random,
		.customer = &customer,
		.service_scope = "oem/fabrikam",
		.old_device = 1,
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
on_released(void *arg, const struct release_step_result *result, const struct err *err)
{
	struct rig *r = arg;

	r->told++;
	r->over = result->over;
	r->asked = result->answer != NULL;
	if (r->asked)
		r->outcome = result->answer->outcome;
	r->code = err ? err->code : ERR_OK;
}

static enum err_code
start(struct rig *r, struct err *err)
{
	return release_step_start(&r->req, on_released, r, &r->step, err);
}

static void
start_well(struct rig *r)
{
	struct err err;

	assert_int_equal(start(r, &err), ERR_OK);
	assert_int_equal(r->told, 0); /* never inside start */
}

static struct channel_op *
ask(struct rig *r)
{
	start_well(r);
	assert_true(store_async_fake_step());
	assert_int_equal(r->told, 0);
	return channel_fake_find(&r->channel, FAKE_RELEASE, NULL);
}

static void
the_unit_as_it_was_registered(void **state)
{
	const struct batch *b;
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, REPLACED);
	op = ask(&r);
	b = op->batch;
	assert_int_equal(b->ndevice, 1);
	assert_true(slice_eq(b->device[0].serial, slice_of("A")));
	assert_true(slice_eq(b->device[0].manufacturer, slice_of("acme")));
	assert_string_equal(b->customer, "contoso");
	assert_string_equal(b->tenant, customer.tenant);
	assert_string_equal(b->domain, "contoso.example");
	assert_string_equal(b->tag, "t");
	assert_string_equal(b->order, "PO1");
	assert_string_equal(b->request_id, "00000000-0000-4000-8000-000000000000");
	channel_fake_say(op, CHANNEL_DONE);
	assert_true(store_async_fake_step());
	rig_close(&r);
}

#define WAITS \
	"device A held(superseded) contoso/t/PO1 u:1 attempts=1\n" \
	"device B held(supersede) contoso/t/PO1 u:2\n"
#define GOES \
	"device A refused superseded contoso/t/PO1 u:1 attempts=1\n" \
	"device B queued contoso/t/PO1 u:2\n"

static void
each_answer_becomes_durable(void **state)
{
	static const struct {
		enum channel_outcome outcome;
		int64_t retry_after_ms;
		bool over;
		const char *holds;
	} tc[] = {
		{ CHANNEL_DONE, -1, true, "" },
		{ CHANNEL_REFUSED, -1, false, "" },
		{ CHANNEL_SERVER, -1, false, "" },
		{ CHANNEL_UNKNOWN, -1, false, "" },
		{ CHANNEL_STOPPED, -1, false, "" },
		{ CHANNEL_THROTTLED, 7000, false, "pause oem/fabrikam 8000\n" },
		{ CHANNEL_UNSENT, 9000, false, "pause oem/fabrikam 10000\n" },
		{ CHANNEL_NO_CONSENT, -1, false,
		    "hold customer/contoso consent since=1000 what happened What to do.\n" },
		{ CHANNEL_AUTH, -1, false,
		    "hold oem/fabrikam credentials since=1000 what happened What to do.\n" },
	};

	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a = channel_fake_answer(tc[i].outcome);
		struct rig r;

		print_message("  %s\n", channel_outcome_name(tc[i].outcome));
		assert_int_equal(sandbox_enter(state), 0);
		rig_open(&r, REPLACED);
		a.retry_after_ms = tc[i].retry_after_ms;
		channel_fake_end(ask(&r), &a, NULL, NULL, NULL);
		assert_int_equal(r.told, 0);
		assert_int_equal(r.wait_ms, tc[i].retry_after_ms < 0 ? 0 : tc[i].retry_after_ms);
		assert_true(store_async_fake_step());
		assert_int_equal(r.told, 1);
		assert_int_equal(r.code, ERR_OK);
		assert_int_equal(r.over, tc[i].over);
		assert_int_equal(r.outcome, tc[i].outcome);
		store_show_expect(r.script.store, "hp", tc[i].holds);
		if (tc[i].outcome == CHANNEL_DONE)
			store_show_expect(r.script.store, "d", GOES);
		else if (tc[i].holds[0] != 'h')
			store_show_expect(r.script.store, "d", WAITS);
		rig_close(&r);
		assert_int_equal(sandbox_leave(state), 0);
	}
}

/* A person has to take it back, and the new one goes. */
static void
a_service_that_takes_nothing_back(void **state)
{
	struct channel_ops ops;
	struct rig r;

	(void)state;
	rig_open(&r, REPLACED);
	ops = *r.channel.channel.ops;
	ops.release = NULL;
	r.channel.channel.ops = &ops;
	start_well(&r);
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_true(r.over);
	assert_false(r.asked);
	store_show_expect(r.script.store, "d", GOES);
	rig_close(&r);
}

static void
there_is_nothing_to_take_back(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, REPLACED "; taken-back contoso A");
	start_well(&r);
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_int_equal(r.code, ERR_OK);
	assert_true(r.over);
	assert_false(r.asked);
	rig_close(&r);
}

static void
stopped_before_it_has_left(void **state)
{
	(void)state;
	for (unsigned pause = 0; pause < 2; pause++) {
		struct rig r;

		assert_int_equal(sandbox_enter(state), 0);
		rig_open(&r, REPLACED);
		start_well(&r);
		if (pause)
			release_step_pause(r.step, 5);
		else
			release_step_cancel(r.step);
		assert_int_equal(r.told, 0);
		assert_true(store_async_fake_step());
		assert_int_equal(r.told, 1);
		assert_false(r.over);
		assert_int_equal(r.channel.asked[FAKE_RELEASE], 0);
		rig_close(&r);
		assert_int_equal(sandbox_leave(state), 0);
	}
}

static void
stopped_while_it_is_asked(void **state)
{
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, REPLACED);
	op = ask(&r);
	release_step_pause(r.step, 5);
	assert_int_equal(op->pause_ms, 5);
	release_step_cancel(r.step);
	release_step_cancel(r.step);
	assert_true(op->cancelled);
	channel_fake_say(op, CHANNEL_STOPPED);
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_false(r.over);
	rig_close(&r);
}

static void
the_store_fails(void **state)
{
	(void)state;
	for (unsigned step = 0; step < 2; step++) {
		struct rig r;

		assert_int_equal(sandbox_enter(state), 0);
		rig_open(&r, REPLACED);
		store_async_fake_fail_after(step);
		start_well(&r);
		assert_true(store_async_fake_step());
		if (step == 1) {
			channel_fake_say(channel_fake_find(&r.channel, FAKE_RELEASE, NULL),
			    CHANNEL_DONE);
			assert_true(store_async_fake_step());
		}
		assert_int_equal(r.told, 1);
		assert_int_equal(r.code, ERR_IO);
		assert_false(r.over);
		rig_close(&r);
		assert_int_equal(sandbox_leave(state), 0);
	}
}

static enum err_code
draw_nothing(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)out;
	(void)len;
	return err_set(err, ERR_IO, "no chance");
}

static void
what_cannot_be_begun(void **state)
{
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, REPLACED);
	r.random.fill = draw_nothing;
	assert_int_equal(start(&r, &err), ERR_IO);
	r.random.fill = draw_zero;
	store_async_fake_refuse();
	assert_int_equal(start(&r, &err), ERR_NOMEM);
	assert_null(r.step);
	r.channel.refuses = true;
	start_well(&r);
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_int_equal(r.code, ERR_NOMEM);
	assert_false(r.over);
	rig_close(&r);
}

static void
try_with_memory(void *arg)
{
	struct rig *r = arg;
	struct err err;
	bool begun;

	r->told = 0;
	r->step = NULL;
	begun = start(r, &err) == ERR_OK;
	while (begun && r->told == 0) {
		if (!store_async_fake_step())
			channel_fake_say(channel_fake_find(&r->channel, FAKE_RELEASE, NULL),
			    CHANNEL_REFUSED);
	}
	assert_int_equal(r->told, begun);
	assert_int_equal(begun, r->step != NULL);
}

static void
memory_may_end_anywhere(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, REPLACED);
	assert_true(alloc_fault_sweep(try_with_memory, &r) > 3);
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_unit_as_it_was_registered, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(each_answer_becomes_durable),
		cmocka_unit_test_setup_teardown(a_service_that_takes_nothing_back, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(there_is_nothing_to_take_back, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(stopped_before_it_has_left),
		cmocka_unit_test_setup_teardown(stopped_while_it_is_asked, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(the_store_fails),
		cmocka_unit_test_setup_teardown(what_cannot_be_begun, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(memory_may_end_anywhere, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
