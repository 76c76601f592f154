/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/column_option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POSITIONS_MAX = 32 };

static void
assert_zero(const struct column_option *o)
{
	static const struct column_option zero;

	assert_memory_equal(o, &zero, sizeof zero);
}

static void
no_option(void **state)
{
	struct column_option o;
	struct err err;

	(void)state;
	memset(&o, 0xff, sizeof o);
	assert_int_equal(column_option_parse(NULL, &o, &err), ERR_OK);
	assert_zero(&o);
	column_option_done(&o);
}

static void
headings(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *want[NCOLUMN];
	} tc[] = {
		{ "one", "serial=Asset S/N", { [COLUMN_SERIAL] = "Asset S/N" } },
		{ "two", "serial=Asset S/N,model=Type",
		    { [COLUMN_SERIAL] = "Asset S/N", [COLUMN_MODEL] = "Type" } },
		{ "all", "order=h,user=g,tag=f,model=e,manufacturer=d,hash=c,product_id=b,serial=a",
		    { "a", "b", "c", "d", "e", "f", "g", "h" } },
		{ "blanks around a word", " serial =SN", { [COLUMN_SERIAL] = "SN" } },
		{ "blanks around a heading", "serial= S N ", { [COLUMN_SERIAL] = " S N " } },
		{ "a heading with =", "serial=a=b", { [COLUMN_SERIAL] = "a=b" } },
		{ "the same heading twice", "serial=a,model=a",
		    { [COLUMN_SERIAL] = "a", [COLUMN_MODEL] = "a" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct column_option o;
		struct err err;

		assert_int_equal(column_option_parse(tc[i].text, &o, &err), ERR_OK);
		assert_ptr_equal(o.list.map, &o.map);
		assert_int_equal(o.list.nposition, 0);
		assert_null(o.list.position);
		for (size_t c = 0; c < NCOLUMN; c++) {
			if (tc[i].want[c])
				assert_string_equal(o.map.heading[c], tc[i].want[c]);
			else
				assert_null(o.map.heading[c]);
		}
		column_option_done(&o);
		assert_zero(&o);
	}
}

static void
positions(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		size_t n;
		enum column want[POSITIONS_MAX];
	} tc[] = {
		{ "one", "hash", 1, { COLUMN_HASH } },
		{ "gap", "serial,,hash", 3, { COLUMN_SERIAL, COLUMN_UNKNOWN, COLUMN_HASH } },
		{ "gaps at both ends", ",serial,", 3,
		    { COLUMN_UNKNOWN, COLUMN_SERIAL, COLUMN_UNKNOWN } },
		{ "blanks", " serial , , model ", 3,
		    { COLUMN_SERIAL, COLUMN_UNKNOWN, COLUMN_MODEL } },
		{ "all", "order,user,tag,model,manufacturer,hash,product_id,serial", 8,
		    { COLUMN_ORDER, COLUMN_USER, COLUMN_TAG, COLUMN_MODEL, COLUMN_MANUFACTURER,
		        COLUMN_HASH, COLUMN_PRODUCT_ID, COLUMN_SERIAL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct column_option o;
		struct err err;

		assert_int_equal(column_option_parse(tc[i].text, &o, &err), ERR_OK);
		assert_null(o.list.map);
		assert_ptr_equal(o.list.position, o.position);
		assert_int_equal(o.list.nposition, tc[i].n);
		for (size_t k = 0; k < tc[i].n; k++)
			assert_int_equal(o.position[k], tc[i].want[k]);
		column_option_done(&o);
		assert_zero(&o);
	}
}

static void
mistakes(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} tc[] = {
		{ "nonsense", "--columns: unknown word \"nonsense\"" },
		{ "serail", "--columns: unknown word \"serail\"; did you mean serial?" },
		{ "serail=x", "--columns: unknown word \"serail\"; did you mean serial?" },
		{ "serial,modle", "--columns: unknown word \"modle\"; did you mean model?" },
		{ "=x", "--columns: unknown word \"\"" },
		{ "serial=", "--columns: serial has no heading" },
		{ "serial=a,serial=b", "--columns: serial is given twice" },
		{ "serial,,serial", "--columns: serial is given twice" },
		{ "serial=a,hash",
		    "--columns: either headings (serial=Asset) or an order (serial,,hash), not both" },
		{ "serial,hash=a",
		    "--columns: either headings (serial=Asset) or an order (serial,,hash), not both" },
		{ "serial=a,",
		    "--columns: either headings (serial=Asset) or an order (serial,,hash), not both" },
		{ "12345678901234567890123456789012345678901234567890123456789012345",
		    "--columns: unknown word "
		    "\"1234567890123456789012345678901234567890123456789012345678901234\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct column_option o;
		struct err err;

		memset(&o, 0xff, sizeof o);
		assert_int_equal(column_option_parse(tc[i].text, &o, &err), ERR_USAGE);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.msg, tc[i].want);
		assert_zero(&o);
	}
}

static void
most_positions(void **state)
{
	char text[POSITIONS_MAX + 1];
	struct column_option o;
	struct err err;

	(void)state;
	memset(text, ',', sizeof text);
	text[POSITIONS_MAX - 1] = '\0';
	assert_int_equal(column_option_parse(text, &o, &err), ERR_OK);
	assert_int_equal(o.list.nposition, POSITIONS_MAX);
	column_option_done(&o);

	text[POSITIONS_MAX - 1] = ',';
	text[POSITIONS_MAX] = '\0';
	assert_int_equal(column_option_parse(text, &o, &err), ERR_USAGE);
	assert_string_equal(err.msg, "--columns: more than 32 columns");
	assert_zero(&o);
}

/* The argument may go away: what is kept is a copy. */
static void
text_is_copied(void **state)
{
	char text[] = "serial=Asset";
	struct column_option o;
	struct err err;

	(void)state;
	assert_int_equal(column_option_parse(text, &o, &err), ERR_OK);
	assert_string_equal(text, "serial=Asset");
	memset(text, '!', sizeof text - 1);
	assert_string_equal(o.map.heading[COLUMN_SERIAL], "Asset");
	column_option_done(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_option),
		cmocka_unit_test(headings),
		cmocka_unit_test(positions),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(most_positions),
		cmocka_unit_test(text_is_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
