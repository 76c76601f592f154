/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rfc3339.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* What date(1) says of them: date -u -d 2030-01-15T10:00:00Z +%s */
#define AT_2030 INT64_C(1894701600000)
#define AT_2000_MARCH INT64_C(951868800000)
#define AT_YEAR_1 INT64_C(-62135596800000)
#define AT_FIRST INT64_C(-62167219200000)
#define AT_LAST INT64_C(253402300799999)

static void
format(void **state)
{
	static const struct {
		const char *name;
		int64_t unix_ms;
		const char *want;
	} tc[] = {
		{ "the beginning", 0, "1970-01-01T00:00:00Z" },
		{ "whole seconds", AT_2030, "2030-01-15T10:00:00Z" },
		{ "milliseconds", AT_2030 + 123, "2030-01-15T10:00:00.123Z" },
		{ "few milliseconds", AT_2030 + 7, "2030-01-15T10:00:00.007Z" },
		{ "just before the beginning", -1, "1969-12-31T23:59:59.999Z" },
		{ "a second before", -1000, "1969-12-31T23:59:59Z" },
		{ "a leap day", AT_2000_MARCH - 1, "2000-02-29T23:59:59.999Z" },
		{ "not set", AT_YEAR_1, "0001-01-01T00:00:00Z" },
		{ "the first", AT_FIRST, "0000-01-01T00:00:00Z" },
		{ "before the first", AT_FIRST - 1, "0000-01-01T00:00:00Z" },
		{ "the last", AT_LAST, "9999-12-31T23:59:59.999Z" },
		{ "beyond the last", AT_LAST + 1, "9999-12-31T23:59:59.999Z" },
		{ "the least number", INT64_MIN, "0000-01-01T00:00:00Z" },
		{ "the greatest number", INT64_MAX, "9999-12-31T23:59:59.999Z" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char out[RFC3339_SIZE];

		print_message("  %s\n", tc[i].name);
		memset(out, 'x', sizeof out);
		assert_ptr_equal(rfc3339_format(tc[i].unix_ms, out), out);
		assert_string_equal(out, tc[i].want);
	}
}

static void
parse(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} tc[] = {
		/* The three forms of the services, and the one that means "not set". */
		{ "2030-01-15T10:00:00", AT_2030 },
		{ "2030-01-15T03:00:00.0092288-07:00", AT_2030 + 9 },
		{ "2030-01-15T10:00:00Z", AT_2030 },
		{ "0001-01-01T00:00:00", AT_YEAR_1 },

		{ "2030-01-15T10:00:00.1Z", AT_2030 + 100 },
		{ "2030-01-15T10:00:00.12Z", AT_2030 + 120 },
		{ "2030-01-15T10:00:00.123Z", AT_2030 + 123 },
		{ "2030-01-15T10:00:00.1239999999999999999999", AT_2030 + 123 },
		{ "2030-01-15T10:00:00.0", AT_2030 },
		{ "2030-01-15T10:00:00+00:00", AT_2030 },
		{ "2030-01-15T10:00:00-00:00", AT_2030 },
		{ "2030-01-15T15:30:00+05:30", AT_2030 },
		{ "2030-01-14T10:01:00-23:59", AT_2030 },
		{ "2030-01-16T09:59:00+23:59", AT_2030 },
		{ "2000-02-29T23:59:59.999Z", AT_2000_MARCH - 1 },
		{ "2000-03-01T00:00:00Z", AT_2000_MARCH },
		{ "2000-02-29T23:59:60Z", AT_2000_MARCH },
		{ "1969-12-31T23:59:59.999Z", -1 },
		{ "0000-01-01T00:00:00Z", AT_FIRST },
		{ "0000-02-29T00:00:00Z", AT_FIRST + INT64_C(59) * 24 * 3600 * 1000 },
		{ "9999-12-31T23:59:59.999Z", AT_LAST },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		int64_t out = 99;

		print_message("  %s\n", tc[i].text);
		assert_true(rfc3339_parse(slice_of(tc[i].text), &out));
		assert_true(out == tc[i].want);
	}
}

static void
rubbish(void **state)
{
	static const char *const tc[] = {
		"",
		"2030",
		"2030-01-15",
		"2030-01-15T",
		"2030-01-15T10:00",
		"2030-01-15T10:00:",
		"2030-01-15T10:00:0",
		"30-01-15T10:00:00Z",
		"12030-01-15T10:00:00Z",
		"+2030-01-15T10:00:00Z",
		"-030-01-15T10:00:00Z",
		" 2030-01-15T10:00:00Z",
		"2030-01-15T10:00:00Z ",
		"2030-01-15T10:00:00ZZ",
		"2030-01-15T10:00:00z",
		"2030-01-15t10:00:00Z",
		"2030-01-15 10:00:00Z",
		"2030/01/15T10:00:00Z",
		"2030-1-15T10:00:00Z",
		"2030-01-15T10.00.00Z",
		"2030-00-15T10:00:00Z",
		"2030-00-31T10:00:00Z",
		"2030-13-15T10:00:00Z",
		"2030-01-00T10:00:00Z",
		"2030-01-32T10:00:00Z",
		"2030-02-29T10:00:00Z",
		"2030-04-31T10:00:00Z",
		"1900-02-29T10:00:00Z",
		"2030-01-15T24:00:00Z",
		"2030-01-15T10:60:00Z",
		"2030-01-15T10:00:61Z",
		"2030-01-15T10:00:00.",
		"2030-01-15T10:00:00.Z",
		"2030-01-15T10:00:00,5Z",
		"2030-01-15T10:00:00+",
		"2030-01-15T10:00:00+5",
		"2030-01-15T10:00:00+05",
		"2030-01-15T10:00:00+0530",
		"2030-01-15T10:00:00+24:00",
		"2030-01-15T10:00:00+05:60",
		"2030-01-15T10:00:00+05:30Z",
		"2030-01-15T10:00:00-0a:30",
		"2030-01-15T1\xc3\xa9:00:00Z",
		"Tue, 15 Jan 2030 10:00:00 GMT",
		"null",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		int64_t out = 99;

		print_message("  %s\n", tc[i]);
		assert_false(rfc3339_parse(slice_of(tc[i]), &out));
		assert_int_equal(out, 99);
	}
}

/* What is behind the slice does not count. */
static void
part_of_a_text(void **state)
{
	const char *text = "2030-01-15T10:00:00.500Z";
	int64_t out = 99;

	(void)state;
	assert_true(rfc3339_parse((struct slice){ text, 21 }, &out));
	assert_true(out == AT_2030 + 500);
	assert_true(rfc3339_parse((struct slice){ text, 19 }, &out));
	assert_true(out == AT_2030);
	assert_false(rfc3339_parse((struct slice){ text, 20 }, &out));
	assert_false(rfc3339_parse((struct slice){ NULL, 0 }, &out));
	assert_true(out == AT_2030);
}

/* Steps that meet all months, hours and remainders, over all the years that can be shown. */
static void
there_and_back(void **state)
{
	const int64_t step_ms = INT64_C(20) * 24 * 3600 * 1000 + 3723457;

	(void)state;
	for (int64_t at = AT_FIRST; at <= AT_LAST; at += step_ms) {
		char text[RFC3339_SIZE];
		int64_t back = 99;

		assert_true(rfc3339_parse(slice_of(rfc3339_format(at, text)), &back));
		assert_true(back == at);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(format),
		cmocka_unit_test(parse),
		cmocka_unit_test(rubbish),
		cmocka_unit_test(part_of_a_text),
		cmocka_unit_test(there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
