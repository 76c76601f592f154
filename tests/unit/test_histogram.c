/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint64_t bounds[] = { 1, 10, 100 };

static void
a_value_counts_up_to_its_bound(void **state)
{
	static const struct {
		uint64_t value;
		uint64_t up_to[4];
	} tc[] = {
		{ 0, { 1, 1, 1, 1 } },
		{ 1, { 1, 1, 1, 1 } },
		{ 2, { 0, 1, 1, 1 } },
		{ 10, { 0, 1, 1, 1 } },
		{ 100, { 0, 0, 1, 1 } },
		{ 101, { 0, 0, 0, 1 } },
		{ UINT64_MAX, { 0, 0, 0, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct histogram h;

		histogram_init(&h, bounds, 3);
		histogram_add(&h, tc[i].value);
		for (size_t k = 0; k <= 3; k++)
			assert_int_equal(histogram_up_to(&h, k), tc[i].up_to[k]);
		assert_int_equal(h.sum, tc[i].value);
	}
}

static void
values_add_up(void **state)
{
	struct histogram h;

	(void)state;
	histogram_init(&h, bounds, 3);
	for (uint64_t v = 0; v < 20; v++)
		histogram_add(&h, v);
	assert_int_equal(histogram_up_to(&h, 0), 2);
	assert_int_equal(histogram_up_to(&h, 1), 11);
	assert_int_equal(histogram_up_to(&h, 3), 20);
	assert_int_equal(h.sum, 190);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_counts_up_to_its_bound),
		cmocka_unit_test(values_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
