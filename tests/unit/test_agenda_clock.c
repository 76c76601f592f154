/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/agenda_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000000, MINUTE = 60000, HOUR = 3600000, DAY = 24 * HOUR };

static const struct partner partners[] = { { .name = "northwind" } };
static const struct customer customers[] = {
	{ .name = "contoso", .via = { VIA_PARTNER, "northwind" } },
};

static int64_t wall_ms;
static uint64_t mono_ms;

static int64_t
now_unix_ms(void *arg)
{
	(void)arg;
	return wall_ms;
}

static uint64_t
now_mono_ms(void *arg)
{
	(void)arg;
	return mono_ms;
}

static const struct clock clock_of_test = { now_unix_ms, now_mono_ms, NULL };

static struct config config;
static struct agenda agenda;
static struct lane lane;

static int
enter(void **state)
{
	struct err err;

	(void)state;
	wall_ms = NOW;
	mono_ms = 5;
	config = (struct config){
		.partners = { partners, 1 },
		.customers = { customers, 1 },
		.poll = { .max_ms = MINUTE },
		.retry = { .max_ms = 15 * MINUTE },
	};
	assert_int_equal(agenda_init(&agenda, &config, &clock_of_test, NULL, &err), ERR_OK);
	lane = (struct lane){ .party = agenda.roster.party };
	agenda.roster.party[0].lane = &lane;
	agenda.roster.party[0].nlane = 1;
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	agenda.roster.party[0].lane = NULL;
	agenda_done(&agenda);
	return 0;
}

/* Every instant that there is, in one agenda. */
enum { NINSTANT = 9 };

static void
gather(int64_t *instant[NINSTANT])
{
	struct party *p = agenda.roster.party;

	instant[0] = &agenda.job->batch.due_unix_ms;
	instant[1] = &agenda.check[0].again_unix_ms;
	instant[2] = &agenda.inquiry[0].again_unix_ms;
	instant[3] = &agenda.taking[0].again_unix_ms;
	instant[4] = &p->scope.pause_until_unix_ms;
	instant[5] = &p->service->scope.pause_until_unix_ms;
	instant[6] = &lane.scope.pause_until_unix_ms;
	instant[7] = &lane.waits_unix_ms;
	instant[8] = &agenda.begun_unix_ms;
}

static void
follows_what_is_set(void **state)
{
	static const struct {
		const char *name;
		int64_t set_ms; /* by somebody, while nine seconds pass */
		int64_t from;
		int64_t want;
	} tc[] = {
		{ "nothing", 0, NOW + HOUR, NOW + HOUR },
		{ "steered", 999, NOW + HOUR, NOW + HOUR },
		{ "steered back", -999, NOW + HOUR, NOW + HOUR },
		{ "ahead", HOUR, NOW + HOUR, NOW + 2 * HOUR },
		{ "back", -MINUTE, NOW + HOUR, NOW + HOUR - MINUTE },
		{ "back beyond the beginning", -NOW, MINUTE, 1 },
		{ "no instant", HOUR, 0, 0 },
	};
	const struct store_batch batch = { .id = 1 };
	int64_t *instant[NINSTANT], lead_ms;

	(void)state;
	assert_non_null(agenda_add(&agenda, agenda.roster.party, &batch));
	gather(instant);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		wall_ms = NOW;
		agenda_clock_begin(&agenda, &clock_of_test);
		lead_ms = wall_ms - (int64_t)mono_ms;
		for (size_t k = 0; k < NINSTANT; k++)
			*instant[k] = tc[i].from;
		wall_ms += 9000 + tc[i].set_ms;
		mono_ms += 9000;
		assert_int_equal(agenda_clock_now(&agenda, &clock_of_test), wall_ms);
		(void)agenda_clock_now(&agenda, &clock_of_test); /* nothing was set since */
		for (size_t k = 0; k < NINSTANT; k++)
			assert_int_equal(*instant[k], tc[i].want);
		/* And what was on its way there. */
		assert_int_equal(agenda_clock_moved(&agenda, tc[i].from, lead_ms), tc[i].want);
	}
}

static void
nothing_lies_too_far_ahead(void **state)
{
	const struct store_batch far = { .id = 1, .due_unix_ms = NOW + 9 * HOUR };
	const struct store_batch near = { .id = 2, .due_unix_ms = NOW + MINUTE };
	int64_t *instant[NINSTANT];
	struct job *of_near;

	(void)state;
	of_near = agenda_add(&agenda, agenda.roster.party, &near);
	assert_non_null(of_near);
	assert_non_null(agenda_add(&agenda, agenda.roster.party, &far));
	gather(instant);
	for (size_t i = 1; i <= 5; i++)
		*instant[i] = i % 2 ? NOW + 9 * (int64_t)DAY : NOW + HOUR;
	agenda_clock_clamp(&agenda, NOW);
	assert_int_equal(*instant[0], NOW + 15 * MINUTE);
	assert_int_equal(of_near->batch.due_unix_ms, NOW + MINUTE);
	for (size_t i = 1; i <= 5; i++)
		assert_int_equal(*instant[i], i % 2 ? NOW + DAY : NOW + HOUR);
}

static void
the_longest_of_all(void **state)
{
	static const struct poll_times own = { .max_ms = 3 * HOUR };
	const struct oem oem = { .not_found = { .every_ms = 4 * HOUR } };

	(void)state;
	assert_int_equal(agenda_clock_longest_ms(&agenda), 15 * MINUTE);
	config.poll.max_ms = 2 * HOUR;
	assert_int_equal(agenda_clock_longest_ms(&agenda), 2 * HOUR);
	agenda.roster.service[0].limits.poll = &own;
	assert_int_equal(agenda_clock_longest_ms(&agenda), 3 * HOUR);
	config.oems.item = &oem;
	config.oems.n = 1;
	assert_int_equal(agenda_clock_longest_ms(&agenda), 4 * HOUR);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	static const struct CMUnitTest tests[] = {
		TEST(follows_what_is_set),
		TEST(nothing_lies_too_far_ahead),
		TEST(the_longest_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
