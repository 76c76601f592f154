/* SPDX-License-Identifier: Apache-2.0 */
#include "config/image_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"

static const char own[] = "version: 1\n"
                          "images:\n"
                          "  books: {makers: [\"Contoso*\"], models: [\"Book *\", Slate],\n"
                          "    image: ok, advice: All of them are right.}\n"
                          "  t14: {families: [\"ThinkPad T14*\"], advice: Ask the depot.}\n";

static void
the_first_rule_that_fits_counts(void **state)
{
	static const struct {
		const char *name;
		const char *maker, *model, *family;
		bool with_own;
		const char *rule;
		enum image_need image;
	} tc[] = {
		{ "own", "Contoso Ltd", "Book 7", "", true, "books", IMAGE_OK },
		{ "in any case", "CONTOSO", "book 7", "", true, "books", IMAGE_OK },
		{ "second model", "Contoso", "Slate", "", true, "books", IMAGE_OK },
		{ "another model", "Contoso", "Slates", "", true, "any", IMAGE_NEEDED },
		{ "by family", "LENOVO", "20S0", "ThinkPad T14 Gen 1", true, "t14", IMAGE_NEEDED },
		{ "without one's own", "Contoso", "Book 7", "", false, "any", IMAGE_NEEDED },
		{ "Dell", "Dell Inc.", "Latitude 5410", "Latitude", true, "dell", IMAGE_NEEDED },
		{ "HP", "HP", "EliteBook", "", true, "hp", IMAGE_NEEDED },
		{ "HP as it was", "Hewlett-Packard", "EliteBook", "", true, "hp", IMAGE_NEEDED },
		{ "somebody who begins so", "HPX", "1", "", true, "any", IMAGE_NEEDED },
		{ "T14", "LENOVO", "20S0", "ThinkPad T14 Gen 1", false, "lenovo-enabled",
		    IMAGE_NEEDED },
		{ "first L13", "LENOVO", "20R3", "ThinkPad L13", true, "lenovo-enabled",
		    IMAGE_NEEDED },
		{ "L13 Yoga", "LENOVO", "20R5", "ThinkPad L13 Yoga Gen 1", true, "lenovo-enabled",
		    IMAGE_NEEDED },
		{ "X1", "LENOVO", "20U9", "ThinkPad X1 Carbon Gen 8", true, "lenovo-enabled",
		    IMAGE_NEEDED },
		{ "X13", "LENOVO", "20T2", "ThinkPad X13 Gen 1", true, "lenovo-intel",
		    IMAGE_NEEDED },
		{ "a later one", "LENOVO", "21AH", "ThinkPad L13 Gen 2", true, "lenovo-other",
		    IMAGE_NEEDED },
		{ "nobody knows", "LENOVO", "20S0", "", true, "lenovo-unknown", IMAGE_NEEDED },
		{ "the type is no family", "LENOVO", "T14 Gen 1", "", true, "lenovo-unknown",
		    IMAGE_NEEDED },
		{ "Surface", "Microsoft Corporation", "Surface Pro", "Surface", true, "microsoft",
		    IMAGE_OK },
		{ "nothing known", "", "", "", true, "any", IMAGE_NEEDED },
	};
	static struct problems problems;
	struct arena arena = { .block = NULL };
	struct image_table table;
	struct err err;

	(void)state;
	assert_int_equal(image_table_parse(slice_of(own), &arena, &problems, &table, &err), ERR_OK);
	assert_int_equal(problems.n, 0);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct image_device d = { slice_of(tc[i].maker), slice_of(tc[i].model),
			slice_of(tc[i].family) };
		const struct image_rule *rule =
		    image_table_find(tc[i].with_own ? &table : NULL, &d);

		print_message("  %s\n", tc[i].name);
		assert_string_equal(rule->name, tc[i].rule);
		assert_int_equal(rule->image, tc[i].image);
		assert_int_equal(rule->advice[strlen(rule->advice) - 1], '.');
	}
	arena_done(&arena);
}

/* A value may be longer than what patterns are compared with, and holds no terminator. */
static void
long_values_are_cut(void **state)
{
	char text[2000];
	struct image_device d = { .manufacturer = { text, sizeof text } };

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, "Dell ", 5);
	assert_string_equal(image_table_find(NULL, &d)->name, "dell");
	d.manufacturer.len = 4;
	assert_string_equal(image_table_find(NULL, &d)->name, "dell");
	d.manufacturer.len = 3;
	assert_string_equal(image_table_find(NULL, &d)->name, "any");
}

static void
all_errors_are_told_at_once(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *want;
	} tc[] = {
		{ "empty", "", "1:1 there is nothing in the file\n" },
		{ "a list", "- a\n", "1:1 there are no keys\n" },
		{ "no rules", "version: 1\n", "1:1 the file: images is missing\n" },
		{ "several",
		    "version: 2\nimages:\n  a: {maker: [x], image: no}\n  B: {advice: b}\n",
		    "1:10 version: \"2\" is out of range\n"
		    "3:3 a: advice is missing\n"
		    "3:7 unknown key \"maker\" in a; did you mean \"makers\"?\n"
		    "3:26 image: \"no\" is unknown\n"
		    "4:3 images: \"B\" is no name\n" },
		{ "no list", "version: 1\nimages:\n  a: {makers: Dell, advice: b}\n",
		    "3:15 makers: a list belongs here\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		static struct problems problems;
		struct arena arena = { .block = NULL };
		struct image_table table;
		struct buf got;
		struct err err;

		print_message("  %s\n", tc[i].name);
		problems = (struct problems){ .n = 0 };
		assert_int_equal(
		    image_table_parse(slice_of(tc[i].text), &arena, &problems, &table, &err),
		    ERR_OK);
		buf_init(&got, 64 * 1024);
		for (size_t k = 0; k < problems.n; k++)
			buf_addf(&got, "%zu:%zu %s\n", problems.item[k].at.line,
			    problems.item[k].at.column, problems.item[k].message);
		assert_string_equal(got.ptr, tc[i].want);
		buf_done(&got);
		arena_done(&arena);
	}
}

static void
assert_refused(const char *message)
{
	static struct problems problems;
	struct config *c = NULL;
	struct err err;

	assert_int_equal(config_load("a.yaml", CONFIG_NO_LOOK, &c, &problems, &err), ERR_FORMAT);
	assert_null(c);
	assert_true(problems.n > 0);
	assert_string_equal(problems.item[0].message, message);
	assert_int_equal(problems.item[0].at.line, 0);
}

static void
a_configuration_has_its_file(void **state)
{
	static struct problems problems;
	struct config *c = NULL;
	struct err err;

	(void)state;
	sandbox_write("a.yaml", "version: 1\nimages: i.yaml\n");
	assert_refused("images: i.yaml: No such file or directory");
	sandbox_write("i.yaml", "version: 1\nimages:\n  a: {}\n");
	assert_refused("images: i.yaml:3:3: a: advice is missing");
	sandbox_write("i.yaml", own);
	assert_int_equal(config_load("a.yaml", CONFIG_NO_LOOK, &c, &problems, &err), ERR_OK);
	assert_int_equal(c->image_table->n, 2);
	assert_string_equal(c->image_table->item[1].advice, "Ask the depot.");
	config_free(c);

	sandbox_write("a.yaml", "version: 1\n");
	assert_int_equal(config_load("a.yaml", CONFIG_NO_LOOK, &c, &problems, &err), ERR_OK);
	assert_null(c->image_table);
	config_free(c);
}

static void
try_load(void *arg)
{
	static struct problems problems;
	struct config *c = NULL;
	struct err err;
	enum err_code rc = config_load("a.yaml", CONFIG_NO_LOOK, &c, &problems, &err);

	(void)arg;
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(c == NULL, alloc_fault_hit());
	config_free(c);
}

static void
running_out_of_memory_is_an_error(void **state)
{
	(void)state;
	sandbox_write("a.yaml", "version: 1\nimages: i.yaml\n");
	sandbox_write("i.yaml", own);
	assert_true(alloc_fault_sweep(try_load, NULL) > 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_fits_counts),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(all_errors_are_told_at_once),
		cmocka_unit_test_setup_teardown(a_configuration_has_its_file, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(running_out_of_memory_is_an_error, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
