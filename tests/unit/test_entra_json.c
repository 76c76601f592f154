/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/entra_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/free_watch.h"

static void
objects(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		const char *a; /* text of the member */
	} tc[] = {
		{ "plain", "{\"a\":\"b\"}", "b" },
		{ "byte order mark", "\xEF\xBB\xBF{\"a\":\"b\"}", "b" },
		{ "blanks around it", "\r\n {\"a\" : \"b\"} \n", "b" },
		{ "empty", "{}", "" },
		{ "a number", "{\"a\":1}", "" },
		{ "null", "{\"a\":null}", "" },
		{ "escaped", "{\"\\u0061\":\"\\u00e9\\/\"}", "é/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice a;
		json_t *doc = NULL;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(entra_json_parse(slice_of(tc[i].body), &doc, &err), ERR_OK);
		a = entra_json_text(doc, "a");
		assert_int_equal(a.len, strlen(tc[i].a));
		assert_true(slice_eq(a, slice_of(tc[i].a)));
		json_decref(doc);
	}
	assert_int_equal(entra_json_text(NULL, "a").len, 0);
}

static void
others(void **state)
{
	static const struct {
		const char *name;
		struct slice body;
	} tc[] = {
		{ "nothing", { NULL, 0 } },
		{ "only a byte order mark", { "\xEF\xBB\xBF", 3 } },
		{ "part of a byte order mark", { "\xEF\xBB", 2 } },
		{ "two byte order marks", { "\xEF\xBB\xBF\xEF\xBB\xBF{}", 8 } },
		{ "UTF-16", { "{\0}\0", 4 } },
		{ "HTML", { "<html></html>", 13 } },
		{ "an array", { "[{}]", 4 } },
		{ "a text", { "\"SECRET\"", 8 } },
		{ "cut off", { "{\"a\":\"SECRET", 12 } },
		{ "something behind it", { "{} SECRET", 9 } },
		{ "a member twice", { "{\"a\":1,\"a\":2}", 13 } },
		{ "no UTF-8", { "{\"a\":\"\xE9\"}", 9 } },
		{ "a NUL in a text", { "{\"a\":\"\\u0000\"}", 14 } },
		{ "half of a surrogate pair", { "{\"a\":\"\\ud800\"}", 14 } },
	};
	json_t *const untouched = json_null();

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		json_t *doc = untouched;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(entra_json_parse(tc[i].body, &doc, &err), ERR_FORMAT);
		assert_string_equal(err.msg, "the answer is not a JSON object");
		assert_ptr_equal(doc, untouched);
	}
}

/* Deeper than jansson goes: it must say so, and not run out of stack. */
static void
deep(void **state)
{
	static char body[100000];
	json_t *doc = NULL;
	struct err err;

	(void)state;
	memset(body, '[', sizeof body);
	memcpy(body, "{\"a\":", 5);
	assert_int_equal(entra_json_parse((struct slice){ body, sizeof body }, &doc, &err),
	    ERR_FORMAT);
	assert_null(doc);
}

static void
nothing_left_behind(void **state)
{
	json_t *doc;
	struct err err;

	(void)state;
	free_watch("SECRET");
	assert_int_equal(entra_json_parse(slice_of("{\"a\":\"SECRET\"}"), &doc, &err), ERR_OK);
	json_decref(doc);
	assert_int_equal(entra_json_parse(slice_of("{\"a\":\"SECRET\""), &doc, &err), ERR_FORMAT);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
}

static void
try_to_parse(void *arg)
{
	json_t *doc = arg;
	struct err err;
	enum err_code rc = entra_json_parse(slice_of("{\"a\":{\"b\":[1,\"two\"]}}"), &doc, &err);

	if (alloc_fault_hit()) {
		/* Here and there jansson takes a lack of memory for a mistake in the text. */
		assert_true(rc == ERR_NOMEM || rc == ERR_FORMAT);
		assert_ptr_equal(doc, arg);
		return;
	}
	assert_int_equal(rc, ERR_OK);
	json_decref(doc);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_to_parse, json_null()) > 5);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects),
		cmocka_unit_test(others),
		cmocka_unit_test(deep),
		cmocka_unit_test(nothing_left_behind),
		cmocka_unit_test(memory_runs_out),
	};

	entra_json_wipe_freed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
