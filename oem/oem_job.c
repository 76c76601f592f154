/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_job.h"

#include <string.h>

#include "base/log.h"
#include "channel/channel_answer.h"
#include "oem/oem_location.h"
#include "oem/oem_service.h"

/* What one device takes if the service says all it can of it. */
enum { ANSWER_BASE_MAX = 64 * 1024, ANSWER_DEVICE_MAX = 10 * 1024 };

size_t
oem_job_answer_max(const struct batch *b)
{
	return ANSWER_BASE_MAX + b->ndevice * ANSWER_DEVICE_MAX;
}

void
oem_job_unasked(const struct batch *b, struct channel_answer *answer)
{
	channel_answer_init(answer);
	memcpy(answer->request_id, b->request_id, GUID_SIZE);
	memcpy(answer->correlation_id, b->correlation_id, GUID_SIZE);
}

void
oem_job_begun(const struct oem_service *s, const struct http_response *rsp, const char *url,
    struct channel_answer *answer, char tracking[BATCH_TRACKING_SIZE])
{
	const struct oem_profile *p = s->opt.profile;
	bool said = p->job.mode == OEM_ASYNC_ID
	    ? oem_answer_job(p, rsp->body, tracking, BATCH_TRACKING_SIZE)
	    : oem_location_read(http_response_header(rsp, "Location"), url, tracking);

	if (!said)
		channel_answer_set(answer, CHANNEL_UNKNOWN, NULL,
		    "the service accepted the request (HTTP %u) without saying where its job can be "
		    "asked about",
		    rsp->status);
}

enum err_code
oem_job_url(const struct oem_service *s, const struct oem_tenant *tenant, const char *tracking,
    struct buf *out, struct err *err)
{
	const struct oem_profile *p = s->opt.profile;

	if (p->job.mode == OEM_ASYNC_ID)
		return oem_request_url(p, s->opt.base_url, p->endpoint.status, tenant, tracking,
		    out, err);
	oem_location_url(s->opt.base_url, tracking, out);
	return buf_check(out, err);
}

bool
oem_job_results(const struct oem_service *s, const struct batch *b, struct slice body,
    struct channel_answer *answer, struct oem_results *out)
{
	struct err err;

	if (oem_answer_results(s->opt.profile, s->errors, body, b, out, &err)) {
		channel_answer_set(answer, CHANNEL_STOPPED, NULL, "%s", err.msg);
		return false;
	}
	if (out->progress == OEM_UNREADABLE)
		channel_answer_set(answer, CHANNEL_UNKNOWN, NULL,
		    "the service's answer has no results where the profile says that they are");
	if (out->unmatched > 0)
		log_trace("request %s: %zu entries belong to no device of the batch", b->request_id,
		    out->unmatched);
	return out->progress == OEM_OVER;
}
