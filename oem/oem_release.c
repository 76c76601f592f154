/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_release.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "channel/channel_answer.h"
#include "oem/oem_call.h"
#include "oem/oem_job.h"
#include "oem/oem_memory.h"
#include "oem/oem_request.h"
#include "oem/oem_service.h"

enum { BODY_MAX = 256 * 1024 };

struct oem_release {
	struct channel_op op;
	const struct oem_service *service;
	const struct batch *batch;
	channel_release_fn *done;
	void *arg;
	char key[OEM_KEY_SIZE]; /* of the job that was begun */
	bool asks;              /* what became of it; else begins it */
	struct buf url;
	struct buf body;
};

static void
release_free(struct oem_release *r)
{
	buf_done(&r->url);
	buf_done(&r->body);
	free(r);
}

/* --- what came --- */

static bool
judge_verdict(const struct verdict *v, struct channel_answer *answer)
{
	switch (v->class) {
	case VERDICT_OK:
	case VERDICT_NOT_FOUND:
	case VERDICT_CLAIMED_ELSEWHERE:
		return true;
	case VERDICT_NONE:
	case VERDICT_THROTTLED:
	case VERDICT_TRANSIENT:
		channel_answer_set(answer, CHANNEL_UNKNOWN, NULL,
		    "the service does not say that it has let the device go: %s", v->message);
		return false;
	default:
		channel_answer_set(answer, CHANNEL_REFUSED, verdict_class_advice(v->class),
		    "the service does not let the device go: %s %s", v->name, v->message);
		return false;
	}
}

/* The job is over, whatever came of it, or does not exist: it is asked about no more. */
static bool
judge_results(const struct oem_release *r, struct slice body, struct channel_answer *answer)
{
	struct oem_results results;
	bool released;

	if (!oem_job_results(r->service, r->batch, body, answer, &results))
		return false;
	oem_memory_forget(r->service->memory, r->key);
	released = judge_verdict(&results.verdict[0], answer);
	free(results.verdict);
	return released;
}

static bool
judge_begun(const struct oem_release *r, const struct http_response *rsp,
    struct channel_answer *answer)
{
	struct oem_note note = { .answer = *answer };

	oem_job_begun(r->service, rsp, r->url.ptr, answer, note.text);
	if (answer->outcome == CHANNEL_DONE)
		oem_memory_keep(r->service->memory, r->key, &note);
	return false;
}

static bool
judge(const struct oem_release *r, struct channel_answer *answer, const struct http_response *rsp)
{
	if (answer->outcome == CHANNEL_GONE) {
		if (r->asks)
			oem_memory_forget(r->service->memory, r->key);
		channel_answer_turn(answer, r->asks ? CHANNEL_UNKNOWN : CHANNEL_UNSENT);
	}
	if (answer->outcome != CHANNEL_DONE || !rsp)
		return false;
	if (rsp->status >= 300) /* an error that means that there is nothing to take back */
		return true;
	if (r->asks || r->service->opt.profile->job.mode == OEM_SYNC)
		return judge_results(r, rsp->body, answer);
	return judge_begun(r, rsp, answer);
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct oem_release *r = arg;
	channel_release_fn *done = r->done;
	void *done_arg = r->arg;
	struct channel_answer answer = *given;
	bool released = judge(r, &answer, rsp);

	release_free(r);
	done(done_arg, &answer, released);
}

/* --- start --- */

static enum err_code
ask(struct oem_release *r, const char *tracking, struct err *err)
{
	const struct batch *b = r->batch;
	const struct oem_tenant tenant = { b->tenant, b->domain };

	r->asks = true;
	if (oem_job_url(r->service, &tenant, tracking, &r->url, err))
		return err->code;
	return oem_call_start(r->service,
	    &(struct oem_call_request){
	        .call = "GET status",
	        .purpose = OEM_CALL_STATUS,
	        .method = HTTP_GET,
	        .url = r->url.ptr,
	        .tenant = tenant,
	        .correlation_id = b->correlation_id,
	        .answer_max = oem_job_answer_max(b),
	    },
	    on_call, r, &r->op.call, err);
}

static enum err_code
refuse(struct oem_release *r, struct err *err)
{
	struct channel_answer answer;

	oem_job_unasked(r->batch, &answer);
	channel_answer_set(&answer, CHANNEL_REFUSED, NULL, "%s", err->msg);
	return oem_call_skip(r->service, &answer, on_call, r, &r->op.call, err);
}

static enum err_code
begin(struct oem_release *r, struct err *err)
{
	const struct oem_options *opt = &r->service->opt;
	const struct oem_endpoint *e = &opt->profile->endpoint;
	const struct batch *b = r->batch;
	bool blank = e->deregister == OEM_DEREGISTER_BLANK_TENANT;
	const struct oem_tenant tenant =
	    blank ? oem_nobody : (struct oem_tenant){ b->tenant, b->domain };
	enum err_code rc;

	rc = oem_request_release(opt->profile, &tenant, b, b->request_id, &r->body, err);
	if (rc == ERR_USAGE)
		return refuse(r, err);
	if (rc ||
	    oem_request_url(opt->profile, opt->base_url, blank ? e->enrol : e->deregister_path,
	        &tenant, NULL, &r->url, err))
		return err->code;
	return oem_call_start(r->service,
	    &(struct oem_call_request){
	        .call = "POST deregister",
	        .purpose = OEM_CALL_RELEASE,
	        .method = HTTP_POST,
	        .url = r->url.ptr,
	        .tenant = tenant,
	        .request_id = b->request_id,
	        .correlation_id = b->correlation_id,
	        .body = buf_slice(&r->body),
	    },
	    on_call, r, &r->op.call, err);
}

enum err_code
oem_release_start(const struct oem_service *s, const struct batch *b, channel_release_fn *done,
    void *arg, struct channel_op **out, struct err *err)
{
	struct oem_release *r = calloc(1, sizeof *r);
	const struct oem_note *note;

	assert(b->ndevice > 0);
	if (!r)
		return err_set(err, ERR_NOMEM, "no memory to take a device back");
	r->service = s;
	r->batch = b;
	r->done = done;
	r->arg = arg;
	buf_init(&r->url, OEM_URL_MAX);
	buf_init(&r->body, BODY_MAX);
	(void)snprintf(r->key, sizeof r->key, "release %" PRId64, b->device[0].id);
	note = oem_memory_get(s->memory, r->key);
	if (note ? ask(r, note->text, err) : begin(r, err)) {
		release_free(r);
		return err->code;
	}
	*out = &r->op;
	return ERR_OK;
}
