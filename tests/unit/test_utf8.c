/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(s) \
	{ \
		(s), sizeof(s) - 1 \
	}

static void
lengths_and_points(void **state)
{
	static const struct {
		const char *name;
		struct slice text;
		size_t len;
		int32_t point;
	} tc[] = {
		{ "NUL", BYTES("\0"), 1, 0 },
		{ "ASCII", BYTES("az"), 1, 'a' },
		{ "last of one byte", BYTES("\x7f"), 1, 0x7f },
		{ "first of two", BYTES("\xc2\x80"), 2, 0x80 },
		{ "last of two", BYTES("\xdf\xbf"), 2, 0x7ff },
		{ "first of three", BYTES("\xe0\xa0\x80"), 3, 0x800 },
		{ "before the surrogates", BYTES("\xed\x9f\xbf"), 3, 0xd7ff },
		{ "behind the surrogates", BYTES("\xee\x80\x80"), 3, 0xe000 },
		{ "last of three", BYTES("\xef\xbf\xbf"), 3, 0xffff },
		{ "first of four", BYTES("\xf0\x90\x80\x80"), 4, 0x10000 },
		{ "last of all", BYTES("\xf4\x8f\xbf\xbf"), 4, 0x10ffff },
		{ "half of two", BYTES("\xc2"), 2, -1 },
		{ "half of three", BYTES("\xe2\x82"), 3, -1 },
		{ "most of four", BYTES("\xf0\x9f\x98"), 4, -1 },
		{ "stray continuation", BYTES("\x80"), 0, -1 },
		{ "overlong of two", BYTES("\xc1\xbf"), 0, -1 },
		{ "overlong of three", BYTES("\xe0\x9f\xbf"), 0, -1 },
		{ "overlong of four", BYTES("\xf0\x8f\xbf\xbf"), 0, -1 },
		{ "surrogate", BYTES("\xed\xa0\x80"), 0, -1 },
		{ "beyond all", BYTES("\xf4\x90\x80\x80"), 0, -1 },
		{ "far beyond all", BYTES("\xf5\x80\x80\x80"), 0, -1 },
		{ "no continuation", BYTES("\xc3x"), 0, -1 },
		{ "broken off", BYTES("\xe2\x82x"), 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice rest = tc[i].text;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(utf8_length(tc[i].text), tc[i].len);
		assert_int_equal(utf8_take(&rest), tc[i].point);
		assert_int_equal(tc[i].text.len - rest.len, tc[i].point < 0 ? 1 : tc[i].len);
		assert_ptr_equal(rest.ptr, tc[i].text.ptr + (tc[i].text.len - rest.len));
	}
}

static bool
is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

static void
every_point_there_and_back(void **state)
{
	char bytes[UTF8_MAX];

	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		struct slice s = { bytes, 0 };

		if (is_surrogate(c))
			continue;
		s.len = utf8_put(bytes, c);
		assert_int_equal(utf8_length(s), s.len);
		assert_int_equal(utf8_take(&s), c);
		assert_int_equal(s.len, 0);
	}
}

static void
heads(void **state)
{
	static const struct {
		const char *name;
		struct slice text;
		size_t n;
		size_t len;
	} tc[] = {
		{ "shorter", BYTES("abc"), 5, 3 },
		{ "equal", BYTES("abc"), 3, 3 },
		{ "ASCII", BYTES("abc"), 2, 2 },
		{ "between", BYTES("\xc3\xa9x"), 2, 2 },
		{ "inside two", BYTES("a\xc3\xa9"), 2, 1 },
		{ "inside four", BYTES("a\xf0\x9f\x98\x80"), 4, 1 },
		{ "inside the first", BYTES("\xc3\xa9"), 1, 0 },
		{ "empty", BYTES(""), 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice head = utf8_head(tc[i].text, tc[i].n);

		print_message("  %s\n", tc[i].name);
		assert_int_equal(head.len, tc[i].len);
		assert_ptr_equal(head.ptr, tc[i].text.ptr);
	}
}

static void
what_drives_a_terminal(void **state)
{
	static const struct {
		int32_t first, last; /* of a run; the points beside it do not */
	} tc[] = {
		{ 0, 0x1f },
		{ 0x7f, 0x9f },
		{ 0x61c, 0x61c },
		{ 0x200e, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2066, 0x2069 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		assert_true(i == 0 || !utf8_drives_terminal(tc[i].first - 1));
		for (int32_t c = tc[i].first; c <= tc[i].last; c++)
			assert_true(utf8_drives_terminal(c));
		assert_false(utf8_drives_terminal(tc[i].last + 1));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_points),
		cmocka_unit_test(every_point_there_and_back),
		cmocka_unit_test(what_drives_a_terminal),
		cmocka_unit_test(heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
