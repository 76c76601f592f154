/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <jansson.h>
#include <stdio.h>

#include "agent/commands/command.h"
#include "devices/finding.h"
#include "devices/list_format.h"
#include "devices/list_writer.h"

/* Prints what the manual pages say of commands, options, findings and formats, as JSON. */

static void
append(json_t *array, json_t *item)
{
	int rc = json_array_append_new(array, item);

	assert(rc == 0);
}

static json_t *
options_of(const struct command *c)
{
	json_t *options = json_array();
	const struct option_def *def;

	for (size_t i = 0; (def = command_option(c, i)) != NULL; i++) {
		const char letter[] = { def->letter, '\0' };

		append(options,
		    json_pack("{s:s,s:s,s:s?,s:s}", "name", def->name, "letter", letter, "value",
		        def->value, "help", def->help));
	}
	return options;
}

static json_t *
exits_of(const struct command *c)
{
	json_t *exits = json_array();

	for (const struct exit_meaning *e = c->exits; e->meaning; e++)
		append(exits, json_pack("{s:i,s:s}", "code", e->code, "meaning", e->meaning));
	return exits;
}

static json_t *
all_commands(void)
{
	json_t *commands = json_array();
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		append(commands,
		    json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "name", c->name, "summary",
		        c->summary, "operands", c->operands, "description", c->description,
		        "examples", c->examples, "options", options_of(c), "exits", exits_of(c)));
	return commands;
}

static json_t *
all_findings(void)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < NFINDING; i++) {
		const struct finding_info *info = finding_info((enum finding_code)i);

		append(findings,
		    json_pack("{s:s,s:s,s:s,s:s,s:s}", "code", info->code, "severity",
		        severity_name(info->severity), "title", info->title, "advice", info->advice,
		        "explain", info->explain));
	}
	return findings;
}

static json_t *
all_read(void)
{
	json_t *names = json_array();

	for (size_t f = FORMAT_UNKNOWN + 1; f <= FORMAT_OTHER; f++)
		append(names, json_string(list_format_name((enum list_format)f)));
	return names;
}

static json_t *
all_written(void)
{
	json_t *writers = json_array();

	for (const char *const *name = list_writer_names(); *name; name++) {
		const struct list_writer *w = list_writer_find(slice_of(*name));

		append(writers,
		    json_pack("{s:s,s:s,s:i}", "name", w->name, "header", w->header, "rows",
		        (int)w->rows_per_file));
	}
	return writers;
}

int
main(void)
{
	json_t *all = json_pack("{s:o,s:o,s:o,s:o,s:o}", "global", options_of(NULL), "commands",
	    all_commands(), "findings", all_findings(), "read", all_read(), "written",
	    all_written());
	int rc;

	assert(all);
	rc = json_dumpf(all, stdout, JSON_INDENT(1));
	json_decref(all);
	return rc == 0 ? 0 : 1;
}
