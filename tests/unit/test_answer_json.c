/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/answer_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
bodies(void **state)
{
	static const struct {
		const char *body;
		bool good;
	} tc[] = {
		{ "{\"a\":1}", true },
		{ "\xEF\xBB\xBF{\"a\":1}", true },
		{ "[]", true },
		{ "\xEF\xBB\xBF\xEF\xBB\xBF{}", false },
		{ "", false },
		{ "\xEF\xBB", false },
		{ "\xEF\xBB\xBF", false },
		{ "7", false },
		{ "{\"a\":1,\"a\":2}", false },
		{ "{} {}", false },
		{ "{\"a\":\"\xFF\"}", false },
		{ "{\"a\":\"\\u0000\"}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		json_t *root = answer_json_read(slice_of(tc[i].body));

		print_message("  %s\n", tc[i].body);
		assert_int_equal(root != NULL, tc[i].good);
		json_decref(root);
	}
	assert_null(answer_json_read((struct slice){ NULL, 0 }));
}

static void
members(void **state)
{
	json_t *root = answer_json_read(
	    slice_of("{\"t\":\"x\",\"n\":-9223372036854775808,\"f\":1.0,\"z\":null}"));
	char number[ANSWER_NUMBER_SIZE];

	(void)state;
	assert_true(slice_eq(answer_json_text(root, "t"), slice_of("x")));
	assert_int_equal(answer_json_text(root, "n").len, 0);
	assert_int_equal(answer_json_text(root, "z").len, 0);
	assert_int_equal(answer_json_text(root, "none").len, 0);
	assert_int_equal(answer_json_text(NULL, "t").len, 0);
	assert_true(slice_eq(answer_json_code(root, "t", number), slice_of("x")));
	assert_true(
	    slice_eq(answer_json_code(root, "n", number), slice_of("-9223372036854775808")));
	assert_int_equal(answer_json_code(root, "f", number).len, 0);
	assert_int_equal(answer_json_code(root, "none", number).len, 0);
	json_decref(root);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
