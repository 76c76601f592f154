/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dispatch_rig.h"
#include "tests/unit/sandbox.h"

/*
 * Anything in any order: what the service says, what people do, time, the clock, restarts. Nothing
 * leaves without consent, nothing is taken twice, and in the end everything ends.
 */
enum { DEVICES = 24, ROUNDS = 8, STEPS = 250 };

/* The service as it really is, and what it has said. */
struct world {
	struct rig rig;
	uint64_t seed;
	unsigned ndevice;
	unsigned ended;
	bool taken[DEVICES]; /* by the service */
	bool said_yes[2];    /* by customer; the last that was said of its consent */
	int64_t asked_unix_ms[2];
	int64_t begun_unix_ms[CHANNEL_FAKE_OPS_MAX]; /* of operations under way; 0: not seen yet */
};

static unsigned
draw(struct world *w, unsigned below)
{
	w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(w->seed >> 33) % below;
}

static size_t
customer_of(const char *tenant)
{
	return strcmp(tenant, "tenant-contoso") == 0 ? 0 : 1;
}

/* The heart of it: what leaves is allowed to. */
static void
judge_submit(const struct world *w, const struct channel_op *op)
{
	size_t c = customer_of(op->batch->tenant);
	int64_t age = w->rig.script.now_unix_ms - w->asked_unix_ms[c];

	assert_true(w->said_yes[c]);
	assert_true(age >= 0 && age < (int64_t)w->rig.config.consent.max_age_ms);
}

static void
judge(struct world *w)
{
	for (size_t i = 0; i < CHANNEL_FAKE_OPS_MAX; i++) {
		const struct channel_op *op = &w->rig.channel.op[i];

		if (!op->fake || w->begun_unix_ms[i])
			continue;
		w->begun_unix_ms[i] = w->rig.script.now_unix_ms;
		if (op->kind == FAKE_SUBMIT)
			judge_submit(w, op);
	}
}

static void
settle(struct world *w)
{
	rig_settle(&w->rig);
	judge(w);
}

static unsigned
device_number(const struct batch *b, size_t i)
{
	uint64_t n = DEVICES;
	struct slice digits = b->device[i].serial;

	digits.ptr++;
	digits.len--;
	assert_true(slice_to_u64(digits, DEVICES - 1, &n));
	return (unsigned)n;
}

static void
take(struct world *w, const struct batch *b)
{
	for (size_t i = 0; i < b->ndevice; i++) {
		unsigned n = device_number(b, i);

		assert_false(w->taken[n]); /* never twice */
		w->taken[n] = true;
	}
}

static void
say_consent(struct world *w, struct channel_op *op, int64_t begun_unix_ms,
    enum channel_outcome outcome)
{
	bool says =
	    outcome == CHANNEL_DONE || outcome == CHANNEL_NO_CONSENT || outcome == CHANNEL_DENIED;

	if (says) {
		w->said_yes[customer_of(op->tenant)] = outcome == CHANNEL_DONE;
		w->asked_unix_ms[customer_of(op->tenant)] = begun_unix_ms;
	}
	channel_fake_say(op, outcome);
}

/* A refusal is clear; the others may have taken effect. */
static void
say_submit(struct world *w, struct channel_op *op, enum channel_outcome outcome)
{
	if (outcome == CHANNEL_NO_CONSENT || outcome == CHANNEL_DENIED)
		w->said_yes[customer_of(op->batch->tenant)] = false;
	if (outcome == CHANNEL_DONE ||
	    ((outcome == CHANNEL_UNKNOWN || outcome == CHANNEL_SERVER ||
	         outcome == CHANNEL_STOPPED) &&
	        draw(w, 2)))
		take(w, op->batch);
	channel_fake_say(op, outcome);
}

static void
say_look(struct world *w, struct channel_op *op, enum channel_outcome outcome)
{
	struct channel_answer a = channel_fake_answer(outcome);
	bool there[2];

	assert_true(op->batch->ndevice <= 2);
	for (size_t i = 0; i < op->batch->ndevice; i++)
		there[i] = w->taken[device_number(op->batch, i)];
	if (outcome == CHANNEL_NO_CONSENT)
		w->said_yes[customer_of(op->batch->tenant)] = false;
	channel_fake_end(op, &a, NULL, NULL, outcome == CHANNEL_DONE ? there : NULL);
}

static void
say(struct world *w, struct channel_op *op, enum channel_outcome outcome)
{
	size_t i = (size_t)(op - w->rig.channel.op);
	int64_t begun_unix_ms = w->begun_unix_ms[i];

	w->begun_unix_ms[i] = 0; /* its place may be another's when the answer is given */
	switch (op->kind) {
	case FAKE_CONSENT:
		say_consent(w, op, begun_unix_ms, outcome);
		break;
	case FAKE_SUBMIT:
		say_submit(w, op, outcome);
		break;
	case FAKE_LOOK:
		say_look(w, op, outcome);
		break;
	case FAKE_POLL:
		if (outcome == CHANNEL_NO_CONSENT || outcome == CHANNEL_DENIED)
			w->said_yes[customer_of(op->batch->tenant)] = false;
		channel_fake_say(op, outcome);
		break;
	case FAKE_LINK:
	case FAKE_RELEASE:
	case FAKE_KINDS:
		channel_fake_say(op, outcome);
		break;
	}
}

static struct channel_op *
any_op(struct world *w)
{
	size_t from = draw(w, CHANNEL_FAKE_OPS_MAX);

	for (size_t i = 0; i < CHANNEL_FAKE_OPS_MAX; i++) {
		struct channel_op *op = &w->rig.channel.op[(from + i) % CHANNEL_FAKE_OPS_MAX];

		if (op->fake)
			return op;
	}
	return NULL;
}

static void
answer_any(struct world *w)
{
	static const enum channel_outcome outcome[] = { CHANNEL_DONE, CHANNEL_DONE, CHANNEL_DONE,
		CHANNEL_DONE, CHANNEL_NO_CONSENT, CHANNEL_DENIED, CHANNEL_THROTTLED, CHANNEL_UNSENT,
		CHANNEL_SERVER, CHANNEL_UNKNOWN };
	struct channel_op *op = any_op(w);

	if (op)
		say(w, op, outcome[draw(w, sizeof outcome / sizeof outcome[0])]);
}

static void
queue_one(struct world *w)
{
	char line[128];

	if (w->ndevice == DEVICES)
		return;
	(void)snprintf(line, sizeof line, "begin %s %s; add 1 D%u acme; end 1",
	    draw(w, 2) ? "contoso" : "adatum", draw(w, 2) ? "t" : "u", w->ndevice++);
	store_script_run(&w->rig.script, line);
	dispatch_refresh(w->rig.dispatch);
}

static void
close_dispatch(struct world *w)
{
	struct rig *r = &w->rig;

	dispatch_close(r->dispatch, 0, rig_on_closed, r);
	while (!r->closed) {
		rig_settle(r);
		if (r->alarm.timer)
			rig_ring(r);
		for (size_t i = 0; i < CHANNEL_FAKE_OPS_MAX; i++) {
			struct channel_op *op = &r->channel.op[i];

			if (op->fake && op->cancelled)
				say(w, op, CHANNEL_STOPPED);
		}
		rig_settle(r);
		(void)uv_run(&r->loop, UV_RUN_NOWAIT);
	}
	r->closed = 0;
}

/* After a reload as well as after a restart there is a new dispatcher on the old store. */
static void
restart(struct world *w)
{
	close_dispatch(w);
	rig_start(&w->rig);
}

static void
let_time_pass(struct world *w)
{
	static const int64_t ms[] = { 1, 200, 2000, 5000, MINUTE, 10 * MINUTE, HOUR, 25 * HOUR };

	rig_wait_ms(&w->rig, ms[draw(w, draw(w, 4) ? 6 : 8)]);
}

static void
set_clock(struct world *w)
{
	static const int64_t by[] = { -HOUR, HOUR, -25 * (int64_t)HOUR, 49 * (int64_t)HOUR };
	int64_t to = w->rig.script.now_unix_ms + by[draw(w, 4)];

	w->rig.script.now_unix_ms = to > START_MS ? to : START_MS;
	w->rig.alarm.at = w->rig.script.now_unix_ms;
	if (w->rig.alarm.timer)
		rig_ring(&w->rig);
}

static void
interfere(struct world *w)
{
	static const char *const script[] = { "hold customer/contoso paused",
		"unhold customer/contoso paused", "hold partner/northwind paused",
		"unhold partner/northwind paused", "unhold customer/contoso paused" };

	store_script_run(&w->rig.script, script[draw(w, 5)]);
	dispatch_refresh(w->rig.dispatch);
}

static void
do_anything(struct world *w)
{
	unsigned what = draw(w, 40);

	if (what < 4)
		queue_one(w);
	else if (what < 24)
		answer_any(w);
	else if (what < 36)
		let_time_pass(w);
	else if (what < 38)
		interfere(w);
	else if (what < 39)
		set_clock(w);
	else
		restart(w);
	settle(w);
}

/* The service is well, and nobody stands in the way: all there is comes to its end. */
static void
let_it_end(struct world *w)
{
	struct rig *r = &w->rig;
	struct channel_op *op;

	store_script_run(&r->script,
	    "unhold customer/contoso paused; unhold partner/northwind paused");
	dispatch_refresh(r->dispatch);
	settle(w);
	for (unsigned i = 0; i < 400; i++) {
		while ((op = any_op(w))) {
			say(w, op, CHANNEL_DONE);
			settle(w);
		}
		rig_wait_ms(r, 5 * MINUTE);
		settle(w);
	}
}

static enum err_code
note_end(void *arg, const struct store_device *d, struct err *err)
{
	struct world *w = arg;
	uint64_t n = DEVICES;

	(void)err;
	assert_true(
	    slice_to_u64((struct slice){ d->serial.ptr + 1, d->serial.len - 1 }, DEVICES - 1, &n));
	/* What the service fails on again and again is given up; it must not have it then. */
	assert_true(d->state == DEVICE_REGISTERED || d->state == DEVICE_FAILED);
	assert_int_equal(d->state == DEVICE_REGISTERED, w->taken[n]);
	w->ended++;
	return ERR_OK;
}

static void
nothing_leaves_without_consent(void **state)
{
	const struct store_device_query all = { .limit = 0 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct world w = { .seed = round };
		struct err err;

		assert_int_equal(sandbox_enter(NULL), 0);
		rig_init(&w.rig, "");
		rig_start(&w.rig);
		for (unsigned i = 0; i < STEPS; i++)
			do_anything(&w);
		let_it_end(&w);
		assert_int_equal(store_devices(w.rig.script.store, &all, note_end, &w, &err),
		    ERR_OK);
		assert_int_equal(w.ended, w.ndevice);
		close_dispatch(&w);
		w.rig.dispatch = NULL;
		w.rig.closed = 1;
		rig_close(&w.rig);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leaves_without_consent),
	};

	return cmocka_run_group_tests(tests, rig_quiet, rig_speak);
}
