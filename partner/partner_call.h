/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "channel/service_call.h"

/*
 * One request to Partner Center: a service_call with the headers it demands.
 */
struct partner_call;
struct partner_options;

/* An operation of this channel is one call after another: the one that is in flight. */
struct channel_op {
	struct partner_call *call;
	int64_t pause_ms; /* no further call for so long: others were told so; 0: they were not */
};

/* Zero means default. All texts and the body must live until the callback. */
struct partner_request {
	const char *call; /* of the answer: "GET customers/{customer}"; static */
	enum http_method method;
	const char *url;            /* of partner/partner_url.h */
	const char *page;           /* the token of a further page; NULL or "": none */
	const char *request_id;     /* NULL: a new one */
	const char *correlation_id; /* NULL: a new one */
	const struct http_body *body;
	size_t answer_max; /* of struct http_request */
};

/*
 * If it returns ERR_OK the callback runs exactly once, later, on the loop thread, never inside start
 * or cancel; otherwise never. The call is gone when the callback runs. Errors: ERR_NOMEM, ERR_CANCELLED
 * (the loop is closing), ERR_LIMIT (too many wait for a token), ERR_USAGE (the base URL is none that
 * may be called), ERR_IO (no randomness). *out is untouched then.
 */
MUST_USE enum err_code partner_call_start(const struct partner_options *opt,
    const struct partner_request *req, service_call_fn *done, void *arg, struct partner_call **out,
    struct err *err);

/* A wish: idempotent, and it ends in the callback with CHANNEL_STOPPED. */
void partner_call_cancel(struct partner_call *c);

/* As service_call_pause(). */
void partner_call_pause(struct partner_call *c, int64_t for_ms);
