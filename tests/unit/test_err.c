/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

/* A text that no message can hold. */
static const char *
long_text(void)
{
	static char text[400];

	memset(text, 'x', sizeof text - 1);
	return text;
}

static void
test_set(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_FORMAT, "line %d: %s", 7, "bad"), ERR_FORMAT);
	assert_int_equal(err.code, ERR_FORMAT);
	assert_string_equal(err.msg, "line 7: bad");
	assert_int_equal(err_set(&err, ERR_LIMIT, "(%s)", err.msg), ERR_LIMIT);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.msg, "(line 7: bad)");
}

static void
test_errno(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_errno(&err, ENOENT, "%s", "a.csv"), ERR_IO);
	assert_int_equal(err.code, ERR_IO);
	assert_string_equal(err.msg, "a.csv: No such file or directory");
	assert_int_equal(err_errno(&err, 12345, "b"), ERR_IO);
	assert_string_equal(err.msg, "b: Unknown error 12345");
}

static void
test_wrap(void **state)
{
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, ERR_LIMIT, "%d columns", 300);
	assert_int_equal(err_wrap(&err, "row %d", 2), ERR_LIMIT);
	assert_int_equal(err_wrap(&err, "%s", "a.csv"), ERR_LIMIT);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.msg, "a.csv: row 2: 300 columns");
}

static void
test_long_texts_are_cut(void **state)
{
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, ERR_IO, "%s", long_text());
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	(void)err_wrap(&err, "front");
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	assert_memory_equal(err.msg, "front: xxx", 10);
	(void)err_wrap(&err, "%s", long_text());
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	assert_null(strchr(err.msg, ':'));
	(void)err_errno(&err, ENOENT, "%.253s", long_text());
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	assert_string_equal(err.msg + 252, "x: ");
}

/* A wide character that the C locale cannot show makes printf fail; the code must come through. */
static void
test_unprintable(void **state)
{
	struct err err = { .msg = "old" };

	(void)state;
	assert_int_equal(err_set(&err, ERR_USAGE, "%ls", L"\u20ac"), ERR_USAGE);
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(err.msg, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_unprintable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
