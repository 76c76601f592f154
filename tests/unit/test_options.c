/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/commands/command.h"
#include "devices/list_writer.h"

enum { WORDS_MAX = 12 };

#define CONFIG_DEFAULT "/etc/autoreg/autoreg.yaml"

/* The parser moves words: it gets a copy. Returns argc. */
static int
copy_words(char *const from[WORDS_MAX], char *to[WORDS_MAX])
{
	int n = 0;

	memset(to, 0, WORDS_MAX * sizeof *to);
	while (n < WORDS_MAX && from[n]) {
		to[n] = from[n];
		n++;
	}
	return n;
}

static void
assert_same_string(const char *got, const char *want)
{
	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void
understands(void **state)
{
	static const struct {
		const char *name;
		char *argv[WORDS_MAX];
		const char *command;
		char *operand[WORDS_MAX];
		const char *to;
		struct options want; /* but for the above; config NULL: the default */
	} tc[] = {
		{ "nothing special", { "autoreg", "check", "a", "b" }, "check", { "a", "b" }, NULL,
		    { 0 } },
		{ "hash without operands", { "autoreg", "hash" }, "hash", { 0 }, NULL, { 0 } },
		{ "standard input", { "autoreg", "check", "-" }, "check", { "-" }, NULL, { 0 } },
		{ "global before the command", { "autoreg", "--json", "-q", "check", "a" }, "check",
		    { "a" }, NULL, { .json = true, .quiet = true } },
		{ "global behind the command", { "autoreg", "check", "a", "--json", "--quiet" },
		    "check", { "a" }, NULL, { .json = true, .quiet = true } },
		{ "global on both sides", { "autoreg", "-v", "check", "-v", "a", "--verbose" },
		    "check", { "a" }, NULL, { .verbose = 3 } },
		{ "letters in a group", { "autoreg", "check", "-qvv", "a" }, "check", { "a" }, NULL,
		    { .quiet = true, .verbose = 2 } },
		{ "configuration", { "autoreg", "--config", "x.yaml", "version" }, "version", { 0 },
		    NULL, { .config = "x.yaml" } },
		{ "value behind =", { "autoreg", "check", "--columns=serial=Asset S/N", "a" },
		    "check", { "a" }, NULL, { .columns = "serial=Asset S/N" } },
		{ "empty value", { "autoreg", "check", "--group-tag=", "a" }, "check", { "a" },
		    NULL, { .group_tag = "" } },
		{ "value that looks like an option",
		    { "autoreg", "check", "--group-tag", "--json", "a" }, "check", { "a" }, NULL,
		    { .group_tag = "--json" } },
		{ "unambiguous beginnings", { "autoreg", "check", "--acc", "--t=2", "--no", "a" },
		    "check", { "a" }, NULL,
		    { .accept_serial_mismatch = true, .threads = 2, .no_progress = true } },
		{ "whole name that begins another", { "autoreg", "convert", "--to", "mmd", "a" },
		    "convert", { "a" }, "mmd", { 0 } },
		{ "flag twice", { "autoreg", "check", "--json", "--json", "a" }, "check", { "a" },
		    NULL, { .json = true } },
		{ "operands around options",
		    { "autoreg", "check", "a", "-q", "b", "--threads", "8", "c" }, "check",
		    { "a", "b", "c" }, NULL, { .quiet = true, .threads = 8 } },
		{ "end of the options", { "autoreg", "check", "a", "--", "-q", "--", "--json" },
		    "check", { "a", "-q", "--", "--json" }, NULL, { 0 } },
		{ "end of the options in front", { "autoreg", "--", "check", "--json" }, "check",
		    { "--json" }, NULL, { 0 } },
		{ "letter and value apart", { "autoreg", "convert", "--to=mmd", "-o", "x", "a" },
		    "convert", { "a" }, "mmd", { .output = "x" } },
		{ "letter and value together", { "autoreg", "convert", "--to=mmd", "-qox", "a" },
		    "convert", { "a" }, "mmd", { .quiet = true, .output = "x" } },
		{ "all of convert",
		    { "autoreg", "convert", "--to", "partner-center", "--json", "--output=x",
		        "--rejects", "r", "--", "a" },
		    "convert", { "a" }, "partner-center",
		    { .json = true, .output = "x", .rejects = "r" } },
		{ "explain needs no list", { "autoreg", "check", "--explain", "duplicate" },
		    "check", { 0 }, NULL, { .explain = "duplicate" } },
		{ "explain needs no format", { "autoreg", "convert", "--explain=x", "--json" },
		    "convert", { 0 }, NULL, { .explain = "x", .json = true } },
		{ "help instead of a command", { "autoreg", "-h" }, NULL, { 0 }, NULL,
		    { .help = true } },
		{ "help needs no list", { "autoreg", "check", "--help" }, "check", { 0 }, NULL,
		    { .help = true } },
		{ "version instead of a command", { "autoreg", "--version" }, NULL, { 0 }, NULL,
		    { .version = true } },
		{ "help on a topic", { "autoreg", "help", "check" }, "help", { "check" }, NULL,
		    { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *argv[WORDS_MAX];
		int argc = copy_words(tc[i].argv, argv);
		const struct options *want = &tc[i].want;
		struct options got;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(options_parse(argc, argv, &got, &err), ERR_OK);
		assert_same_string(got.command ? got.command->name : NULL, tc[i].command);
		for (size_t k = 0; k < got.noperand; k++)
			assert_same_string(got.operand[k], tc[i].operand[k]);
		assert_null(tc[i].operand[got.noperand]);
		assert_string_equal(got.config, want->config ? want->config : CONFIG_DEFAULT);
		assert_int_equal(got.json, want->json);
		assert_int_equal(got.quiet, want->quiet);
		assert_int_equal(got.verbose, want->verbose);
		assert_int_equal(got.no_progress, want->no_progress);
		assert_int_equal(got.help, want->help);
		assert_int_equal(got.version, want->version);
		assert_same_string(got.explain, want->explain);
		assert_same_string(got.columns, want->columns);
		assert_same_string(got.group_tag, want->group_tag);
		assert_int_equal(got.accept_serial_mismatch, want->accept_serial_mismatch);
		assert_int_equal(got.threads, want->threads);
		assert_same_string(got.to ? got.to->name : NULL, tc[i].to);
		assert_same_string(got.output, want->output);
		assert_same_string(got.rejects, want->rejects);
	}
}

static void
refuses(void **state)
{
	static const struct {
		const char *name;
		char *argv[WORDS_MAX];
		const char *message;
		const char *command; /* as far as it was understood */
		bool json;
	} tc[] = {
		{ "no command", { "autoreg", "-v" }, "a command is missing", NULL, false },
		{ "no command, but JSON", { "autoreg", "--json" }, "a command is missing", NULL,
		    true },
		{ "mistyped command", { "autoreg", "chekc", "a" },
		    "unknown command chekc; did you mean check?", NULL, false },
		{ "unknown command", { "autoreg", "frobnicate" }, "unknown command frobnicate",
		    NULL, false },
		{ "empty command", { "autoreg", "" }, "unknown command ", NULL, false },
		{ "mistyped option", { "autoreg", "check", "--jsno", "a" },
		    "unknown option --jsno; did you mean --json?", "check", false },
		{ "mistyped option with a value", { "autoreg", "check", "--colunms=a=b", "a" },
		    "unknown option --colunms; did you mean --columns?", "check", false },
		{ "unknown option", { "autoreg", "check", "--frobnicate" },
		    "unknown option --frobnicate", "check", false },
		{ "unknown letter", { "autoreg", "check", "-qx" }, "unknown option -x", "check",
		    false },
		{ "letter of another command", { "autoreg", "check", "-o", "x", "a" },
		    "unknown option -o", "check", false },
		{ "option of another command", { "autoreg", "hash", "--threads=1" },
		    "unknown option --threads", "hash", false },
		{ "command's option in front of it", { "autoreg", "--threads=1", "check", "a" },
		    "unknown option --threads", NULL, false },
		{ "ambiguous beginning", { "autoreg", "check", "--co=a", "a" },
		    "option --co could be --config or --columns", "check", false },
		{ "case counts", { "autoreg", "check", "--JSON", "a" },
		    "unknown option --JSON; did you mean --json?", "check", false },
		{ "value missing", { "autoreg", "check", "a", "--columns" },
		    "option --columns needs a value: --columns MAP", "check", false },
		{ "value missing behind a letter", { "autoreg", "convert", "a", "-o" },
		    "option --output needs a value: --output FILE", "convert", false },
		{ "value not wanted", { "autoreg", "check", "--json=yes", "a" },
		    "option --json takes no value", "check", false },
		{ "given twice", { "autoreg", "check", "--group-tag=a", "--group-tag", "a", "x" },
		    "option --group-tag is given twice", "check", false },
		{ "given twice, first empty",
		    { "autoreg", "check", "--columns=", "--columns=x", "a" },
		    "option --columns is given twice", "check", false },
		{ "given twice, as letter", { "autoreg", "convert", "--output=a", "-ob" },
		    "option --output is given twice", "convert", false },
		{ "number given twice", { "autoreg", "check", "--threads=0", "--threads=0", "a" },
		    "option --threads is given twice", "check", false },
		{ "format given twice", { "autoreg", "convert", "--to=mmd", "--to=mmd", "a" },
		    "option --to is given twice", "convert", false },
		{ "number too large", { "autoreg", "check", "--threads=9", "a" },
		    "option --threads takes a number from 0 to 8, not 9", "check", false },
		{ "number negative", { "autoreg", "check", "--threads=-1", "a" },
		    "option --threads takes a number from 0 to 8, not -1", "check", false },
		{ "no number", { "autoreg", "check", "--threads=two", "a" },
		    "option --threads takes a number from 0 to 8, not two", "check", false },
		{ "number empty", { "autoreg", "check", "--threads=", "a" },
		    "option --threads takes a number from 0 to 8, not ", "check", false },
		{ "mistyped format", { "autoreg", "convert", "--to", "partner-centre", "a" },
		    "unknown format partner-centre; did you mean partner-center?", "convert",
		    false },
		{ "unknown format", { "autoreg", "convert", "--to", "xml", "a" },
		    "unknown format xml", "convert", false },
		{ "check without list", { "autoreg", "check" }, "check needs LIST...", "check",
		    false },
		{ "convert without list", { "autoreg", "convert", "--to", "mmd" },
		    "convert needs LIST...", "convert", false },
		{ "convert without format", { "autoreg", "convert", "a" },
		    "convert needs --to FORMAT", "convert", false },
		{ "two documents on stdout", { "autoreg", "convert", "--to", "mmd", "--json", "a" },
		    "convert --json needs -o FILE: stdout cannot hold the list as well", "convert",
		    true },
		{ "operand too many", { "autoreg", "version", "a" },
		    "version: one operand too many: a", "version", false },
		{ "second topic", { "autoreg", "help", "check", "convert" },
		    "help: one operand too many: convert", "help", false },
		{ "JSON in front of the mistake", { "autoreg", "--json", "check", "--bad" },
		    "unknown option --bad", "check", true },
		{ "JSON behind the mistake", { "autoreg", "check", "--bad", "a", "--json" },
		    "unknown option --bad", "check", true },
		{ "no JSON, but an operand", { "autoreg", "check", "--bad", "--", "--json" },
		    "unknown option --bad", "check", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *argv[WORDS_MAX];
		int argc = copy_words(tc[i].argv, argv);
		struct options got;
		struct err err = { 0 };

		print_message("  %s\n", tc[i].name);
		assert_int_equal(options_parse(argc, argv, &got, &err), ERR_USAGE);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.msg, tc[i].message);
		assert_same_string(got.command ? got.command->name : NULL, tc[i].command);
		assert_int_equal(got.json, tc[i].json);
	}
}

static void
finds_the_configuration(void **state)
{
	static const struct {
		const char *name;
		const char *environment; /* NULL: not set */
		char *argv[WORDS_MAX];
		const char *want;
	} tc[] = {
		{ "default", NULL, { "autoreg", "version" }, CONFIG_DEFAULT },
		{ "environment", "e.yaml", { "autoreg", "version" }, "e.yaml" },
		{ "empty environment", "", { "autoreg", "version" }, CONFIG_DEFAULT },
		{ "option wins", "e.yaml", { "autoreg", "version", "--config", "o.yaml" },
		    "o.yaml" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char *argv[WORDS_MAX];
		int argc = copy_words(tc[i].argv, argv);
		struct options got;
		struct err err;

		print_message("  %s\n", tc[i].name);
		if (tc[i].environment)
			assert_int_equal(setenv("AUTOREG_CONFIG", tc[i].environment, 1), 0);
		assert_int_equal(options_parse(argc, argv, &got, &err), ERR_OK);
		assert_string_equal(got.config, tc[i].want);
		assert_int_equal(unsetenv("AUTOREG_CONFIG"), 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(understands),
		cmocka_unit_test(refuses),
		cmocka_unit_test(finds_the_configuration),
	};

	(void)unsetenv("AUTOREG_CONFIG");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
