/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metric_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
assert_text(struct buf *out, const char *want)
{
	buf_add_char(out, '\0');
	assert_string_equal(out->ptr, want);
	buf_done(out);
}

static void
values_have_a_point_where_they_should(void **state)
{
	static const struct {
		uint64_t value, scale;
		const char *want;
	} tc[] = {
		{ 0, 1, "m 0\n" },
		{ UINT64_MAX, 1, "m 18446744073709551615\n" },
		{ 0, 1000, "m 0.000\n" },
		{ 1, 1000, "m 0.001\n" },
		{ 1500, 1000, "m 1.500\n" },
		{ 1000001, 1000000, "m 1.000001\n" },
		{ UINT64_MAX, 1000000, "m 18446744073709.551615\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf out;

		buf_init(&out, 4096);
		metric_text_scaled(&out, "m", METRIC_LABELS(NULL), tc[i].value, tc[i].scale);
		assert_text(&out, tc[i].want);
	}
}

static void
labels_are_quoted(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	metric_text_number(&out, "m", METRIC_LABELS("a", "x\\y\"z\n", "b", ""), 7);
	metric_text_seconds(&out, "s", METRIC_LABELS("c", "d"), -1);
	assert_text(&out, "m{a=\"x\\\\y\\\"z\\n\",b=\"\"} 7\ns{c=\"d\"} 0.000\n");
}

static void
a_histogram_is_cumulative(void **state)
{
	static const uint64_t bounds[] = { 50000, 100000, 1000000, 30000000 };
	struct histogram h;
	struct buf out;

	(void)state;
	histogram_init(&h, bounds, 4);
	histogram_add(&h, 50000);
	histogram_add(&h, 60000);
	histogram_add(&h, 31000000);
	buf_init(&out, 4096);
	metric_text_histogram(&out, "m", METRIC_LABELS("api", "x"), &h, 1000000);
	assert_text(&out,
	    "m_bucket{api=\"x\",le=\"0.05\"} 1\nm_bucket{api=\"x\",le=\"0.1\"} 2\n"
	    "m_bucket{api=\"x\",le=\"1.0\"} 2\nm_bucket{api=\"x\",le=\"30.0\"} 2\n"
	    "m_bucket{api=\"x\",le=\"+Inf\"} 3\nm_sum{api=\"x\"} 31.110000\n"
	    "m_count{api=\"x\"} 3\n");
}

static void
bounds_may_be_whole_numbers(void **state)
{
	static const uint64_t bounds[] = { 1, 100 };
	struct histogram h;
	struct buf out;

	(void)state;
	histogram_init(&h, bounds, 2);
	histogram_add(&h, 101);
	buf_init(&out, 4096);
	metric_text_histogram(&out, "m", METRIC_LABELS(NULL), &h, 1);
	assert_text(&out,
	    "m_bucket{le=\"1.0\"} 0\nm_bucket{le=\"100.0\"} 0\nm_bucket{le=\"+Inf\"} 1\n"
	    "m_sum 101\nm_count 1\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_a_point_where_they_should),
		cmocka_unit_test(labels_are_quoted),
		cmocka_unit_test(a_histogram_is_cumulative),
		cmocka_unit_test(bounds_may_be_whole_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
