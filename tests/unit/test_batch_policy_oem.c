/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* What is another matter with makers' services: they learn late of devices, and have no list. */

enum { BEGUN = 1000000000, MINUTE = 60000, HOUR = 60 * MINUTE, DEVICES = 3 };

static const struct config config = {
	.poll = { .first_ms = 5000, .max_ms = MINUTE, .deadline_ms = 24 * HOUR },
	.retry = { .base_ms = 2000, .max_ms = 15 * MINUTE, .attempts = 3 },
};

static const struct oem fabrikam = {
	.name = "fabrikam",
	.not_found = { .every_ms = 30 * MINUTE, .for_ms = 2 * HOUR },
};

/* Without chance a delay is as long as it may be: exact numbers. */
static enum err_code
no_chance(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)out;
	(void)len;
	return err_set(err, ERR_IO, "no chance");
}

static const struct random without_chance = { no_chance, NULL };

struct desk {
	struct batch_device device[DEVICES];
	struct batch batch;
	struct store_batch state;
	struct store_settlement settlement[DEVICES];
	struct verdict verdict[DEVICES];
	struct batch_outcome outcome;
	struct batch_rules rules;
};

static void
desk_init(struct desk *d, const struct oem *oem, int64_t age_ms)
{
	memset(d, 0, sizeof *d);
	d->batch.device = d->device;
	d->batch.ndevice = DEVICES;
	d->outcome.settlement = d->settlement;
	d->outcome.verdict = d->verdict;
	d->state = (struct store_batch){
		.state = BATCH_ACCEPTED,
		.attempts = 1,
		.begun_unix_ms = BEGUN,
	};
	d->rules = (struct batch_rules){
		.config = &config,
		.poll = &config.poll,
		.random = &without_chance,
		.now_unix_ms = BEGUN + age_ms,
		.oem = oem,
	};
}

static struct channel_answer
answer_of(enum channel_outcome outcome, unsigned status)
{
	return (struct channel_answer){
		.outcome = outcome,
		.status = status,
		.retry_after_ms = -1,
		.message = "what happened",
		.advice = "",
	};
}

static void
poll(struct desk *d, const enum verdict_class class[DEVICES])
{
	const struct channel_answer a = answer_of(CHANNEL_DONE, 200);
	struct verdict said[DEVICES];

	for (size_t i = 0; i < DEVICES; i++)
		verdict_set(&said[i], class[i], 812, "ZtdDeviceNotFound", "Nobody knows it.");
	batch_policy_polled(&d->rules, &d->state, &d->batch, &a, said, &d->outcome);
}

#define FOUND VERDICT_OK
#define UNKNOWN VERDICT_NOT_FOUND
#define STUMBLED VERDICT_TRANSIENT

static void
what_is_not_found(void **state)
{
	static const struct {
		const char *name;
		const struct oem *oem;
		int64_t age_ms;
		enum verdict_class class[DEVICES];
		enum device_state want[DEVICES];
		enum batch_state becomes;
		int64_t due_ms; /* from now */
	} tc[] = {
		{ "at a partner's", NULL, 5000, { FOUND, UNKNOWN, FOUND },
		    { DEVICE_REGISTERED, DEVICE_FAILED, DEVICE_REGISTERED }, BATCH_CLOSED, 0 },
		{ "one of three", &fabrikam, 5000, { FOUND, UNKNOWN, FOUND },
		    { DEVICE_REGISTERED, DEVICE_SUBMITTED, DEVICE_REGISTERED }, BATCH_RESEND,
		    30 * MINUTE },
		{ "hardly time left", &fabrikam, 2 * HOUR - 1, { FOUND, UNKNOWN, FOUND },
		    { DEVICE_REGISTERED, DEVICE_SUBMITTED, DEVICE_REGISTERED }, BATCH_RESEND,
		    30 * MINUTE },
		{ "the time is over", &fabrikam, 2 * HOUR, { FOUND, UNKNOWN, FOUND },
		    { DEVICE_REGISTERED, DEVICE_FAILED, DEVICE_REGISTERED }, BATCH_CLOSED, 0 },
		{ "the clock was set back", &fabrikam, -5000, { FOUND, UNKNOWN, FOUND },
		    { DEVICE_REGISTERED, DEVICE_SUBMITTED, DEVICE_REGISTERED }, BATCH_RESEND,
		    30 * MINUTE },
		{ "and one at which it stumbled", &fabrikam, 5000, { STUMBLED, UNKNOWN, FOUND },
		    { DEVICE_SUBMITTED, DEVICE_SUBMITTED, DEVICE_REGISTERED }, BATCH_RESEND, 2000 },
		{ "and one of which nothing was said", &fabrikam, 5000,
		    { VERDICT_NONE, UNKNOWN, FOUND },
		    { DEVICE_SUBMITTED, DEVICE_QUEUED, DEVICE_REGISTERED }, BATCH_MISSING, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct batch_decision *is;
		struct desk d;

		print_message("  %s\n", tc[i].name);
		desk_init(&d, tc[i].oem, tc[i].age_ms);
		is = &d.outcome.decision;
		poll(&d, tc[i].class);
		assert_int_equal(is->action, BATCH_SETTLE);
		assert_int_equal(is->state, tc[i].becomes);
		if (tc[i].becomes != BATCH_CLOSED)
			assert_int_equal(is->due_unix_ms - d.rules.now_unix_ms, tc[i].due_ms);
		assert_int_equal(is->new_request, tc[i].becomes == BATCH_RESEND);
		for (size_t k = 0; k < DEVICES; k++)
			assert_int_equal(d.settlement[k].state, tc[i].want[k]);
	}
}

static void
people_see_for_what_it_waits(void **state)
{
	static const enum verdict_class class[DEVICES] = { STUMBLED, UNKNOWN, FOUND };
	struct desk d;

	(void)state;
	desk_init(&d, &fabrikam, 5000);
	poll(&d, class);
	assert_int_equal(d.settlement[0].verdict.class.len, 0);
	assert_true(slice_eq(d.settlement[1].verdict.class, slice_of("not_found")));
	assert_int_equal(d.settlement[1].verdict.code, 812);
	assert_true(slice_eq(d.settlement[1].verdict.name, slice_of("ZtdDeviceNotFound")));
	assert_true(slice_eq(d.settlement[1].verdict.message,
	    slice_of("Sent again at 1970-01-12T13:46:47Z: its maker may not have reported it yet. "
	             "Nobody knows it.")));
}

/* Rounds in which a device was not found do not use up the attempts of others. */
static void
attempts_are_for_trouble(void **state)
{
	static const enum verdict_class class[DEVICES] = { STUMBLED, STUMBLED, STUMBLED };
	static const struct {
		const struct oem *oem;
		uint32_t attempts;
		enum device_state want;
	} tc[] = {
		{ NULL, 2, DEVICE_SUBMITTED },
		{ NULL, 3, DEVICE_FAILED },
		{ &fabrikam, 3, DEVICE_SUBMITTED },
		{ &fabrikam, 6, DEVICE_SUBMITTED },
		{ &fabrikam, 7, DEVICE_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct desk d;

		desk_init(&d, tc[i].oem, 5000);
		d.state.attempts = tc[i].attempts;
		poll(&d, class);
		assert_int_equal(d.settlement[0].state, tc[i].want);
	}
}

static void
when_a_request_is_a_new_one(void **state)
{
	static const struct {
		const char *name;
		enum channel_outcome outcome;
		unsigned status;
		bool partner, maker;
	} tc[] = {
		{ "accepted", CHANNEL_DONE, 202, false, false },
		{ "asked to wait", CHANNEL_THROTTLED, 429, true, false },
		{ "told to wait before it left", CHANNEL_THROTTLED, 0, false, false },
		{ "no connection", CHANNEL_UNSENT, 0, false, false },
		{ "lost on the way", CHANNEL_UNKNOWN, 0, false, false },
		{ "the service failed", CHANNEL_SERVER, 500, false, false },
		{ "refused: in halves", CHANNEL_REFUSED, 400, true, true },
		{ "too large: in halves", CHANNEL_TOO_LARGE, 413, true, true },
		{ "there is no such thing", CHANNEL_GONE, 404, true, true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		for (unsigned maker = 0; maker < 2; maker++) {
			const struct channel_answer a = answer_of(tc[i].outcome, tc[i].status);
			struct desk d;

			print_message("  %s\n", tc[i].name);
			desk_init(&d, maker ? &fabrikam : NULL, 5000);
			d.state.state = BATCH_SENDING;
			batch_policy_submitted(&d.rules, &d.state, &d.batch, &a, &d.outcome);
			assert_int_equal(d.outcome.decision.new_request,
			    maker ? tc[i].maker : tc[i].partner);
		}
	}
}

/* A partner's list tells what became of a request; a maker's service may only not have got to it. */
static void
a_look_tells_or_does_not(void **state)
{
	static const struct {
		const char *name;
		const struct oem *oem;
		bool there[DEVICES];
		enum batch_action action;
		bool new_request;
	} tc[] = {
		{ "a partner has none", NULL, { false, false, false }, BATCH_MOVE, true },
		{ "a maker has none", &fabrikam, { false, false, false }, BATCH_MOVE, false },
		{ "a maker has some", &fabrikam, { false, true, false }, BATCH_SETTLE, true },
		{ "a maker has all", &fabrikam, { true, true, true }, BATCH_SETTLE, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct channel_answer a = answer_of(CHANNEL_DONE, 200);
		struct desk d;

		print_message("  %s\n", tc[i].name);
		desk_init(&d, tc[i].oem, 2 * MINUTE);
		d.state.state = BATCH_UNKNOWN;
		d.state.since_unix_ms = BEGUN;
		d.state.looks = 1;
		batch_policy_looked(&d.rules, &d.state, &d.batch, &a, tc[i].there, &d.outcome);
		assert_int_equal(d.outcome.decision.action, tc[i].action);
		assert_int_equal(d.outcome.decision.new_request, tc[i].new_request);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_found),
		cmocka_unit_test(people_see_for_what_it_waits),
		cmocka_unit_test(attempts_are_for_trouble),
		cmocka_unit_test(when_a_request_is_a_new_one),
		cmocka_unit_test(a_look_tells_or_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
