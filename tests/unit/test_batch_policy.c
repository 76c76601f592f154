/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/batch_policy.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

enum { NOW = 1000000, DEVICES = 8, SAID_MAX = 1024, TEN_MINUTES = 600000, DAY = 86400000 };

static const struct config config = {
	.poll = { .first_ms = 5000, .max_ms = 60000, .deadline_ms = DAY },
	.retry = { .base_ms = 2000, .max_ms = 900000, .attempts = 12 },
};

/* Without chance a pause is as long as it may be: exact numbers. */
static enum err_code
no_chance(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)out;
	(void)len;
	return err_set(err, ERR_IO, "no chance");
}

static const struct random without_chance = { no_chance, NULL };

/* --- a batch, and a decision as text ------------------------------------------------------------- */

struct desk {
	struct batch_device device[DEVICES];
	struct batch batch;
	struct store_settlement settlement[DEVICES];
	struct verdict verdict[DEVICES];
	struct batch_outcome outcome;
	struct batch_rules rules;
	struct store_batch state;
};

static void
desk_init(struct desk *d, size_t ndevice, const struct store_batch *state)
{
	*d = (struct desk){ .batch = { .device = d->device, .ndevice = ndevice } };
	for (size_t i = 0; i < ndevice; i++)
		d->device[i].id = (int64_t)i + 1;
	d->outcome.settlement = d->settlement;
	d->outcome.verdict = d->verdict;
	d->rules.config = &config;
	d->rules.poll = &config.poll;
	d->rules.random = &without_chance;
	d->rules.now_unix_ms = NOW;
	d->state = *state;
}

static void
add_scope(struct buf *out, const char *what, enum batch_scope scope)
{
	static const char *const name[] = { "none", "lane", "customer", "service" };

	buf_addf(out, " %s=%s", what, name[scope]);
}

static void
add_settlement(struct buf *out, const struct store_settlement *t)
{
	buf_addf(out, " %" PRId64 "=%s", t->device, device_state_name(t->state));
	if (t->verdict.class.len)
		buf_addf(out, "/" SLICE_FMT, SLICE_ARG(t->verdict.class));
	if (t->held_for.len)
		buf_addf(out, "(" SLICE_FMT ")", SLICE_ARG(t->held_for));
	if (t->lost)
		buf_add_str(out, "(lost)");
}

/* "settle missing+0 1=registered/ok 2=submitted hold=customer(consent) pause=service+5 strike" */
static void
assert_decision(const struct desk *d, const char *want)
{
	static const char *const action[] = { "accept", "move", "settle", "split", "dissolve",
		"leave" };
	static const char *const state[] = { "sending", "unknown", "resend", "accepted", "missing",
		"closed" };
	const struct batch_decision *is = &d->outcome.decision;
	int64_t due = is->due_unix_ms - d->rules.now_unix_ms;
	struct buf text;

	buf_init(&text, SAID_MAX);
	buf_add_str(&text, action[is->action]);
	if (is->action == BATCH_MOVE || is->action == BATCH_SETTLE)
		buf_addf(&text, " %s", state[is->state]);
	if (is->action != BATCH_DISSOLVE && is->action != BATCH_LEAVE &&
	    !(is->action == BATCH_SETTLE && is->state == BATCH_CLOSED))
		buf_addf(&text, "+%" PRId64, due);
	for (size_t i = 0; is->action == BATCH_SETTLE && i < d->batch.ndevice; i++)
		add_settlement(&text, &d->settlement[i]);
	if (is->server_error)
		buf_add_str(&text, " error");
	if (is->hold) {
		add_scope(&text, "hold", is->hold);
		buf_addf(&text, "(%s)", is->reason);
	}
	if (is->pause) {
		add_scope(&text, "pause", is->pause);
		buf_addf(&text, "+%" PRId64, is->pause_until_unix_ms - d->rules.now_unix_ms);
	}
	if (is->out_of_reach)
		buf_add_str(&text, " strike");
	assert_string_equal(text.ptr, want);
	buf_done(&text);
}

static struct channel_answer
answer_of(enum channel_outcome outcome, unsigned status, int64_t retry_after_ms)
{
	return (struct channel_answer){
		.outcome = outcome,
		.status = status,
		.retry_after_ms = retry_after_ms,
		.message = "what happened",
		.code = "20002",
		.advice = "",
	};
}

/* --- submitted ----------------------------------------------------------------------------------- */

static void
what_follows_a_submission(void **state)
{
	static const struct {
		const char *name;
		enum channel_outcome outcome;
		unsigned status;
		bool customer_only;
		int64_t retry_after_ms;
		size_t ndevice;
		uint32_t attempts;
		uint32_t server_errors;
		unsigned strikes;
		const char *want;
	} tc[] = {
		{ "accepted", CHANNEL_DONE, 202, false, -1, 3, 1, 0, 0, "accept+5000" },
		{ "refused is narrowed", CHANNEL_REFUSED, 400, false, -1, 3, 1, 0, 0, "split+0" },
		{ "refused alone", CHANNEL_REFUSED, 400, false, -1, 1, 1, 0, 0,
		    "settle closed 1=failed/bad_input" },
		{ "too large is narrowed", CHANNEL_TOO_LARGE, 413, false, -1, 2, 1, 0, 0,
		    "split+0" },
		{ "too large alone", CHANNEL_TOO_LARGE, 413, false, -1, 1, 1, 0, 0,
		    "settle closed 1=failed/bad_input" },
		{ "the group is gone", CHANNEL_GONE, 404, false, -1, 3, 1, 0, 0,
		    "move resend+2000" },
		{ "gone for the third time", CHANNEL_GONE, 404, false, -1, 3, 3, 0, 0,
		    "move resend+8000" },
		{ "gone too often", CHANNEL_GONE, 404, false, -1, 2, 12, 0, 0,
		    "settle closed 1=failed/transient 2=failed/transient" },
		{ "no consent", CHANNEL_NO_CONSENT, 403, false, -1, 3, 1, 0, 0,
		    "dissolve hold=customer(consent)" },
		{ "not let in", CHANNEL_AUTH, 401, false, -1, 3, 1, 0, 0,
		    "dissolve hold=service(credentials)" },
		{ "name in other case", CHANNEL_NAME_CASE, 0, false, -1, 3, 1, 0, 0,
		    "dissolve hold=lane(tag)" },
		{ "throttled, as the service says", CHANNEL_THROTTLED, 429, false, 7000, 3, 1, 0, 0,
		    "move resend+7000 pause=service+7000" },
		{ "throttled, only the customer", CHANNEL_THROTTLED, 429, true, 7000, 3, 1, 0, 0,
		    "move resend+7000 pause=customer+7000" },
		{ "throttled, nobody says how long", CHANNEL_THROTTLED, 429, false, -1, 3, 1, 0, 0,
		    "move resend+2000 pause=service+2000 strike" },
		{ "throttled, at once is no answer", CHANNEL_THROTTLED, 429, false, 0, 3, 1, 0, 2,
		    "move resend+8000 pause=service+8000 strike" },
		{ "throttled often is no failure", CHANNEL_THROTTLED, 429, false, 5, 3, 99, 0, 9,
		    "move resend+5 pause=service+5" },
		{ "no connection", CHANNEL_UNSENT, 0, false, -1, 3, 1, 0, 0,
		    "move resend+2000 pause=service+2000 strike" },
		{ "no connection for long", CHANNEL_UNSENT, 0, false, -1, 3, 99, 0, 60,
		    "move resend+900000 pause=service+900000 strike" },
		{ "not available, says how long", CHANNEL_UNSENT, 503, false, 30000, 3, 1, 0, 4,
		    "move resend+30000 pause=service+30000 strike" },
		{ "a server's mistake", CHANNEL_SERVER, 500, false, -1, 3, 1, 0, 0,
		    "move unknown+2000 error" },
		{ "a gateway's", CHANNEL_SERVER, 502, false, -1, 3, 1, 0, 1,
		    "move unknown+2000 pause=service+4000 strike" },
		{ "lost on the way", CHANNEL_UNKNOWN, 0, false, -1, 3, 1, 0, 0,
		    "move unknown+2000 pause=service+2000 strike" },
		{ "stopped", CHANNEL_STOPPED, 0, false, -1, 3, 1, 0, 0, "leave" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a =
		    answer_of(tc[i].outcome, tc[i].status, tc[i].retry_after_ms);
		struct desk d;

		print_message("  %s\n", tc[i].name);
		desk_init(&d, tc[i].ndevice,
		    &(struct store_batch){ .state = BATCH_SENDING,
		        .since_unix_ms = NOW,
		        .attempts = tc[i].attempts,
		        .server_errors = tc[i].server_errors });
		a.customer_only = tc[i].customer_only;
		d.rules.strikes = tc[i].strikes;
		batch_policy_submitted(&d.rules, &d.state, &d.batch, &a, &d.outcome);
		assert_decision(&d, tc[i].want);
	}
}

static void
who_fails_alone_is_told_why(void **state)
{
	struct channel_answer a = answer_of(CHANNEL_REFUSED, 400, -1);
	struct desk d;

	(void)state;
	desk_init(&d, 1, &(struct store_batch){ .state = BATCH_SENDING, .attempts = 1 });
	batch_policy_submitted(&d.rules, &d.state, &d.batch, &a, &d.outcome);
	assert_int_equal(d.settlement[0].verdict.code, 400);
	assert_true(slice_eq(d.settlement[0].verdict.name, slice_of("20002")));
	assert_true(slice_eq(d.settlement[0].verdict.message, slice_of("what happened")));
}

/* What a job takes is known after a while: not before that, and never later than poll.max. */
static void
first_poll_waits_for_what_is_typical(void **state)
{
	static const struct {
		const char *name;
		uint64_t typical_ms;
		const char *want;
	} tc[] = {
		{ "unknown", 0, "accept+5000" },
		{ "short", 1000, "accept+5000" },
		{ "just so", 4800, "accept+5000" },
		{ "long", 20000, "accept+20200" },
		{ "too long", 10000000, "accept+60000" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a = answer_of(CHANNEL_DONE, 202, -1);
		struct desk d;

		print_message("  %s\n", tc[i].name);
		desk_init(&d, 1, &(struct store_batch){ .state = BATCH_SENDING });
		d.rules.typical_ms = tc[i].typical_ms;
		batch_policy_submitted(&d.rules, &d.state, &d.batch, &a, &d.outcome);
		assert_decision(&d, tc[i].want);
	}
}

/* --- polled -------------------------------------------------------------------------------------- */

static void
a_job_that_is_not_over(void **state)
{
	static const struct {
		const char *name;
		enum channel_outcome outcome;
		unsigned status;
		int64_t age_ms;
		uint64_t typical_ms;
		int64_t retry_after_ms;
		const char *want;
	} tc[] = {
		{ "young", CHANNEL_DONE, 200, 0, 0, -1, "move accepted+1250" },
		{ "steps grow with its age", CHANNEL_DONE, 200, 40000, 0, -1,
		    "move accepted+5000" },
		{ "but not beyond the limit", CHANNEL_DONE, 200, 4000000, 0, -1,
		    "move accepted+60000" },
		{ "not before its like are over", CHANNEL_DONE, 200, 1000, 30000, -1,
		    "move accepted+29200" },
		{ "the clock was set back", CHANNEL_DONE, 200, -5000000, 0, -1,
		    "move accepted+60000" },
		{ "deadline", CHANNEL_DONE, 200, DAY, 0, -1, "move missing+0" },
		{ "the job is gone", CHANNEL_GONE, 404, 0, 0, -1, "move missing+0" },
		{ "a server's mistake", CHANNEL_SERVER, 500, 40000, 0, -1, "move accepted+5000" },
		{ "a gateway's", CHANNEL_SERVER, 502, 0, 0, -1,
		    "move accepted+2000 pause=service+2000 strike" },
		{ "lost on the way", CHANNEL_UNKNOWN, 0, 0, 0, -1,
		    "move accepted+2000 pause=service+2000 strike" },
		{ "no connection", CHANNEL_UNSENT, 0, 0, 0, -1,
		    "move accepted+2000 pause=service+2000 strike" },
		{ "throttled", CHANNEL_THROTTLED, 429, 0, 0, 9000,
		    "move accepted+9000 pause=service+9000" },
		{ "no consent any more", CHANNEL_NO_CONSENT, 403, 0, 0, -1,
		    "move accepted+60000 hold=customer(consent)" },
		{ "not let in any more", CHANNEL_AUTH, 401, 0, 0, -1,
		    "move accepted+60000 hold=service(credentials)" },
		{ "name in other case", CHANNEL_NAME_CASE, 0, 0, 0, -1,
		    "move accepted+60000 hold=lane(tag)" },
		{ "refused", CHANNEL_REFUSED, 400, 40000, 0, -1, "move accepted+5000" },
		{ "too large", CHANNEL_TOO_LARGE, 413, 40000, 0, -1, "move accepted+5000" },
		{ "stopped", CHANNEL_STOPPED, 0, DAY, 0, -1, "leave" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a =
		    answer_of(tc[i].outcome, tc[i].status, tc[i].retry_after_ms);
		struct desk d;

		print_message("  %s\n", tc[i].name);
		desk_init(&d, 2,
		    &(struct store_batch){ .state = BATCH_ACCEPTED,
		        .since_unix_ms = NOW - tc[i].age_ms });
		d.rules.typical_ms = tc[i].typical_ms;
		batch_policy_polled(&d.rules, &d.state, &d.batch, &a, NULL, &d.outcome);
		assert_decision(&d, tc[i].want);
	}
}

static void
each_class_has_its_state(void **state)
{
	static const struct {
		enum verdict_class class;
		const char *want; /* with attempts left, and without */
		const char *want_at_last;
	} tc[NVERDICT] = {
		{ VERDICT_NONE, "settle missing+0 1=submitted", "settle missing+0 1=submitted" },
		{ VERDICT_OK, "settle closed 1=registered/ok", "settle closed 1=registered/ok" },
		{ VERDICT_ALREADY_HERE, "settle closed 1=registered/already_here",
		    "settle closed 1=registered/already_here" },
		{ VERDICT_CLAIMED_ELSEWHERE, "settle closed 1=claimed/claimed_elsewhere",
		    "settle closed 1=claimed/claimed_elsewhere" },
		{ VERDICT_NOT_FOUND, "settle closed 1=failed/not_found",
		    "settle closed 1=failed/not_found" },
		{ VERDICT_BAD_HASH, "settle closed 1=failed/bad_hash",
		    "settle closed 1=failed/bad_hash" },
		{ VERDICT_BAD_INPUT, "settle closed 1=failed/bad_input",
		    "settle closed 1=failed/bad_input" },
		{ VERDICT_NO_CONSENT, "settle resend+2000 1=submitted",
		    "settle closed 1=failed/no_consent" },
		{ VERDICT_AUTH, "settle closed 1=failed/auth", "settle closed 1=failed/auth" },
		{ VERDICT_THROTTLED, "settle resend+2000 1=submitted",
		    "settle closed 1=failed/throttled" },
		{ VERDICT_TRANSIENT, "settle resend+2000 1=submitted",
		    "settle closed 1=failed/transient" },
		{ VERDICT_DIRECTORY, "settle closed 1=held/directory(directory)",
		    "settle closed 1=held/directory(directory)" },
		{ VERDICT_CONFIG, "settle closed 1=failed/config",
		    "settle closed 1=failed/config" },
		{ VERDICT_UNEXPECTED, "settle closed 1=failed/unexpected",
		    "settle closed 1=failed/unexpected" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc) * 2; i++) {
		struct channel_answer a = answer_of(CHANNEL_DONE, 200, -1);
		struct verdict said = { .class = VERDICT_NONE };
		bool at_last = i >= LENGTH(tc);
		struct desk d;

		assert_int_equal(tc[i % NVERDICT].class, i % NVERDICT);
		desk_init(&d, 1,
		    &(struct store_batch){ .state = BATCH_ACCEPTED,
		        .attempts = 1,
		        .since_unix_ms = NOW });
		d.device[0].attempts = at_last ? 11 : 10;
		if (i % NVERDICT)
			verdict_set(&said, tc[i % NVERDICT].class, 808, "Name", "why");
		batch_policy_polled(&d.rules, &d.state, &d.batch, &a, &said, &d.outcome);
		assert_decision(&d,
		    at_last ? tc[i % NVERDICT].want_at_last : tc[i % NVERDICT].want);
		if (d.settlement[0].verdict.class.len) {
			assert_int_equal(d.settlement[0].verdict.code, 808);
			assert_true(slice_eq(d.settlement[0].verdict.name, slice_of("Name")));
			assert_true(slice_eq(d.settlement[0].verdict.message, slice_of("why")));
		}
	}
}

/* Those that the service stumbled over cannot wait with those that it is silent about. */
static void
mixed_verdicts(void **state)
{
	static const struct {
		const char *name;
		enum verdict_class said[4];
		const char *want;
	} tc[] = {
		{ "all well", { VERDICT_OK, VERDICT_OK, VERDICT_ALREADY_HERE, VERDICT_OK },
		    "settle closed 1=registered/ok 2=registered/ok 3=registered/already_here"
		    " 4=registered/ok" },
		{ "some again", { VERDICT_OK, VERDICT_TRANSIENT, VERDICT_BAD_HASH, VERDICT_OK },
		    "settle resend+2000 1=registered/ok 2=submitted 3=failed/bad_hash"
		    " 4=registered/ok" },
		{ "some missing",
		    { VERDICT_OK, VERDICT_NONE, VERDICT_CLAIMED_ELSEWHERE, VERDICT_OK },
		    "settle missing+0 1=registered/ok 2=submitted 3=claimed/claimed_elsewhere"
		    " 4=registered/ok" },
		{ "some missing, some again",
		    { VERDICT_OK, VERDICT_NONE, VERDICT_TRANSIENT, VERDICT_THROTTLED },
		    "settle missing+0 1=registered/ok 2=submitted 3=queued 4=queued" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a = answer_of(CHANNEL_DONE, 200, -1);
		struct verdict said[4];
		struct desk d;

		print_message("  %s\n", tc[i].name);
		desk_init(&d, 4, &(struct store_batch){ .state = BATCH_ACCEPTED, .attempts = 1 });
		memset(said, 0, sizeof said);
		for (size_t k = 0; k < 4; k++) {
			if (tc[i].said[k])
				verdict_set(&said[k], tc[i].said[k], 0, "", "why");
		}
		batch_policy_polled(&d.rules, &d.state, &d.batch, &a, said, &d.outcome);
		assert_decision(&d, tc[i].want);
	}
}

/* --- looked -------------------------------------------------------------------------------------- */

static void
what_follows_a_look(void **state)
{
	static const struct {
		const char *name;
		enum batch_state was;
		enum channel_outcome outcome;
		unsigned status;
		int64_t retry_after_ms;
		const char *there; /* '1': is there; as many as devices */
		const char *lost;  /* before */
		int64_t age_ms;
		uint32_t looks, attempts, server_errors;
		const char *want;
	} tc[] = {
		{ "all are there", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "11", "00", 0, 0, 1, 0,
		    "settle closed 1=registered/ok 2=registered/ok" },
		{ "nothing, right away", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "00", "00", 2000, 0,
		    1, 0, "settle unknown+60000 1=submitted 2=submitted" },
		{ "nothing, for the second time", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "00", "00",
		    62000, 1, 1, 0, "move resend+2000" },
		{ "nothing, but too soon after a look that failed", BATCH_UNKNOWN, CHANNEL_DONE,
		    200, -1, "00", "00", 4000, 1, 1, 0,
		    "settle unknown+60000 1=submitted 2=submitted" },
		{ "the group is not even there", BATCH_UNKNOWN, CHANNEL_GONE, 404, -1, NULL, "00",
		    62000, 1, 2, 0, "move resend+4000" },
		{ "never a look by a clock that was set back", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1,
		    "00", "00", -9999999, 0, 1, 0, "settle unknown+60000 1=submitted 2=submitted" },
		{ "a look, and the clock was set back", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "00",
		    "00", -9999999, 1, 1, 0, "move resend+2000" },
		{ "tried too often", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "00", "00", 62000, 1, 12,
		    0, "settle closed 1=failed/transient 2=failed/transient" },
		{ "some are there", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "10", "00", 62000, 1, 1,
		    0, "settle unknown+60000 1=registered/ok 2=submitted" },
		{ "some are there, and time is over", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "10",
		    "00", TEN_MINUTES, 5, 1, 0, "settle resend+60000 1=registered/ok 2=submitted" },
		{ "a second 5xx", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "00", "00", 62000, 1, 2, 2,
		    "move resend+4000" },
		{ "the third 5xx: halved", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "00", "00", 62000,
		    1, 3, 3, "split+0" },
		{ "the third 5xx, alone", BATCH_UNKNOWN, CHANNEL_DONE, 200, -1, "0", "0", 62000, 1,
		    3, 3, "settle closed 1=failed/unexpected" },
		{ "after a crash: unknown", BATCH_SENDING, CHANNEL_DONE, 200, -1, "00", "00", DAY,
		    0, 1, 0, "settle unknown+60000 1=submitted 2=submitted" },
		{ "missing, not yet there", BATCH_MISSING, CHANNEL_DONE, 200, -1, "00", "00", 0, 0,
		    1, 0, "settle missing+60000 1=submitted 2=submitted" },
		{ "missing, a millisecond left", BATCH_MISSING, CHANNEL_DONE, 200, -1, "01", "00",
		    TEN_MINUTES - 1, 9, 1, 0, "settle missing+60000 1=submitted 2=registered/ok" },
		{ "missing, over: once more", BATCH_MISSING, CHANNEL_DONE, 200, -1, "01", "00",
		    TEN_MINUTES, 9, 1, 0, "settle closed 1=queued(lost) 2=registered/ok" },
		{ "missing, over: for the second time", BATCH_MISSING, CHANNEL_DONE, 200, -1, "00",
		    "10", TEN_MINUTES, 9, 1, 0,
		    "settle closed 1=failed/unexpected 2=queued(lost)" },
		{ "missing, the clock was set back", BATCH_MISSING, CHANNEL_DONE, 200, -1, "0", "0",
		    -5, 9, 1, 0, "settle missing+60000 1=submitted" },
		{ "missing, enough looks by whatever clock", BATCH_MISSING, CHANNEL_DONE, 200, -1,
		    "0", "0", -5, 10, 1, 0, "settle closed 1=queued(lost)" },
		{ "missing, the group is gone", BATCH_MISSING, CHANNEL_GONE, 404, -1, NULL, "00",
		    TEN_MINUTES, 9, 1, 0, "settle closed 1=queued(lost) 2=queued(lost)" },
		{ "missing, nobody can say", BATCH_MISSING, CHANNEL_SERVER, 500, -1, NULL, "00",
		    DAY, 3, 1, 0, "move missing+16000" },
		{ "a server's mistake", BATCH_UNKNOWN, CHANNEL_SERVER, 500, -1, NULL, "00", 0, 0, 1,
		    0, "move unknown+2000" },
		{ "a gateway's", BATCH_UNKNOWN, CHANNEL_SERVER, 504, -1, NULL, "00", 0, 2, 1, 0,
		    "move unknown+2000 pause=service+2000 strike" },
		{ "lost on the way", BATCH_UNKNOWN, CHANNEL_UNKNOWN, 0, -1, NULL, "00", 0, 2, 1, 0,
		    "move unknown+2000 pause=service+2000 strike" },
		{ "no connection", BATCH_UNKNOWN, CHANNEL_UNSENT, 0, -1, NULL, "00", 0, 0, 1, 0,
		    "move unknown+2000 pause=service+2000 strike" },
		{ "throttled", BATCH_UNKNOWN, CHANNEL_THROTTLED, 429, 8000, NULL, "00", 0, 0, 1, 0,
		    "move unknown+8000 pause=service+8000" },
		{ "no consent", BATCH_UNKNOWN, CHANNEL_NO_CONSENT, 403, -1, NULL, "00", 0, 0, 1, 0,
		    "move unknown+60000 hold=customer(consent)" },
		{ "not let in", BATCH_MISSING, CHANNEL_AUTH, 401, -1, NULL, "00", 0, 0, 1, 0,
		    "move missing+60000 hold=service(credentials)" },
		{ "name in other case", BATCH_UNKNOWN, CHANNEL_NAME_CASE, 0, -1, NULL, "00", 0, 0,
		    1, 0, "move unknown+60000 hold=lane(tag)" },
		{ "refused", BATCH_UNKNOWN, CHANNEL_REFUSED, 400, -1, NULL, "00", 0, 3, 1, 0,
		    "move unknown+16000" },
		{ "too large", BATCH_UNKNOWN, CHANNEL_TOO_LARGE, 413, -1, NULL, "00", 0, 3, 1, 0,
		    "move unknown+16000" },
		{ "stopped", BATCH_MISSING, CHANNEL_STOPPED, 0, -1, NULL, "00", DAY, 9, 1, 0,
		    "leave" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a =
		    answer_of(tc[i].outcome, tc[i].status, tc[i].retry_after_ms);
		size_t n = strlen(tc[i].lost);
		bool there[DEVICES] = { false };
		struct desk d;

		print_message("  %s\n", tc[i].name);
		desk_init(&d, n,
		    &(struct store_batch){ .state = tc[i].was,
		        .since_unix_ms = NOW - tc[i].age_ms,
		        .attempts = tc[i].attempts,
		        .server_errors = tc[i].server_errors,
		        .looks = tc[i].looks });
		for (size_t k = 0; k < n; k++) {
			there[k] = tc[i].there && tc[i].there[k] == '1';
			d.device[k].lost = tc[i].lost[k] == '1';
		}
		batch_policy_looked(&d.rules, &d.state, &d.batch, &a, tc[i].there ? there : NULL,
		    &d.outcome);
		assert_decision(&d, tc[i].want);
	}
}

/* --- chance -------------------------------------------------------------------------------------- */

static uint64_t lot;

static enum err_code
draw(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)err;
	assert_int_equal(len, sizeof lot);
	memcpy(out, &lot, len);
	return ERR_OK;
}

static void
backoff_has_full_jitter(void **state)
{
	static const struct random drawn = { draw, NULL };
	static const struct {
		const char *name;
		struct retry_times retry;
		unsigned attempt;
		uint64_t most;
	} tc[] = {
		{ "first", { .base_ms = 2000, .max_ms = 900000 }, 0, 2000 },
		{ "second", { .base_ms = 2000, .max_ms = 900000 }, 1, 4000 },
		{ "ninth", { .base_ms = 2000, .max_ms = 900000 }, 8, 512000 },
		{ "at the ceiling", { .base_ms = 2000, .max_ms = 900000 }, 9, 900000 },
		{ "far beyond", { .base_ms = 2000, .max_ms = 900000 }, 4000000000, 900000 },
		{ "the shift would overflow", { .base_ms = 3600000, .max_ms = DAY }, 63, DAY },
		{ "base is the ceiling", { .base_ms = 5, .max_ms = 5 }, 0, 5 },
		{ "the shortest", { .base_ms = 1, .max_ms = 1 }, 7, 1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct retry_times *r = &tc[i].retry;
		unsigned n = tc[i].attempt;

		print_message("  %s\n", tc[i].name);
		lot = 0;
		assert_int_equal(batch_policy_backoff_ms(r, n, &drawn), 1);
		lot = tc[i].most - 1;
		assert_int_equal(batch_policy_backoff_ms(r, n, &drawn), tc[i].most);
		lot = tc[i].most;
		assert_int_equal(batch_policy_backoff_ms(r, n, &drawn), 1);
		lot = UINT64_MAX;
		assert_in_range(batch_policy_backoff_ms(r, n, &drawn), 1, tc[i].most);
		assert_int_equal(batch_policy_backoff_ms(r, n, &without_chance), tc[i].most);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_follows_a_submission),
		cmocka_unit_test(who_fails_alone_is_told_why),
		cmocka_unit_test(first_poll_waits_for_what_is_typical),
		cmocka_unit_test(a_job_that_is_not_over),
		cmocka_unit_test(each_class_has_its_state),
		cmocka_unit_test(mixed_verdicts),
		cmocka_unit_test(what_follows_a_look),
		cmocka_unit_test(backoff_has_full_jitter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
