/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "agent/commands/command.h"
#include "agent/commands/commands.h"
#include "agent/commands/failure.h"
#include "base/nearest.h"
#include "base/slice.h"
#include "devices/finding.h"

#define SYNOPSIS "Usage: autoreg [OPTION]... COMMAND [ARGUMENT]...\n"

void
cmd_help_usage(FILE *out)
{
	const struct command *c;
	size_t column = strlen("Commands:");

	fputs(SYNOPSIS "Commands:", out);
	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		size_t len = 1 + strlen(c->name);

		if (column + len > HELP_COLUMNS)
			column = (size_t)fprintf(out, "\n ") - 1;
		column += len;
		fprintf(out, " %s", c->name);
	}
	fputs("\nTry 'autoreg help'.\n", out);
}

/* Lines of text, each behind an indent; the first line has its own in front already. */
static void
put_lines(const char *text, int indent)
{
	for (;;) {
		size_t len = strcspn(text, "\n");

		printf("%.*s\n", (int)len, text);
		text += len;
		if (*text == '\0' || *++text == '\0')
			return;
		printf("%*s", indent, "");
	}
}

/* One paragraph, broken at blanks. */
static void
put_wrapped(const char *text)
{
	while (strlen(text) > HELP_COLUMNS) {
		int len = HELP_COLUMNS;

		while (len > 0 && text[len] != ' ')
			len--;
		assert(len > 0); /* our own texts hold no such word */
		printf("%.*s\n", len, text);
		text += len + 1;
	}
	puts(text);
}

static void
put_option(const struct option_def *def)
{
	int len;

	if (def->letter)
		len = printf("  -%c, --%s", def->letter, def->name);
	else
		len = printf("      --%s", def->name);
	if (def->value)
		len += printf(" %s", def->value);
	printf("%*s", OPTION_INDENT - len, "");
	put_lines(def->help, OPTION_INDENT);
}

/* command NULL: the global ones. */
static void
put_options(const char *title, const struct command *command)
{
	const struct option_def *def;

	if (!command_option(command, 0))
		return;
	printf("\n%s:\n", title);
	for (size_t i = 0; (def = command_option(command, i)) != NULL; i++)
		put_option(def);
}

static void
explain_program(void)
{
	const struct command *c;

	puts("autoreg registers Windows Autopilot devices in bulk, from lists of any shape.\n");
	puts(SYNOPSIS "\nCommands:");
	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		printf("  %-14s  %s\n", c->name, c->summary);
	put_options("Options of every command", NULL);
	puts("\n'autoreg help COMMAND' explains a command, 'autoreg help CODE' a finding code.");
}

static void
explain_command(const struct command *c)
{
	printf("autoreg %s: %s\n\nUsage: autoreg %s [OPTION]...%s%s\n\n", c->name, c->summary,
	    c->name, c->operands[0] != '\0' ? " " : "", c->operands);
	fputs(c->description, stdout);
	fputs("\nExamples:\n  ", stdout);
	put_lines(c->examples, 2);
	put_options("Options", c);
	put_options("Options of every command", NULL);
	puts("\nExit codes:");
	for (const struct exit_meaning *e = c->exits; e->meaning; e++)
		printf("  %d  %s\n", e->code, e->meaning);
}

static void
explain_finding(enum finding_code code)
{
	const struct finding_info *info = finding_info(code);

	printf("%s (%s): %s\n\n", info->code, severity_name(info->severity), info->title);
	put_wrapped(info->advice);
	printf("\n%s", info->explain);
}

static const char *
nearest_finding(struct slice name)
{
	const char *candidate[NFINDING];

	for (size_t i = 0; i < NFINDING; i++)
		candidate[i] = finding_info((enum finding_code)i)->code;
	return nearest(name, candidate, NFINDING);
}

/* kind: what the topic should have been. meant: a topic there is, or NULL. */
static int
unknown_topic(const struct options *o, const char *kind, const char *topic, const char *meant)
{
	struct err err;

	if (meant)
		(void)err_set(&err, ERR_USAGE, "unknown %s %s; did you mean %s?", kind, topic,
		    meant);
	else
		(void)err_set(&err, ERR_USAGE, "unknown %s %s", kind, topic);
	return failure_report(o, &err);
}

static int
explain_code(const struct options *o)
{
	struct slice name = slice_of(o->explain);
	enum finding_code code;

	if (!finding_by_name(name, &code))
		return unknown_topic(o, "finding code", o->explain, nearest_finding(name));
	explain_finding(code);
	return EXIT_DONE;
}

static int
explain_topic(const struct options *o, const char *topic)
{
	const struct command *command = command_find(topic);
	struct slice name = slice_of(topic);
	const struct options general = { .json = o->json }; /* "help help" would be poor advice */
	enum finding_code code;
	const char *meant;

	if (command) {
		explain_command(command);
		return EXIT_DONE;
	}
	if (finding_by_name(name, &code)) {
		explain_finding(code);
		return EXIT_DONE;
	}
	meant = command_nearest(name);
	if (!meant)
		meant = nearest_finding(name);
	return unknown_topic(&general, "topic", topic, meant);
}

int
cmd_help(const struct options *o)
{
	if (!o->help && o->explain)
		return explain_code(o);
	if (o->help && o->command)
		explain_command(o->command);
	else if (o->noperand > 0)
		return explain_topic(o, o->operand[0]);
	else
		explain_program();
	return EXIT_DONE;
}
