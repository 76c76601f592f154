/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/agenda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

enum { NOW = 1000000, MINUTE = 60000, HOUR = 3600000, DAY = 24 * HOUR };

static const struct partner partners[] = { { .name = "northwind" }, { .name = "fourth" } };

static const struct customer customers[] = {
	{ .name = "contoso", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "adatum", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "fabrikam", .via = { VIA_PARTNER, "fourth" } },
};

static const struct config config = {
	.partners = { partners, 2 },
	.customers = { customers, 3 },
	.batch = { .max_devices = 500, .uploads = 2, .in_flight = 2 },
	.poll = { .first_ms = 5000, .max_ms = MINUTE, .deadline_ms = DAY },
	.retry = { .base_ms = 2000, .max_ms = 15 * MINUTE, .attempts = 12 },
	.consent = { .recheck_ms = HOUR, .max_age_ms = DAY },
};

static int64_t
now_unix_ms(void *arg)
{
	(void)arg;
	return NOW;
}

static uint64_t
now_mono_ms(void *arg)
{
	(void)arg;
	return 0;
}

static const struct clock standing = { now_unix_ms, now_mono_ms, NULL };

/* A tenth of an interval is shared by all customers, and each has its place in it. */
#define SPREAD(interval, i) ((interval) / 10 * ((i) + 1) / 4)

/* Each customer has two lanes with devices, and has consented a moment ago. */
struct rig {
	struct agenda agenda;
	struct party *party;
	struct service *service;
};

static void
rig_init(struct rig *r)
{
	struct err err;

	assert_int_equal(agenda_init(&r->agenda, &config, &standing, NULL, &err), ERR_OK);
	r->party = r->agenda.roster.party;
	r->service = r->agenda.roster.service;
	for (size_t i = 0; i < LENGTH(customers); i++) {
		struct party *p = &r->party[i];

		p->consent = CONSENT_GRANTED;
		p->consent_checked_unix_ms = NOW;
		p->nlane = 2;
		p->lane = test_calloc(2, sizeof *p->lane);
		p->lane[0] = (struct lane){ .id = (int64_t)i * 10, .party = p, .queued = 1 };
		p->lane[1] = (struct lane){ .id = (int64_t)i * 10 + 1, .party = p, .queued = 1 };
	}
}

static void
rig_done(struct rig *r)
{
	for (size_t i = 0; i < LENGTH(customers); i++) {
		test_free(r->party[i].lane);
		r->party[i].lane = NULL;
	}
	agenda_done(&r->agenda);
}

static struct job *
add(struct rig *r, size_t party, enum batch_state state, int64_t due)
{
	struct store_batch b = { .id = 1, .state = state, .due_unix_ms = due };
	struct job *j;

	b.lane = r->party[party].lane[0].id;
	j = agenda_add(&r->agenda, &r->party[party], &b);
	assert_non_null(j);
	return j;
}

/* --- whose turn it is ---------------------------------------------------------------------------- */

static void
lanes_take_turns(void **state)
{
	static const int64_t want[] = { 0, 10, 1, 11, 0, 10 };
	struct rig r;

	(void)state;
	rig_init(&r);
	for (size_t i = 0; i < LENGTH(want); i++)
		assert_int_equal(agenda_next_lane(&r.agenda, &r.service[0], NOW)->id, want[i]);
	assert_int_equal(agenda_next_lane(&r.agenda, &r.service[1], NOW)->id, 20);
	rig_done(&r);
}

static void
what_stands_in_the_way_of_a_lane(void **state)
{
	static const struct {
		const char *name;
		int64_t now;
		bool may;
	} tc[] = {
		{ "nothing", NOW, true },
		{ "consent that is a day old", NOW + DAY, false },
		{ "hardly a day", NOW + DAY - 1, true },
		{ "consent of the future", NOW - 1, false },
	};
	struct rig r;
	struct party *p;

	(void)state;
	rig_init(&r);
	p = &r.party[2];
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].name);
		assert_int_equal(agenda_next_lane(&r.agenda, &r.service[1], tc[i].now) != NULL,
		    tc[i].may);
	}
	p->scope.pause_until_unix_ms = NOW + 1;
	assert_null(agenda_next_lane(&r.agenda, &r.service[1], NOW));
	assert_non_null(agenda_next_lane(&r.agenda, &r.service[1], NOW + 1));
	p->scope.hold[HOLD_PAUSED].on = true;
	assert_null(agenda_next_lane(&r.agenda, &r.service[1], NOW + 1));
	p->scope.hold[HOLD_PAUSED].on = false;
	p->lane[0].scope.hold[HOLD_TAG].on = true;
	assert_int_equal(agenda_next_lane(&r.agenda, &r.service[1], NOW + 1)->id, 21);
	assert_int_equal(agenda_next_lane(&r.agenda, &r.service[1], NOW + 1)->id, 21);
	p->lane[1].queued = 0;
	assert_null(agenda_next_lane(&r.agenda, &r.service[1], NOW + 1));
	rig_done(&r);
}

/* A batch that waits to be sent again is with nobody. */
static void
what_is_in_flight(void **state)
{
	static const struct {
		const char *name;
		enum batch_state state[2];
		int64_t due[2];
		uint64_t most; /* of the service; 0: any */
		bool mine, others;
	} tc[] = {
		{ "accepted ones", { BATCH_ACCEPTED, BATCH_ACCEPTED }, { 0, 0 }, 0, false, true },
		{ "whatever their time is", { BATCH_ACCEPTED, BATCH_MISSING }, { NOW + DAY, 0 }, 0,
		    false, true },
		{ "one is to be sent, but not yet", { BATCH_RESEND, BATCH_ACCEPTED },
		    { NOW + 1, 0 }, 0, true, true },
		{ "it is time to", { BATCH_RESEND, BATCH_ACCEPTED }, { NOW, 0 }, 0, false, true },
		{ "the service takes fewer", { BATCH_ACCEPTED, BATCH_RESEND }, { 0, NOW + 1 }, 1,
		    false, false },
		{ "it takes as many", { BATCH_ACCEPTED, BATCH_RESEND }, { 0, NOW + 1 }, 2, true,
		    true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct lane *l;
		struct rig r;

		print_message("  %s\n", tc[i].name);
		rig_init(&r);
		r.service[0].limits.in_flight = tc[i].most;
		for (size_t k = 0; k < 2; k++)
			(void)add(&r, 0, tc[i].state[k], tc[i].due[k]);
		l = agenda_next_lane(&r.agenda, &r.service[0], NOW);
		if (!tc[i].mine && !tc[i].others)
			assert_null(l);
		else
			assert_ptr_equal(l->party, &r.party[tc[i].mine ? 0 : 1]);
		rig_done(&r);
	}
}

static void
the_job_that_waits_for_longest(void **state)
{
	struct job *late, *poll, *resend, *other;
	struct rig r;

	(void)state;
	rig_init(&r);
	late = add(&r, 0, BATCH_UNKNOWN, NOW - 1);
	poll = add(&r, 1, BATCH_ACCEPTED, NOW - 2);
	resend = add(&r, 1, BATCH_RESEND, NOW - 3);
	other = add(&r, 2, BATCH_MISSING, NOW);
	(void)add(&r, 0, BATCH_ACCEPTED, NOW + 1);
	assert_ptr_equal(agenda_next_job(&r.agenda, &r.service[0], false, NOW), poll);
	assert_ptr_equal(agenda_next_job(&r.agenda, &r.service[0], true, NOW), resend);
	assert_ptr_equal(agenda_next_job(&r.agenda, &r.service[1], false, NOW), other);
	assert_null(agenda_next_job(&r.agenda, &r.service[1], true, NOW));
	r.party[1].consent = CONSENT_WITHDRAWN; /* nothing is sent, but asked about */
	assert_null(agenda_next_job(&r.agenda, &r.service[0], true, NOW));
	agenda_remove(&r.agenda, poll);
	assert_ptr_equal(agenda_next_job(&r.agenda, &r.service[0], false, NOW), late);
	r.service[0].scope.hold[HOLD_CREDENTIALS].on = true;
	assert_null(agenda_next_job(&r.agenda, &r.service[0], false, NOW));
	rig_done(&r);
}

/* --- when ---------------------------------------------------------------------------------------- */

static void
consent_is_checked_again(void **state)
{
	struct rig r;
	struct party *p;

	(void)state;
	rig_init(&r);
	p = &r.party[0];
	for (size_t i = 0; i < LENGTH(customers); i++)
		assert_int_equal(agenda_check_due(&r.agenda, i, NOW),
		    NOW + HOUR - SPREAD(HOUR, (int)i));
	p->scope.pause_until_unix_ms = NOW + 2 * HOUR;
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW + 2 * HOUR);
	r.agenda.check[0].again_unix_ms = NOW + 3 * HOUR;
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW + 3 * HOUR);
	r.agenda.check[0].wanted = true; /* a person waits */
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW + 2 * HOUR);
	r.agenda.check[0].wanted = false;
	p->scope.pause_until_unix_ms = r.agenda.check[0].again_unix_ms = 0;
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW - 1), 0); /* the clock was set back */
	p->consent = CONSENT_UNKNOWN;
	p->consent_checked_unix_ms = 0;
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), 0);
	r.service[0].scope.hold[HOLD_CREDENTIALS] =
	    (struct hold_note){ .on = true, .since_unix_ms = NOW - 5 };
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW - 5 + 15 * MINUTE);
	rig_done(&r);
}

/* Nobody waits for it, but a withdrawal is noticed. */
static void
idle_customers_are_checked_as_well(void **state)
{
	struct rig r;
	struct party *p;

	(void)state;
	rig_init(&r);
	p = &r.party[0];
	p->lane[0].queued = p->lane[1].queued = 0;
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW + HOUR - SPREAD(HOUR, 0));
	p->consent = CONSENT_UNKNOWN;
	p->consent_checked_unix_ms = 0; /* never asked: not all at the start */
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW + SPREAD(HOUR, 0));
	p->consent_checked_unix_ms = NOW - 9 * HOUR;
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW + SPREAD(HOUR, 0));
	r.service[0].scope.hold[HOLD_CREDENTIALS] =
	    (struct hold_note){ .on = true, .since_unix_ms = NOW };
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW + 15 * MINUTE);
	(void)add(&r, 0, BATCH_ACCEPTED, NOW + DAY);
	assert_int_equal(agenda_check_due(&r.agenda, 0, NOW), NOW + 15 * MINUTE);
	assert_true(agenda_party_due(&r.agenda, &r.party[0], NOW) == NOW + 15 * MINUTE);
	rig_done(&r);
}

static void
consent_that_is_waited_for_is_checked_often(void **state)
{
	static const struct {
		const char *name;
		enum consent_state consent;
		uint64_t recheck_ms;
		int64_t interval_ms;
	} tc[] = {
		{ "unknown", CONSENT_UNKNOWN, HOUR, 5 * MINUTE },
		{ "requested", CONSENT_REQUESTED, HOUR, 5 * MINUTE },
		{ "withdrawn", CONSENT_WITHDRAWN, HOUR, 5 * MINUTE },
		{ "denied: time does not mend that", CONSENT_DENIED, HOUR, HOUR },
		{ "not more often than every half minute", CONSENT_UNKNOWN, 2 * MINUTE, 30000 },
		{ "unless a person says so", CONSENT_UNKNOWN, 1000, 1000 },
	};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct config c = config;

		print_message("  %s\n", tc[i].name);
		rig_init(&r);
		c.consent.recheck_ms = tc[i].recheck_ms;
		r.agenda.config = &c;
		r.party[0].consent = tc[i].consent;
		assert_int_equal(agenda_check_due(&r.agenda, 0, NOW),
		    NOW + tc[i].interval_ms - SPREAD(tc[i].interval_ms, 0));
		rig_done(&r);
	}
}

static enum err_code
tell_link(struct channel *c, channel_link_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	(void)c;
	(void)done;
	(void)arg;
	(void)out;
	return err_set(err, ERR_NOMEM, "not asked here");
}

static void
a_link_is_asked_for_when_somebody_needs_it(void **state)
{
	static const struct channel_ops ops = { .link = tell_link }, without = { .link = NULL };
	struct channel channel = { &ops };
	struct rig r;

	(void)state;
	rig_init(&r);
	r.service[0].channel = &channel;
	assert_true(agenda_link_due(&r.agenda, 0) == AGENDA_NEVER);
	r.party[1].scope.hold[HOLD_CONSENT].on = true;
	r.party[1].consent = CONSENT_WITHDRAWN;
	assert_int_equal(agenda_link_due(&r.agenda, 0), 0);
	assert_true(agenda_link_due(&r.agenda, 1) == AGENDA_NEVER); /* another's customer */
	r.agenda.inquiry[0].again_unix_ms = NOW + 3;
	assert_int_equal(agenda_link_due(&r.agenda, 0), NOW + 3);
	r.service[0].scope.pause_until_unix_ms = NOW + 5;
	assert_int_equal(agenda_link_due(&r.agenda, 0), NOW + 5);
	r.party[1].consent = CONSENT_DENIED; /* no customer can mend that */
	assert_true(agenda_link_due(&r.agenda, 0) == AGENDA_NEVER);
	r.agenda.inquiry[0].wanted = true;
	assert_int_equal(agenda_link_due(&r.agenda, 0), NOW + 5);
	channel.ops = &without;
	assert_true(agenda_link_due(&r.agenda, 0) == AGENDA_NEVER);
	channel.ops = &ops;
	memcpy(r.service[0].link, "known", sizeof "known");
	assert_true(agenda_link_due(&r.agenda, 0) == AGENDA_NEVER);
	rig_done(&r);
}

static void
claims_wait_until_their_customer_may_send(void **state)
{
	struct rig r;
	struct party *p;

	(void)state;
	rig_init(&r);
	p = &r.party[0];
	assert_true(agenda_claims_due(&r.agenda, p, NOW) == AGENDA_NEVER);
	p->claims_unix_ms = NOW + 9;
	assert_int_equal(agenda_claims_due(&r.agenda, p, NOW), NOW + 9);
	assert_int_equal(agenda_wake(&r.agenda, NOW), NOW + 9);
	p->scope.pause_until_unix_ms = NOW + 20;
	assert_int_equal(agenda_claims_due(&r.agenda, p, NOW), NOW + 20);
	p->scope.hold[HOLD_PAUSED].on = true;
	assert_true(agenda_claims_due(&r.agenda, p, NOW) == AGENDA_NEVER);
	p->scope.hold[HOLD_PAUSED].on = false;
	p->consent = CONSENT_REQUESTED;
	assert_true(agenda_claims_due(&r.agenda, p, NOW) == AGENDA_NEVER);
	rig_done(&r);
}

/* Several uploads at once would each try to make the group. */
static void
a_new_group_gets_one_upload_at_a_time(void **state)
{
	struct config roomy = config;
	struct rig r;
	struct lane *l;
	struct job *j, *other;

	(void)state;
	rig_init(&r);
	roomy.batch.in_flight = 9;
	r.agenda.config = &roomy;
	l = &r.party[2].lane[0];
	r.party[2].nlane = 1;
	j = add(&r, 2, BATCH_RESEND, NOW);
	other = add(&r, 2, BATCH_RESEND, NOW);
	agenda_begin(&r.agenda, j, STEP_RESEND);
	assert_int_equal(l->uploads, 1);
	assert_null(agenda_next_lane(&r.agenda, &r.service[1], NOW));
	assert_null(agenda_next_job(&r.agenda, &r.service[1], true, NOW));
	assert_int_equal(agenda_wake(&r.agenda, NOW), NOW + HOUR - SPREAD(HOUR, 2));
	l->opened = true;
	assert_ptr_equal(agenda_next_lane(&r.agenda, &r.service[1], NOW), l);
	assert_non_null(agenda_next_job(&r.agenda, &r.service[1], true, NOW));
	l->opened = false;
	agenda_end(&r.agenda, j);
	assert_int_equal(l->uploads, 0);
	assert_non_null(agenda_next_job(&r.agenda, &r.service[1], true, NOW));
	agenda_begin(&r.agenda, other, STEP_LOOK);
	assert_int_equal(l->uploads, 0);
	agenda_end(&r.agenda, other);
	r.party[2].nlane = 2;
	rig_done(&r);
}

static void
what_waits_for_a_slot_wakes_nobody(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_int_equal(agenda_wake(&r.agenda, NOW), NOW + HOUR - SPREAD(HOUR, 2));
	(void)add(&r, 0, BATCH_RESEND, NOW - 9);
	(void)add(&r, 0, BATCH_ACCEPTED, NOW + 7);
	assert_int_equal(agenda_wake(&r.agenda, NOW), NOW - 9);
	r.service[0].uploads = 2;
	assert_int_equal(agenda_wake(&r.agenda, NOW), NOW + 7);
	r.service[0].asking = r.service[1].asking = 99;
	assert_true(agenda_wake(&r.agenda, NOW) == AGENDA_NEVER);
	r.party[1].scope.pause_until_unix_ms = NOW + 3;
	assert_int_equal(agenda_wake(&r.agenda, NOW), NOW + 3);
	assert_int_equal(agenda_wake(&r.agenda, NOW + 3) == AGENDA_NEVER, true);
	assert_int_equal(agenda_party_due(&r.agenda, &r.party[0], NOW), NOW - 9);
	r.party[2].lane[0].queued = r.party[2].lane[1].queued = 0;
	assert_true(agenda_party_due(&r.agenda, &r.party[2], NOW) == AGENDA_NEVER);
	rig_done(&r);
}

static void
what_jobs_take_is_learned(void **state)
{
	struct job *j;
	struct rig r;

	(void)state;
	rig_init(&r);
	j = add(&r, 0, BATCH_ACCEPTED, NOW);
	agenda_learn(j, NOW, NOW + 1000); /* never asked before: somewhere in between */
	assert_int_equal(r.service[0].typical_ms, 500);
	j->asked_unix_ms = NOW + 800;
	agenda_learn(j, NOW, NOW + 1000);
	assert_int_equal(r.service[0].typical_ms, (3 * 500 + 900) / 4);
	agenda_learn(j, NOW + 5000, NOW); /* the clock was set back */
	assert_int_equal(r.service[0].typical_ms, (3 * 500 + 900) / 4);
	agenda_learn(j, NOW, NOW + INT64_C(56) * 365 * 24 * 60 * 60 * 1000); /* or on, from 1970 */
	assert_int_equal(r.service[0].typical_ms, (3 * 500 + 900) / 4);
	assert_int_equal(r.service[1].typical_ms, 0);
	rig_done(&r);
}

/* --- memory -------------------------------------------------------------------------------------- */

static void
try_to_begin(void *arg)
{
	struct agenda a = { .dispatch = arg };
	struct err err;

	if (agenda_init(&a, &config, &standing, NULL, &err)) {
		assert_int_equal(err.code, ERR_NOMEM);
		assert_ptr_equal(a.dispatch, arg);
		return;
	}
	assert_false(alloc_fault_hit());
	agenda_done(&a);
}

static void
memory_may_end_anywhere(void **state)
{
	int anything;

	(void)state;
	assert_int_equal(alloc_fault_sweep(try_to_begin, &anything), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes_take_turns),
		cmocka_unit_test(what_stands_in_the_way_of_a_lane),
		cmocka_unit_test(what_is_in_flight),
		cmocka_unit_test(the_job_that_waits_for_longest),
		cmocka_unit_test(consent_is_checked_again),
		cmocka_unit_test(idle_customers_are_checked_as_well),
		cmocka_unit_test(consent_that_is_waited_for_is_checked_often),
		cmocka_unit_test(a_link_is_asked_for_when_somebody_needs_it),
		cmocka_unit_test(claims_wait_until_their_customer_may_send),
		cmocka_unit_test(a_new_group_gets_one_upload_at_a_time),
		cmocka_unit_test(what_waits_for_a_slot_wakes_nobody),
		cmocka_unit_test(what_jobs_take_is_learned),
		cmocka_unit_test(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
