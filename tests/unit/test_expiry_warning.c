/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/expiry_warning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DAY ((int64_t)24 * 60 * 60 * 1000)

static void
before_an_end(void **state)
{
	static const struct {
		const char *name;
		int64_t left;
		uint32_t due;
		int64_t wait;
	} tc[] = {
		{ "long", 400 * DAY, 0, 370 * DAY },
		{ "a moment too early", 30 * DAY + 1, 0, 1 },
		{ "the first", 30 * DAY, 30, 16 * DAY },
		{ "still the first", 14 * DAY + 1, 30, 1 },
		{ "the second", 14 * DAY, 14, 11 * DAY },
		{ "the last", 3 * DAY, 3, INT64_MAX },
		{ "the end", 0, 3, INT64_MAX },
		{ "long over", -400 * DAY, 3, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		assert_int_equal(expiry_warning_due(tc[i].left), tc[i].due);
		assert_int_equal(expiry_warning_wait_ms(tc[i].left), tc[i].wait);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
