/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/commands/command.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/doctor_report.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"
#include "base/buf.h"
#include "config/config.h"
#include "config/config_example.h"
#include "config/config_show.h"
#include "config/json_schema.h"

enum { DOCUMENT_MAX = 64 * 1024 * 1024 };

/* --- output --- */

/* Texts of the file are in it, so that it goes line by line. */
static int
put_document(const struct options *o, const struct buf *text)
{
	const char *line = text->ptr;
	struct err err;

	if (buf_check(text, &err))
		return failure_report(o, &err);
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		terminal_put(stdout, (struct slice){ line, len });
		putchar('\n');
		line += len + (line[len] == '\n');
	}
	return EXIT_DONE;
}

/* --- what can be asked for --- */

static int
check(const struct options *o)
{
	struct problems problems;
	struct config *c = NULL;
	struct err err;
	enum err_code rc;

	if (o->online)
		return doctor_report(o, DOCTOR_SERVICES);
	rc = config_load(o->config, CONFIG_LOOK_AT_FILES, &c, &problems, &err);
	config_free(c);
	if (rc != ERR_OK && rc != ERR_FORMAT)
		return failure_report(o, &err);
	if (o->json && json_out_print(config_errors_json(o->config, &problems), &err))
		return failure_report(o, &err);
	if (!o->json && rc == ERR_OK) {
		terminal_put(stdout, slice_of(o->config));
		puts(": ok");
	} else if (!o->json) {
		config_errors_put(stdout, o->config, &problems);
	}
	return rc ? EXIT_CONFIG : EXIT_DONE;
}

static int
show(const struct options *o)
{
	struct problems problems;
	struct config *c = NULL;
	struct buf text;
	struct err err;
	enum err_code rc = config_load(o->config, CONFIG_NO_LOOK, &c, &problems, &err);
	int code;

	if (rc != ERR_OK && rc != ERR_FORMAT)
		return failure_report(o, &err);
	if (rc) {
		config_errors_put(stderr, o->config, &problems);
		if (o->json && json_out_print(config_errors_json(o->config, &problems), &err))
			return failure_report(o, &err);
		return EXIT_CONFIG;
	}
	buf_init(&text, DOCUMENT_MAX);
	config_show(c, o->json ? DOC_JSON : DOC_YAML, &text);
	code = put_document(o, &text);
	buf_done(&text);
	config_free(c);
	return code;
}

static int
write_out(const struct options *o, void (*write)(struct buf *out))
{
	struct buf text;
	int code;

	buf_init(&text, DOCUMENT_MAX);
	write(&text);
	code = put_document(o, &text);
	buf_done(&text);
	return code;
}

static int
schema(const struct options *o)
{
	return write_out(o, json_schema_write);
}

static int
init(const struct options *o)
{
	return write_out(o, config_example_write);
}

int
cmd_config(const struct options *o)
{
	static const struct {
		const char *word;
		int (*run)(const struct options *o);
	} part[] = { { "check", check }, { "show", show }, { "schema", schema }, { "init", init } };

	size_t i = 0;

	while (strcmp(part[i].word, o->operand[0]) != 0) {
		i++;
		assert(
		    i < sizeof part / sizeof part[0]); /* the table of commands has validated it */
	}
	return part[i].run(o);
}
