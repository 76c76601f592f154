/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/unit_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NO_OBJECT "this is no JSON object, or has a member twice or a NUL"

static void
members_are_read(void **state)
{
	static const char text[] =
	    "{\"customer\":\"c\",\"serial\":\"S\",\"manufacturer\":\"M\",\"model\":\"Mo\","
	    "\"product_id\":\"P\",\"order\":\"O\",\"group_tag\":\"T\",\"hash\":\"H\","
	    "\"replaces\":\"R\"}";
	static const char *const want[NUNIT_MEMBER] = { "c", "S", "M", "Mo", "P", "O", "T", "H",
		"R" };
	struct unit_text u;
	struct err err;

	(void)state;
	assert_int_equal(unit_text_parse(slice_of(text), &u, &err), ERR_OK);
	for (int i = 0; i < NUNIT_MEMBER; i++) {
		assert_int_equal(u.value[i].len, strlen(want[i]));
		assert_string_equal(u.value[i].ptr, want[i]);
	}
	unit_text_done(&u);
	unit_text_done(&u);
}

static void
what_is_not_there_is_empty(void **state)
{
	static const char *const text[] = { "{}", " {\"serial\":null,\"model\":\"\"}\r\n" };
	struct unit_text u;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
		assert_int_equal(unit_text_parse(slice_of(text[i]), &u, &err), ERR_OK);
		for (int k = 0; k < NUNIT_MEMBER; k++) {
			assert_int_equal(u.value[k].len, 0);
			assert_string_equal(u.value[k].ptr, "");
		}
		unit_text_done(&u);
	}
}

static void
mistakes_are_told(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *want;
	} tc[] = {
		{ "nothing", "", NO_OBJECT },
		{ "an array", "[]", NO_OBJECT },
		{ "cut", "{\"serial\":\"A", NO_OBJECT },
		{ "two of them", "{}{}", NO_OBJECT },
		{ "not UTF-8", "{\"serial\":\"\xff\"}", NO_OBJECT },
		{ "a NUL", "{\"serial\":\"\\u0000\"}", NO_OBJECT },
		{ "twice", "{\"model\":\"A\",\"model\":\"A\"}", NO_OBJECT },
		{ "mistyped", "{\"modle\":\"A\"}",
		    "a unit has no \"modle\"; did you mean \"model\"?" },
		{ "unknown", "{\"colour\":\"A\"}", "a unit has no \"colour\"" },
		{ "long", "{\"abcdefghijklmnopqrstuvwxyz0123456789\":\"A\"}",
		    "a unit has no \"abcdefghijklmnopqrstuvwxyz012345\"" },
		{ "a number", "{\"serial\":7}", "\"serial\" is not a text" },
		{ "an object", "{\"hash\":{}}", "\"hash\" is not a text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct unit_text u = { .doc = NULL };
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(unit_text_parse(slice_of(tc[i].text), &u, &err), ERR_FORMAT);
		assert_string_equal(err.msg, tc[i].want);
		assert_null(u.doc);
	}
}

static void
the_ceiling_holds(void **state)
{
	char *text = malloc(UNIT_TEXT_MAX + 1);
	struct unit_text u = { .doc = NULL };
	struct err err;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', UNIT_TEXT_MAX + 1);
	text[0] = '{';
	text[1] = '}';
	assert_int_equal(unit_text_parse((struct slice){ text, UNIT_TEXT_MAX + 1 }, &u, &err),
	    ERR_LIMIT);
	assert_null(u.doc);
	assert_int_equal(unit_text_parse((struct slice){ text, UNIT_TEXT_MAX }, &u, &err), ERR_OK);
	unit_text_done(&u);
	free(text);
}

static void
members_have_names(void **state)
{
	(void)state;
	assert_string_equal(unit_text_member(UNIT_CUSTOMER), "customer");
	assert_string_equal(unit_text_member(UNIT_REPLACES), "replaces");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read),
		cmocka_unit_test(what_is_not_there_is_empty),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(the_ceiling_holds),
		cmocka_unit_test(members_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
