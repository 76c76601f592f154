/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_poll.h"

#include <stdlib.h>

#include "base/buf.h"
#include "channel/channel_answer.h"
#include "oem/oem_call.h"
#include "oem/oem_job.h"
#include "oem/oem_memory.h"
#include "oem/oem_request.h"
#include "oem/oem_service.h"

struct oem_poll {
	struct channel_op op;
	const struct oem_service *service;
	const struct batch *batch;
	channel_poll_fn *done;
	void *arg;
	struct buf url;
	struct verdict *verdict; /* of the devices that were left out; NULL if none was */
	size_t nleft_out;
};

static void
poll_free(struct oem_poll *p)
{
	if (!p)
		return;
	buf_done(&p->url);
	free(p->verdict);
	free(p);
}

/* The same devices as when they were sent: the judgement depends on nothing else. */
static enum err_code
find_left_out(struct oem_poll *p, struct err *err)
{
	const struct batch *b = p->batch;

	p->verdict = calloc(b->ndevice + 1, sizeof *p->verdict);
	if (!p->verdict)
		return err_set(err, ERR_NOMEM, "no memory for %zu verdicts", b->ndevice);
	for (size_t i = 0; i < b->ndevice; i++) {
		struct err why;

		if (oem_request_judge(p->service->opt.profile, &b->device[i], slice_of(b->tag),
		        slice_of(b->order), &why) == ERR_OK)
			continue;
		verdict_set(&p->verdict[i], VERDICT_BAD_INPUT, 0, "", "It was not sent: %s.",
		    why.msg);
		p->nleft_out++;
	}
	return ERR_OK;
}

static void
add(struct oem_poll *p, const struct verdict *said)
{
	for (size_t i = 0; i < p->batch->ndevice; i++) {
		if (p->verdict[i].class == VERDICT_NONE)
			p->verdict[i] = said[i];
	}
}

/* True: all verdicts are known. */
static bool
take_results(struct oem_poll *p, struct channel_answer *answer, const struct http_response *rsp)
{
	const struct oem_service *s = p->service;
	const char *key = p->batch->tracking;
	const struct oem_note *note = oem_memory_get(s->memory, key);
	struct oem_results results;

	if (p->nleft_out == p->batch->ndevice)
		return true;
	if (rsp) {
		if (!oem_job_results(s, p->batch, rsp->body, answer, &results))
			return false;
		add(p, results.verdict);
		free(results.verdict);
		return true;
	}
	if (!note || note->nverdict != p->batch->ndevice) {
		channel_answer_set(answer, CHANNEL_GONE, NULL,
		    "what the service answered is not known any more");
		return false;
	}
	add(p, note->verdict);
	*answer = note->answer;
	oem_memory_forget(s->memory, key);
	return true;
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct oem_poll *p = arg;
	channel_poll_fn *done = p->done;
	void *done_arg = p->arg;
	struct channel_answer answer = *given;
	bool known = answer.outcome == CHANNEL_DONE && take_results(p, &answer, rsp);
	struct verdict *verdict = p->verdict;

	p->verdict = NULL;
	poll_free(p);
	done(done_arg, &answer, known ? verdict : NULL);
	free(verdict);
}

static enum err_code
start(struct oem_poll *p, struct err *err)
{
	const struct oem_service *s = p->service;
	const struct batch *b = p->batch;
	const struct oem_tenant tenant = { b->tenant, b->domain };
	struct channel_answer answer;

	if (find_left_out(p, err))
		return err->code;
	if (s->opt.profile->job.mode == OEM_SYNC || p->nleft_out == b->ndevice || !b->tracking[0]) {
		oem_job_unasked(b, &answer);
		return oem_call_skip(s, &answer, on_call, p, &p->op.call, err);
	}
	if (oem_job_url(s, &tenant, b->tracking, &p->url, err))
		return err->code;
	return oem_call_start(s,
	    &(struct oem_call_request){
	        .call = "GET status",
	        .purpose = OEM_CALL_STATUS,
	        .method = HTTP_GET,
	        .url = p->url.ptr,
	        .tenant = tenant,
	        .correlation_id = b->correlation_id,
	        .answer_max = oem_job_answer_max(b),
	    },
	    on_call, p, &p->op.call, err);
}

enum err_code
oem_poll_start(const struct oem_service *s, const struct batch *b, channel_poll_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	struct oem_poll *p = calloc(1, sizeof *p);

	if (!p)
		return err_set(err, ERR_NOMEM, "no memory to ask for the status of a job");
	p->service = s;
	p->batch = b;
	p->done = done;
	p->arg = arg;
	buf_init(&p->url, OEM_URL_MAX);
	if (start(p, err)) {
		poll_free(p);
		return err->code;
	}
	*out = &p->op;
	return ERR_OK;
}
