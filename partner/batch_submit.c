/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_submit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "channel/channel_answer.h"
#include "partner/batch_body.h"
#include "partner/batch_list.h"
#include "partner/known_batches.h"
#include "partner/partner_call.h"
#include "partner/partner_channel.h"
#include "partner/partner_error.h"
#include "partner/partner_url.h"
#include "partner/tracking.h"

/*
 *    start -- name known --> REMEMBERED -- 404 --+
 *      |                                         v
 *      +---- name not known ------------------> LIST (page by page)
 *                                                |  |
 *                              there  +----------+  +-- not there --> CREATE
 *                                     |                                 |  "exists"
 *                                     v                                 v
 *                                  APPEND <-------- there --------- RELIST (page by page)
 *
 * All of them end in DONE. REMEMBERED and APPEND send the same; they differ in what a 404 means:
 * a memory that is out of date, or a service that does not agree with itself.
 */
enum state { ST_REMEMBERED, ST_LIST, ST_CREATE, ST_RELIST, ST_APPEND, ST_DONE, NSTATE };

struct event {
	const struct channel_answer *answer;
	const struct http_response *rsp;
};

struct batch_submit {
	struct channel_op op;
	const struct partner_options *opt;
	struct known_batches *known;
	const struct batch *batch;
	channel_submit_fn *done;
	void *arg;
	enum state state;
	bool stepping;
	const char *request_id; /* of the next upload; NULL: a new one */
	char *url;
	struct batch_body *body;
	struct batch_list list;
	struct channel_answer answer;
	char tracking[BATCH_TRACKING_SIZE];
};

typedef enum state step_fn(struct batch_submit *s, const struct event *ev);
static step_fn step_remembered, step_list, step_create, step_append;

#define TO(s) (1u << (s))
static const struct {
	const char *name;
	unsigned to; /* states it may move to */
	step_fn *step;
} def[NSTATE] = {
	[ST_REMEMBERED] = { "remembered", TO(ST_LIST) | TO(ST_DONE), step_remembered },
	[ST_LIST] = { "list", TO(ST_LIST) | TO(ST_CREATE) | TO(ST_APPEND) | TO(ST_DONE),
	    step_list },
	[ST_CREATE] = { "create", TO(ST_RELIST) | TO(ST_DONE), step_create },
	[ST_RELIST] = { "relist", TO(ST_RELIST) | TO(ST_APPEND) | TO(ST_DONE), step_list },
	[ST_APPEND] = { "append", TO(ST_DONE), step_append },
	[ST_DONE] = { "done", 0, NULL },
};

static void
submit_free(struct batch_submit *s)
{
	batch_body_free(s->body);
	free(s->url);
	free(s);
}

/* The only place that changes the state; every state waits for its one call. */
static void
on_call(void *arg, const struct channel_answer *answer, const struct http_response *rsp)
{
	struct batch_submit *s = arg;
	enum state next;

	assert(!s->stepping);
	s->stepping = true;
	s->answer = *answer;
	next = def[s->state].step(s, &(struct event){ answer, rsp });
	s->stepping = false;
	assert(def[s->state].to & TO(next));
	log_trace("batch submit: %s -> %s batch=%" PRId64, def[s->state].name, def[next].name,
	    s->batch->id);
	s->state = next;
	if (next == ST_DONE) {
		struct batch_submit last = *s;

		submit_free(s);
		last.done(last.arg, &last.answer, last.tracking);
	}
}

/* --- calls --- */

/* Takes url over. body: NULL for the list. */
static enum err_code
call(struct batch_submit *s, const char *name, char *url, struct batch_body *body, struct err *err)
{
	struct partner_request req = {
		.call = name,
		.method = body ? HTTP_POST : HTTP_GET,
		.url = url,
		.page = body ? NULL : s->list.page.text,
		.request_id = body ? s->request_id : NULL,
		.correlation_id = s->batch->correlation_id,
		.body = body ? batch_body_stream(body) : NULL,
	};

	free(s->url);
	batch_body_free(s->body);
	s->url = url;
	s->body = body;
	if (!url)
		return err_set(err, ERR_NOMEM, "no memory for an address");
	return partner_call_start(s->opt, &req, on_call, s, &s->op.call, err);
}

static enum err_code
call_list(struct batch_submit *s, struct err *err)
{
	return call(s, "GET deviceBatches",
	    partner_url(s->opt->base_url, s->batch->tenant, "deviceBatches", NULL), NULL, err);
}

static enum err_code
call_upload(struct batch_submit *s, enum batch_body_form form, struct err *err)
{
	const char *base = s->opt->base_url;
	const struct batch *b = s->batch;
	struct batch_body *body;

	if (batch_body_new(b, form, &body, err))
		return err->code;
	if (form == BATCH_BODY_CREATE)
		return call(s, "POST deviceBatches",
		    partner_url(base, b->tenant, "deviceBatches", NULL), body, err);
	return call(s, "POST deviceBatches/{batch}/devices",
	    partner_url(base, b->tenant, "deviceBatches", b->tag, "devices", NULL), body, err);
}

/* Begins what the state waits for; returns that state, or DONE if it could not be begun. */
static enum state
enter(struct batch_submit *s, enum state next)
{
	struct err err;
	enum err_code rc;

	if (s->op.pause_ms) {
		channel_answer_wait(&s->answer, s->op.pause_ms);
		return ST_DONE;
	}
	if (next == ST_LIST || next == ST_RELIST)
		rc = call_list(s, &err);
	else
		rc =
		    call_upload(s, next == ST_CREATE ? BATCH_BODY_CREATE : BATCH_BODY_APPEND, &err);
	if (rc) {
		channel_answer_not_begun(&s->answer, &err);
		return ST_DONE;
	}
	return next;
}

/* --- looking for the batch --- */

/* Nothing of the batch has been sent: whatever else happened to the list, time may mend it. */
static enum state
end_unsent(struct batch_submit *s)
{
	switch (s->answer.outcome) {
	case CHANNEL_NO_CONSENT:
	case CHANNEL_AUTH:
	case CHANNEL_THROTTLED:
	case CHANNEL_UNSENT:
	case CHANNEL_STOPPED:
		break;
	case CHANNEL_GONE: /* the address names nothing but the customer */
		channel_answer_turn(&s->answer, CHANNEL_NO_CONSENT);
		break;
	default:
		channel_answer_turn(&s->answer, CHANNEL_UNSENT);
		break;
	}
	return ST_DONE;
}

static enum state
decide(struct batch_submit *s)
{
	switch (s->list.found) {
	case BATCH_THERE:
		known_batches_add(s->known, s->batch->tenant, s->batch->tag);
		return enter(s, ST_APPEND);
	case BATCH_OTHER_CASE:
		channel_answer_set(&s->answer, CHANNEL_NAME_CASE, NULL,
		    "the customer has a batch \"%s\", which differs from the group tag \"%s\" in case "
		    "only: nothing was sent",
		    s->list.name, s->batch->tag);
		return ST_DONE;
	case BATCH_NOT_THERE:
		break;
	}
	if (s->state == ST_LIST)
		return enter(s, ST_CREATE);
	channel_answer_set(&s->answer, CHANNEL_UNSENT, NULL,
	    "the service says that the batch \"%s\" exists, but does not list it", s->batch->tag);
	return ST_DONE;
}

static enum state
step_list(struct batch_submit *s, const struct event *ev)
{
	if (ev->answer->outcome != CHANNEL_DONE)
		return end_unsent(s);
	switch (batch_list_read(&s->list, ev->rsp->body, s->batch->tag)) {
	case PAGE_BAD:
		channel_answer_set(&s->answer, CHANNEL_UNSENT, NULL,
		    "the service's list of batches cannot be read: nothing was sent");
		return ST_DONE;
	case PAGE_MORE:
		if (s->list.found != BATCH_THERE)
			return enter(s, s->state);
		break;
	case PAGE_LAST:
		break;
	}
	return decide(s);
}

static enum state
look(struct batch_submit *s, enum state state)
{
	s->list = (struct batch_list){ .found = BATCH_NOT_THERE };
	return enter(s, state);
}

/* --- after the upload --- */

static bool
has_tracking(struct batch_submit *s, const struct http_response *rsp)
{
	const char *base = s->opt->base_url;

	return tracking_from_link(http_response_header(rsp, "Location"), base, s->tracking) ||
	    tracking_from_body(rsp->body, base, s->tracking);
}

static enum state
step_append(struct batch_submit *s, const struct event *ev)
{
	if (ev->answer->outcome == CHANNEL_GONE)
		channel_answer_turn(&s->answer, CHANNEL_UNSENT); /* listed a moment ago */
	else if (ev->answer->outcome == CHANNEL_DONE && !has_tracking(s, ev->rsp))
		channel_answer_set(&s->answer, CHANNEL_UNKNOWN, NULL,
		    "the service accepted the batch (HTTP %u) without naming the job",
		    ev->rsp->status);
	return ST_DONE;
}

static enum state
step_remembered(struct batch_submit *s, const struct event *ev)
{
	if (ev->answer->outcome != CHANNEL_GONE)
		return step_append(s, ev);
	known_batches_forget(s->known, s->batch->tenant, s->batch->tag);
	s->request_id = NULL;
	return look(s, ST_LIST);
}

static bool
says_exists(const struct event *ev)
{
	struct partner_error e;

	if (ev->answer->outcome != CHANNEL_REFUSED)
		return false;
	partner_error_parse(ev->rsp->body, &e);
	return partner_error_says_exists(ev->rsp->status, &e);
}

static enum state
step_create(struct batch_submit *s, const struct event *ev)
{
	if (says_exists(ev)) {
		s->request_id = NULL;
		return look(s, ST_RELIST);
	}
	if (ev->answer->outcome == CHANNEL_GONE)
		return end_unsent(s);
	if (ev->answer->outcome == CHANNEL_DONE)
		known_batches_add(s->known, s->batch->tenant, s->batch->tag);
	return step_append(s, ev);
}

/* --- start --- */

enum err_code
batch_submit_start(const struct partner_options *opt, struct known_batches *known,
    const struct batch *b, channel_submit_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	struct batch_submit *s = calloc(1, sizeof *s);
	enum err_code rc;

	if (!s)
		return err_set(err, ERR_NOMEM, "no memory to submit a batch");
	s->opt = opt;
	s->known = known;
	s->batch = b;
	s->done = done;
	s->arg = arg;
	s->request_id = b->request_id;
	s->state = known_batches_has(known, b->tenant, b->tag) ? ST_REMEMBERED : ST_LIST;
	rc = s->state == ST_LIST ? call_list(s, err) : call_upload(s, BATCH_BODY_APPEND, err);
	if (rc) {
		submit_free(s);
		return rc;
	}
	*out = &s->op;
	return ERR_OK;
}
