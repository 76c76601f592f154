/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/event_follow.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "agent/commands/control_client.h"
#include "agent/commands/event_stream.h"
#include "agent/commands/failure.h"
#include "agent/commands/records_text.h"
#include "agent/tools/json_out.h"
#include "base/buf.h"

enum { ADDRESS_MAX = 16 * 1024, ANSWER_MAX = 256 * 1024 * 1024, RECORD_MAX = 1024 * 1024 };

/*
 * First what has happened is asked for, up to the event that was the newest at the beginning; then the
 * stream is followed from there. A stream that was cut off, because we did not keep up, is taken up
 * where it was.
 */
struct event_follow {
	const struct config *config;
	const struct question *question;
	bool json;
	struct records_text text; /* unless json */
	int64_t last;             /* events up to here are over */
	bool came;                /* something has, in this stream */
};

/* --- printing --- */

static enum err_code
print(struct event_follow *f, struct slice line, struct err *err)
{
	if (f->json)
		(void)fwrite(line.ptr, 1, line.len, stdout);
	else if (records_text_put(&f->text, line, err) || records_text_flush(&f->text, err))
		return err->code;
	return fflush(stdout) == 0 ? ERR_OK : err_errno(err, errno, "standard output");
}

static struct slice
member(const json_t *event, const char *name)
{
	const char *text = json_string_value(json_object_get(event, name));

	return slice_of(text ? text : "");
}

static bool
is_asked_for(const struct question *q, const json_t *event)
{
	return (!q->event_kind.len || slice_eq(q->event_kind, member(event, "kind"))) &&
	    (!q->customer.len || slice_eq(q->customer, member(event, "customer"))) &&
	    (!q->serial.len || slice_eq_nocase(q->serial, member(event, "serial")));
}

static enum err_code
print_event(struct event_follow *f, json_t *event, struct err *err)
{
	struct buf line;
	enum err_code rc;

	if (!is_asked_for(f->question, event))
		return ERR_OK;
	buf_init(&line, RECORD_MAX);
	rc = json_out_add(&line, json_incref(event), err);
	buf_add_char(&line, '\n');
	if (rc == ERR_OK)
		rc = buf_check(&line, err);
	if (rc == ERR_OK)
		rc = print(f, buf_slice(&line), err);
	buf_done(&line);
	return rc;
}

static int64_t
id_of(const json_t *event)
{
	return json_integer_value(json_object_get(event, "id"));
}

/* --- what has happened --- */

/* *doc: a new reference. */
static enum err_code
ask(const struct event_follow *f, const struct question *q, json_t **doc, struct err *err)
{
	struct control_request req = { .method = HTTP_GET };
	struct buf address, answer;
	enum err_code rc;

	buf_init(&address, ADDRESS_MAX);
	buf_init(&answer, ANSWER_MAX);
	question_address(q, &address);
	req.address = address.ptr;
	if ((rc = buf_check(&address, err)) ||
	    (rc = control_client_ask(f->config->control, &req,
	         &(struct byte_sink){ byte_sink_gather, &answer }, err)))
		goto out;
	*doc = json_loadb(answer.ptr ? answer.ptr : "", answer.len, 0, NULL);
	if (!*doc)
		rc = err_set(err, ERR_FORMAT, "the answer cannot be understood");
out:
	buf_done(&address);
	buf_done(&answer);
	return rc;
}

static enum err_code
find_newest(struct event_follow *f, struct err *err)
{
	const struct question any = { .kind = QUESTION_EVENTS, .limit = 1 };
	json_t *doc = NULL;

	if (ask(f, &any, &doc, err))
		return err->code;
	f->last = id_of(json_array_get(json_object_get(doc, "events"), 0));
	json_decref(doc);
	return ERR_OK;
}

static enum err_code
print_past(struct event_follow *f, struct err *err)
{
	enum err_code rc = ERR_OK;
	json_t *doc = NULL;
	json_t *event;
	size_t i;

	if (ask(f, f->question, &doc, err))
		return err->code;
	json_array_foreach(json_object_get(doc, "events"), i, event)
	{
		if (rc == ERR_OK && id_of(event) <= f->last)
			rc = print_event(f, event, err);
	}
	json_decref(doc);
	return rc;
}

/* --- what happens --- */

static enum err_code
on_event(void *arg, struct slice name, struct slice data, struct err *err)
{
	struct event_follow *f = arg;
	json_t *event;
	enum err_code rc;

	f->came = true;
	if (!slice_eq(name, slice_of("trail")))
		return ERR_OK;
	event = json_loadb(data.ptr, data.len, 0, NULL);
	if (!json_is_object(event)) {
		json_decref(event);
		return err_set(err, ERR_FORMAT, "an event cannot be understood");
	}
	f->last = id_of(event);
	rc = print_event(f, event, err);
	json_decref(event);
	return rc;
}

/* Until the agent ends it, or breaks it off. */
static enum err_code
follow_once(struct event_follow *f, struct event_stream *stream, struct err *err)
{
	char address[64];
	enum err_code rc;

	(void)snprintf(address, sizeof address, "/v1/events?after=%" PRId64, f->last);
	event_stream_reset(stream);
	rc = control_client_follow(f->config->control, address,
	    &(struct byte_sink){ event_stream_put, stream }, err);
	return rc == ERR_NET ? ERR_OK : rc;
}

/* It comes back only with an error. If nothing at all came the agent is about to end. */
static enum err_code
follow(struct event_follow *f, struct err *err)
{
	struct event_stream stream;
	enum err_code rc = ERR_OK;

	event_stream_init(&stream, on_event, f);
	while (rc == ERR_OK) {
		f->came = false;
		rc = follow_once(f, &stream, err);
		if (rc == ERR_OK && !f->came)
			rc = err_set(err, ERR_CONNECT, "the agent has ended");
	}
	event_stream_done(&stream);
	return rc;
}

static enum err_code
begin(struct event_follow *f, struct err *err)
{
	return f->json ? ERR_OK : records_text_put(&f->text, slice_of("{\"events\":[\n"), err);
}

/* Once something was printed an error has no place on stdout any more. */
static int
tell(const struct options *o, const struct err *err, bool begun)
{
	struct options silent = *o;

	silent.json = o->json && !begun;
	return err->code == ERR_CONNECT ? failure_no_daemon(&silent, err)
	                                : failure_report(&silent, err);
}

int
event_follow_run(const struct options *o, const struct config *c, const struct question *q)
{
	struct event_follow f = { .config = c, .question = q, .json = o->json };
	bool begun = false;
	struct err err;

	if (!f.json)
		records_text_init(&f.text, QUESTION_EVENTS,
		    q->form == REPORT_CSV ? RECORDS_CSV : RECORDS_TABLE, stdout);
	if (find_newest(&f, &err) == ERR_OK) {
		begun = true;
		if (begin(&f, &err) == ERR_OK && print_past(&f, &err) == ERR_OK)
			(void)follow(&f, &err);
	}
	if (!f.json)
		records_text_done(&f.text);
	return tell(o, &err, begun);
}
