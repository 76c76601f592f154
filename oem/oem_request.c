/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_request.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/percent.h"
#include "base/utf8.h"
#include "oem/json_pointer.h"

enum { REF_SIZE = 24, FILLED_MAX = 8 * 1024 };

const struct oem_tenant oem_nobody = { "", "" };

/* One request, as far as it is known where each value comes from. */
struct request {
	const struct oem_profile *profile;
	const struct oem_tenant *tenant;
	struct slice tag;
	struct slice order;
};

/* --- what is sent of a device --------------------------------------------------------------------- */

static bool
has_tuple(const struct batch_device *d)
{
	return d->serial.len > 0 && d->manufacturer.len > 0 && d->model.len > 0;
}

static bool
sends_product_id(enum oem_identity id, const struct batch_device *d)
{
	switch (id) {
	case OEM_ID_TUPLE:
		return false;
	case OEM_ID_PREFER_TUPLE:
		return !has_tuple(d);
	default:
		return d->product_id.len > 0;
	}
}

static bool
sends_tuple(enum oem_identity id, const struct batch_device *d)
{
	switch (id) {
	case OEM_ID_PKID:
		return false;
	case OEM_ID_PREFER_PKID:
		return d->product_id.len == 0;
	default:
		return has_tuple(d);
	}
}

/* Of an envelope d is NULL. ref: room for the device's place. */
static struct slice
value_of(const struct request *r, enum oem_value v, const struct batch_device *d, struct slice ref)
{
	static const struct slice none = { "", 0 };
	enum oem_identity id = r->profile->identity;

	switch (v) {
	case OEM_REF:
		return ref;
	case OEM_SERIAL:
		return sends_tuple(id, d) ? d->serial : none;
	case OEM_MANUFACTURER:
		return sends_tuple(id, d) ? d->manufacturer : none;
	case OEM_MODEL:
		return sends_tuple(id, d) ? d->model : none;
	case OEM_PRODUCT_ID:
		return sends_product_id(id, d) ? d->product_id : none;
	case OEM_GROUP_TAG:
		return r->tag;
	case OEM_ORDER:
	case OEM_PURCHASE_ORDER:
		return r->order;
	case OEM_TENANT_ID:
		return slice_of(r->tenant->id);
	case OEM_TENANT_DOMAIN:
		return slice_of(r->tenant->domain);
	case OEM_USER:
	case NOEM_VALUE:
		break;
	}
	return none;
}

/* False: it is no UTF-8. */
static bool
count_characters(struct slice s, uint64_t *n)
{
	for (*n = 0; s.len > 0; ++*n) {
		if (utf8_take(&s) < 0)
			return false;
	}
	return true;
}

static enum err_code
judge_text(const struct oem_profile *p, enum oem_value v, struct slice text, struct err *err)
{
	const struct oem_field *f = &p->request.field[v];
	uint64_t n;

	if (!f->name)
		return ERR_OK;
	if (!count_characters(text, &n))
		return err_set(err, ERR_USAGE, "%s is no text", f->name);
	if (n <= f->length_max)
		return ERR_OK;
	return err_set(err, ERR_LIMIT,
	    "%s is longer than the %" PRIu64 " characters that the service takes", f->name,
	    f->length_max);
}

static enum err_code
judge_identity(enum oem_identity id, const struct batch_device *d, struct err *err)
{
	static const char no_tuple[] = "serial number, manufacturer and model";
	const char *missing = NULL;

	if (id == OEM_ID_PKID || id == OEM_ID_BOTH)
		missing = d->product_id.len == 0 ? "the product key id" : NULL;
	if (!missing && (id == OEM_ID_TUPLE || id == OEM_ID_BOTH))
		missing = has_tuple(d) ? NULL : no_tuple;
	if (!missing && d->product_id.len == 0 && !has_tuple(d))
		missing = "the product key id, or serial number, manufacturer and model";
	if (!missing)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "the service wants %s", missing);
}

enum err_code
oem_request_judge(const struct oem_profile *p, const struct batch_device *d, struct slice tag,
    struct slice order, struct err *err)
{
	const struct request r = { p, &oem_nobody, tag, order };
	enum err_code rc = judge_identity(p->identity, d, err);

	for (enum oem_value v = OEM_SERIAL; rc == ERR_OK && v < OEM_TENANT_ID; v++)
		rc = judge_text(p, v, value_of(&r, v, d, (struct slice){ "", 0 }), err);
	return rc;
}

/* --- JSON ------------------------------------------------------------------------------------------ */

/*
 * NULL: the member is left out; *failed: there was no memory. A blank tenant has to be there to mean
 * something, whatever becomes of other empty values.
 */
static json_t *
value_json(const struct oem_envelope *e, enum oem_value v, struct slice text, bool *failed)
{
	bool keep = text.len > 0 || v == OEM_TENANT_ID || v == OEM_TENANT_DOMAIN;
	json_t *value;

	if (!keep && e->empty == OEM_EMPTY_OMIT)
		return NULL;
	value =
	    !keep && e->empty == OEM_EMPTY_NULL ? json_null() : json_stringn(text.ptr, text.len);
	*failed = *failed || !value;
	return value;
}

static json_t *
device_json(const struct request *r, const struct batch_device *d, bool *failed)
{
	const struct oem_envelope *e = &r->profile->request;
	json_t *device = json_object();
	char ref[REF_SIZE];

	(void)snprintf(ref, sizeof ref, "%" PRId64, d->id);
	for (enum oem_value v = 0; device && v < NOEM_VALUE; v++) {
		const struct oem_field *f = &e->field[v];
		json_t *value;

		if (!f->name || f->level != OEM_IN_DEVICE)
			continue;
		value = value_json(e, v, value_of(r, v, d, slice_of(ref)), failed);
		if (value && json_object_set_new(device, f->name, value))
			*failed = true;
	}
	*failed = *failed || !device;
	return device;
}

static void
put_text(json_t *root, const char *pointer, const char *text, bool *failed)
{
	json_t *value = json_string(text);

	if (!value || !json_pointer_put(root, pointer, value))
		*failed = true;
}

static void
put_envelope(const struct request *r, const char *id, json_t *root, bool *failed)
{
	const struct oem_profile *p = r->profile;
	const struct oem_envelope *e = &p->request;

	for (size_t i = 0; i < e->constants.n; i++)
		put_text(root, e->constants.item[i].name, e->constants.item[i].value, failed);
	for (enum oem_value v = OEM_GROUP_TAG; v < NOEM_VALUE; v++) {
		const struct oem_field *f = &e->field[v];
		json_t *value;

		if (!f->name || f->level != OEM_IN_ENVELOPE)
			continue;
		value = value_json(e, v, value_of(r, v, NULL, (struct slice){ "", 0 }), failed);
		if (value && !json_pointer_put(root, f->name, value))
			*failed = true;
	}
	if (p->idempotency.field)
		put_text(root, p->idempotency.field, id, failed);
}

static int
append(const char *bytes, size_t n, void *arg)
{
	struct buf *out = arg;

	buf_add(out, bytes, n);
	return out->failed ? -1 : 0;
}

/* Appends all of it or nothing. */
static enum err_code
dump(const json_t *root, bool failed, struct buf *out, struct err *err)
{
	size_t before = out->len;

	if (!failed && root && json_dump_callback(root, append, out, JSON_COMPACT) == 0)
		return ERR_OK;
	if (out->ptr) {
		out->len = before;
		out->ptr[before] = '\0';
	}
	if (out->failed == ERR_LIMIT)
		return buf_check(out, err);
	return err_set(err, ERR_NOMEM, "no memory for a request");
}

static bool
is_good(const struct request *r, const struct batch_device *d)
{
	struct err err;

	return oem_request_judge(r->profile, d, r->tag, r->order, &err) == ERR_OK;
}

/* The first n devices of a batch. */
static enum err_code
render(const struct request *r, const struct batch *b, size_t n, const char *id, struct buf *out,
    struct err *err)
{
	const struct oem_envelope *e = &r->profile->request;
	bool bare = e->devices[0] == '\0';
	json_t *devices = json_array();
	json_t *root = bare ? json_incref(devices) : json_object();
	bool failed = !devices || !root;
	enum err_code rc;

	for (size_t i = 0; !failed && i < n; i++) {
		if (is_good(r, &b->device[i]) &&
		    json_array_append_new(devices, device_json(r, &b->device[i], &failed)))
			failed = true;
	}
	if (!bare && !failed) {
		put_envelope(r, id, root, &failed);
		if (!json_pointer_put(root, e->devices, json_incref(devices)))
			failed = true;
	}
	if (!failed && json_array_size(devices) == 0)
		rc = err_set(err, ERR_USAGE, "no device can be sent as the profile wants it");
	else
		rc = dump(root, failed, out, err);
	json_decref(root);
	json_decref(devices);
	return rc;
}

static bool
is_somebody(const struct oem_tenant *t)
{
	return t->id[0] && t->domain[0];
}

enum err_code
oem_request_register(const struct oem_profile *p, const struct oem_tenant *tenant,
    const struct batch *b, const char *id, struct buf *out, struct err *err)
{
	const struct request r = { p, tenant, slice_of(b->tag), slice_of(b->order) };

	assert(is_somebody(tenant));
	return render(&r, b, b->ndevice, id, out, err);
}

enum err_code
oem_request_release(const struct oem_profile *p, const struct oem_tenant *tenant,
    const struct batch *b, const char *id, struct buf *out, struct err *err)
{
	const struct request r = { p, tenant, slice_of(b->tag), slice_of(b->order) };

	assert(p->endpoint.deregister != OEM_DEREGISTER_NONE && b->ndevice > 0);
	assert(is_somebody(tenant) == (p->endpoint.deregister == OEM_DEREGISTER_PATH));
	return render(&r, b, 1, id, out, err);
}

/* --- names in braces --------------------------------------------------------------------------------- */

struct names {
	const struct oem_profile *profile;
	const struct oem_tenant *tenant;
	const char *operation; /* NULL: there is none */
};

/* NULL: it stands for nothing here. */
static const char *
meaning(const struct names *n, struct slice name)
{
	if (slice_eq(name, slice_of("tenantId")))
		return n->tenant->id;
	if (slice_eq(name, slice_of("tenantDomain")))
		return n->tenant->domain;
	if (slice_eq(name, slice_of("apiVersion")))
		return n->profile->endpoint.api_version;
	if (slice_eq(name, slice_of("operationId")))
		return n->operation;
	return NULL;
}

/* A profile's text with its names filled in; the profile was checked: braces are closed. */
static enum err_code
fill(const struct names *n, const char *text, bool encoded, struct buf *out, struct err *err)
{
	const char *open;

	while ((open = strchr(text, '{'))) {
		const char *close = strchr(open, '}');
		struct slice name = { open + 1, (size_t)(close - open - 1) };
		const char *means = meaning(n, name);

		buf_add(out, text, (size_t)(open - text));
		if (!means)
			return err_set(err, ERR_USAGE,
			    "the profile wants {" SLICE_FMT "}, which is not known here",
			    SLICE_ARG(name));
		if (encoded)
			percent_add(out, slice_of(means));
		else
			buf_add_str(out, means);
		text = close + 1;
	}
	buf_add_str(out, text);
	return ERR_OK;
}

enum err_code
oem_request_fill(const struct oem_profile *p, const char *text, const struct oem_tenant *tenant,
    struct buf *out, struct err *err)
{
	const struct names names = { p, tenant, NULL };

	return fill(&names, text, false, out, err);
}

/* Unlike a path, whose slashes part it, a value is one text. */
static enum err_code
add_query(const struct oem_profile *p, const struct name_value *pair,
    const struct oem_tenant *tenant, struct buf *out, struct err *err)
{
	struct buf value;

	buf_init(&value, FILLED_MAX);
	if (oem_request_fill(p, pair->value, tenant, &value, err) || buf_check(&value, err)) {
		buf_done(&value);
		return err->code;
	}
	percent_add(out, slice_of(pair->name));
	buf_add_char(out, '=');
	percent_add(out, buf_slice(&value));
	buf_done(&value);
	return ERR_OK;
}

enum err_code
oem_request_url(const struct oem_profile *p, const char *base_url, const char *path,
    const struct oem_tenant *tenant, const char *operation, struct buf *out, struct err *err)
{
	const struct names names = { p, tenant, operation };
	const struct oem_pair_list *query = &p->endpoint.query;
	bool first = strchr(path, '?') == NULL;

	buf_add_str(out, base_url);
	if (fill(&names, path, true, out, err))
		return err->code;
	for (size_t i = 0; i < query->n; i++, first = false) {
		buf_add_char(out, first ? '?' : '&');
		if (add_query(p, &query->item[i], tenant, out, err))
			return err->code;
	}
	return buf_check(out, err);
}

enum err_code
oem_request_validate(const struct oem_profile *p, const struct oem_tenant *tenant, struct buf *out,
    struct err *err)
{
	const struct oem_pair_list *body = &p->consent.body;
	json_t *root = json_object();
	bool failed = !root;
	enum err_code rc = ERR_OK;
	struct buf text;

	assert(is_somebody(tenant));
	for (size_t i = 0; rc == ERR_OK && !failed && i < body->n; i++) {
		buf_init(&text, FILLED_MAX);
		if ((rc = oem_request_fill(p, body->item[i].value, tenant, &text, err)) == ERR_OK &&
		    (rc = buf_check(&text, err)) == ERR_OK)
			put_text(root, body->item[i].name, text.ptr ? text.ptr : "", &failed);
		buf_done(&text);
	}
	if (rc == ERR_OK)
		rc = dump(root, failed, out, err);
	json_decref(root);
	return rc;
}
