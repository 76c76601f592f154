/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_step.h"

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

#define REQUEST "00000000-0000-4001-8000-000000000000"
#define CORRELATION "00000000-0000-4002-8000-000000000000"
#define NEXT "00000000-0000-4003-8000-000000000000" /* of what is sent next */
#define OTHER "00000000-0000-4004-8000-000000000000"

/* Three devices of contoso in lane 1, of list 1; the last is in list 2 as well. */
#define THREE \
	"begin contoso t; add 1 A acme t m - aa; add 2 B acme t m - bb; add 3 C acme t m - cc;" \
	"end 3; begin contoso t; add 1 C acme t m - cc; end 1;"

static const struct config config = {
	.batch = { .max_devices = 500, .max_bytes = 1 << 20, .uploads = 4, .in_flight = 20 },
	.poll = { .first_ms = 5000, .max_ms = 60000, .deadline_ms = 86400000 },
	.retry = { .base_ms = 2000, .max_ms = 900000, .attempts = 12 },
};

static const struct customer customer = {
	.name = "contoso",
	.tenant = "22222222-2222-4222-8222-222222222222",
};

/* --- a step under test --------------------------------------------------------------------------- */

struct rig {
	struct store_script script;
	struct channel_fake channel;
	struct store_async *writer;
	struct random random;
	uint8_t drawn;
	struct batch_step *step;

	unsigned told; /* how often the callback ran */
	enum err_code code;
	bool nothing;
	struct store_batch before, after[2];
	size_t nafter;
	bool has_answer;
	size_t settled;
	char lists[32];
};

/* The four ids of a step, which take two draws each; then nothing, which as a delay is 1 ms. */
static enum err_code
count_up(void *arg, void *out, size_t len, struct err *err)
{
	struct rig *r = arg;
	uint8_t n = r->drawn++;

	(void)err;
	memset(out, 0, len);
	if (n < 8 && n % 2 == 0)
		*(uint8_t *)out = (uint8_t)(n / 2 + 1);
	return ERR_OK;
}

static void
rig_open(struct rig *r, const char *script)
{
	memset(r, 0, sizeof *r);
	store_script_open(&r->script);
	store_script_run(&r->script, script);
	channel_fake_init(&r->channel);
	r->random = (struct random){ count_up, r };
	r->writer = store_async_fake_open(r->script.store);
}

static void
rig_close(struct rig *r)
{
	assert_int_equal(store_async_fake_waiting(), 0);
	store_script_close(&r->script);
}

static void
on_step(void *arg, const struct batch_step_result *result, const struct err *err)
{
	struct rig *r = arg;
	size_t used = 0;

	r->told++;
	r->step = NULL;
	r->code = err ? err->code : ERR_OK;
	r->nothing = result->nothing;
	r->before = result->before;
	memcpy(r->after, result->after, sizeof r->after);
	r->nafter = result->nafter;
	r->has_answer = result->answer && result->decision;
	r->settled = result->settled;
	r->lists[0] = '\0';
	for (size_t i = 0; !err && i < result->nlist; i++)
		used += (size_t)snprintf(r->lists + used, sizeof r->lists - used, "%d ",
		    (int)result->list[i]);
}

static enum err_code
start(struct rig *r, enum batch_step_kind kind, struct err *err)
{
	static struct batch_step_request req; /* which has to outlive the step */

	req = (struct batch_step_request){
		.kind = kind,
		.writer = r->writer,
		.channel = &r->channel.channel,
		.config = &config,
		.poll = &config.poll,
		.customer = &customer,
		.clock = &r->script.clock,
		.random = &r->random,
		.service_scope = "partner/northwind",
		.customer_scope = "customer/contoso",
		.lane = 1,
		.batch = kind == STEP_CLAIM ? 0 : 1,
		.max_devices = config.batch.max_devices,
		.max_bytes = config.batch.max_bytes,
	};
	return batch_step_start(&req, on_step, r, &r->step, err);
}

static void
start_well(struct rig *r, enum batch_step_kind kind)
{
	struct err err;

	assert_int_equal(start(r, kind, &err), ERR_OK);
	assert_int_equal(r->told, 0); /* never inside start */
}

/* Up to the question, whose end is the test's. */
static struct channel_op *
ask(struct rig *r, enum batch_step_kind kind)
{
	enum channel_fake_kind asked = kind == STEP_POLL ? FAKE_POLL
	    : kind == STEP_LOOK                          ? FAKE_LOOK
	                                                 : FAKE_SUBMIT;

	start_well(r, kind);
	assert_true(store_async_fake_step());
	assert_int_equal(r->told, 0);
	return channel_fake_find(&r->channel, asked, NULL);
}

static void
save(struct rig *r)
{
	assert_int_equal(r->told, 0);
	assert_true(store_async_fake_step());
	assert_int_equal(r->told, 1);
}

/* --- what each answer leaves --------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *script; /* after THREE */
	enum batch_step_kind kind;
	enum channel_outcome outcome;
	const char *what;
	const char *want;
	const char *lists;
	size_t settled;
	size_t nafter;
} steps[] = {
	{ "claimed and accepted", "", STEP_CLAIM, CHANNEL_DONE, "bhp",
	    "batch 1 lane=1 accepted due=6000 since=1000 sent=1 errors=0 looks=0 n=3"
	    " contoso/t their-request,their-correlation,tracking: A(aa) B(bb) C(cc)\n",
	    "", 0, 1 },
	{ "claimed, and the service failed", "", STEP_CLAIM, CHANNEL_SERVER, "bhp",
	    "batch 1 lane=1 unknown due=1001 since=1000 sent=1 errors=1 looks=0 n=3"
	    " contoso/t " REQUEST "," CORRELATION ",: A(aa) B(bb) C(cc)\n",
	    "", 0, 1 },
	{ "claimed, and lost on the way", "", STEP_CLAIM, CHANNEL_UNKNOWN, "bhp",
	    "batch 1 lane=1 unknown due=1001 since=1000 sent=1 errors=0 looks=0 n=3"
	    " contoso/t " REQUEST "," CORRELATION ",: A(aa) B(bb) C(cc)\n"
	    "pause partner/northwind 1001\n",
	    "", 0, 1 },
	{ "refused: in halves", "", STEP_CLAIM, CHANNEL_REFUSED, "b",
	    "batch 1 lane=1 resend due=1000 since=1000 sent=0 errors=0 looks=0 n=2"
	    " contoso/t " NEXT "," CORRELATION ",: A(aa) B(bb)\n"
	    "batch 2 lane=1 resend due=1000 since=1000 sent=0 errors=0 looks=0 n=1"
	    " contoso/t " OTHER "," CORRELATION ",: C(cc)\n",
	    "", 0, 2 },
	{ "no consent", "", STEP_CLAIM, CHANNEL_NO_CONSENT, "bdh",
	    "device A held(consent) contoso/t 1.csv:1\n"
	    "device B held(consent) contoso/t 1.csv:2\n"
	    "device C held(consent) contoso/t 2.csv:1\n"
	    "hold customer/contoso consent since=1000 what happened What to do.\n",
	    "", 0, 1 },
	{ "not let in", "route contoso partner/northwind", STEP_CLAIM, CHANNEL_AUTH, "bdh",
	    "device A held(credentials) contoso/t 1.csv:1\n"
	    "device B held(credentials) contoso/t 1.csv:2\n"
	    "device C held(credentials) contoso/t 2.csv:1\n"
	    "hold partner/northwind credentials since=1000 what happened What to do.\n",
	    "", 0, 1 },
	{ "name in other case", "", STEP_CLAIM, CHANNEL_NAME_CASE, "bdh",
	    "device A held(tag) contoso/t 1.csv:1\n"
	    "device B held(tag) contoso/t 1.csv:2\n"
	    "device C held(tag) contoso/t 2.csv:1\n"
	    "hold lane/1 tag since=1000 what happened What to do.\n",
	    "", 0, 1 },
	{ "stopped: as after a crash", "", STEP_CLAIM, CHANNEL_STOPPED, "bhp",
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=3"
	    " contoso/t " REQUEST "," CORRELATION ",: A(aa) B(bb) C(cc)\n",
	    "", 0, 1 },
	{ "sent again, and put off: a new id", "claim 1 9; move 1 resend 5; tick 1", STEP_RESEND,
	    CHANNEL_THROTTLED, "bp",
	    "batch 1 lane=1 resend due=1002 since=1001 sent=0 errors=0 looks=0 n=3"
	    " contoso/t " NEXT ",cor,: A(aa) B(bb) C(cc)\n"
	    "pause partner/northwind 1002\n",
	    "", 0, 1 },
	{ "polled, and over", "claim 1 9; accept 1 T; tick 1", STEP_POLL, CHANNEL_DONE, "bd",
	    "device A registered ok contoso/t 1.csv:1\n"
	    "device B registered ok contoso/t 1.csv:2\n"
	    "device C registered ok contoso/t 2.csv:1\n",
	    "1 2 ", 3, 1 },
	{ "polled, and gone", "claim 1 9; accept 1 T; tick 1", STEP_POLL, CHANNEL_GONE, "b",
	    "batch 1 lane=1 missing due=1001 since=1001 sent=1 errors=0 looks=0 n=3"
	    " contoso/t their-req,cor,T: A(aa) B(bb) C(cc)\n",
	    "", 0, 1 },
	{ "looked, nothing there", "claim 1 9; move 1 unknown 5", STEP_LOOK, CHANNEL_DONE, "b",
	    "batch 1 lane=1 unknown due=61000 since=1000 sent=1 errors=0 looks=1 n=3"
	    " contoso/t req,cor,: A(aa) B(bb) C(cc)\n",
	    "1 2 ", 0, 1 },
	{ "looked after a crash", "claim 1 9", STEP_LOOK, CHANNEL_UNSENT, "bp",
	    "batch 1 lane=1 unknown due=1001 since=1000 sent=1 errors=0 looks=0 n=3"
	    " contoso/t req,cor,: A(aa) B(bb) C(cc)\n"
	    "pause partner/northwind 1001\n",
	    "", 0, 1 },
};

static void
each_answer_becomes_durable(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(steps); i++) {
		struct rig r;

		print_message("  %s\n", steps[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, THREE);
		store_script_run(&r.script, steps[i].script);
		channel_fake_say(ask(&r, steps[i].kind), steps[i].outcome);
		save(&r);
		assert_int_equal(r.code, ERR_OK);
		assert_true(r.has_answer);
		assert_int_equal(r.before.id, 1);
		assert_int_equal(r.nafter, steps[i].nafter);
		assert_int_equal(r.after[0].id, 1);
		assert_int_equal(r.settled, steps[i].settled);
		assert_string_equal(r.lists, steps[i].lists);
		store_show_expect(r.script.store, steps[i].what, steps[i].want);
		rig_close(&r);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

/* What the channel is given, and that the hashes are there only when they are sent. */
static void
a_batch_is_read_as_it_was_stored(void **state)
{
	struct rig r;
	const struct batch *b;
	struct channel_op *op;

	(void)state;
	rig_open(&r, THREE);
	op = ask(&r, STEP_CLAIM);
	b = op->batch;
	assert_int_equal(b->id, 1);
	assert_string_equal(b->customer, "contoso");
	assert_string_equal(b->tenant, customer.tenant);
	assert_string_equal(b->tag, "t");
	assert_string_equal(b->request_id, REQUEST);
	assert_string_equal(b->correlation_id, CORRELATION);
	assert_string_equal(b->tracking, "");
	assert_int_equal(b->attempts, 1);
	assert_int_equal(b->ndevice, 3);
	assert_true(slice_eq(b->device[1].serial, slice_of("B")));
	assert_true(slice_eq(b->device[1].manufacturer, slice_of("acme")));
	assert_true(slice_eq(b->device[1].model, slice_of("m")));
	assert_true(slice_eq(b->device[1].hash, slice_of("bb")));
	assert_int_equal(b->device[1].hash_len, 6);
	channel_fake_say(op, CHANNEL_DONE);
	save(&r);
	r.told = 0;
	op = ask(&r, STEP_POLL);
	assert_string_equal(op->batch->tracking, "tracking");
	assert_string_equal(op->batch->request_id, "their-request");
	assert_int_equal(op->batch->device[1].hash.len, 0);
	channel_fake_say(op, CHANNEL_DONE);
	save(&r);
	rig_close(&r);
}

static void
a_request_that_is_put_off_keeps_its_id(void **state)
{
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, THREE "claim 1 9; move 1 resend 5");
	start_well(&r, STEP_RESEND);
	assert_true(store_async_fake_step());
	op = channel_fake_find(&r.channel, FAKE_SUBMIT, NULL);
	assert_string_equal(op->batch->request_id, "req");
	assert_int_equal(op->batch->attempts, 1); /* the first was only put off */
	channel_fake_say(op, CHANNEL_DONE);
	save(&r);
	rig_close(&r);
}

static void
an_empty_lane_is_no_batch(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THREE "claim 1 9");
	start_well(&r, STEP_CLAIM);
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_int_equal(r.code, ERR_OK);
	assert_true(r.nothing);
	assert_int_equal(r.channel.asked[FAKE_SUBMIT], 0);
	rig_close(&r);
}

static void
each_device_gets_its_verdict(void **state)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_DONE);
	struct verdict said[3];
	struct rig r;

	(void)state;
	rig_open(&r, THREE "claim 1 9; accept 1 T");
	memset(said, 0, sizeof said);
	verdict_set(&said[0], VERDICT_OK, 0, "", "%s", "");
	verdict_set(&said[1], VERDICT_CLAIMED_ELSEWHERE, 808, "Other", "somebody has it");
	channel_fake_end(ask(&r, STEP_POLL), &a, NULL, said, NULL);
	save(&r);
	assert_int_equal(r.settled, 2);
	assert_string_equal(r.lists, "1 2 ");
	assert_int_equal(r.after[0].state, BATCH_MISSING);
	assert_int_equal(r.after[0].ndevice, 1);
	store_show_expect(r.script.store, "bd",
	    "batch 1 lane=1 missing due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t their-req,cor,T: C(cc)\n"
	    "device A registered ok contoso/t 1.csv:1\n"
	    "device B claimed claimed_elsewhere 808 contoso/t 1.csv:2\n"
	    "device C submitted contoso/t 2.csv:1\n");
	rig_close(&r);
}

/* --- when something fails ------------------------------------------------------------------------ */

static void
nothing_has_happened_if_it_cannot_be_read(void **state)
{
	static const struct {
		const char *name;
		const char *script;
		enum batch_step_kind kind;
		const char *want;
	} tc[] = {
		{ "claim", "", STEP_CLAIM, "" },
		{ "resend", "claim 1 9; move 1 resend 5", STEP_RESEND,
		    "batch 1 lane=1 resend due=5 since=1000 sent=0 errors=0 looks=0 n=3"
		    " contoso/t req,cor,: A(aa) B(bb) C(cc)\n" },
		{ "poll", "claim 1 9; accept 1 T", STEP_POLL,
		    "batch 1 lane=1 accepted due=1005 since=1000 sent=1 errors=0 looks=0 n=3"
		    " contoso/t their-req,cor,T: A(aa) B(bb) C(cc)\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct rig r;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, THREE);
		store_script_run(&r.script, tc[i].script);
		start_well(&r, tc[i].kind);
		store_async_fake_fail();
		assert_true(store_async_fake_step());
		assert_int_equal(r.told, 1);
		assert_int_equal(r.code, ERR_IO);
		assert_int_equal(r.before.id, 0); /* a batch that was rolled back is none */
		store_show_expect(r.script.store, "b", tc[i].want);
		rig_close(&r);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static void
a_batch_that_is_not_there(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THREE);
	start_well(&r, STEP_LOOK);
	assert_true(store_async_fake_step());
	assert_int_equal(r.code, ERR_NOT_FOUND);
	rig_close(&r);
}

static void
an_answer_that_cannot_be_saved_is_lost(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THREE);
	channel_fake_say(ask(&r, STEP_CLAIM), CHANNEL_DONE);
	store_async_fake_fail();
	save(&r);
	assert_int_equal(r.code, ERR_IO);
	assert_int_equal(r.before.id, 1);
	assert_int_equal(r.before.state, BATCH_SENDING);
	store_show_expect(r.script.store, "b",
	    "batch 1 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=3"
	    " contoso/t " REQUEST "," CORRELATION ",: A(aa) B(bb) C(cc)\n");
	rig_close(&r);
}

/* Neither the thread of the store nor the channel can be had. */
static void
what_cannot_be_begun(void **state)
{
	struct channel_op *op;
	struct rig r;
	struct err err;

	(void)state;
	rig_open(&r, THREE);
	store_async_fake_refuse();
	assert_int_equal(start(&r, STEP_CLAIM, &err), ERR_NOMEM);
	assert_null(r.step);
	start_well(&r, STEP_CLAIM);
	r.channel.refuses = true;
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_int_equal(r.code, ERR_NOMEM);
	assert_int_equal(r.before.id, 1); /* the intent is durable: it counts as unknown */
	assert_int_equal(r.before.state, BATCH_SENDING);
	r.told = 0;
	op = ask(&r, STEP_LOOK);
	store_async_fake_refuse();
	channel_fake_say(op, CHANNEL_DONE);
	assert_int_equal(r.told, 1);
	assert_int_equal(r.code, ERR_NOMEM);
	rig_close(&r);
}

/* --- cancelled ----------------------------------------------------------------------------------- */

static void
cancelled_while_it_is_read(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THREE "claim 1 9; accept 1 T");
	start_well(&r, STEP_POLL);
	batch_step_cancel(r.step);
	batch_step_cancel(r.step);
	assert_int_equal(r.told, 0);
	assert_true(store_async_fake_step());
	channel_fake_stop_cancelled(&r.channel);
	save(&r);
	assert_int_equal(r.code, ERR_OK);
	assert_int_equal(r.after[0].state, BATCH_ACCEPTED);
	rig_close(&r);
}

static void
cancelled_while_the_service_is_asked(void **state)
{
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, THREE);
	op = ask(&r, STEP_CLAIM);
	batch_step_cancel(r.step);
	batch_step_cancel(r.step);
	assert_true(op->cancelled);
	assert_int_equal(r.told, 0); /* never inside cancel */
	channel_fake_stop_cancelled(&r.channel);
	save(&r);
	assert_int_equal(r.after[0].state, BATCH_SENDING);
	rig_close(&r);
}

/* What the service has said is kept. */
static void
cancelled_while_it_is_saved(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THREE);
	channel_fake_say(ask(&r, STEP_CLAIM), CHANNEL_DONE);
	batch_step_cancel(r.step);
	save(&r);
	assert_int_equal(r.after[0].state, BATCH_ACCEPTED);
	rig_close(&r);
}

/* --- memory -------------------------------------------------------------------------------------- */

static void
try_with_memory(void *arg)
{
	struct rig *r = arg;
	struct err err;
	bool begun;

	r->told = 0;
	r->step = NULL;
	begun = start(r, STEP_LOOK, &err) == ERR_OK;
	while (begun && r->told == 0) {
		if (!store_async_fake_step())
			channel_fake_say(channel_fake_find(&r->channel, FAKE_LOOK, NULL),
			    CHANNEL_GONE);
	}
	assert_int_equal(r->told, begun);
	if (!begun)
		assert_int_equal(err.code, ERR_NOMEM);
	else
		assert_int_equal(r->code, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
}

static void
memory_may_end_anywhere(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THREE "claim 1 9");
	assert_true(alloc_fault_sweep(try_with_memory, &r) > 3);
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_becomes_durable),
		cmocka_unit_test_setup_teardown(a_batch_is_read_as_it_was_stored, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(a_request_that_is_put_off_keeps_its_id,
		    sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(an_empty_lane_is_no_batch, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(each_device_gets_its_verdict, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(nothing_has_happened_if_it_cannot_be_read),
		cmocka_unit_test_setup_teardown(a_batch_that_is_not_there, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(an_answer_that_cannot_be_saved_is_lost,
		    sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(what_cannot_be_begun, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(cancelled_while_it_is_read, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(cancelled_while_the_service_is_asked, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(cancelled_while_it_is_saved, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(memory_may_end_anywhere, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
