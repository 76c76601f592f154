/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/flush.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

enum { NOW = 1000000, AFTER = 30000 };

static const struct oem fabrikam = { .flush = { .devices = 200, .after_ms = AFTER } };

static const struct customer customers[] = { { .name = "contoso" }, { .name = "adatum" } };

/* Two customers of a maker with two lanes each. */
struct rig {
	struct service service;
	struct party party[2];
	struct lane lane[2][2];
	struct roster roster;
};

static void
rig_init(struct rig *r, const struct oem *oem)
{
	memset(r, 0, sizeof *r);
	r->service.oem = oem;
	r->roster.party = r->party;
	r->roster.nparty = 2;
	for (size_t i = 0; i < 2; i++) {
		r->party[i].customer = &customers[i];
		r->party[i].service = &r->service;
		r->party[i].lane = r->lane[i];
		r->party[i].nlane = 2;
		for (size_t k = 0; k < 2; k++)
			r->lane[i][k].party = &r->party[i];
	}
}

static void
when_a_lane_leaves(void **state)
{
	static const struct {
		const char *name;
		const struct oem *oem;
		uint64_t queued;
		int64_t want;
	} tc[] = {
		{ "a partner's", NULL, 1, 0 },
		{ "one unit", &fabrikam, 1, NOW + AFTER },
		{ "hardly enough", &fabrikam, 199, NOW + AFTER },
		{ "enough", &fabrikam, 200, 0 },
		{ "more", &fabrikam, 201, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct rig r;

		print_message("  %s\n", tc[i].name);
		rig_init(&r, tc[i].oem);
		r.lane[0][0].queued = tc[i].queued;
		flush_take_news(&r.roster, NOW);
		assert_int_equal(flush_due(&r.lane[0][0]), tc[i].want);
		assert_int_equal(r.lane[0][1].waits_unix_ms, 0); /* nothing waits there */
	}
}

static void
time_goes_by_from_the_first(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, &fabrikam);
	r.lane[0][0].queued = 1;
	flush_take_news(&r.roster, NOW);
	r.lane[0][0].queued = 2;
	flush_take_news(&r.roster, NOW + 5);
	assert_int_equal(flush_due(&r.lane[0][0]), NOW + AFTER);
	r.lane[0][0].queued = 0;
	flush_take_news(&r.roster, NOW + 6);
	r.lane[0][0].queued = 1;
	flush_take_news(&r.roster, NOW + 7);
	assert_int_equal(flush_due(&r.lane[0][0]), NOW + 7 + AFTER);
}

static void
somebody_asks(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, &fabrikam);
	for (size_t i = 0; i < 2; i++)
		r.lane[i][0].queued = 1;
	assert_false(flush_ask(&r.roster, "nobody"));
	assert_true(flush_ask(&r.roster, "contoso"));
	flush_take_news(&r.roster, NOW); /* which were read before */
	assert_int_equal(flush_due(&r.lane[0][0]), NOW + AFTER);
	flush_begin_reading(&r.roster);
	flush_take_news(&r.roster, NOW);
	assert_true(flush_due(&r.lane[0][0]) < 0);
	assert_int_equal(flush_due(&r.lane[1][0]), NOW + AFTER);
	r.lane[0][1].queued = 1; /* came after it */
	flush_begin_reading(&r.roster);
	flush_take_news(&r.roster, NOW);
	assert_int_equal(flush_due(&r.lane[0][1]), NOW + AFTER);
	assert_true(flush_ask(&r.roster, NULL));
	flush_begin_reading(&r.roster);
	flush_take_news(&r.roster, NOW);
	assert_true(flush_due(&r.lane[0][1]) < 0);
	assert_true(flush_due(&r.lane[1][0]) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_a_lane_leaves),
		cmocka_unit_test(time_goes_by_from_the_first),
		cmocka_unit_test(somebody_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
