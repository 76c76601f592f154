/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands/command.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/failure.h"
#include "agent/commands/profile_preview.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"
#include "config/json_schema.h"
#include "config/oem_profile.h"

/* "profile": what whoever writes one for a maker's service needs. */

enum { SCHEMA_MAX = 1024 * 1024 };

/* --- check and test --- */

/* Tells on stream what is wrong, or on stdout as JSON. Returns EXIT_CONFIG, if that works. */
static int
refuse(const struct options *o, const struct problems *problems, FILE *stream)
{
	const char *file = o->operand[1];
	struct err err;

	if (!o->json)
		config_errors_put(stream, file, problems);
	else if (json_out_print(config_errors_json(file, problems), &err))
		return failure_report(o, &err);
	return EXIT_CONFIG;
}

static int
check(const struct options *o)
{
	struct oem_profile *p = NULL;
	struct problems problems;
	struct err err;
	enum err_code rc = oem_profile_load(o->operand[1], &p, &problems, &err);

	oem_profile_free(p);
	if (rc == ERR_FORMAT)
		return refuse(o, &problems, stdout);
	if (rc == ERR_OK && o->json)
		rc = json_out_print(config_errors_json(o->operand[1], &problems), &err);
	if (rc)
		return failure_report(o, &err);
	if (!o->json) {
		terminal_put(stdout, slice_of(o->operand[1]));
		puts(": ok");
	}
	return EXIT_DONE;
}

/* The lines of a text, indented. */
static void
put_lines(const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		fputs("  ", stdout);
		terminal_put(stdout, (struct slice){ text, len });
		putchar('\n');
		text += len + (text[len] == '\n');
	}
}

static void
put_member(json_t *object, const char *key)
{
	terminal_put(stdout, slice_of(json_string_value(json_object_get(object, key))));
}

/* False: no memory. */
static bool
put_body(const json_t *body)
{
	char *text;

	if (json_is_null(body))
		return true;
	text = json_dumps(body, JSON_INDENT(2));
	if (!text)
		return false;
	putchar('\n');
	put_lines(text);
	free(text);
	return true;
}

static bool
put_request(json_t *request)
{
	json_t *value;
	const char *name;

	put_member(request, "call");
	fputs(": ", stdout);
	put_member(request, "meaning");
	fputs("\n  ", stdout);
	put_member(request, "method");
	putchar(' ');
	if (json_is_null(json_object_get(request, "url")))
		fputs("(the Location of the answer before)", stdout);
	else
		put_member(request, "url");
	putchar('\n');
	json_object_foreach(json_object_get(request, "headers"), name, value)
	{
		fputs("  ", stdout);
		terminal_put(stdout, slice_of(name));
		fputs(": ", stdout);
		terminal_put(stdout, slice_of(json_string_value(value)));
		putchar('\n');
	}
	return put_body(json_object_get(request, "body"));
}

static enum err_code
put_requests(json_t *requests, struct err *err)
{
	json_t *request;
	size_t i;

	json_array_foreach(requests, i, request)
	{
		if (i > 0)
			putchar('\n');
		if (!put_request(request))
			return err_set(err, ERR_NOMEM, "no memory for the preview");
	}
	return ERR_OK;
}

static int
test(const struct options *o)
{
	const struct profile_sample sample = {
		.serial = o->serial ? o->serial : "SAMPLE-0001",
		.manufacturer = o->manufacturer ? o->manufacturer : "Contoso",
		.model = o->model ? o->model : "Book 7",
		.product_id = o->product_id ? o->product_id : "3305555555555",
		.group_tag = o->group_tag ? o->group_tag : "Sample-Tag",
		.order = o->order ? o->order : "PO-0001",
	};
	struct oem_profile *p = NULL;
	struct problems problems;
	json_t *requests = NULL;
	struct err err;
	enum err_code rc = oem_profile_load(o->operand[1], &p, &problems, &err);

	if (rc == ERR_FORMAT)
		return refuse(o, &problems, stderr);
	if (rc == ERR_OK)
		rc = profile_preview(p, &sample, &requests, &err);
	if (rc == ERR_OK && o->json)
		rc = json_out_print(json_pack("{s:O}", "requests", requests), &err);
	else if (rc == ERR_OK)
		rc = put_requests(requests, &err);
	json_decref(requests);
	oem_profile_free(p);
	return rc ? failure_report(o, &err) : EXIT_DONE;
}

/* --- show and schema --- */

static int
show(const struct options *o)
{
	const char *text = oem_profile_builtin(o->operand[1]);
	struct err err;

	if (!text) {
		err_set(&err, ERR_NOT_FOUND, "no profile that is built in is called %s",
		    o->operand[1]);
		return failure_report(o, &err);
	}
	fputs(text, stdout);
	return EXIT_DONE;
}

static int
schema(const struct options *o)
{
	struct buf text;
	struct err err;
	int code = EXIT_DONE;

	buf_init(&text, SCHEMA_MAX);
	json_schema_write_profile(&text);
	if (buf_check(&text, &err))
		code = failure_report(o, &err);
	else
		fputs(text.ptr, stdout);
	buf_done(&text);
	return code;
}

int
cmd_profile(const struct options *o)
{
	static const struct {
		const char *word;
		int (*run)(const struct options *o);
	} part[] = { { "check", check }, { "schema", schema }, { "show", show }, { "test", test } };
	size_t i = 0;

	while (strcmp(part[i].word, o->operand[0]) != 0) {
		i++;
		assert(
		    i < sizeof part / sizeof part[0]); /* the table of commands has validated it */
	}
	return part[i].run(o);
}
