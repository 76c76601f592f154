/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/service_call.h"

#include <assert.h>
#include <stdio.h>

#include "auth/token_source.h"
#include "base/guid.h"
#include "base/log.h"
#include "channel/channel_answer.h"

/*
 *    start -- nothing may leave, or the answer is known --> SKIP ---------+
 *      |                                                                  |
 *      +---- a token is wanted and not at hand --> TOKEN                  |
 *      |                                             |                    |
 *      +---- else ----------------------------> REQUEST -- 401 --> RENEWAL --> REPEAT
 *                                                  |                |     |      |
 *                                                  +----> DONE <----+-----+------+
 */
enum state { ST_SKIP, ST_TOKEN, ST_REQUEST, ST_RENEWAL, ST_REPEAT, ST_DONE, NSTATE };
enum what { EV_TOKEN, EV_HTTP, EV_NONE };

struct event {
	enum what what;
	const struct err *err;            /* NULL on success */
	const struct token_result *token; /* EV_TOKEN */
	const struct http_response *rsp;  /* EV_HTTP, on success; NULL of SKIP */
};

typedef enum state step_fn(struct service_call *c, const struct event *ev);
static step_fn step_skip, step_token, step_request, step_repeat;

#define TO(s) (1u << (s))
static const struct {
	const char *name;
	enum what waits; /* the one completion this state expects */
	unsigned to;     /* states it may move to */
	step_fn *step;
} def[NSTATE] = {
	[ST_SKIP] = { "skip", EV_HTTP, TO(ST_DONE), step_skip },
	[ST_TOKEN] = { "token", EV_TOKEN, TO(ST_REQUEST) | TO(ST_DONE), step_token },
	[ST_REQUEST] = { "request", EV_HTTP, TO(ST_RENEWAL) | TO(ST_DONE), step_request },
	[ST_RENEWAL] = { "renewal", EV_TOKEN, TO(ST_REPEAT) | TO(ST_DONE), step_token },
	[ST_REPEAT] = { "repeat", EV_HTTP, TO(ST_DONE), step_repeat },
	[ST_DONE] = { "done", EV_NONE, 0, NULL },
};

/* The only place that changes the state. */
static void
run(struct service_call *c, const struct event *ev)
{
	enum state next;

	assert(!c->stepping); /* a callback fired inside the call that started it */
	assert(ev->what == def[c->state].waits);
	c->stepping = true;
	next = def[c->state].step(c, ev);
	c->stepping = false;
	assert(def[c->state].to & TO(next));
	log_trace("%s call: %s -> %s request=%s", c->opt.ops->service, def[c->state].name,
	    def[next].name, c->answer.request_id);
	c->state = next;
	if (next == ST_DONE) {
		service_call_fn *done = c->opt.done;
		void *arg = c->opt.arg;
		struct channel_answer answer = c->answer;

		c->opt.ops->free(c);
		done(arg, &answer, ev->rsp);
	}
}

static void
on_token(void *call, const struct token_result *result, const struct err *err)
{
	run(call, &(struct event){ .what = EV_TOKEN, .err = err, .token = result });
}

static void
on_http(void *call, const struct http_response *rsp, const struct err *err)
{
	run(call, &(struct event){ .what = EV_HTTP, .err = err, .rsp = err ? NULL : rsp });
}

/* --- the request --- */

/* False: no request may leave now, and the answer says so. */
static bool
may_leave(struct service_call *c)
{
	int64_t wait_ms = c->pause_ms;

	if (wait_ms == 0 && c->opt.ops->leave)
		wait_ms = c->opt.ops->leave(c);
	if (wait_ms > 0)
		channel_answer_wait(&c->answer, wait_ms);
	return wait_ms == 0;
}

/* token: NULL if none is wanted. It is copied, for the source may replace its own meanwhile. */
static enum err_code
send_request(struct service_call *c, const struct secret *token, struct err *err)
{
	struct http_request req = c->opt.request;
	struct secret *kept = NULL;

	if (token && secret_new(secret_get(token).ptr, secret_get(token).len, &kept, err))
		return err->code;
	secret_free(c->token);
	c->token = kept;
	req.header = c->header;
	req.nheader = c->nheader;
	req.bearer = kept;
	return http_call_start(c->opt.http, &req, on_http, c, &c->http, err);
}

static enum state
step_token(struct service_call *c, const struct event *ev)
{
	const struct http_body *body = c->opt.request.body;
	struct err err;

	if (ev->err) {
		channel_answer_of_token(&c->answer, ev->token, ev->err);
		return ST_DONE;
	}
	if (!may_leave(c))
		return ST_DONE;
	if (c->state == ST_RENEWAL && body)
		body->rewind(body->arg);
	if (send_request(c, ev->token->access, &err)) {
		channel_answer_not_begun(&c->answer, &err);
		return ST_DONE;
	}
	return c->state == ST_RENEWAL ? ST_REPEAT : ST_REQUEST;
}

/* --- the answer --- */

static enum state
step_skip(struct service_call *c, const struct event *ev)
{
	if (ev->err)
		channel_answer_of_failure(&c->answer, ev->err);
	return ST_DONE;
}

static enum state
step_repeat(struct service_call *c, const struct event *ev)
{
	const struct http_response *rsp = ev->rsp;

	if (ev->err) {
		channel_answer_of_failure(&c->answer, ev->err);
		return ST_DONE;
	}
	c->opt.ops->take_ids(c, rsp);
	c->answer.status = rsp->status;
	c->answer.retry_after_ms = rsp->retry_after_ms;
	/* CHANNEL_DONE is what the answer says from the beginning. */
	if (rsp->status < 200 || rsp->status >= 300)
		c->opt.ops->judge(c, rsp);
	return ST_DONE;
}

/*
 * A refused token is renewed once whatever the reason given: also one that lacks multi-factor
 * authentication may have been replaced by a new sign-in.
 */
static enum state
step_request(struct service_call *c, const struct event *ev)
{
	struct err err;

	if (ev->err || ev->rsp->status != 401 || !c->opt.tokens)
		return step_repeat(c, ev);
	if (token_source_get(c->opt.tokens, c->token, on_token, c, &c->wait, &err)) {
		channel_answer_not_begun(&c->answer, &err);
		return ST_DONE;
	}
	return ST_RENEWAL;
}

/* --- from start to cancel --- */

static enum err_code
set_id(const struct random *random, const char *given, char id[GUID_SIZE], struct err *err)
{
	if (!given)
		return guid_new(random, id, err);
	(void)snprintf(id, GUID_SIZE, "%s", given);
	return ERR_OK;
}

enum err_code
service_call_init(struct service_call *c, const struct service_call_options *opt, struct err *err)
{
	*c = (struct service_call){ .opt = *opt };
	channel_answer_init(&c->answer);
	c->answer.call = opt->call;
	if (set_id(opt->random, opt->request_id, c->answer.request_id, err) ||
	    set_id(opt->random, opt->correlation_id, c->answer.correlation_id, err))
		return err->code;
	return ERR_OK;
}

void
service_call_done(struct service_call *c)
{
	secret_free(c->token);
}

void
service_call_header(struct service_call *c, const char *name, const char *value)
{
	for (size_t i = 0; i < c->nheader; i++) {
		if (slice_eq_nocase(slice_of(c->header[i].name), slice_of(name)))
			return;
	}
	assert(c->nheader < HTTP_HEADERS_MAX);
	c->header[c->nheader++] = (struct http_header){ name, value };
}

enum err_code
service_call_start(struct service_call *c, struct err *err)
{
	const struct secret *token = c->opt.token;

	if (c->opt.tokens && !(token = token_source_cached(c->opt.tokens))) {
		c->state = ST_TOKEN;
		return token_source_get(c->opt.tokens, NULL, on_token, c, &c->wait, err);
	}
	if (!may_leave(c))
		return service_call_skip(c, err);
	c->state = ST_REQUEST;
	return send_request(c, token, err);
}

enum err_code
service_call_skip(struct service_call *c, struct err *err)
{
	c->state = ST_SKIP;
	return http_call_skip(c->opt.http, on_http, c, &c->http, err);
}

void
service_call_cancel(struct service_call *c)
{
	if (c->state == ST_TOKEN || c->state == ST_RENEWAL)
		token_wait_cancel(c->wait);
	else
		http_call_cancel(c->http);
}

void
service_call_pause(struct service_call *c, int64_t for_ms)
{
	c->pause_ms = for_ms;
}
