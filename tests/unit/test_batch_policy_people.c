/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* What waits for people: for another organization, for a role, for a service that is busy. */

enum { NOW = 1000000000, MINUTE = 60000, DAY = 24 * 60 * MINUTE };

static const struct config config = {
	.poll = { .first_ms = 5000, .max_ms = MINUTE, .deadline_ms = DAY },
	.retry = { .base_ms = 2000, .max_ms = 900000, .attempts = 3 },
};

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
	struct batch_device device[2];
	struct batch batch;
	struct store_settlement settlement[2];
	struct verdict verdict[2];
	struct batch_outcome outcome;
	struct batch_rules rules;
};

static void
desk_init(struct desk *d, const struct config *c)
{
	memset(d, 0, sizeof *d);
	d->batch.device = d->device;
	d->batch.ndevice = 2;
	d->outcome.settlement = d->settlement;
	d->outcome.verdict = d->verdict;
	d->rules.config = c;
	d->rules.poll = &c->poll;
	d->rules.random = &without_chance;
	d->rules.now_unix_ms = NOW;
}

static struct channel_answer
answer_of(enum channel_outcome outcome, int64_t retry_after_ms)
{
	return (struct channel_answer){
		.outcome = outcome,
		.retry_after_ms = retry_after_ms,
		.advice = "",
	};
}

/* Rarely at first, and more rarely later: the last interval is that of all further questions. */
static void
when_a_claim_is_asked_again(void **state)
{
	static const uint64_t recheck_ms[] = { 100, 300, 700 };
	static const struct store_batch accepted = { .state = BATCH_ACCEPTED, .attempts = 1 };
	static const struct {
		const char *name;
		size_t n;
		uint32_t claims; /* before */
		int64_t at;      /* 0: not by itself */
	} tc[] = {
		{ "the first time", 3, 0, NOW + 100 },
		{ "the second", 3, 1, NOW + 300 },
		{ "the third", 3, 2, NOW + 700 },
		{ "and for ever", 3, UINT32_MAX, NOW + 700 },
		{ "always the same", 1, 5, NOW + 100 },
		{ "never", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a = answer_of(CHANNEL_DONE, -1);
		struct verdict said[2] = { { .class = VERDICT_OK } };
		struct config own = config;
		struct desk d;

		print_message("  %s\n", tc[i].name);
		own.claims.recheck.item_ms = recheck_ms;
		own.claims.recheck.n = tc[i].n;
		desk_init(&d, &own);
		d.device[1].claims = tc[i].claims;
		verdict_set(&said[1], VERDICT_CLAIMED_ELSEWHERE, 808, "", "why");
		batch_policy_polled(&d.rules, &accepted, &d.batch, &a, said, &d.outcome);
		assert_int_equal(d.settlement[0].ask_unix_ms, 0);
		assert_int_equal(d.settlement[1].state, DEVICE_CLAIMED);
		assert_int_equal(d.settlement[1].ask_unix_ms, tc[i].at);
	}
}

/* A role that is refused holds the customer, as a missing consent does. */
static void
a_role_that_is_refused(void **state)
{
	static const struct store_batch state_of[] = {
		{ .state = BATCH_SENDING, .attempts = 1 },
		{ .state = BATCH_ACCEPTED, .since_unix_ms = NOW },
		{ .state = BATCH_UNKNOWN, .since_unix_ms = NOW },
	};
	static const enum batch_action want[] = { BATCH_DISSOLVE, BATCH_MOVE, BATCH_MOVE };
	struct channel_answer a = answer_of(CHANNEL_DENIED, -1);

	(void)state;
	for (size_t i = 0; i < LENGTH(want); i++) {
		const struct store_batch *s = &state_of[i];
		struct desk d;

		desk_init(&d, &config);
		if (i == 0)
			batch_policy_submitted(&d.rules, s, &d.batch, &a, &d.outcome);
		else if (i == 1)
			batch_policy_polled(&d.rules, s, &d.batch, &a, NULL, &d.outcome);
		else
			batch_policy_looked(&d.rules, s, &d.batch, &a, NULL, &d.outcome);
		assert_int_equal(d.outcome.decision.action, want[i]);
		assert_int_equal(d.outcome.decision.hold, SCOPE_CUSTOMER);
		assert_string_equal(d.outcome.decision.reason, "consent");
		if (want[i] == BATCH_MOVE) {
			assert_int_equal(d.outcome.decision.state, s->state);
			assert_int_equal(d.outcome.decision.due_unix_ms, NOW + MINUTE);
		}
	}
}

static void
which_answers_ask_to_wait(void **state)
{
	static const struct {
		enum channel_outcome outcome;
		int64_t retry_after_ms;
		bool waits;
	} tc[] = {
		{ CHANNEL_THROTTLED, 1, true },
		{ CHANNEL_THROTTLED, 0, false },
		{ CHANNEL_THROTTLED, -1, false },
		{ CHANNEL_UNSENT, 5, true },
		{ CHANNEL_SERVER, 5, false },
		{ CHANNEL_DONE, 5, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a = answer_of(tc[i].outcome, tc[i].retry_after_ms);

		assert_int_equal(batch_policy_waits(&a), tc[i].waits);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_a_claim_is_asked_again),
		cmocka_unit_test(a_role_that_is_refused),
		cmocka_unit_test(which_answers_ask_to_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
