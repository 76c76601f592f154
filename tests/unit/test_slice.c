/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct slice nothing = { NULL, 0 };

static void
test_eq(void **state)
{
	static const struct {
		const char *name, *a, *b;
		bool exact, nocase, starts;
	} tc[] = {
		{ "both empty", "", "", true, true, true },
		{ "equal", "abc", "abc", true, true, true },
		{ "another case", "aBC-1", "AbC-1", false, true, true },
		{ "longer", "abcd", "ABC", false, false, true },
		{ "shorter", "ab", "abc", false, false, false },
		{ "another letter", "abc", "abd", false, false, false },
		{ "starts with nothing", "abc", "", false, false, true },
		{ "beside the letters", "[@", "{`", false, false, false },
		{ "not ASCII", "\xc3\x84", "\xc3\xa4", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice a = slice_of(tc[i].a);
		struct slice b = slice_of(tc[i].b);

		print_message("  %s\n", tc[i].name);
		assert_int_equal(slice_eq(a, b), tc[i].exact);
		assert_int_equal(slice_eq_nocase(a, b), tc[i].nocase);
		assert_int_equal(slice_starts_nocase(a, b), tc[i].starts);
	}
	assert_true(slice_eq(nothing, nothing));
	assert_true(slice_eq_nocase(nothing, slice_of("")));
	assert_true(slice_starts_nocase(nothing, nothing));
}

static void
test_trim(void **state)
{
	static const struct {
		const char *name, *in, *want;
	} tc[] = {
		{ "nothing", "", "" },
		{ "only blanks", " \t\r\n\v\f ", "" },
		{ "no blanks", "a b", "a b" },
		{ "at the front", "\t a", "a" },
		{ "at the end", "a\r\n", "a" },
		{ "at both", " \va b\f ", "a b" },
		{ "controls stay", "\x08 a \x0e", "\x08 a \x0e" },
		{ "U+00A0 stays", "\xc2\xa0", "\xc2\xa0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		assert_true(slice_eq(slice_trim(slice_of(tc[i].in)), slice_of(tc[i].want)));
	}
	assert_int_equal(slice_trim(nothing).len, 0);
}

static void
test_head(void **state)
{
	struct slice s = slice_of("abc");

	(void)state;
	assert_true(slice_eq(slice_head(s, 0), nothing));
	assert_true(slice_eq(slice_head(s, 2), slice_of("ab")));
	assert_true(slice_eq(slice_head(s, 3), s));
	assert_true(slice_eq(slice_head(s, SIZE_MAX), s));
}

static void
test_to_u64(void **state)
{
	static const uint64_t untouched = 77;
	static const struct {
		const char *name, *in;
		uint64_t max;
		bool good;
		uint64_t want;
	} tc[] = {
		{ "nothing", "", UINT64_MAX, false, 0 },
		{ "zero", "0", 0, true, 0 },
		{ "zeros in front", "0042", 42, true, 42 },
		{ "largest", "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "one more", "18446744073709551616", UINT64_MAX, false, 0 },
		{ "a digit more", "184467440737095516150", UINT64_MAX, false, 0 },
		{ "at the maximum", "100", 100, true, 100 },
		{ "past the maximum", "101", 100, false, 0 },
		{ "digit past the maximum", "7", 6, false, 0 },
		{ "second digit past it", "05", 4, false, 0 },
		{ "plus", "+1", 100, false, 0 },
		{ "minus", "-1", 100, false, 0 },
		{ "blank", "1 ", 100, false, 0 },
		{ "below the digits", "/", 100, false, 0 },
		{ "above the digits", ":", 100, false, 0 },
		{ "hexadecimal", "0x1", 100, false, 0 },
		{ "not ASCII", "\xb2", UINT64_MAX, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		uint64_t out = untouched;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(slice_to_u64(slice_of(tc[i].in), tc[i].max, &out), tc[i].good);
		assert_true(out == (tc[i].good ? tc[i].want : untouched));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eq),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_to_u64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
