/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/config_open.h"

#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"

void
config_errors_put(FILE *stream, const char *file, const struct problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->item[i];

		terminal_put(stream, slice_of(file));
		if (p->at.line > 0)
			fprintf(stream, ":%zu:%zu", p->at.line, p->at.column);
		fputs(": error: ", stream);
		terminal_put(stream, slice_of(p->message));
		fputs("\n    ", stream);
		terminal_put(stream, slice_of(p->advice));
		putc('\n', stream);
	}
	if (problems->dropped > 0) {
		terminal_put(stream, slice_of(file));
		fprintf(stream, ": %zu more errors behind these\n", problems->dropped);
	}
}

/* The file as a whole has no line. */
static json_t *
position(size_t number)
{
	return number > 0 ? json_integer((json_int_t)number) : json_null();
}

/* What any command says that fails; the first error stands for the rest. */
static json_t *
first_of(const struct problems *problems)
{
	const struct problem *p = &problems->item[0];

	return json_pack("{s:s, s:o, s:o}", "code", "configuration", "message",
	    json_out_text(slice_of(p->message)), "advice", json_out_text(slice_of(p->advice)));
}

json_t *
config_errors_json(const char *file, const struct problems *problems)
{
	json_t *errors = json_array();

	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->item[i];
		json_t *error = json_pack("{s:o, s:o, s:o, s:o, s:o}", "file",
		    json_out_text(slice_of(file)), "line", position(p->at.line), "column",
		    position(p->at.column), "message", json_out_text(slice_of(p->message)),
		    "advice", json_out_text(slice_of(p->advice)));

		if (json_array_append_new(errors, error) != 0) {
			json_decref(errors);
			return NULL;
		}
	}
	return json_pack("{s:o, s:o, s:o*}", "file", json_out_text(slice_of(file)), "errors",
	    errors, "error", problems->n > 0 ? first_of(problems) : NULL);
}

int
config_open(const struct options *o, struct config **out)
{
	struct problems problems;
	struct err err;
	enum err_code rc = config_load(o->config, CONFIG_NO_LOOK, out, &problems, &err);

	if (rc == ERR_OK)
		return EXIT_DONE;
	if (rc != ERR_FORMAT)
		return failure_report(o, &err);
	config_errors_put(stderr, o->config, &problems);
	if (o->json && json_out_print(config_errors_json(o->config, &problems), &err))
		return failure_report(o, &err);
	return EXIT_CONFIG;
}
