/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/form_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_decode(void **state)
{
	static const struct {
		const char *encoded;
		const char *path; /* decoded as in a path; NULL: refused */
		const char *form;
	} cases[] = {
		{ "", "", "" },
		{ "abc-._~", "abc-._~", "abc-._~" },
		{ "a%20b", "a b", "a b" },
		{ "a+b", "a+b", "a b" },
		{ "%2f%2F%2B", "//+", "//+" },
		{ "%c3%A9", "\xc3\xa9", "\xc3\xa9" },
		{ "\xc3\xa9", "\xc3\xa9", "\xc3\xa9" },
		{ "%c3", NULL, NULL },
		{ "%00", NULL, NULL },
		{ "%", NULL, NULL },
		{ "%2", NULL, NULL },
		{ "%g0", NULL, NULL },
		{ "%0g", NULL, NULL },
		{ "%%20", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *want[] = { cases[i].path, cases[i].form };

		for (int form = 0; form < 2; form++) {
			char *text = form_fields_decode(slice_of(cases[i].encoded), form == 1);

			print_message("%s, %s\n", cases[i].encoded, form ? "form" : "path");
			if (want[form])
				assert_string_equal(text, want[form]);
			else
				assert_null(text);
			free(text);
		}
	}
}

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		const char *json; /* NULL: refused */
	} cases[] = {
		{ "", "{}" },
		{ "a=b", "{\"a\":\"b\"}" },
		{ "a=b&c=d", "{\"a\":\"b\",\"c\":\"d\"}" },
		{ "&&a=b&", "{\"a\":\"b\"}" },
		{ "a", "{\"a\":\"\"}" },
		{ "a=", "{\"a\":\"\"}" },
		{ "=b", "{\"\":\"b\"}" },
		{ "a=b=c", "{\"a\":\"b=c\"}" },
		{ "a=b%26c%3Dd", "{\"a\":\"b&c=d\"}" },
		{ "a+b=c+d", "{\"a b\":\"c d\"}" },
		{ "a=b&a=c", NULL },
		{ "a=b&a", NULL },
		{ "a=%", NULL },
		{ "%=a", NULL },
		{ "a=%ff", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		json_t *fields = form_fields_parse(slice_of(cases[i].text));
		char *json = fields ? json_dumps(fields, JSON_COMPACT) : NULL;

		print_message("%s\n", cases[i].text);
		if (cases[i].json)
			assert_string_equal(json, cases[i].json);
		else
			assert_null(fields);
		free(json);
		json_decref(fields);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
