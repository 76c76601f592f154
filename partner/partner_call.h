/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "channel/channel.h"
#include "http/http_call.h"

/*
 * One request to Partner Center with everything it demands: a token, renewed once if it is refused,
 * the ids by which support finds the request, an answer that is understood.
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

/* rsp: NULL if there was no answer of HTTP; gone when the callback returns, as is answer. */
typedef void partner_call_fn(void *arg, const struct channel_answer *answer,
    const struct http_response *rsp);

/*
 * If it returns ERR_OK the callback runs exactly once, later, on the loop thread, never inside start
 * or cancel; otherwise never. The call is gone when the callback runs. Errors: ERR_NOMEM, ERR_CANCELLED
 * (the loop is closing), ERR_LIMIT (too many wait for a token), ERR_USAGE (the base URL is none that
 * may be called), ERR_IO (no randomness). *out is untouched then.
 */
MUST_USE enum err_code partner_call_start(const struct partner_options *opt,
    const struct partner_request *req, partner_call_fn *done, void *arg, struct partner_call **out,
    struct err *err);

/* A wish: idempotent, and it ends in the callback with CHANNEL_STOPPED. */
void partner_call_cancel(struct partner_call *c);

/*
 * The service wants nothing for so long. A request that waits for a token does not leave: it ends in
 * the callback with CHANNEL_THROTTLED when the token is there. One that has left is waited for.
 */
void partner_call_pause(struct partner_call *c, int64_t for_ms);
