/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/control_client.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/records/question.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"

/* "retry", "release", "pause", "resume" and "reload": the operator's hand on the running agent. */

enum { ADDRESS_MAX = 16 * 1024, ANSWER_MAX = 64 * 1024 };

typedef void tell_fn(const struct options *o, const json_t *answer);

static enum err_code
drop(void *arg, struct slice bytes, struct err *err)
{
	(void)arg;
	(void)bytes;
	(void)err;
	return ERR_OK;
}

/* A serial number that the agent does not know is a mistake; one that needs no other try is not. */
static enum err_code
require_device(const char *control, const struct question *q, struct err *err)
{
	struct control_request req = { .method = HTTP_GET };
	struct question one = *q;
	struct buf address;
	enum err_code rc;

	if (q->serial.len == 0 && q->list == 0)
		return ERR_OK;
	one.by_state = false;
	one.limit = 1;
	buf_init(&address, ADDRESS_MAX);
	question_address(&one, &address);
	req.address = address.ptr;
	rc = buf_check(&address, err);
	if (rc == ERR_OK)
		rc = control_client_ask(control, &req, &(struct byte_sink){ drop, NULL }, err);
	buf_done(&address);
	return rc;
}

static enum err_code
order(const char *control, const char *path, const struct question *q, struct buf *answer,
    struct err *err)
{
	struct control_request req = { .method = HTTP_POST };
	struct buf address;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	buf_add_str(&address, path);
	question_narrowing(q, &address);
	req.address = address.ptr;
	rc = buf_check(&address, err);
	if (rc == ERR_OK)
		rc = control_client_ask(control, &req,
		    &(struct byte_sink){ byte_sink_gather, answer }, err);
	buf_done(&address);
	return rc;
}

/*
 * A configuration that the agent refuses, or that may name another socket than that of the agent, is
 * told as 'config check' tells it.
 */
static int
report_failure(const struct options *o, const struct err *err)
{
	struct config *c;
	int code;

	if (err->code != ERR_CONNECT && err->code != ERR_FORMAT)
		return failure_report(o, err);
	code = config_open(o, &c);
	if (code)
		return code;
	config_free(c);
	return err->code == ERR_CONNECT ? failure_no_daemon(o, err) : failure_report(o, err);
}

static int
tell(const struct options *o, const struct buf *text, tell_fn *tell_person)
{
	json_t *answer = json_loadb(text->ptr ? text->ptr : "", text->len, 0, NULL);
	struct err err;

	if (o->json)
		return json_out_print(answer, &err) ? failure_report(o, &err) : EXIT_DONE;
	tell_person(o, answer);
	json_decref(answer);
	return EXIT_DONE;
}

/* The configuration need not be good: the agent has another in force until it is. */
static int
operate(const struct options *o, const char *path, const struct question *q, tell_fn *tell_person)
{
	char *control = NULL;
	struct buf answer;
	struct err err;
	int code;

	buf_init(&answer, ANSWER_MAX);
	if (config_read_control(o->config, &control, &err) || require_device(control, q, &err) ||
	    order(control, path, q, &answer, &err))
		code = report_failure(o, &err);
	else
		code = tell(o, &answer, tell_person);
	buf_done(&answer);
	free(control);
	return code;
}

static void
tell_retried(const struct options *o, const json_t *answer)
{
	json_int_t n = json_integer_value(json_object_get(answer, "queued"));

	(void)o;
	printf("%" JSON_INTEGER_FORMAT " device%s queued again\n", n, n == 1 ? " is" : "s are");
}

static void
put_customer(const struct options *o)
{
	if (o->customer)
		terminal_put(stdout, slice_of(o->customer));
	else
		fputs("all customers", stdout);
}

static void
tell_paused(const struct options *o, const json_t *answer)
{
	(void)answer;
	fputs("nothing is sent any more for ", stdout);
	put_customer(o);
	puts("; 'autoreg resume' ends that");
}

static void
tell_resumed(const struct options *o, const json_t *answer)
{
	(void)answer;
	fputs("sending goes on for ", stdout);
	put_customer(o);
	putchar('\n');
}

static void
tell_reloaded(const struct options *o, const json_t *answer)
{
	(void)o;
	(void)answer;
	puts("the configuration was read again");
}

static int
queue_again(const struct options *o, const char *path)
{
	struct question q = { .kind = QUESTION_DEVICES };
	struct err err;

	if (question_set(&q, "customer", o->customer, &err) ||
	    question_set(&q, "serial", o->serial, &err) ||
	    question_set(&q, "list", o->list, &err) || question_set(&q, "state", o->state, &err))
		return failure_report(o, &err);
	return operate(o, path, &q, tell_retried);
}

int
cmd_retry(const struct options *o)
{
	return queue_again(o, "/v1/retry");
}

/* The agent adds the state. */
int
cmd_release(const struct options *o)
{
	return queue_again(o, "/v1/release");
}

/* The only thing that narrows these down. */
static struct question
for_customer(const struct options *o)
{
	return (struct question){ .customer = slice_of(o->customer ? o->customer : "") };
}

int
cmd_pause(const struct options *o)
{
	const struct question q = for_customer(o);

	return operate(o, "/v1/pause", &q, tell_paused);
}

int
cmd_resume(const struct options *o)
{
	const struct question q = for_customer(o);

	return operate(o, "/v1/resume", &q, tell_resumed);
}

int
cmd_reload(const struct options *o)
{
	const struct question q = { .kind = QUESTION_LISTS }; /* nothing narrows it down */

	return operate(o, "/v1/reload", &q, tell_reloaded);
}
