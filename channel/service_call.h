/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "channel/channel.h"
#include "http/http_call.h"

/*
 * One request to a service, with all that goes before and after it: a token if one is wanted, renewed
 * once if it is refused, the ids by which support finds the request, an answer that is understood. What
 * services differ in are their struct service_call_ops.
 *
 * It is made by service_call_init() and service_call_header(), then service_call_start() or
 * service_call_skip(). Its owner writes to nothing in it but the answer.
 */
struct service_call;
struct token_source;
struct token_wait;

/*
 * rsp: NULL if there was no answer of HTTP, or nothing was sent; gone when the callback returns, as is
 * answer.
 */
typedef void service_call_fn(void *arg, const struct channel_answer *answer,
    const struct http_response *rsp);

struct service_call_ops {
	const char *service; /* for the trace */

	/* For how long nothing may leave; 0: the request leaves now. NULL: always 0. */
	int64_t (*leave)(struct service_call *c);

	/* The ids that the service gives the request, if it does. */
	void (*take_ids)(struct service_call *c, const struct http_response *rsp);
	/* Outcome, code, message and advice of an answer that is no success; the rest is there. */
	void (*judge)(struct service_call *c, const struct http_response *rsp);

	/* With service_call_done(); called before the callback. */
	void (*free)(struct service_call *c);
};

/* Copied; what it points to must live until the callback. */
struct service_call_options {
	const struct service_call_ops *ops;
	struct http_loop *http;
	const struct random *random;
	struct token_source *tokens; /* NULL: none are asked for, but */
	const struct secret *token;  /* one is fixed, and never renewed; NULL: none is wanted */
	const char *call;            /* of the answer: "GET customers/{customer}"; static */
	const char *request_id;      /* NULL: a new one */
	const char *correlation_id;  /* NULL: a new one */
	struct http_request request; /* but for headers and bearer */
	service_call_fn *done;
	void *arg;
};

/* The first member of every service's own call. */
struct service_call {
	struct service_call_options opt;
	struct channel_answer answer; /* with the ids that are sent */
	struct http_header header[HTTP_HEADERS_MAX];
	size_t nheader;
	unsigned state;
	bool stepping;
	struct secret *token; /* our own copy of what the request was sent with; NULL: none */
	struct token_wait *wait;
	struct http_call *http;
	int64_t pause_ms;
};

/* Errors: ERR_IO (no randomness). */
MUST_USE enum err_code service_call_init(struct service_call *c,
    const struct service_call_options *opt, struct err *err);
void service_call_done(struct service_call *c);

/* Unless there is one of that name. Both must live until the callback. */
void service_call_header(struct service_call *c, const char *name, const char *value);

/*
 * If it returns ERR_OK the callback runs exactly once, later, on the loop thread, never inside start
 * or cancel; otherwise never, and c is still the caller's. Errors: those of http_call_start() and
 * token_source_get().
 */
MUST_USE enum err_code service_call_start(struct service_call *c, struct err *err);

/* The same, but nothing is sent: the answer is what stands in c. */
MUST_USE enum err_code service_call_skip(struct service_call *c, struct err *err);

/* A wish: idempotent, and it ends in the callback with CHANNEL_STOPPED. */
void service_call_cancel(struct service_call *c);

/*
 * The service wants nothing for so long. A request that waits for a token does not leave: it ends in
 * the callback with CHANNEL_THROTTLED when the token is there. One that has left is waited for.
 */
void service_call_pause(struct service_call *c, int64_t for_ms);
