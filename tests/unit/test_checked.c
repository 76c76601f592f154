/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { UNTOUCHED = 99 };

struct sum_case {
	const char *name;
	size_t a, b;
	bool fits;
	size_t want;
};

static void
check(bool (*f)(size_t, size_t, size_t *), const struct sum_case *tc, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t out = UNTOUCHED;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(f(tc[i].a, tc[i].b, &out), tc[i].fits);
		assert_int_equal(out, tc[i].fits ? tc[i].want : UNTOUCHED);
	}
}

static void
test_add(void **state)
{
	static const struct sum_case tc[] = {
		{ "nothing", 0, 0, true, 0 },
		{ "small", 2, 3, true, 5 },
		{ "just fits", SIZE_MAX - 1, 1, true, SIZE_MAX },
		{ "one too many", SIZE_MAX, 1, false, 0 },
		{ "both large", SIZE_MAX, SIZE_MAX, false, 0 },
	};

	(void)state;
	check(checked_add_size, tc, sizeof tc / sizeof tc[0]);
}

static void
test_mul(void **state)
{
	static const struct sum_case tc[] = {
		{ "by nothing", SIZE_MAX, 0, true, 0 },
		{ "small", 6, 7, true, 42 },
		{ "just fits", SIZE_MAX, 1, true, SIZE_MAX },
		{ "largest even", SIZE_MAX / 2, 2, true, SIZE_MAX - 1 },
		{ "half and one", SIZE_MAX / 2 + 1, 2, false, 0 },
		{ "both large", SIZE_MAX, SIZE_MAX, false, 0 },
	};

	(void)state;
	check(checked_mul_size, tc, sizeof tc / sizeof tc[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_mul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
