/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/job_poll.h"

#include <stdlib.h>

#include "base/log.h"
#include "channel/channel_answer.h"
#include "partner/job_result.h"
#include "partner/partner_call.h"
#include "partner/partner_channel.h"
#include "partner/partner_url.h"

/* Twice what the status of a device takes if the service echoes its hash. */
enum { ANSWER_BASE_MAX = 64 * 1024, ANSWER_DEVICE_MAX = 10 * 1024 };

struct job_poll {
	struct channel_op op;
	const struct batch *batch;
	channel_poll_fn *done;
	void *arg;
	char *url;
};

static void
read_result(const struct batch *b, struct slice body, struct channel_answer *answer,
    struct job_result *result)
{
	struct err err;

	if (job_result_read(body, b, result, &err)) {
		enum channel_outcome outcome =
		    err.code == ERR_NOMEM ? CHANNEL_STOPPED : CHANNEL_UNKNOWN;

		channel_answer_set(answer, outcome, NULL, "%s", err.msg);
	} else if (result->unmatched > 0) {
		log_trace("job %s: %zu entries belong to no device of the batch", b->tracking,
		    result->unmatched);
	}
}

static void
on_call(void *arg, const struct channel_answer *given, const struct http_response *rsp)
{
	struct job_poll p = *(struct job_poll *)arg;
	struct channel_answer answer = *given;
	struct job_result result = { .over = false };

	free(arg);
	free(p.url);
	if (answer.outcome == CHANNEL_DONE)
		read_result(p.batch, rsp->body, &answer, &result);
	p.done(p.arg, &answer, result.verdict);
	job_result_done(&result);
}

enum err_code
job_poll_start(const struct partner_options *opt, const struct batch *b, channel_poll_fn *done,
    void *arg, struct channel_op **out, struct err *err)
{
	struct job_poll *p = calloc(1, sizeof *p);
	enum err_code rc = ERR_NOMEM;

	if (p)
		p->url = partner_url(opt->base_url, b->tenant, "batchJobStatus", b->tracking, NULL);
	if (!p || !p->url) {
		err_set(err, ERR_NOMEM, "no memory to ask for the status of a job");
		goto out;
	}
	p->batch = b;
	p->done = done;
	p->arg = arg;
	rc = partner_call_start(opt,
	    &(struct partner_request){
	        .call = "GET batchJobStatus/{job}",
	        .method = HTTP_GET,
	        .url = p->url,
	        .correlation_id = b->correlation_id,
	        .answer_max = ANSWER_BASE_MAX + b->ndevice * ANSWER_DEVICE_MAX,
	    },
	    on_call, p, &p->op.call, err);
	if (!rc) {
		*out = &p->op;
		p = NULL;
	}
out:
	if (p)
		free(p->url);
	free(p);
	return rc;
}
