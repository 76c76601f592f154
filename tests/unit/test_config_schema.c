/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "devices/columns.h"

static void
column_words_are_those_of_lists(void **state)
{
	const struct section *customer =
	    section_key(config_schema(), slice_of("customers"))->section;
	const struct section *columns = section_key(customer, slice_of("columns"))->section;

	(void)state;
	assert_int_equal(CONFIG_COLUMNS, NCOLUMN);
	for (size_t i = 0; i < NCOLUMN; i++)
		assert_string_equal(columns->key[i].name, column_word((enum column)i));
	assert_null(columns->key[NCOLUMN].name);
}

static void
walk(const struct section *s)
{
	size_t n = 0;

	for (; s->key[n].name; n++) {
		const struct key *k = &s->key[n];

		print_message("  %s\n", k->name);
		assert_ptr_equal(section_key(s, slice_of(k->name)), k);
		assert_true(strlen(k->help) > 3 && k->help[strlen(k->help) - 1] == '.');
		assert_true(k->offset < s->size);
		assert_int_equal(k->section != NULL, k->type >= TYPE_SECTION);
		assert_true(k->section || k->initial || k->example);
		assert_true(!k->required || !k->initial);
		if (k->at_most)
			assert_int_equal(section_key(s, slice_of(k->at_most))->type, k->type);
		if (k->section)
			walk(k->section);
	}
	assert_true(n > 0 && n <= SECTION_KEYS_MAX);
	if (s->selector)
		assert_string_equal(s->selector, s->key[0].name);
}

static void
the_tables_are_whole(void **state)
{
	(void)state;
	walk(config_schema());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(column_words_are_those_of_lists),
		cmocka_unit_test(the_tables_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
