/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_submit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "channel/channel_answer.h"
#include "oem/oem_call.h"
#include "oem/oem_consent.h"
#include "oem/oem_job.h"
#include "oem/oem_memory.h"
#include "oem/oem_request.h"
#include "oem/oem_service.h"

struct oem_submit {
	struct channel_op op;
	const struct oem_service *service;
	const struct batch *batch;
	channel_submit_fn *done;
	void *arg;
	struct buf url;
	struct buf body;
};

static void
submit_free(struct oem_submit *s)
{
	if (!s)
		return;
	buf_done(&s->url);
	buf_done(&s->body);
	free(s);
}

/* The verdicts that stand in the answer are the poll's to tell. */
static void
keep_results(const struct oem_submit *s, struct slice body, struct channel_answer *answer)
{
	struct oem_results results;

	if (!oem_job_results(s->service, s->batch, body, answer, &results))
		return;
	oem_memory_keep(s->service->memory, s->batch->request_id,
	    &(struct oem_note){
	        .answer = *answer,
	        .verdict = results.verdict,
	        .nverdict = s->batch->ndevice,
	    });
}

static void
judge(const struct oem_submit *s, struct channel_answer *answer, const struct http_response *rsp,
    char tracking[BATCH_TRACKING_SIZE])
{
	switch (answer->outcome) {
	case CHANNEL_DONE:
		if (rsp && s->service->opt.profile->job.mode == OEM_SYNC)
			keep_results(s, rsp->body, answer);
		else if (rsp)
			oem_job_begun(s->service, rsp, s->url.ptr, answer, tracking);
		break;
	case CHANNEL_GONE: /* the address names no device and no customer */
		channel_answer_turn(answer, CHANNEL_UNSENT);
		break;
	case CHANNEL_NO_CONSENT:
		oem_consent_forget(s->service, s->batch->tenant);
		break;
	default:
		break;
	}
	if (answer->outcome == CHANNEL_DONE && !tracking[0])
		(void)snprintf(tracking, BATCH_TRACKING_SIZE, "%s", s->batch->request_id);
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct oem_submit *s = arg;
	channel_submit_fn *done = s->done;
	void *done_arg = s->arg;
	struct channel_answer answer = *given;
	char tracking[BATCH_TRACKING_SIZE] = "";

	judge(s, &answer, rsp, tracking);
	submit_free(s);
	done(done_arg, &answer, answer.outcome == CHANNEL_DONE ? tracking : "");
}

/* Nothing is sent: no device is left, or they are too many. */
static enum err_code
start_unsent(struct oem_submit *s, const struct err *why, struct err *err)
{
	struct channel_answer answer;

	oem_job_unasked(s->batch, &answer);
	if (why->code == ERR_LIMIT)
		channel_answer_set(&answer, CHANNEL_TOO_LARGE, NULL,
		    "the request is larger than the profile allows: nothing was sent");
	return oem_call_skip(s->service, &answer, on_call, s, &s->op.call, err);
}

static enum err_code
start(struct oem_submit *s, struct err *err)
{
	const struct oem_options *opt = &s->service->opt;
	const struct oem_tenant tenant = { s->batch->tenant, s->batch->domain };
	enum err_code rc;

	rc = oem_request_register(opt->profile, &tenant, s->batch, s->batch->request_id, &s->body,
	    err);
	if (rc == ERR_LIMIT || rc == ERR_USAGE) {
		const struct err why = *err;

		return start_unsent(s, &why, err);
	}
	if (rc ||
	    (rc = oem_request_url(opt->profile, opt->base_url, opt->profile->endpoint.enrol,
	         &tenant, NULL, &s->url, err)))
		return rc;
	return oem_call_start(s->service,
	    &(struct oem_call_request){
	        .call = "POST register",
	        .purpose = OEM_CALL_REGISTER,
	        .method = HTTP_POST,
	        .url = s->url.ptr,
	        .tenant = tenant,
	        .request_id = s->batch->request_id,
	        .correlation_id = s->batch->correlation_id,
	        .body = buf_slice(&s->body),
	        .answer_max = oem_job_answer_max(s->batch),
	    },
	    on_call, s, &s->op.call, err);
}

enum err_code
oem_submit_start(const struct oem_service *service, const struct batch *b, channel_submit_fn *done,
    void *arg, struct channel_op **out, struct err *err)
{
	struct oem_submit *s = calloc(1, sizeof *s);

	if (!s)
		return err_set(err, ERR_NOMEM, "no memory to submit a batch");
	s->service = service;
	s->batch = b;
	s->done = done;
	s->arg = arg;
	buf_init(&s->url, OEM_URL_MAX);
	buf_init(&s->body, service->opt.profile->batching.max_bytes);
	if (start(s, err)) {
		submit_free(s);
		return err->code;
	}
	*out = &s->op;
	return ERR_OK;
}
