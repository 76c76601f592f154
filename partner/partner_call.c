/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_call.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/guid.h"
#include "partner/partner_channel.h"
#include "partner/partner_error.h"

struct partner_call {
	struct service_call base;
};

static void
call_free(struct service_call *c)
{
	service_call_done(c);
	free(c);
}

/* --- the answer --- */

/* As the service names the request, or as we did: the two need not agree. */
static void
take_id(char id[GUID_SIZE], const struct http_response *rsp, const char *name)
{
	struct slice given = http_response_header(rsp, name);

	if (guid_is(given))
		(void)snprintf(id, GUID_SIZE, SLICE_FMT, SLICE_ARG(given));
}

static void
take_ids(struct service_call *c, const struct http_response *rsp)
{
	take_id(c->answer.request_id, rsp, "MS-RequestId");
	take_id(c->answer.correlation_id, rsp, "MS-CorrelationId");
}

static void
judge(struct service_call *c, const struct http_response *rsp)
{
	struct partner_error e;

	partner_error_parse(rsp->body, &e);
	partner_error_judge(rsp->status, &e, &c->answer);
}

/* --- start and cancel --- */

static const struct service_call_ops ops = {
	.service = "partner",
	.take_ids = take_ids,
	.judge = judge,
	.free = call_free,
};

/* Source: sources.md#partner-headers */
static void
add_headers(struct service_call *c, const struct partner_request *req)
{
	service_call_header(c, "Accept", "application/json");
	service_call_header(c, "MS-RequestId", c->answer.request_id);
	service_call_header(c, "MS-CorrelationId", c->answer.correlation_id);
	service_call_header(c, "X-Locale", "en-US");
	service_call_header(c, "MS-PartnerCenter-Application", "autoreg");
	if (req->body)
		service_call_header(c, "Content-Type", "application/json");
	if (req->page && req->page[0])
		service_call_header(c, "MS-ContinuationToken", req->page);
}

enum err_code
partner_call_start(const struct partner_options *opt, const struct partner_request *req,
    service_call_fn *done, void *arg, struct partner_call **out, struct err *err)
{
	const struct service_call_options base = {
		.ops = &ops,
		.http = opt->http,
		.random = opt->random,
		.tokens = opt->tokens,
		.call = req->call,
		.request_id = req->request_id,
		.correlation_id = req->correlation_id,
		.request = {
			.method = req->method,
			.api = "partner",
			.url = req->url,
			.body = req->body,
			.answer_max = req->answer_max,
		},
		.done = done,
		.arg = arg,
	};
	struct partner_call *c = calloc(1, sizeof *c);

	if (!c)
		return err_set(err, ERR_NOMEM, "no memory for a request to Partner Center");
	if (service_call_init(&c->base, &base, err))
		goto failed;
	add_headers(&c->base, req);
	if (service_call_start(&c->base, err))
		goto failed;
	*out = c;
	return ERR_OK;
failed:
	call_free(&c->base);
	return err->code;
}

void
partner_call_cancel(struct partner_call *c)
{
	service_call_cancel(&c->base);
}

void
partner_call_pause(struct partner_call *c, int64_t for_ms)
{
	service_call_pause(&c->base, for_ms);
}
