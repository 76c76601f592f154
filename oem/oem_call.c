/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/guid.h"
#include "base/log.h"
#include "channel/channel_answer.h"
#include "oem/oem_answer.h"
#include "oem/oem_credential.h"
#include "oem/oem_rate.h"
#include "oem/oem_service.h"

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

struct oem_call {
	const struct oem_service *service;
	struct oem_call_request req;
	oem_call_fn *done;
	void *arg;
	enum state state;
	bool stepping;
	struct secret *token;   /* our own copy of the one that it was sent with; NULL: none */
	struct oem_wait *wait;  /* TOKEN, RENEWAL */
	struct http_call *http; /* SKIP, REQUEST, REPEAT */
	int64_t pause_ms;
	struct channel_answer answer;
};

typedef enum state step_fn(struct oem_call *c, const struct event *ev);
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

static void
call_free(struct oem_call *c)
{
	secret_free(c->token);
	free(c);
}

/* The only place that changes the state. */
static void
run(struct oem_call *c, const struct event *ev)
{
	enum state next;

	assert(!c->stepping); /* a callback fired inside the call that started it */
	assert(ev->what == def[c->state].waits);
	c->stepping = true;
	next = def[c->state].step(c, ev);
	c->stepping = false;
	assert(def[c->state].to & TO(next));
	log_trace("oem call: %s -> %s request=%s", def[c->state].name, def[next].name,
	    c->answer.request_id);
	c->state = next;
	if (next == ST_DONE) {
		oem_call_fn *done = c->done;
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

/* --- headers --- */

enum { HEADERS_BYTES_MAX = 64 * 1024 };

struct headers {
	struct http_header item[HTTP_HEADERS_MAX];
	size_t n;
};

/* Unless the profile has it. */
static void
add_header(struct headers *h, const char *name, const char *value)
{
	for (size_t i = 0; i < h->n; i++) {
		if (slice_eq_nocase(slice_of(h->item[i].name), slice_of(name)))
			return;
	}
	assert(h->n < HTTP_HEADERS_MAX);
	h->item[h->n++] = (struct http_header){ name, value };
}

/* The values go into text, one NUL after another, and are pointed to once they move no more. */
static enum err_code
add_fixed(const struct oem_call *c, struct headers *h, struct buf *text, struct err *err)
{
	const struct oem_profile *p = c->service->opt.profile;
	const struct oem_pair_list *fixed = &p->endpoint.headers;
	const char *value;

	for (size_t i = 0; i < fixed->n; i++) {
		if (oem_request_fill(p, fixed->item[i].value, &c->req.tenant, text, err))
			return err->code;
		buf_add_char(text, '\0');
	}
	if (buf_check(text, err))
		return err->code;
	value = text->ptr;
	for (size_t i = 0; i < fixed->n; i++) {
		add_header(h, fixed->item[i].name, value);
		value += strlen(value) + 1;
	}
	return ERR_OK;
}

static void
add_usual(const struct oem_call *c, struct headers *h)
{
	const struct oem_profile *p = c->service->opt.profile;

	add_header(h, "Accept", "application/json");
	if (c->req.body.len > 0)
		add_header(h, "Content-Type", "application/json");
	if (p->tracing.correlation_header)
		add_header(h, p->tracing.correlation_header, c->answer.correlation_id);
	if (p->idempotency.header &&
	    (c->req.purpose == OEM_CALL_REGISTER || c->req.purpose == OEM_CALL_RELEASE))
		add_header(h, p->idempotency.header, c->answer.request_id);
}

/* --- the request --- */

/* The source may replace its own meanwhile. */
static enum err_code
keep_token(struct oem_call *c, const struct secret *token, struct err *err)
{
	struct secret *kept = NULL;

	if (token && secret_new(secret_get(token).ptr, secret_get(token).len, &kept, err))
		return err->code;
	secret_free(c->token);
	c->token = kept;
	return ERR_OK;
}

/* token: NULL if none is wanted. */
static enum err_code
send_request(struct oem_call *c, const struct secret *token, struct err *err)
{
	const struct oem_options *opt = &c->service->opt;
	struct headers h = { .n = 0 };
	enum err_code rc;
	struct buf text;

	buf_init(&text, HEADERS_BYTES_MAX);
	if ((rc = add_fixed(c, &h, &text, err)) || (rc = keep_token(c, token, err)))
		goto out;
	add_usual(c, &h);
	rc = http_call_start(opt->http,
	    &(struct http_request){
	        .method = c->req.method,
	        .url = c->req.url,
	        .header = h.item,
	        .nheader = h.n,
	        .bearer = c->token,
	        .bearer_header = opt->profile->auth_header,
	        .tls = oem_credential_tls(opt->credential),
	        .text = c->req.body,
	        .answer_max = c->req.answer_max,
	    },
	    on_http, c, &c->http, err);
out:
	buf_done(&text);
	return rc;
}

/* False: no request may leave now, and the answer says so. */
static bool
may_leave(struct oem_call *c)
{
	int64_t wait_ms = c->pause_ms;

	if (wait_ms == 0)
		wait_ms = oem_rate_take(c->service->rate, clock_mono_ms(c->service->opt.clock));
	if (wait_ms > 0)
		channel_answer_wait(&c->answer, wait_ms);
	return wait_ms == 0;
}

static enum state
step_token(struct oem_call *c, const struct event *ev)
{
	struct err err;

	if (ev->err) {
		channel_answer_of_token(&c->answer, ev->token, ev->err);
		return ST_DONE;
	}
	if (!may_leave(c))
		return ST_DONE;
	if (send_request(c, ev->token->access, &err)) {
		channel_answer_not_begun(&c->answer, &err);
		return ST_DONE;
	}
	return c->state == ST_RENEWAL ? ST_REPEAT : ST_REQUEST;
}

/* --- the answer --- */

static enum state
step_skip(struct oem_call *c, const struct event *ev)
{
	if (ev->err)
		channel_answer_of_failure(&c->answer, ev->err);
	return ST_DONE;
}

/* What support asks for, if it can be told from a stray header: one word. */
static void
take_request_id(struct oem_call *c, const struct http_response *rsp)
{
	const char *name = c->service->opt.profile->tracing.request_id_header;
	struct slice id = name ? http_response_header(rsp, name) : (struct slice){ "", 0 };

	if (id.len == 0 || id.len >= sizeof c->answer.request_id)
		return;
	for (size_t i = 0; i < id.len; i++) {
		if (id.ptr[i] <= ' ' || id.ptr[i] > '~')
			return;
	}
	(void)snprintf(c->answer.request_id, sizeof c->answer.request_id, SLICE_FMT, SLICE_ARG(id));
}

static enum state
step_repeat(struct oem_call *c, const struct event *ev)
{
	const struct http_response *rsp = ev->rsp;

	if (ev->err) {
		channel_answer_of_failure(&c->answer, ev->err);
		return ST_DONE;
	}
	take_request_id(c, rsp);
	c->answer.status = rsp->status;
	c->answer.retry_after_ms = rsp->retry_after_ms;
	/* CHANNEL_DONE is what the answer says from the beginning. */
	if (rsp->status < 200 || rsp->status >= 300)
		oem_answer_refused(c->service->opt.profile, c->service->errors, rsp->body,
		    &c->answer);
	return ST_DONE;
}

static enum state
step_request(struct oem_call *c, const struct event *ev)
{
	struct err err;

	if (ev->err || ev->rsp->status != 401 || !c->token)
		return step_repeat(c, ev);
	if (oem_credential_get(c->service->opt.credential, c->token, on_token, c, &c->wait, &err)) {
		channel_answer_not_begun(&c->answer, &err);
		return ST_DONE;
	}
	return ST_RENEWAL;
}

/* --- what never leaves --- */

static bool
is_blank(const char *text)
{
	return slice_trim(slice_of(text)).len == 0;
}

/* No text of a profile or of a device has more than 1024 characters; the shortest hash has more. */
static bool
holds_hash(struct slice body)
{
	enum { HASH_MIN = 1500 };
	size_t run = 0;

	for (size_t i = 0; i < body.len && run < HASH_MIN; i++) {
		char c = body.ptr[i];
		bool base64 = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';

		run = base64 ? run + 1 : 0;
	}
	return run == HASH_MIN;
}

static void
assert_harmless(const struct oem_call_request *req)
{
	const struct oem_tenant *t = &req->tenant;

	assert(!holds_hash(req->body));
	if (req->purpose == OEM_CALL_RELEASE)
		return;
	assert(!is_blank(t->id) && !is_blank(t->domain));
	assert(req->purpose != OEM_CALL_REGISTER ||
	    memmem(req->body.ptr, req->body.len, t->id, strlen(t->id)));
}

/* --- start and cancel --- */

static enum err_code
set_id(struct oem_call *c, const char *given, char id[GUID_SIZE], struct err *err)
{
	if (!given)
		return guid_new(c->service->opt.random, id, err);
	(void)snprintf(id, GUID_SIZE, "%s", given);
	return ERR_OK;
}

static enum err_code
begin(struct oem_call *c, struct err *err)
{
	struct oem_credential *credential = c->service->opt.credential;
	const struct secret *token = NULL;

	if (oem_credential_wants_token(credential)) {
		token = oem_credential_cached(credential);
		if (!token) {
			c->state = ST_TOKEN;
			return oem_credential_get(credential, NULL, on_token, c, &c->wait, err);
		}
	}
	if (!may_leave(c)) {
		c->state = ST_SKIP;
		return http_call_skip(c->service->opt.http, on_http, c, &c->http, err);
	}
	c->state = ST_REQUEST;
	return send_request(c, token, err);
}

enum err_code
oem_call_start(const struct oem_service *s, const struct oem_call_request *req, oem_call_fn *done,
    void *arg, struct oem_call **out, struct err *err)
{
	struct oem_call *c = calloc(1, sizeof *c);
	enum err_code rc;

	assert_harmless(req);
	if (!c)
		return err_set(err, ERR_NOMEM, "no memory for a request to a maker's service");
	*c = (struct oem_call){ .service = s, .req = *req, .done = done, .arg = arg };
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

enum err_code
oem_call_skip(const struct oem_service *s, const struct channel_answer *answer, oem_call_fn *done,
    void *arg, struct oem_call **out, struct err *err)
{
	struct oem_call *c = calloc(1, sizeof *c);
	enum err_code rc;

	if (!c)
		return err_set(err, ERR_NOMEM, "no memory for an answer");
	*c = (struct oem_call){ .service = s,
		.done = done,
		.arg = arg,
		.state = ST_SKIP,
		.answer = *answer };
	rc = http_call_skip(s->opt.http, on_http, c, &c->http, err);
	if (rc)
		free(c);
	else
		*out = c;
	return rc;
}

void
oem_call_cancel(struct oem_call *c)
{
	if (c->state == ST_TOKEN || c->state == ST_RENEWAL)
		oem_credential_cancel(c->wait);
	else
		http_call_cancel(c->http);
}

void
oem_call_pause(struct oem_call *c, int64_t for_ms)
{
	c->pause_ms = for_ms;
}
