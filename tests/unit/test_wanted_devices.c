/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/wanted_devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static const char *const books[] = { "Book 1[45]*", "Tablet ?" };
static const char *const contoso[] = { "Contoso" };

static void
each_filter_must_let_it_pass(void **state)
{
	static const struct customer_only all = { .serials_from = NULL };
	static const struct customer_only by_model = { .models = { books, 2 } };
	static const struct customer_only by_both = {
		.models = { books, 2 },
		.manufacturers = { contoso, 1 },
	};
	static const struct customer_only by_all = {
		.serials_from = "serials",
		.models = { books, 2 },
		.manufacturers = { contoso, 1 },
	};
	static const struct {
		const char *name;
		const struct customer_only *only;
		const char *serial, *manufacturer, *model;
		bool want;
	} tc[] = {
		{ "no filter", &all, "", "", "", true },
		{ "a model", &by_model, "X", "Any", "Book 14 G2", true },
		{ "the second pattern", &by_model, "X", "Any", "Tablet 1", true },
		{ "no such model", &by_model, "X", "Any", "Book 16", false },
		{ "a pattern is not a part", &by_model, "X", "Any", "My Book 14", false },
		{ "case counts", &by_model, "X", "Any", "book 14", false },
		{ "no model at all", &by_model, "X", "Any", "", false },
		{ "both", &by_both, "X", "Contoso", "Book 14", true },
		{ "only the model", &by_both, "X", "Fabrikam", "Book 14", false },
		{ "only the maker", &by_both, "X", "Contoso", "Desk", false },
		{ "all three", &by_all, "PF2", "Contoso", "Book 14", true },
		{ "all but the serial", &by_all, "PF3", "Contoso", "Book 14", false },
		{ "no serial", &by_all, "", "Contoso", "Book 14", false },
	};

	(void)state;
	sandbox_write("serials", "PF1\nPF2\n");
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct wanted_devices *f;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(wanted_devices_new(tc[i].only, &f, &err), ERR_OK);
		assert_int_equal(wanted_devices_has(f, slice_of(tc[i].serial),
		                     slice_of(tc[i].manufacturer), slice_of(tc[i].model)),
		    tc[i].want);
		wanted_devices_free(f);
	}
	wanted_devices_free(NULL);
}

static void
the_file_of_serial_numbers(void **state)
{
	static const struct {
		const char *name;
		const char *content;
		const char *in; /* serials between blanks */
		const char *out;
	} tc[] = {
		{ "no end of line", "B\nA", "A B", "AB C" },
		{ "of Windows", "B\r\nA\r\n", "A B", "C" },
		{ "with a byte order mark",
		    "\xef\xbb\xbf"
		    "B\nA\n",
		    "A B", "C" },
		{ "blanks around, blank lines", " B \n\n\t\n  A\t\n", "A B", "C" },
		{ "twice", "A\nA\nB\nA\n", "A B", "C" },
		{ "beginnings of each other", "AB\nABC\nA\n", "A AB ABC", "ABCD B" },
		{ "empty", "", "", "A" },
		{ "a byte order mark alone", "\xef\xbb\xbf", "", "A" },
		{ "less than that", "\xef\xbb", "", "A" },
		{ "many", "9\n8\n7\n6\n5\n4\n3\n2\n1\n", "1 2 3 4 5 6 7 8 9", "0 10" },
	};
	static const struct customer_only only = { .serials_from = "serials" };
	static const struct slice none = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(tc) * 2; i++) {
		bool want = i % 2;
		struct slice rest = slice_of(want ? tc[i / 2].in : tc[i / 2].out);
		struct wanted_devices *f;
		struct err err;

		print_message("  %s\n", tc[i / 2].name);
		sandbox_write("serials", tc[i / 2].content);
		assert_int_equal(wanted_devices_new(&only, &f, &err), ERR_OK);
		while (rest.len) {
			const char *blank = memchr(rest.ptr, ' ', rest.len);
			size_t n = blank ? (size_t)(blank - rest.ptr) : rest.len;

			assert_int_equal(wanted_devices_has(f, slice_head(rest, n), none, none),
			    want);
			rest = slice_from(rest, blank ? n + 1 : n);
		}
		wanted_devices_free(f);
	}
}

/* What cannot be a model of anybody's does not match, instead of being cut. */
static void
a_value_that_is_too_long(void **state)
{
	static const char *const anything[] = { "*" };
	static const struct customer_only only = { .models = { anything, 1 } };
	static char model[600];
	struct wanted_devices *f;
	struct err err;

	(void)state;
	memset(model, 'a', sizeof model);
	assert_int_equal(wanted_devices_new(&only, &f, &err), ERR_OK);
	assert_true(
	    wanted_devices_has(f, slice_of(""), slice_of(""), (struct slice){ model, 511 }));
	assert_false(
	    wanted_devices_has(f, slice_of(""), slice_of(""), (struct slice){ model, 512 }));
	wanted_devices_free(f);
}

static void
what_cannot_be_read(void **state)
{
	static const struct customer_only missing = { .serials_from = "nowhere" };
	static const struct customer_only folder = { .serials_from = "." };
	static const struct customer_only large = { .serials_from = "large" };
	struct wanted_devices *f = NULL;
	struct err err;
	FILE *file;

	(void)state;
	assert_int_equal(wanted_devices_new(&missing, &f, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "nowhere"));
	assert_int_equal(wanted_devices_new(&folder, &f, &err), ERR_IO);
	file = fopen("large", "w");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), 64 * 1024 * 1024 + 1), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(wanted_devices_new(&large, &f, &err), ERR_LIMIT);
	assert_null(f);
}

static void
try_to_read(void *arg)
{
	static const struct customer_only only = { .serials_from = "serials" };
	struct wanted_devices *f = NULL;
	struct err err;

	(void)arg;
	if (wanted_devices_new(&only, &f, &err)) {
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(f);
		return;
	}
	assert_false(alloc_fault_hit());
	wanted_devices_free(f);
}

static void
memory_may_end_anywhere(void **state)
{
	(void)state;
	sandbox_write("serials", "A\nB\n");
	assert_true(alloc_fault_sweep(try_to_read, NULL) >= 3);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(each_filter_must_let_it_pass),
		IN_SANDBOX(the_file_of_serial_numbers),
		cmocka_unit_test(a_value_that_is_too_long),
		IN_SANDBOX(what_cannot_be_read),
		IN_SANDBOX(memory_may_end_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
