/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/*
 * A store and a service in a few lines: batches of up to eight devices, random answers, and what must
 * hold whatever they are.
 */
enum { DEVICES = 8, BATCHES = 64, LIVES = 3000, WILD_STEPS = 60, STEPS_MAX = 2000, NOW = 1000000 };

static const struct config config = {
	.poll = { .first_ms = 5000, .max_ms = 60000, .deadline_ms = 86400000 },
	.retry = { .base_ms = 2000, .max_ms = 900000, .attempts = 12 },
};

struct model_device {
	enum device_state state;
	bool lost;
	bool perhaps_there; /* sent, and nobody knows */
};

struct model_batch {
	struct store_batch b;
	size_t device[DEVICES];
	size_t n;
};

struct model {
	struct model_device device[DEVICES];
	struct model_batch batch[BATCHES];
	size_t nbatch;
	int64_t now;
	uint64_t seed;
	bool kind; /* the service answers as it should from now on */
};

static uint64_t
chance(struct model *m, uint64_t below)
{
	m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
	return (m->seed >> 33) % below;
}

static enum err_code
model_random(void *arg, void *out, size_t len, struct err *err)
{
	uint64_t n = chance(arg, UINT32_MAX);

	(void)err;
	memcpy(out, &n, len);
	return ERR_OK;
}

static void
model_enter(struct model *m, struct model_batch *b, enum batch_state state)
{
	b->b.looks = b->b.state == state ? b->b.looks + 1 : 0;
	if (b->b.state != state)
		b->b.since_unix_ms = m->now;
	b->b.state = state;
}

/* All that are queued become a batch that is being sent. */
static void
model_claim(struct model *m)
{
	struct model_batch *b = &m->batch[m->nbatch];

	memset(b, 0, sizeof *b);
	for (size_t i = 0; i < DEVICES; i++) {
		if (m->device[i].state != DEVICE_QUEUED)
			continue;
		m->device[i].state = DEVICE_SUBMITTED;
		b->device[b->n++] = i;
	}
	if (b->n == 0)
		return;
	assert_true(++m->nbatch <= BATCHES);
	b->b.state = BATCH_SENDING;
	b->b.since_unix_ms = b->b.due_unix_ms = m->now;
	b->b.attempts = 1;
}

static struct model_batch *
model_next(struct model *m)
{
	struct model_batch *first = NULL;

	for (size_t i = 0; i < m->nbatch; i++) {
		struct model_batch *b = &m->batch[i];

		if (b->b.state != BATCH_CLOSED &&
		    (!first || b->b.due_unix_ms < first->b.due_unix_ms))
			first = b;
	}
	return first;
}

static struct channel_answer
model_answer(struct model *m)
{
	static const unsigned status[] = { 0, 400, 429, 500, 502 };
	struct channel_answer a = {
		.outcome = CHANNEL_DONE,
		.status = 200,
		.retry_after_ms = -1,
		.advice = "",
	};

	if (m->kind)
		return a;
	a.outcome = (enum channel_outcome)chance(m, CHANNEL_STOPPED + 1);
	a.status = status[chance(m, LENGTH(status))];
	a.retry_after_ms = (int64_t)chance(m, 100000) - 1;
	a.customer_only = chance(m, 2);
	return a;
}

static void
model_settle(struct model *m, struct model_batch *b, const struct store_settlement *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct model_device *d = &m->device[b->device[i]];

		assert_int_equal(t[i].device, b->device[i]);
		assert_int_equal(d->state, DEVICE_SUBMITTED); /* never settled twice */
		assert_true(!t[i].lost || t[i].state == DEVICE_QUEUED);
		assert_false(t[i].lost && d->lost); /* it gets one more chance, not two */
		d->state = t[i].state;
		d->lost |= t[i].lost;
		if (d->state == DEVICE_SUBMITTED)
			b->device[kept++] = b->device[i];
	}
	b->n = kept;
}

static void
model_split(struct model *m, struct model_batch *b, int64_t due)
{
	struct model_batch *other = &m->batch[m->nbatch++];

	assert_true(m->nbatch <= BATCHES);
	assert_true(b->n > 1);
	memset(other, 0, sizeof *other);
	other->n = b->n / 2;
	b->n -= other->n;
	memcpy(other->device, b->device + b->n, other->n * sizeof other->device[0]);
	memset(&b->b, 0, sizeof b->b);
	b->b.state = other->b.state = BATCH_RESEND;
	b->b.due_unix_ms = other->b.due_unix_ms = due;
}

static void
model_apply(struct model *m, struct model_batch *b, const struct batch_outcome *out)
{
	const struct batch_decision *d = &out->decision;
	enum batch_state was = b->b.state;

	assert_true(!d->pause || d->pause_until_unix_ms > m->now);
	assert_true(!d->hold || d->reason);
	switch (d->action) {
	case BATCH_ACCEPT:
		model_enter(m, b, BATCH_ACCEPTED);
		b->b.server_errors = 0;
		break;
	case BATCH_MOVE:
		model_enter(m, b, d->state);
		b->b.server_errors += d->server_error;
		break;
	case BATCH_SETTLE:
		model_settle(m, b, out->settlement);
		assert_int_equal(b->n == 0, d->state == BATCH_CLOSED);
		model_enter(m, b, d->state);
		break;
	case BATCH_SPLIT:
		model_split(m, b, d->due_unix_ms);
		return;
	case BATCH_DISSOLVE:
		for (size_t i = 0; i < b->n; i++)
			m->device[b->device[i]].state = DEVICE_QUEUED;
		b->b.state = BATCH_CLOSED;
		return;
	case BATCH_LEAVE: /* as the next start finds it */
		model_enter(m, b, was == BATCH_SENDING ? BATCH_UNKNOWN : was);
		b->b.due_unix_ms = m->now + 1;
		return;
	}
	if (b->b.state == BATCH_CLOSED)
		return;
	b->b.due_unix_ms = d->due_unix_ms;
	assert_true(d->due_unix_ms >= m->now);
	/* Nothing goes round without time going by. */
	assert_true(b->b.state != was || d->due_unix_ms > m->now);
}

static void
model_send(struct model *m, struct model_batch *b, const struct batch_rules *rules,
    const struct batch *batch, struct batch_outcome *out)
{
	struct channel_answer a = model_answer(m);
	bool unknown = a.outcome == CHANNEL_SERVER || a.outcome == CHANNEL_UNKNOWN ||
	    a.outcome == CHANNEL_STOPPED || a.outcome == CHANNEL_DONE;

	for (size_t i = 0; i < b->n; i++) {
		/* Never again without a look that found nothing. */
		assert_false(m->device[b->device[i]].perhaps_there);
		m->device[b->device[i]].perhaps_there = unknown;
	}
	batch_policy_submitted(rules, &b->b, batch, &a, out);
}

static void
model_poll(struct model *m, struct model_batch *b, const struct batch_rules *rules,
    const struct batch *batch, struct batch_outcome *out)
{
	struct channel_answer a = model_answer(m);
	bool over = a.outcome == CHANNEL_DONE && (m->kind || chance(m, 2));
	struct verdict said[DEVICES];

	memset(said, 0, sizeof said);
	for (size_t i = 0; over && i < b->n; i++) {
		enum verdict_class class =
		    m->kind ? VERDICT_OK : (enum verdict_class)chance(m, NVERDICT);

		m->device[b->device[i]].perhaps_there = class == VERDICT_NONE;
		if (class)
			verdict_set(&said[i], class, 0, "", "why");
	}
	batch_policy_polled(rules, &b->b, batch, &a, over ? said : NULL, out);
}

static void
model_look(struct model *m, struct model_batch *b, const struct batch_rules *rules,
    const struct batch *batch, struct batch_outcome *out)
{
	struct channel_answer a = model_answer(m);
	bool answered = a.outcome == CHANNEL_DONE || a.outcome == CHANNEL_GONE;
	bool there[DEVICES] = { false };

	for (size_t i = 0; answered && i < b->n; i++) {
		there[i] = a.outcome == CHANNEL_DONE && chance(m, 4) == 0;
		m->device[b->device[i]].perhaps_there = false;
	}
	batch_policy_looked(rules, &b->b, batch, &a, a.outcome == CHANNEL_DONE ? there : NULL, out);
}

static void
model_step(struct model *m, struct model_batch *b)
{
	const struct random random = { model_random, m };
	const struct batch_rules rules = {
		.config = &config,
		.poll = &config.poll,
		.random = &random,
		.now_unix_ms = m->now,
		.typical_ms = chance(m, 2) ? chance(m, 100000) : 0,
		.strikes = (unsigned)chance(m, 100),
	};
	struct batch_device device[DEVICES];
	const struct batch batch = { .device = device, .ndevice = b->n };
	struct store_settlement settlement[DEVICES];
	struct verdict verdict[DEVICES];
	struct batch_outcome out = { .settlement = settlement, .verdict = verdict };

	memset(device, 0, sizeof device);
	memset(settlement, 0xa5, sizeof settlement);
	for (size_t i = 0; i < b->n; i++) {
		device[i].id = (int64_t)b->device[i];
		device[i].lost = m->device[b->device[i]].lost;
	}
	switch (b->b.state) {
	case BATCH_RESEND:
		model_enter(m, b, BATCH_SENDING);
		b->b.attempts++;
		model_send(m, b, &rules, &batch, &out);
		break;
	case BATCH_SENDING:
		model_send(m, b, &rules, &batch, &out);
		break;
	case BATCH_ACCEPTED:
		model_poll(m, b, &rules, &batch, &out);
		break;
	case BATCH_UNKNOWN:
	case BATCH_MISSING:
		model_look(m, b, &rules, &batch, &out);
		break;
	case BATCH_CLOSED:
		fail();
	}
	model_apply(m, b, &out);
}

static void
nothing_is_lost_or_doubled_whatever_is_said(void **state)
{
	(void)state;
	for (uint64_t life = 0; life < LIVES; life++) {
		struct model m = { .seed = life, .now = NOW };
		struct model_batch *b;
		unsigned steps = 0;

		for (size_t i = 0; i < DEVICES; i++)
			m.device[i].state = DEVICE_QUEUED;
		model_claim(&m);
		while ((b = model_next(&m))) {
			m.kind = steps >= WILD_STEPS;
			if (b->b.due_unix_ms > m.now)
				m.now = b->b.due_unix_ms;
			model_step(&m, b);
			if (m.nbatch < BATCHES)
				model_claim(&m);
			assert_true(++steps < STEPS_MAX); /* it ends */
		}
		for (size_t i = 0; i < DEVICES; i++)
			assert_int_not_equal(m.device[i].state, DEVICE_SUBMITTED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_or_doubled_whatever_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
