/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/slice.h"

/* The longest line of a text that consists of whole lines. */
static size_t
longest_line(const char *text)
{
	size_t longest = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		longest = len > longest ? len : longest;
		text += len + (text[len] == '\n');
	}
	return longest;
}

static bool
ends_line(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && text[len - 1] == '\n' && (len == 1 || text[len - 2] != '\n');
}

static void
every_command_is_explained(void **state)
{
	const struct command *c;
	size_t n = 0;

	(void)state;
	for (; (c = command_at(n)) != NULL; n++) {
		print_message("  %s\n", c->name);
		assert_non_null(c->run);
		assert_true(strlen(c->name) <= 14);
		assert_true(c->summary[0] >= 'a' && c->summary[0] <= 'z');
		assert_true(strlen(c->summary) <= HELP_COLUMNS - 18);
		assert_true(ends_line(c->description));
		assert_true(longest_line(c->description) <= HELP_COLUMNS);
		assert_true(ends_line(c->examples));
		assert_true(longest_line(c->examples) <= HELP_COLUMNS - 2);
		assert_non_null(strstr(c->examples, c->name));
		assert_true(c->operands_min <= c->operands_max);
		assert_int_equal(c->operands[0] == '\0', c->operands_max == 0);
		assert_int_equal(c->exits[0].code, EXIT_DONE);
		for (size_t i = 0; c->exits[i].meaning; i++) {
			assert_true(i + 1 < EXIT_MEANINGS_MAX);
			assert_true(strlen(c->exits[i].meaning) <= HELP_COLUMNS - 5);
			assert_true(i == 0 || c->exits[i].code > c->exits[i - 1].code);
		}
		assert_ptr_equal(command_find(c->name), c);
		for (size_t i = 0; i < n; i++)
			assert_string_not_equal(command_at(i)->name, c->name);
	}
	assert_int_equal(n, 30);
}

/* Options of one command, the global ones behind its own. */
static const struct option_def *
option_of(const struct command *c, size_t i)
{
	size_t own = 0;

	while (command_option(c, own))
		own++;
	return i < own ? command_option(c, i) : command_option(NULL, i - own);
}

static void
every_option_is_explained(void **state)
{
	const struct command *c;

	(void)state;
	for (size_t n = 0; (c = command_at(n)) != NULL; n++) {
		const struct option_def *def;

		for (size_t i = 0; (def = option_of(c, i)) != NULL; i++) {
			size_t width = strlen("  -x, --") + strlen(def->name) +
			    (def->value ? 1 + strlen(def->value) : 0);
			bool takes_none = def->kind == OPTION_FLAG || def->kind == OPTION_COUNT;

			print_message("  %s --%s\n", c->name, def->name);
			assert_true(width + 2 <= OPTION_INDENT);
			assert_true(longest_line(def->help) <= HELP_COLUMNS - OPTION_INDENT);
			assert_true(def->field < sizeof(struct options));
			assert_int_equal(def->value == NULL, takes_none);
			assert_int_equal(def->max > 0, def->kind == OPTION_NUMBER);
			for (size_t k = 0; k < i; k++) {
				assert_string_not_equal(option_of(c, k)->name, def->name);
				assert_true(
				    def->letter == 0 || option_of(c, k)->letter != def->letter);
				assert_int_not_equal(option_of(c, k)->field, def->field);
			}
			assert_true(i + 1 < OPTIONS_MAX);
		}
	}
}

static void
finds_commands(void **state)
{
	static const struct {
		const char *word;
		const char *found;
		const char *nearest;
	} tc[] = {
		{ "check", "check", "check" },
		{ "Check", NULL, "check" },
		{ "chekc", NULL, "check" },
		{ "conv", NULL, "convert" },
		{ "verison", NULL, "version" },
		{ "", NULL, NULL },
		{ "frobnicate", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct command *found = command_find(tc[i].word);
		const char *near = command_nearest(slice_of(tc[i].word));

		print_message("  \"%s\"\n", tc[i].word);
		assert_int_equal(found != NULL, tc[i].found != NULL);
		if (found)
			assert_string_equal(found->name, tc[i].found);
		assert_int_equal(near != NULL, tc[i].nearest != NULL);
		if (near)
			assert_string_equal(near, tc[i].nearest);
	}
	assert_null(command_at(SIZE_MAX));
	assert_null(command_option(NULL, SIZE_MAX));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_explained),
		cmocka_unit_test(every_option_is_explained),
		cmocka_unit_test(finds_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
