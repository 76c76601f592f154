/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "oem/oem_answer.h"
#include "oem/oem_credential.h"
#include "oem/oem_rate.h"
#include "oem/oem_service.h"

struct oem_call {
	struct service_call base;
	const struct oem_service *service;
	struct buf text; /* values of headers, a NUL behind each */
};

static void
call_free(struct service_call *base)
{
	struct oem_call *c = (struct oem_call *)base;

	service_call_done(base);
	buf_done(&c->text);
	free(c);
}

/* --- headers --- */

enum { HEADERS_BYTES_MAX = 64 * 1024 };

/* They are pointed to once the text moves no more. */
static enum err_code
add_fixed(struct oem_call *c, const struct oem_tenant *tenant, struct err *err)
{
	const struct oem_profile *p = c->service->opt.profile;
	const struct oem_pair_list *fixed = &p->endpoint.headers;
	const char *value;

	for (size_t i = 0; i < fixed->n; i++) {
		if (oem_request_fill(p, fixed->item[i].value, tenant, &c->text, err))
			return err->code;
		buf_add_char(&c->text, '\0');
	}
	if (buf_check(&c->text, err))
		return err->code;
	value = c->text.ptr;
	for (size_t i = 0; i < fixed->n; i++) {
		service_call_header(&c->base, fixed->item[i].name, value);
		value += strlen(value) + 1;
	}
	return ERR_OK;
}

/* Unless the profile has them. */
static void
add_usual(struct oem_call *c, const struct oem_call_request *req)
{
	const struct oem_profile *p = c->service->opt.profile;
	const struct channel_answer *ids = &c->base.answer;

	service_call_header(&c->base, "Accept", "application/json");
	if (req->body.len > 0)
		service_call_header(&c->base, "Content-Type", "application/json");
	if (p->tracing.correlation_header)
		service_call_header(&c->base, p->tracing.correlation_header, ids->correlation_id);
	if (p->idempotency.header &&
	    (req->purpose == OEM_CALL_REGISTER || req->purpose == OEM_CALL_RELEASE))
		service_call_header(&c->base, p->idempotency.header, ids->request_id);
}

/* --- the request and its answer --- */

static int64_t
leave(struct service_call *c)
{
	const struct oem_service *s = ((struct oem_call *)c)->service;

	return oem_rate_take(s->rate, clock_mono_ms(s->opt.clock));
}

/* What support asks for, if it can be told from a stray header: one word. */
static void
take_ids(struct service_call *c, const struct http_response *rsp)
{
	const char *name = ((struct oem_call *)c)->service->opt.profile->tracing.request_id_header;
	struct slice id = name ? http_response_header(rsp, name) : (struct slice){ "", 0 };

	if (id.len == 0 || id.len >= sizeof c->answer.request_id)
		return;
	for (size_t i = 0; i < id.len; i++) {
		if (id.ptr[i] <= ' ' || id.ptr[i] > '~')
			return;
	}
	(void)snprintf(c->answer.request_id, sizeof c->answer.request_id, SLICE_FMT, SLICE_ARG(id));
}

static void
judge(struct service_call *c, const struct http_response *rsp)
{
	const struct oem_service *s = ((struct oem_call *)c)->service;

	oem_answer_refused(s->opt.profile, s->errors, rsp->body, &c->answer);
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

static const struct service_call_ops ops = {
	.service = "oem",
	.leave = leave,
	.take_ids = take_ids,
	.judge = judge,
	.free = call_free,
};

/* ERR_NOMEM, and those of service_call_init(). */
static enum err_code
call_new(const struct oem_service *s, const struct service_call_options *base,
    struct oem_call **out, struct err *err)
{
	struct oem_call *c = calloc(1, sizeof *c);

	if (!c)
		return err_set(err, ERR_NOMEM, "no memory for a request to a maker's service");
	c->service = s;
	buf_init(&c->text, HEADERS_BYTES_MAX);
	if (service_call_init(&c->base, base, err)) {
		call_free(&c->base);
		return err->code;
	}
	*out = c;
	return ERR_OK;
}

enum err_code
oem_call_start(const struct oem_service *s, const struct oem_call_request *req,
    service_call_fn *done, void *arg, struct oem_call **out, struct err *err)
{
	const struct oem_options *opt = &s->opt;
	const struct service_call_options base = {
		.ops = &ops,
		.http = opt->http,
		.random = opt->random,
		.tokens = oem_credential_tokens(opt->credential),
		.token = oem_credential_token(opt->credential),
		.call = req->call,
		.request_id = req->request_id,
		.correlation_id = req->correlation_id,
		.request = {
			.method = req->method,
			.api = "oem",
			.url = req->url,
			.bearer_header = opt->profile->auth_header,
			.tls = oem_credential_tls(opt->credential),
			.text = req->body,
			.answer_max = req->answer_max,
		},
		.done = done,
		.arg = arg,
	};
	struct oem_call *c = NULL;

	assert_harmless(req);
	if (call_new(s, &base, &c, err))
		return err->code;
	if (add_fixed(c, &req->tenant, err))
		goto failed;
	add_usual(c, req);
	if (service_call_start(&c->base, err))
		goto failed;
	*out = c;
	return ERR_OK;
failed:
	call_free(&c->base);
	return err->code;
}

enum err_code
oem_call_skip(const struct oem_service *s, const struct channel_answer *answer,
    service_call_fn *done, void *arg, struct oem_call **out, struct err *err)
{
	const struct service_call_options base = {
		.ops = &ops,
		.http = s->opt.http,
		.request_id = answer->request_id,
		.correlation_id = answer->correlation_id,
		.done = done,
		.arg = arg,
	};
	struct oem_call *c = NULL;

	if (call_new(s, &base, &c, err))
		return err->code;
	c->base.answer = *answer;
	if (service_call_skip(&c->base, err)) {
		call_free(&c->base);
		return err->code;
	}
	*out = c;
	return ERR_OK;
}

void
oem_call_cancel(struct oem_call *c)
{
	service_call_cancel(&c->base);
}

void
oem_call_pause(struct oem_call *c, int64_t for_ms)
{
	service_call_pause(&c->base, for_ms);
}
