/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/rejects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY "FAKE2-FAKE3-FAKE4-FAKE5-FAKE6"
#define KEY_DASHLESS "FAKE2FAKE3FAKE4FAKE5FAKE6"
#define A10 "AAAAAAAAAA"
#define A40 A10 A10 A10 A10
#define A50 A40 A10
#define A100 A50 A50
#define HASH_BEGIN "T0GaBAEAHAAA"
#define HASH HASH_BEGIN A100 A100
#define HASH_SHORT HASH_BEGIN "… (212 characters)"

/* A literal with all its bytes, NULs included. */
#define BYTES(s) \
	{ \
		"" s, sizeof s - 1 \
	}

enum { OUT_MAX = 1024 * 1024, CELL_MAX = 4096 };

static void
heading(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, OUT_MAX);
	rejects_heading(&out);
	assert_int_equal(out.failed, ERR_OK);
	assert_string_equal(out.ptr,
	    "\xEF\xBB\xBF"
	    "File,Line,Column,Code,Reason,Suggestion,Device Serial Number,Windows Product ID,"
	    "Hardware Hash,Manufacturer name,Device model,Group Tag,Assigned User,Row\r\n");
	buf_done(&out);
}

static struct finding
finding_of(enum finding_code code)
{
	return (struct finding){
		.code = code,
		.line = 3,
		.message = slice_of("why"),
		.advice = slice_of("what now"),
	};
}

static void
assert_row(const char *file, const struct finding *why, const struct row_fields *fields,
    struct slice raw, const char *want)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	rejects_row(&out, file, why, fields, raw);
	assert_int_equal(out.failed, ERR_OK);
	assert_string_equal(out.ptr, want);
	assert_int_equal(out.len, strlen(want));
	buf_done(&out);
}

static void
values_by_column(void **state)
{
	struct finding why = {
		.code = FINDING_HASH_CHECKSUM,
		.line = UINT64_MAX,
		.column = "Hardware Hash",
		.message = slice_of("damaged, at \"7\""),
		.advice = slice_of("Ask again"),
		.serial = slice_of("not this one"),
	};
	struct row_fields fields = {
		.cell = {
			[COLUMN_SERIAL] = slice_of("S 1"),
			[COLUMN_PRODUCT_ID] = slice_of("3300000000000"),
			[COLUMN_HASH] = slice_of(HASH),
			[COLUMN_MANUFACTURER] = slice_of("Contoso, Inc."),
			[COLUMN_MODEL] = slice_of("14\" Book"),
			[COLUMN_TAG] = slice_of("-Tag"),
			[COLUMN_USER] = slice_of("@u@contoso.example"),
			[COLUMN_ORDER] = slice_of("not shown"),
		},
	};

	(void)state;
	assert_row("dir/a \"b\".csv", &why, &fields, slice_of("S 1;" HASH ";x"),
	    "\"dir/a \"\"b\"\".csv\",18446744073709551615,\"Hardware Hash\",\"hash-checksum\","
	    "\"damaged, at \"\"7\"\"\",\"Ask again\",\"S 1\",\"3300000000000\",\"" HASH_SHORT
	    "\",\"Contoso, Inc.\",\"14\"\" Book\",\"'-Tag\",\"'@u@contoso.example\",\"S 1;" HASH_SHORT
	    ";x\"\r\n");
}

/* A row of another shape, or one that a later conflict refuses: only the serial number is known. */
static void
neither_fields_nor_text(void **state)
{
	struct finding why = finding_of(FINDING_CONFLICT);

	(void)state;
	why.serial = slice_of("S1");
	assert_row("a.csv", &why, NULL, (struct slice){ NULL, 0 },
	    "\"a.csv\",3,\"\",\"conflict\",\"why\",\"what now\",\"S1\",\"\",\"\",\"\",\"\",\"\","
	    "\"\",\"\"\r\n");
}

static void
empty_fields(void **state)
{
	struct finding why = finding_of(FINDING_NO_IDENTITY);
	struct row_fields fields = { 0 };

	(void)state;
	why.serial = slice_of("not this one");
	assert_row("", &why, &fields, slice_of(",,"),
	    "\"\",3,\"\",\"no-identity\",\"why\",\"what now\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
	    "\",,\"\r\n");
}

static void
file_that_looks_like_a_formula(void **state)
{
	struct finding why = finding_of(FINDING_NO_IDENTITY);

	(void)state;
	assert_row("=a\n.csv", &why, NULL, slice_of("x"),
	    "\"'=a\n.csv\",3,\"\",\"no-identity\",\"why\",\"what now\",\"\",\"\",\"\",\"\",\"\","
	    "\"\",\"\",\"x\"\r\n");
}

/* What a row as it stands becomes, in quotes. */
static void
assert_shown(enum finding_code code, struct slice raw, const char *want)
{
	struct finding why = finding_of(code);
	struct buf line;

	buf_init(&line, OUT_MAX);
	buf_addf(&line, "\"a.csv\",3,\"\",\"%s\",\"why\",\"what now\",%s,\"%s\"\r\n",
	    finding_info(code)->code, "\"\",\"\",\"\",\"\",\"\",\"\",\"\"", want);
	assert_int_equal(line.failed, ERR_OK);
	assert_row("a.csv", &why, NULL, raw, line.ptr);
	buf_done(&line);
}

static void
text_is_shown_without_secrets(void **state)
{
	static const struct {
		const char *name;
		struct slice raw;
		const char *want;
	} tc[] = {
		{ "plain", BYTES("a,b"), "a,b" },
		{ "quotes", BYTES("\"a\",\"\""), "\"\"a\"\",\"\"\"\"" },
		{ "line ends stay", BYTES("a\r\nb\nc"), "a\r\nb\nc" },
		{ "NULs", BYTES("a\0b\0"), "a?b?" },
		{ "accents", BYTES("Café"), "Café" },
		{ "=", BYTES("=1+1"), "'=1+1" },
		{ "+", BYTES("+1"), "'+1" },
		{ "-", BYTES("-1"), "'-1" },
		{ "@", BYTES("@SUM(A1)"), "'@SUM(A1)" },
		{ "tab", BYTES("\t=1"), "'\t=1" },
		{ "carriage return", BYTES("\r=1"), "'\r=1" },
		{ "no formula", BYTES("1=1+1"), "1=1+1" },
		{ "quoted formula", BYTES("\"=1\""), "\"\"=1\"\"" },
		{ "formula that is a hash", BYTES("+" A100), "'+AAAAAAAAAAA… (101 characters)" },
		{ "longest word", BYTES("x," A40 ",y"), "x," A40 ",y" },
		{ "shortest hash", BYTES("x,A" A40 ",y"), "x,AAAAAAAAAAAA… (41 characters),y" },
		{ "URL-safe hash", BYTES("-" A40 "_,y"), "'-AAAAAAAAAAA… (42 characters),y" },
		{ "wrapped hash", BYTES("\"A" A40 "\nA" A40 "\""),
		    "\"\"AAAAAAAAAAAA… (41 characters)\nAAAAAAAAAAAA… (41 characters)\"\"" },
		{ "only a hash", BYTES(HASH), HASH_SHORT },
		{ "padding of a hash", BYTES(HASH "==,x"), HASH_SHORT "==,x" },
		{ "quoted hash", BYTES("\"" HASH "\""), "\"\"" HASH_SHORT "\"\"" },
		{ "two hashes", BYTES(HASH "," HASH), HASH_SHORT "," HASH_SHORT },
		{ "all of the alphabet", BYTES(HASH "+/09azAZ"), HASH_BEGIN "… (220 characters)" },
		{ "hash that begins with a NUL", BYTES("\0" HASH), "?" HASH_SHORT },
		{ "only a key", BYTES(KEY), "(product key)" },
		{ "key at the beginning", BYTES(KEY ",x"), "(product key),x" },
		{ "key in the middle", BYTES("x," KEY ",y"), "x,(product key),y" },
		{ "key at the end", BYTES("x " KEY), "x (product key)" },
		{ "quoted key", BYTES("\"" KEY "\""), "\"\"(product key)\"\"" },
		{ "two keys", BYTES(KEY "," KEY), "(product key),(product key)" },
		{ "key upon key", BYTES(KEY KEY), "(product key)(product key)" },
		{ "three keys", BYTES("x" KEY " - " KEY "\n" KEY "z"),
		    "x(product key) - (product key)\n(product key)z" },
		{ "key behind a hash", BYTES(HASH "," KEY), HASH_SHORT ",(product key)" },
		{ "key on a hash", BYTES(HASH KEY), HASH_SHORT "(product key)" },
		{ "hash behind a key", BYTES(KEY "," HASH), "(product key)," HASH_SHORT },
		{ "hash on a key", BYTES(KEY "+" HASH),
		    "(product key)+T0GaBAEAHAA… (213 characters)" },
		{ "dashes before a key", BYTES("a-b-" KEY), "a-b-(product key)" },
		{ "a group too few", BYTES("FAKE2-FAKE3-FAKE4-FAKE5"), "FAKE2-FAKE3-FAKE4-FAKE5" },
		{ "a character too few", BYTES("FAKE2-FAKE3-FAKE4-FAKE5-FAKE"),
		    "FAKE2-FAKE3-FAKE4-FAKE5-FAKE" },
		{ "no character of a key", BYTES("FAKE2-FAKE3-FAKE4-FAK*5-FAKE6"),
		    "FAKE2-FAKE3-FAKE4-FAK*5-FAKE6" },
		{ "no key for want of its dashes", BYTES(KEY_DASHLESS), KEY_DASHLESS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++)
		assert_shown(FINDING_COLUMN_COUNT, tc[i].raw, tc[i].want);
}

/* In a row that was refused for one. */
static void
keys_without_dashes(void **state)
{
	static const struct {
		const char *name;
		struct slice raw;
		const char *want;
	} tc[] = {
		{ "alone", BYTES(KEY_DASHLESS), "(product key)" },
		{ "in a cell", BYTES("x," KEY_DASHLESS ",y"), "x,(product key),y" },
		{ "quoted", BYTES("\"" KEY_DASHLESS "\""), "\"\"(product key)\"\"" },
		{ "twice", BYTES(KEY_DASHLESS ";" KEY_DASHLESS), "(product key);(product key)" },
		{ "beside one with dashes", BYTES(KEY "," KEY_DASHLESS),
		    "(product key),(product key)" },
		{ "beside a hash", BYTES(HASH "," KEY_DASHLESS), HASH_SHORT ",(product key)" },
		{ "shorter words", BYTES("S1,3300000000000"), "S1,3300000000000" },
		{ "longer word", BYTES(KEY_DASHLESS "7"), KEY_DASHLESS "7" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++)
		assert_shown(FINDING_PRODUCT_KEY, tc[i].raw, tc[i].want);
}

static void
key_in_a_field(void **state)
{
	struct finding why = finding_of(FINDING_PRODUCT_KEY);
	struct row_fields fields = {
		.cell = { [COLUMN_SERIAL] = slice_of("S1"),
		    [COLUMN_PRODUCT_ID] = slice_of(KEY_DASHLESS),
		    [COLUMN_MODEL] = slice_of("Book " KEY) },
	};

	(void)state;
	assert_row("a.csv", &why, &fields, slice_of(KEY_DASHLESS),
	    "\"a.csv\",3,\"\",\"product-key\",\"why\",\"what now\",\"S1\",\"(product key)\",\"\","
	    "\"\",\"Book (product key)\",\"\",\"\",\"(product key)\"\r\n");
}

/* Long text is cut, but neither in the middle of a character nor so that a part of a key stays. */
static void
long_text(void **state)
{
	struct buf raw, want;

	(void)state;
	buf_init(&raw, OUT_MAX);
	buf_init(&want, OUT_MAX);
	for (size_t i = 0; i < CELL_MAX; i++)
		buf_add_char(&raw, ' ');
	buf_add(&want, raw.ptr, raw.len);
	assert_shown(FINDING_COLUMN_COUNT, buf_slice(&raw), want.ptr);
	buf_add_char(&raw, ' ');
	buf_add_str(&want, "…");
	assert_shown(FINDING_COLUMN_COUNT, buf_slice(&raw), want.ptr);

	buf_reset(&raw);
	buf_reset(&want);
	buf_add_char(&raw, '.');
	for (size_t i = 0; i < CELL_MAX; i++)
		buf_add_str(&raw, "é");
	buf_add(&want, raw.ptr, CELL_MAX + 1);
	buf_add_str(&want, "…");
	assert_shown(FINDING_COLUMN_COUNT, buf_slice(&raw), want.ptr);
	buf_done(&raw);
	buf_done(&want);
}

static void
key_at_the_cut(void **state)
{
	struct finding why = finding_of(FINDING_COLUMN_COUNT);
	struct buf raw, out;

	(void)state;
	buf_init(&raw, OUT_MAX);
	buf_init(&out, OUT_MAX);
	for (size_t before = CELL_MAX - 40; before < CELL_MAX + 10; before++) {
		buf_reset(&raw);
		buf_reset(&out);
		for (size_t i = 0; i < before; i++)
			buf_add_char(&raw, '.');
		buf_add_str(&raw, KEY "," HASH);
		rejects_row(&out, "a.csv", &why, NULL, buf_slice(&raw));
		assert_int_equal(out.failed, ERR_OK);
		assert_null(strstr(out.ptr, "FAKE"));
		assert_null(strstr(out.ptr, HASH_BEGIN "A"));
		assert_true(before >= CELL_MAX || strstr(out.ptr, "(product key)"));
	}
	buf_done(&raw);
	buf_done(&out);
}

/* The buffer's ceiling is the caller's; a row that does not fit fails there. */
static void
buffer_that_is_too_small(void **state)
{
	struct finding why = finding_of(FINDING_COLUMN_COUNT);
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 20);
	rejects_row(&out, "a.csv", &why, NULL, slice_of("x"));
	assert_int_equal(buf_check(&out, &err), ERR_LIMIT);
	assert_true(out.len <= 20);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heading),
		cmocka_unit_test(values_by_column),
		cmocka_unit_test(neither_fields_nor_text),
		cmocka_unit_test(empty_fields),
		cmocka_unit_test(file_that_looks_like_a_formula),
		cmocka_unit_test(text_is_shown_without_secrets),
		cmocka_unit_test(keys_without_dashes),
		cmocka_unit_test(key_in_a_field),
		cmocka_unit_test(long_text),
		cmocka_unit_test(key_at_the_cut),
		cmocka_unit_test(buffer_that_is_too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
