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
 * A factory, and anything in any order: units, also such that have become others, what the maker's
 * service says, time, restarts. Nothing leaves for nobody or without consent, no unit before the one
 * that it replaces is taken back, a request's id stands for that request only, and in the end
 * each unit has come to an end.
 */
enum { DEVICES = 24, ROUNDS = 8, STEPS = 300, REQUESTS = 1000 };

static const struct oem oems[] = {
	{ .name = "fabrikam",
	    .flush = { .devices = 3, .after_ms = 30 * 1000 },
	    .not_found = { .every_ms = 10 * MINUTE, .for_ms = 2 * HOUR } },
};

#define MAKERS(customer) \
	{ \
		.name = customer, .tenant = "tenant-" customer, .domain = customer ".example", \
		.via = { VIA_OEM, \
			"fabrikam" } \
	}

static const struct customer customers[] = { MAKERS("contoso"), MAKERS("adatum"),
	MAKERS("litware") };

enum { CUSTOMERS = 3 };

struct request {
	char id[GUID_SIZE];
	uint32_t devices; /* a bit for each */
	bool heard;       /* the service has, so that its job can be asked about */
};

/* The service as it really is, and what it has said. */
struct world {
	struct rig rig;
	struct random random;
	uint64_t seed;
	uint64_t drawn;
	unsigned ndevice;
	unsigned ended;
	size_t customer[DEVICES];
	int replaces[DEVICES]; /* -1: none */
	bool replaced[DEVICES];
	bool registered[DEVICES];
	struct request request[REQUESTS];
	size_t nrequest;
	bool said_yes[CUSTOMERS]; /* the last that was said of its consent */
	int64_t asked_unix_ms[CUSTOMERS];
	int64_t begun_unix_ms[CHANNEL_FAKE_OPS_MAX]; /* of operations under way; 0: not seen yet */
};

static unsigned
draw(struct world *w, unsigned below)
{
	w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(w->seed >> 33) % below;
}

/* No two ids are the same. */
static enum err_code
count(void *arg, void *out, size_t len, struct err *err)
{
	struct world *w = arg;
	uint64_t n = ++w->drawn;

	(void)err;
	memset(out, 0, len);
	memcpy(out, &n, len < sizeof n ? len : sizeof n);
	return ERR_OK;
}

static size_t
customer_of(const char *tenant)
{
	for (size_t i = 0; i < CUSTOMERS; i++) {
		if (strcmp(customers[i].tenant, tenant) == 0)
			return i;
	}
	fail_msg("\"%s\" is nobody's tenant", tenant);
	return 0;
}

static unsigned
device_number(struct slice serial)
{
	uint64_t n = DEVICES;

	assert_true(slice_to_u64(slice_from(serial, 1), DEVICES - 1, &n));
	return (unsigned)n;
}

/* --- what leaves is allowed to ------------------------------------------------------------------- */

static uint32_t
devices_of(const struct batch *b)
{
	uint32_t devices = 0;

	for (size_t i = 0; i < b->ndevice; i++)
		devices |= UINT32_C(1) << device_number(b->device[i].serial);
	return devices;
}

static struct request *
request_of(struct world *w, const struct batch *b)
{
	struct request *r = w->request;

	while (r < w->request + w->nrequest && strcmp(r->id, b->request_id) != 0)
		r++;
	if (r == w->request + w->nrequest) {
		assert_true(w->nrequest++ < REQUESTS);
		memcpy(r->id, b->request_id, sizeof r->id);
		r->devices = devices_of(b);
	}
	return r;
}

static void
judge_batch(const struct world *w, const struct batch *b)
{
	size_t c = customer_of(b->tenant);
	int64_t age = w->rig.script.now_unix_ms - w->asked_unix_ms[c];

	assert_string_equal(b->domain, customers[c].domain);
	assert_true(w->said_yes[c]);
	assert_true(age >= 0 && age < (int64_t)w->rig.config.consent.max_age_ms);
	for (size_t i = 0; i < b->ndevice; i++)
		assert_int_equal(w->customer[device_number(b->device[i].serial)], c);
}

static void
judge_submit(struct world *w, const struct batch *b)
{
	judge_batch(w, b);
	assert_int_equal(request_of(w, b)->devices, devices_of(b));
	for (size_t i = 0; i < b->ndevice; i++) {
		int old = w->replaces[device_number(b->device[i].serial)];

		assert_true(old < 0 || !w->registered[old]);
	}
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
			judge_submit(w, op->batch);
		else if (op->kind == FAKE_RELEASE)
			judge_batch(w, op->batch);
	}
}

static void
settle(struct world *w)
{
	rig_settle(&w->rig);
	judge(w);
}

/* --- what the service says ----------------------------------------------------------------------- */

static bool
says_no(enum channel_outcome outcome)
{
	return outcome == CHANNEL_NO_CONSENT || outcome == CHANNEL_DENIED;
}

static bool
may_be_heard(struct world *w, enum channel_outcome outcome)
{
	return outcome == CHANNEL_DONE ||
	    ((outcome == CHANNEL_UNKNOWN || outcome == CHANNEL_SERVER ||
	         outcome == CHANNEL_STOPPED) &&
	        draw(w, 2));
}

static void
register_all(struct world *w, const struct batch *b)
{
	for (size_t i = 0; i < b->ndevice; i++)
		w->registered[device_number(b->device[i].serial)] = true;
}

/* Of a job that is over. calm: it has nothing to say against any of its devices. */
static void
say_verdicts(struct world *w, struct channel_op *op, bool calm)
{
	static const enum verdict_class class[] = { VERDICT_OK, VERDICT_OK, VERDICT_NOT_FOUND,
		VERDICT_TRANSIENT, VERDICT_NONE };
	struct channel_answer a = channel_fake_answer(CHANNEL_DONE);
	struct verdict said[DEVICES];

	for (size_t i = 0; i < op->batch->ndevice; i++) {
		unsigned n = device_number(op->batch->device[i].serial);

		verdict_set(&said[i], calm ? VERDICT_OK : class[draw(w, 5)], 0, "", "%s", "");
		w->registered[n] |= said[i].class == VERDICT_OK;
	}
	channel_fake_end(op, &a, NULL, said, NULL);
}

/* There is no list: what a request with the same id is answered may tell, and may not. */
static void
say_look(struct world *w, struct channel_op *op, enum channel_outcome outcome, bool calm)
{
	struct channel_answer a = channel_fake_answer(outcome);
	bool tells = calm || draw(w, 2);
	bool there[DEVICES];

	for (size_t i = 0; i < op->batch->ndevice; i++)
		there[i] = tells && w->registered[device_number(op->batch->device[i].serial)];
	channel_fake_end(op, &a, NULL, NULL, outcome == CHANNEL_DONE ? there : NULL);
}

static void
say(struct world *w, struct channel_op *op, enum channel_outcome outcome, bool calm)
{
	size_t i = (size_t)(op - w->rig.channel.op);
	const char *tenant = op->batch ? op->batch->tenant : op->tenant;
	int64_t begun_unix_ms = w->begun_unix_ms[i];

	w->begun_unix_ms[i] = 0; /* its place may be another's when the answer is given */
	if (op->kind != FAKE_LINK && says_no(outcome))
		w->said_yes[customer_of(tenant)] = false;
	if (op->kind == FAKE_CONSENT && (says_no(outcome) || outcome == CHANNEL_DONE)) {
		w->said_yes[customer_of(tenant)] = outcome == CHANNEL_DONE;
		w->asked_unix_ms[customer_of(tenant)] = begun_unix_ms;
	}
	if (op->kind == FAKE_SUBMIT && may_be_heard(w, outcome) && draw(w, 2))
		register_all(w, op->batch); /* long before it says so */
	if (op->kind == FAKE_RELEASE && may_be_heard(w, outcome))
		w->registered[device_number(op->batch->device[0].serial)] = false;
	if (op->kind == FAKE_POLL && outcome == CHANNEL_DONE)
		say_verdicts(w, op, calm);
	else if (op->kind == FAKE_LOOK)
		say_look(w, op, outcome, calm);
	else
		channel_fake_say(op, outcome);
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
		CHANNEL_DONE, CHANNEL_DONE, CHANNEL_NO_CONSENT, CHANNEL_THROTTLED, CHANNEL_UNSENT,
		CHANNEL_SERVER, CHANNEL_UNKNOWN };
	struct channel_op *op = any_op(w);

	if (op)
		say(w, op, outcome[draw(w, sizeof outcome / sizeof outcome[0])], false);
}

/* --- what happens in the factory ----------------------------------------------------------------- */

/* A unit of the customer that has not become another one yet; -1: there is none. */
static int
any_unit(struct world *w, size_t customer)
{
	unsigned n = w->ndevice ? draw(w, w->ndevice) : 0;

	return n < w->ndevice && w->customer[n] == customer && !w->replaced[n] ? (int)n : -1;
}

static void
finish_one(struct world *w)
{
	size_t customer = draw(w, CUSTOMERS);
	unsigned n = w->ndevice;
	char line[128], old[16] = "-";

	if (n == DEVICES)
		return;
	w->customer[n] = customer;
	w->replaces[n] = draw(w, 2) ? any_unit(w, customer) : -1;
	if (w->replaces[n] >= 0) {
		w->replaced[w->replaces[n]] = true;
		(void)snprintf(old, sizeof old, "D%d", w->replaces[n]);
	}
	w->ndevice++;
	(void)snprintf(line, sizeof line, "unit %s u D%u acme t PO%u %s", customers[customer].name,
	    n, draw(w, 2), old);
	store_script_run(&w->rig.script, line);
	dispatch_refresh(w->rig.dispatch);
}

static void
flush(struct world *w)
{
	struct err err;

	assert_int_equal(dispatch_flush(w->rig.dispatch, draw(w, 2) ? "contoso" : NULL, &err),
	    ERR_OK);
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
				say(w, op, CHANNEL_STOPPED, false);
		}
		rig_settle(r);
		(void)uv_run(&r->loop, UV_RUN_NOWAIT);
	}
	r->closed = 0;
}

static void
let_time_pass(struct world *w)
{
	static const int64_t ms[] = { 1, 200, 2000, 5000, 30 * 1000, MINUTE, 10 * MINUTE, HOUR };

	rig_wait_ms(&w->rig, ms[draw(w, 8)]);
}

static void
do_anything(struct world *w)
{
	unsigned what = draw(w, 40);

	if (what < 4) {
		finish_one(w);
	} else if (what < 24) {
		answer_any(w);
	} else if (what < 37) {
		let_time_pass(w);
	} else if (what < 39) {
		flush(w);
	} else {
		close_dispatch(w);
		rig_start(&w->rig);
	}
	settle(w);
}

/* The service is well: all there is comes to its end. */
static void
let_it_end(struct world *w)
{
	struct channel_op *op;

	for (unsigned i = 0; i < 400; i++) {
		while ((op = any_op(w))) {
			say(w, op, CHANNEL_DONE, true);
			settle(w);
		}
		rig_wait_ms(&w->rig, 5 * MINUTE);
		settle(w);
	}
}

static enum err_code
note_end(void *arg, const struct store_device *d, struct err *err)
{
	struct world *w = arg;
	unsigned n = device_number(d->serial);

	(void)err;
	if (w->replaced[n])
		assert_int_equal(d->state, DEVICE_REFUSED);
	else
		assert_true(d->state == DEVICE_REGISTERED || d->state == DEVICE_FAILED);
	if (d->state == DEVICE_REGISTERED)
		assert_true(w->registered[n]);
	w->ended++;
	return ERR_OK;
}

static void
units_come_to_an_end(void **state)
{
	const struct store_device_query all = { .limit = 0 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		static struct world w;
		struct err err;

		w = (struct world){ .seed = round };
		w.random = (struct random){ count, &w };
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_init(&w.rig,
		    "route contoso oem/fabrikam adatum oem/fabrikam litware oem/fabrikam");
		w.rig.random = &w.random;
		w.rig.config.oems = (struct oem_list){ oems, 1 };
		w.rig.config.customers = (struct customer_list){ customers, CUSTOMERS };
		w.rig.limits[1].in_flight = 4;
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
		cmocka_unit_test(units_come_to_an_end),
	};

	return cmocka_run_group_tests(tests, rig_quiet, rig_speak);
}
