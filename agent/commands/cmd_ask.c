/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "agent/commands/ask.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/event_follow.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/records_text.h"

/* "lists", "devices", "events", "claims" and "report": a question and its answer, in any form. */

static enum err_code
put_stdout(void *arg, struct slice bytes, struct err *err)
{
	(void)arg;
	if (fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len)
		return ERR_OK;
	return err_errno(err, errno, "standard output");
}

/* As the agent made it, which is JSON, or a report as CSV. */
static enum err_code
pass_on(const struct config *c, const struct question *q, struct err *err)
{
	return ask_question(c, q, &(struct byte_sink){ put_stdout, NULL }, err);
}

static enum err_code
tabulate(const struct config *c, const struct question *q, enum records_form form, struct err *err)
{
	struct records_text text;
	enum err_code rc;

	records_text_init(&text, q->kind, form, stdout);
	rc = ask_question(c, q, &(struct byte_sink){ records_text_put, &text }, err);
	if (rc == ERR_OK)
		rc = records_text_end(&text, err);
	records_text_done(&text);
	return rc;
}

static enum err_code
set(struct question *q, const struct options *o, struct err *err)
{
	const char *list = q->kind == QUESTION_REPORT ? o->operand[0] : o->list;

	q->limit = o->limit;
	q->all = o->all;
	if (question_set(q, "customer", o->customer, err) ||
	    question_set(q, "serial", o->serial, err) || question_set(q, "list", list, err) ||
	    question_set(q, "kind", o->kind, err) || question_set(q, "state", o->state, err) ||
	    question_set(q, "format", o->format, err))
		return err->code;
	return ERR_OK;
}

static enum err_code
print(const struct options *o, const struct config *c, const struct question *q, struct err *err)
{
	bool csv = q->form == REPORT_CSV;

	bool json = o->json || (o->format && !csv);

	if (json || (csv && q->kind == QUESTION_REPORT))
		return pass_on(c, q, err);
	return tabulate(c, q, csv ? RECORDS_CSV : RECORDS_TABLE, err);
}

static int
answer(const struct options *o, const struct config *c, const struct question *q)
{
	struct err err;

	if (o->follow)
		return event_follow_run(o, c, q);
	return print(o, c, q, &err) ? failure_report(o, &err) : EXIT_DONE;
}

static int
ask(const struct options *o, enum question_kind kind)
{
	struct question q = { .kind = kind };
	struct config *c;
	struct err err;
	int code;

	if (set(&q, o, &err))
		return failure_report(o, &err);
	code = config_open(o, &c);
	if (code)
		return code;
	code = answer(o, c, &q);
	config_free(c);
	return code;
}

int
cmd_lists(const struct options *o)
{
	return ask(o, QUESTION_LISTS);
}

int
cmd_devices(const struct options *o)
{
	return ask(o, QUESTION_DEVICES);
}

int
cmd_events(const struct options *o)
{
	return ask(o, QUESTION_EVENTS);
}

int
cmd_claims_list(const struct options *o)
{
	return ask(o, QUESTION_CLAIMS);
}

int
cmd_report(const struct options *o)
{
	return ask(o, QUESTION_REPORT);
}
