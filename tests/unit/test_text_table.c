/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/text_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct text_column column[] = { { "ID", true }, { "NAME", false }, { "WHY", false },
	{ NULL, false } };

/* What is printed for rows of three cells each. */
static char *
print(const char *const *cell, size_t n)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct text_table t;
	struct err err;

	assert_non_null(f);
	text_table_init(&t, f, column);
	for (size_t i = 0; i < n; i++)
		text_table_row(&t,
		    (struct slice[]){ slice_of(cell[i * 3]), slice_of(cell[i * 3 + 1]),
		        slice_of(cell[i * 3 + 2]) });
	assert_int_equal(text_table_end(&t, &err), ERR_OK);
	text_table_done(&t);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
aligns(void **state)
{
	static const struct {
		const char *name;
		const char *cell[9];
		size_t rows;
		const char *want;
	} tc[] = {
		{ "nothing", { NULL }, 0, "" },
		{ "headings are wide", { "1", "a", "b" }, 1,
		    "ID  NAME  WHY\n"
		    " 1  a     b\n" },
		{ "cells are wide", { "100", "a", "b", "2", "longer", "" }, 2,
		    " ID  NAME    WHY\n"
		    "100  a       b\n"
		    "  2  longer  \n" },
		{ "characters, not bytes",
		    { "1", "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA4", "b", "2", "abcde", "c" }, 2,
		    "ID  NAME   WHY\n"
		    " 1  \xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA4  b\n"
		    " 2  abcde  c\n" },
		{ "nothing drives a terminal", { "1", "a\x1b[1m\xFF", "b\n" }, 1,
		    "ID  NAME    WHY\n"
		    " 1  a?[1m?  b?\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *got = print(tc[i].cell, tc[i].rows);

		print_message("  %s\n", tc[i].name);
		assert_string_equal(got, tc[i].want);
		free(got);
	}
}

/* A thousand rows are printed before the next is looked at. */
static void
long_tables_come_in_parts(void **state)
{
	enum { ROWS = 1001 };
	const char *cell[ROWS * 3];
	char *got;

	(void)state;
	for (size_t i = 0; i < ROWS * 3; i++)
		cell[i] = "x";
	cell[1000 * 3 + 1] = "longer";
	got = print(cell, ROWS);
	assert_int_equal(strncmp(got, "ID  NAME  WHY\n x  x     x\n", 26), 0);
	assert_string_equal(got + strlen(got) - 26, " x  x     x\n x  longer  x\n");
	assert_null(strstr(got + 5, "ID"));
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns),
		cmocka_unit_test(long_tables_come_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
