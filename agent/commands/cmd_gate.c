/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>

#include "agent/commands/ask.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"

/* "gate": a yes or a no for each serial number. */

enum { ANSWER_MAX = 64 * 1024 };

/* Appends what is answered for one serial number. */
static enum err_code
ask_one(const struct config *c, const char *serial, uint64_t wait_ms, json_t *answers,
    struct err *err)
{
	struct buf text;
	json_t *doc;
	enum err_code rc;

	buf_init(&text, ANSWER_MAX);
	rc = ask_gate(c, serial, wait_ms, &(struct byte_sink){ byte_sink_gather, &text }, err);
	if (rc == ERR_OK) {
		doc = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
		if (!doc || json_array_extend(answers, json_object_get(doc, "gate")) != 0)
			rc = err_set(err, ERR_FORMAT, "the answer cannot be understood");
		json_decref(doc);
	}
	buf_done(&text);
	return rc;
}

static struct slice
text_of(const json_t *answer, const char *member)
{
	const char *text = json_string_value(json_object_get(answer, member));

	return slice_of(text ? text : "");
}

static void
tell(const json_t *answer)
{
	struct slice advice = text_of(answer, "advice");

	terminal_put(stdout, text_of(answer, "serial"));
	printf("\t%s\t", json_is_true(json_object_get(answer, "may_ship")) ? "yes" : "no");
	terminal_put(stdout, text_of(answer, "reason"));
	if (advice.len > 0) {
		fputs(". ", stdout);
		terminal_put(stdout, advice);
	}
	putchar('\n');
}

/* Whoever does not know a number has mistyped it, or has another device before him. */
static int
exit_code_of(const json_t *answers)
{
	int code = EXIT_DONE;
	const json_t *answer;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		if (slice_eq(text_of(answer, "state"), slice_of("unknown")))
			return EXIT_NOT_FOUND;
		if (!json_is_true(json_object_get(answer, "may_ship")))
			code = EXIT_PARTLY;
	}
	return code;
}

static int
print(const struct options *o, json_t *answers)
{
	int code = exit_code_of(answers);
	const json_t *answer;
	struct err err;
	size_t i;

	if (o->json)
		return json_out_print(json_pack("{s:O}", "gate", answers), &err)
		    ? failure_report(o, &err)
		    : code;
	json_array_foreach(answers, i, answer) tell(answer);
	return code;
}

int
cmd_gate(const struct options *o)
{
	json_t *answers = json_array();
	struct config *c = NULL;
	enum err_code rc = ERR_OK;
	struct err err;
	int code = config_open(o, &c);

	if (code)
		goto out;
	for (size_t i = 0; rc == ERR_OK && i < o->noperand; i++)
		rc = ask_one(c, o->operand[i], o->wait_ms, answers, &err);
	code = rc ? failure_report(o, &err) : print(o, answers);
out:
	config_free(c);
	json_decref(answers);
	return code;
}
