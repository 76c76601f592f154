/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/short_serials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
lists(void **state)
{
	static const struct {
		const char *name;
		struct {
			const char *serial;
			unsigned times;
		} rows[4];
		uint64_t nshort; /* 0: nothing to say */
		size_t usual;
		uint64_t line;
	} tc[] = {
		{ "none", { { "", 3 } }, 0, 0, 0 },
		{ "all alike", { { "123456789012", 50 } }, 0, 0, 0 },
		{ "one in ten", { { "123456789012", 10 }, { "34567890", 1 } }, 1, 12, 11 },
		{ "one in nine", { { "123456789012", 9 }, { "34567890", 1 } }, 0, 0, 0 },
		{ "the first is short", { { "9", 1 }, { "1234567", 30 } }, 1, 7, 1 },
		{ "two lengths", { { "1234567", 30 }, { "12", 2 }, { "123456", 1 } }, 3, 7, 31 },
		{ "longer ones", { { "1234567", 30 }, { "12345678", 3 } }, 0, 0, 0 },
		{ "letters", { { "1234567", 30 }, { "12345X", 2 } }, 0, 0, 0 },
		{ "too long to be a number",
		    { { "123456789012345678901234567890123", 30 }, { "1", 1 } }, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct short_serials s = { .count = { 0 } };
		uint64_t nshort = 0, at = 0, line = 1;
		size_t usual = 0;
		bool found;

		print_message("  %s\n", tc[i].name);
		for (size_t r = 0; r < 4 && tc[i].rows[r].serial; r++) {
			for (unsigned n = 0; n < tc[i].rows[r].times; n++)
				short_serials_add(&s, slice_of(tc[i].rows[r].serial), line++);
		}
		found = short_serials_found(&s, &nshort, &usual, &at);
		assert_int_equal(found, tc[i].nshort > 0);
		assert_int_equal(nshort, tc[i].nshort);
		assert_int_equal(usual, tc[i].usual);
		assert_int_equal(at, tc[i].line);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(lists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
