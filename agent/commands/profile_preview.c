/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/profile_preview.h"

#include "base/buf.h"
#include "channel/batch.h"
#include "oem/oem_request.h"

#define BASE_URL "https://oem.example"
#define OPERATION "00000000-0000-4000-8000-000000000001"
#define REQUEST_ID "00000000-0000-4000-8000-000000000002"
#define CORRELATION_ID "00000000-0000-4000-8000-000000000003"
#define UNSEEN "***"

enum { TEXT_BYTES_MAX = 64 * 1024 };

static const struct oem_tenant somebody = {
	.id = "22222222-2222-4222-8222-222222222222",
	.domain = "contoso.onmicrosoft.com",
};

struct preview {
	const struct oem_profile *profile;
	const struct batch *batch;
	json_t *requests;
};

/* One request as it is made; every text is borrowed. */
struct call {
	const char *name;
	const char *meaning;
	const char *method;
	const char *path; /* NULL: the answer before says where */
	const struct oem_tenant *tenant;
	struct slice body;
	bool registers; /* it takes something on or back, so that it has an id of its own */
};

static enum err_code
no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for the preview");
}

/* The profile's own headers come first, and win. False: no memory. */
static bool
put_header(json_t *headers, const char *name, const char *value)
{
	return json_object_get(headers, name) ||
	    json_object_set_new(headers, name, json_string(value)) == 0;
}

static enum err_code
put_fixed(const struct oem_profile *p, const struct oem_tenant *t, json_t *headers, struct err *err)
{
	const struct oem_pair_list *fixed = &p->endpoint.headers;
	enum err_code rc = ERR_OK;
	struct buf value;

	buf_init(&value, TEXT_BYTES_MAX);
	for (size_t i = 0; rc == ERR_OK && i < fixed->n; i++) {
		buf_reset(&value);
		rc = oem_request_fill(p, fixed->item[i].value, t, &value, err);
		if (rc == ERR_OK && (rc = buf_check(&value, err)) == ERR_OK &&
		    !put_header(headers, fixed->item[i].name, value.ptr))
			rc = no_memory(err);
	}
	buf_done(&value);
	return rc;
}

/* What stands in a certificate of ours is nowhere in a request. */
static bool
put_usual(const struct oem_profile *p, const struct call *c, json_t *headers)
{
	const struct oem_tracing *t = &p->tracing;
	const struct oem_idempotency *i = &p->idempotency;

	return put_header(headers, "Accept", "application/json") &&
	    (c->body.len == 0 || put_header(headers, "Content-Type", "application/json")) &&
	    (!t->correlation_header ||
	        put_header(headers, t->correlation_header, CORRELATION_ID)) &&
	    (!i->header || !c->registers || put_header(headers, i->header, REQUEST_ID)) &&
	    (p->auth_header ? put_header(headers, p->auth_header, UNSEEN)
	                    : put_header(headers, "Authorization", "Bearer " UNSEEN));
}

static json_t *
body_json(struct slice body)
{
	return body.len > 0 ? json_loadb(body.ptr, body.len, 0, NULL) : json_null();
}

static enum err_code
append_call(const struct preview *v, const struct call *c, struct err *err)
{
	json_t *headers = json_object();
	json_t *url_json = NULL;
	struct buf url;
	enum err_code rc = ERR_OK;

	buf_init(&url, TEXT_BYTES_MAX);
	if (!headers)
		rc = no_memory(err);
	else
		rc = put_fixed(v->profile, c->tenant, headers, err);
	if (rc == ERR_OK && !put_usual(v->profile, c, headers))
		rc = no_memory(err);
	if (rc == ERR_OK && c->path)
		rc =
		    oem_request_url(v->profile, BASE_URL, c->path, c->tenant, OPERATION, &url, err);
	if (rc)
		goto out;
	url_json = c->path ? json_string(url.ptr) : json_null();
	if (json_array_append_new(v->requests,
	        json_pack("{s:s, s:s, s:s, s:o, s:O, s:o}", "call", c->name, "meaning", c->meaning,
	            "method", c->method, "url", url_json, "headers", headers, "body",
	            body_json(c->body))))
		rc = no_memory(err);
out:
	json_decref(headers);
	buf_done(&url);
	return rc;
}

/* --- the calls --- */

static enum err_code
preview_validate(const struct preview *v, struct buf *body, struct err *err)
{
	bool post = v->profile->consent.verb == OEM_POST;
	struct call c = {
		.name = "validate",
		.meaning = "has the customer agreed?",
		.method = post ? "POST" : "GET",
		.path = v->profile->endpoint.validate,
		.tenant = &somebody,
	};

	if (post && oem_request_validate(v->profile, &somebody, body, err))
		return err->code;
	c.body = buf_slice(body);
	return append_call(v, &c, err);
}

static enum err_code
preview_register(const struct preview *v, struct buf *body, struct err *err)
{
	struct call c = {
		.name = "register",
		.meaning = "register these devices",
		.method = "POST",
		.path = v->profile->endpoint.enrol,
		.tenant = &somebody,
		.registers = true,
	};

	/* Said first: a request only says that it has no device. */
	if (oem_request_judge(v->profile, v->batch->device, slice_of(v->batch->tag),
	        slice_of(v->batch->order), err))
		return err_set(err, ERR_USAGE, "such a device is not sent: %s", err->msg);
	if (oem_request_register(v->profile, &somebody, v->batch, REQUEST_ID, body, err))
		return err->code;
	c.body = buf_slice(body);
	return append_call(v, &c, err);
}

static enum err_code
preview_status(const struct preview *v, struct buf *body, struct err *err)
{
	const struct call c = {
		.name = "status",
		.meaning = "what became of them?",
		.method = "GET",
		.path = v->profile->job.mode == OEM_ASYNC_ID ? v->profile->endpoint.status : NULL,
		.tenant = &somebody,
	};

	(void)body;
	return v->profile->job.mode == OEM_SYNC ? ERR_OK : append_call(v, &c, err);
}

static enum err_code
preview_release(const struct preview *v, struct buf *body, struct err *err)
{
	const struct oem_endpoint *e = &v->profile->endpoint;
	bool own_path = e->deregister == OEM_DEREGISTER_PATH;
	struct call c = {
		.name = "release",
		.meaning = "take this device back",
		.method = "POST",
		.path = own_path ? e->deregister_path : e->enrol,
		.tenant = own_path ? &somebody : &oem_nobody,
		.registers = true,
	};

	if (e->deregister == OEM_DEREGISTER_NONE)
		return ERR_OK;
	if (oem_request_release(v->profile, c.tenant, v->batch, REQUEST_ID, body, err))
		return err->code;
	c.body = buf_slice(body);
	return append_call(v, &c, err);
}

static enum err_code
make_batch(const struct profile_sample *s, struct batch **out, struct err *err)
{
	const struct batch_head head = {
		.customer = slice_of("contoso"),
		.tenant = slice_of(somebody.id),
		.domain = slice_of(somebody.domain),
		.tag = slice_of(s->group_tag),
		.order = slice_of(s->order),
	};
	const struct batch_device device = {
		.id = 1,
		.serial = slice_of(s->serial),
		.product_id = slice_of(s->product_id),
		.manufacturer = slice_of(s->manufacturer),
		.model = slice_of(s->model),
	};
	struct batch *b = NULL;

	if (batch_new(&head, &b, err))
		return err->code;
	if (batch_add(b, &device, err)) {
		batch_free(b);
		return err->code;
	}
	*out = b;
	return ERR_OK;
}

enum err_code
profile_preview(const struct oem_profile *p, const struct profile_sample *sample, json_t **out,
    struct err *err)
{
	static enum err_code (*const part[])(const struct preview *, struct buf *, struct err *) = {
		preview_validate,
		preview_register,
		preview_status,
		preview_release,
	};
	struct preview v = { .profile = p, .requests = json_array() };
	struct batch *batch = NULL;
	struct buf body;
	enum err_code rc;

	buf_init(&body, (size_t)p->batching.max_bytes);
	if (!v.requests)
		rc = no_memory(err);
	else
		rc = make_batch(sample, &batch, err);
	v.batch = batch;
	for (size_t i = 0; rc == ERR_OK && i < sizeof part / sizeof part[0]; i++) {
		buf_reset(&body);
		rc = part[i](&v, &body, err);
	}
	if (rc == ERR_OK)
		*out = v.requests;
	else
		json_decref(v.requests);
	buf_done(&body);
	batch_free(batch);
	return rc;
}
