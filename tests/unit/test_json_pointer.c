/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/json_pointer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *
dump(const json_t *value)
{
	return value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("nothing");
}

#define DOCUMENT \
	"{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"m~n\":8,\"~1\":9,\"o\":{\"p\":{\"q\":\"r\"}}," \
	"\"t\":true,\"f\":1.5,\"z\":null}"

static void
finds(void **state)
{
	/* The first ones are those of RFC 6901. */
	static const struct {
		const char *pointer;
		const char *want;
	} tc[] = {
		{ "/foo", "[\"bar\",\"baz\"]" },
		{ "/foo/0", "\"bar\"" },
		{ "/", "0" },
		{ "/a~1b", "1" },
		{ "/m~0n", "8" },
		{ "/~01", "9" },
		{ "/o/p/q", "\"r\"" },
		{ "/foo/2", "nothing" },
		{ "/foo/-", "nothing" },
		{ "/foo/x", "nothing" },
		{ "/foo/99999999999999999999999", "nothing" },
		{ "/foo/0/0", "nothing" },
		{ "/o/p/q/r", "nothing" },
		{ "/O", "nothing" },
		{ "/o/", "nothing" },
		{ "foo", "nothing" },
		{ NULL, "nothing" },
	};
	json_t *root = json_loads(DOCUMENT, 0, NULL);

	(void)state;
	assert_non_null(root);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *is = dump(json_pointer_get(root, tc[i].pointer));

		print_message("  %s\n", tc[i].pointer);
		assert_string_equal(is, tc[i].want);
		free(is);
	}
	assert_ptr_equal(json_pointer_get(root, ""), root);
	assert_null(json_pointer_get(NULL, "/foo"));
	assert_null(json_pointer_get(NULL, ""));
	json_decref(root);
}

static void
texts(void **state)
{
	static const struct {
		const char *pointer;
		const char *want;
	} tc[] = {
		{ "/o/p/q", "r" },
		{ "/a~1b", "1" },
		{ "/t", "true" },
		{ "/f", "" },
		{ "/z", "" },
		{ "/foo", "" },
		{ "/none", "" },
		{ NULL, "" },
	};
	json_t *root = json_loads(DOCUMENT, 0, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char number[ANSWER_NUMBER_SIZE];

		assert_true(
		    slice_eq(json_pointer_text(root, tc[i].pointer, number), slice_of(tc[i].want)));
	}
	json_decref(root);
}

static void
puts_in(void **state)
{
	static const struct {
		const char *before;
		const char *pointer;
		const char *after;
		bool good;
	} tc[] = {
		{ "{}", "/a", "{\"a\":7}", true },
		{ "{}", "/a/b/c", "{\"a\":{\"b\":{\"c\":7}}}", true },
		{ "{\"a\":{\"x\":1}}", "/a/b", "{\"a\":{\"x\":1,\"b\":7}}", true },
		{ "{}", "/a~1b/m~0n", "{\"a/b\":{\"m~n\":7}}", true },
		{ "{}", "/", "{\"\":7}", true },
		{ "{\"a\":1}", "/a", "{\"a\":1}", false },
		{ "{\"a\":1}", "/a/b", "{\"a\":1}", false },
		{ "{\"a\":[]}", "/a/0", "{\"a\":[]}", false },
		{ "{}", "", "{}", false },
		{ "[]", "/0", "[]", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		json_t *root = json_loads(tc[i].before, 0, NULL);
		char *is;

		print_message("  %s in %s\n", tc[i].pointer, tc[i].before);
		assert_int_equal(json_pointer_put(root, tc[i].pointer, json_integer(7)),
		    tc[i].good);
		is = dump(root);
		assert_string_equal(is, tc[i].after);
		free(is);
		json_decref(root);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(texts),
		cmocka_unit_test(puts_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
