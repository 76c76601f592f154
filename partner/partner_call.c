/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/token_source.h"
#include "base/guid.h"
#include "base/log.h"
#include "channel/channel_answer.h"
#include "partner/partner_channel.h"
#include "partner/partner_error.h"

/*
 *    start -- no token at hand --> TOKEN
 *      |                             |
 *      +---- token at hand --> REQUEST -- 401 --> RENEWAL --> REPEAT
 *                                    |               |          |
 *                                    +--> DONE <-----+----------+
 */
enum state { ST_TOKEN, ST_REQUEST, ST_RENEWAL, ST_REPEAT, ST_DONE, NSTATE };
enum what { EV_TOKEN, EV_HTTP, EV_NONE };

struct event {
	enum what what;
	const struct err *err;            /* NULL on success */
	const struct token_result *token; /* EV_TOKEN */
	const struct http_response *rsp;  /* EV_HTTP, on success */
};

struct partner_call {
	const struct partner_options *opt;
	struct partner_request req;
	partner_call_fn *done;
	void *arg;
	enum state state;
	bool stepping;
	struct secret *token;    /* the one the request was sent with: our own copy, because the
	                            source may replace its own meanwhile */
	struct token_wait *wait; /* TOKEN, RENEWAL */
	struct http_call *http;  /* REQUEST, REPEAT */
	int64_t pause_ms;
	struct channel_answer answer;
};

typedef enum state step_fn(struct partner_call *c, const struct event *ev);
static step_fn step_token, step_request, step_repeat;

#define TO(s) (1u << (s))
static const struct {
	const char *name;
	enum what waits; /* the one completion this state expects */
	unsigned to;     /* states it may move to */
	step_fn *step;
} def[NSTATE] = {
	[ST_TOKEN] = { "token", EV_TOKEN, TO(ST_REQUEST) | TO(ST_DONE), step_token },
	[ST_REQUEST] = { "request", EV_HTTP, TO(ST_RENEWAL) | TO(ST_DONE), step_request },
	[ST_RENEWAL] = { "renewal", EV_TOKEN, TO(ST_REPEAT) | TO(ST_DONE), step_token },
	[ST_REPEAT] = { "repeat", EV_HTTP, TO(ST_DONE), step_repeat },
	[ST_DONE] = { "done", EV_NONE, 0, NULL },
};

static void
call_free(struct partner_call *c)
{
	if (!c)
		return;
	secret_free(c->token);
	free(c);
}

/* The only place that changes the state. */
static void
run(struct partner_call *c, const struct event *ev)
{
	enum state next;

	assert(!c->stepping); /* a callback fired inside the call that started it */
	assert(ev->what == def[c->state].waits);
	c->stepping = true;
	next = def[c->state].step(c, ev);
	c->stepping = false;
	assert(def[c->state].to & TO(next));
	log_trace("partner call: %s -> %s request=%s", def[c->state].name, def[next].name,
	    c->answer.request_id);
	c->state = next;
	if (next == ST_DONE) {
		partner_call_fn *done = c->done;
		void *arg = c->arg;
		struct channel_answer answer = c->answer;

		call_free(c);
		done(arg, &answer, ev->rsp);
	}
}

static void
on_token(void *arg, const struct token_result *result, const struct err *err)
{
	run(arg, &(struct event){ .what = EV_TOKEN, .err = err, .token = result });
}

static void
on_http(void *arg, const struct http_response *rsp, const struct err *err)
{
	run(arg, &(struct event){ .what = EV_HTTP, .err = err, .rsp = err ? NULL : rsp });
}

/* --- the request --- */

/* Source: sources.md#partner-headers */
static enum err_code
send_request(struct partner_call *c, const struct secret *token, struct err *err)
{
	struct http_header header[] = {
		{ "Accept", "application/json" },
		{ "MS-RequestId", c->answer.request_id },
		{ "MS-CorrelationId", c->answer.correlation_id },
		{ "X-Locale", "en-US" },
		{ "MS-PartnerCenter-Application", "autoreg" },
		{ NULL, NULL },
		{ NULL, NULL },
	};
	size_t n = 5;
	struct slice bytes = secret_get(token);
	struct secret *kept;

	if (secret_new(bytes.ptr, bytes.len, &kept, err))
		return err->code;
	secret_free(c->token);
	c->token = kept;
	if (c->req.body)
		header[n++] = (struct http_header){ "Content-Type", "application/json" };
	if (c->req.page && c->req.page[0])
		header[n++] = (struct http_header){ "MS-ContinuationToken", c->req.page };
	return http_call_start(c->opt->http,
	    &(struct http_request){
	        .method = c->req.method,
	        .url = c->req.url,
	        .header = header,
	        .nheader = n,
	        .bearer = c->token,
	        .body = c->req.body,
	        .answer_max = c->req.answer_max,
	    },
	    on_http, c, &c->http, err);
}

static enum state
step_token(struct partner_call *c, const struct event *ev)
{
	struct err err;

	if (ev->err) {
		channel_answer_of_token(&c->answer, ev->token, ev->err);
		return ST_DONE;
	}
	if (c->pause_ms) {
		channel_answer_wait(&c->answer, c->pause_ms);
		return ST_DONE;
	}
	if (c->state == ST_RENEWAL && c->req.body)
		c->req.body->rewind(c->req.body->arg);
	if (send_request(c, ev->token->access, &err)) {
		channel_answer_not_begun(&c->answer, &err);
		return ST_DONE;
	}
	return c->state == ST_RENEWAL ? ST_REPEAT : ST_REQUEST;
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

static enum state
step_repeat(struct partner_call *c, const struct event *ev)
{
	const struct http_response *rsp = ev->rsp;
	struct partner_error e;

	if (ev->err) {
		channel_answer_of_failure(&c->answer, ev->err);
		return ST_DONE;
	}
	take_id(c->answer.request_id, rsp, "MS-RequestId");
	take_id(c->answer.correlation_id, rsp, "MS-CorrelationId");
	c->answer.status = rsp->status;
	c->answer.retry_after_ms = rsp->retry_after_ms;
	if (rsp->status >= 200 && rsp->status < 300)
		return ST_DONE; /* CHANNEL_DONE is what the answer says from the beginning */
	partner_error_parse(rsp->body, &e);
	partner_error_judge(rsp->status, &e, &c->answer);
	return ST_DONE;
}

/*
 * A refused token is renewed once whatever the reason given: also one that lacks multi-factor
 * authentication may have been replaced by a new sign-in.
 */
static enum state
step_request(struct partner_call *c, const struct event *ev)
{
	struct err err;

	if (ev->err || ev->rsp->status != 401)
		return step_repeat(c, ev);
	if (token_source_get(c->opt->tokens, c->token, on_token, c, &c->wait, &err)) {
		channel_answer_not_begun(&c->answer, &err);
		return ST_DONE;
	}
	return ST_RENEWAL;
}

/* --- start and cancel --- */

static enum err_code
set_id(struct partner_call *c, const char *given, char id[GUID_SIZE], struct err *err)
{
	if (!given)
		return guid_new(c->opt->random, id, err);
	(void)snprintf(id, GUID_SIZE, "%s", given);
	return ERR_OK;
}

static enum err_code
begin(struct partner_call *c, struct err *err)
{
	const struct secret *token = token_source_cached(c->opt->tokens);

	if (token) {
		c->state = ST_REQUEST;
		return send_request(c, token, err);
	}
	c->state = ST_TOKEN;
	return token_source_get(c->opt->tokens, NULL, on_token, c, &c->wait, err);
}

enum err_code
partner_call_start(const struct partner_options *opt, const struct partner_request *req,
    partner_call_fn *done, void *arg, struct partner_call **out, struct err *err)
{
	struct partner_call *c = calloc(1, sizeof *c);
	enum err_code rc;

	if (!c)
		return err_set(err, ERR_NOMEM, "no memory for a request to Partner Center");
	c->opt = opt;
	c->req = *req;
	c->done = done;
	c->arg = arg;
	channel_answer_init(&c->answer);
	c->answer.call = req->call;
	if ((rc = set_id(c, req->request_id, c->answer.request_id, err)) ||
	    (rc = set_id(c, req->correlation_id, c->answer.correlation_id, err)) ||
	    (rc = begin(c, err))) {
		call_free(c);
		return rc;
	}
	*out = c;
	return ERR_OK;
}

void
partner_call_cancel(struct partner_call *c)
{
	if (c->state == ST_TOKEN || c->state == ST_RENEWAL)
		token_wait_cancel(c->wait);
	else
		http_call_cancel(c->http);
}

void
partner_call_pause(struct partner_call *c, int64_t for_ms)
{
	c->pause_ms = for_ms;
}
