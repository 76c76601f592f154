/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/intake/intake_rules.h"
#include "agent/intake/rejects_file.h"
#include "agent/intake/wanted_devices.h"
#include "agent/sending/release.h"
#include "base/buf.h"
#include "base/secret.h"
#include "devices/base64.h"
#include "devices/hardware_hash.h"
#include "devices/list_pass.h"
#include "store/store.h"
#include "store/store_async.h"

/*
 * What goes into one commit: enough that a durable write costs little for each device, few enough
 * that others need not wait long for theirs.
 */
enum { COMMIT_ROWS = 500, COMMIT_BYTES = 8 * 1024 * 1024 };

/* A device between the thread that checks it and the one that stores it. */
struct record {
	uint32_t hash_used;
	uint16_t serial;
	uint16_t product_id;
	uint16_t manufacturer;
	uint16_t model;
	bool hash;
	bool wanted;
};

struct intake {
	const struct intake_request *req;
	struct wanted_devices *filter;
	struct rejects_file *rejects;

	struct store_row row[COMMIT_ROWS];
	size_t nrow;
	struct store_refusal refusal[COMMIT_ROWS];
	size_t nrefusal;
	struct buf text; /* of the rows and refusals; reserved once, so that it stays where it is */

	uint32_t ndevice;   /* told of by the pass */
	uint32_t *unwanted; /* their numbers: a later row may still drop them */
	size_t nunwanted;
	size_t room;
	char rejected[INTAKE_REJECTED_SIZE];
};

/* --- on the threads that check ----------------------------------------------------------------- */

/* The bytes of a hash without the zeros that make it up to its length. */
static void
render_hash(struct slice text, struct record *r, struct buf *out)
{
	uint8_t bytes[BASE64_DECODED_MAX(HARDWARE_HASH_CHARS)];
	size_t n = BASE64_DECODED_MAX(text.len);

	if (text.len != HARDWARE_HASH_CHARS || base64_decode(text, bytes) != text.len)
		return; /* every hash that passed the checks has this form */
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	r->hash = true;
	r->hash_used = (uint32_t)n;
	buf_add(out, bytes, n);
}

static void
render(void *arg, const struct device *d, struct buf *out, struct row_checker *rc,
    struct checked_row *row)
{
	const struct intake *in = arg;
	struct record r = {
		.serial = (uint16_t)d->serial.len,
		.product_id = (uint16_t)d->product_id.len,
		.manufacturer = (uint16_t)d->manufacturer.len,
		.model = (uint16_t)d->model.len,
		.wanted = wanted_devices_has(in->filter, d->serial, d->manufacturer, d->model),
	};
	size_t start = out->len;

	(void)rc;
	(void)row;
	buf_add(out, &r, sizeof r);
	buf_add_slice(out, d->serial);
	buf_add_slice(out, d->product_id);
	buf_add_slice(out, d->manufacturer);
	buf_add_slice(out, d->model);
	render_hash(d->hash, &r, out);
	if (out->failed == ERR_OK)
		memcpy(out->ptr + start, &r, sizeof r); /* now that the hash is known */
}

/* --- on the store's thread ---------------------------------------------------------------------- */

static enum err_code
store_rows(struct store *s, void *arg, struct err *err)
{
	const struct intake *in = arg;

	/* Rows first: a refusal may concern one of them. */
	if (in->nrow && store_list_add(s, in->req->list, in->row, in->nrow, err))
		return err->code;
	if (in->nrefusal)
		return store_list_refuse(s, in->req->list, in->refusal, in->nrefusal, err);
	return ERR_OK;
}

struct ending {
	const struct intake_request *req;
	uint64_t rows;
};

static enum err_code
end_list(struct store *s, void *arg, struct err *err)
{
	const struct ending *e = arg;

	/* Whoever gives a list thinks that it can go. */
	if (release_holds(s, e->req->config, e->req->customer->name, err))
		return err->code;
	return store_list_end(s, e->req->list, e->rows, err);
}

static enum err_code
abort_list(struct store *s, void *arg, struct err *err)
{
	const struct ending *e = arg;

	return store_list_abort(s, e->req->list, err);
}

/* --- in the order of the rows --------------------------------------------------------------------- */

static enum err_code
commit(struct intake *in, struct err *err)
{
	if (in->nrow == 0 && in->nrefusal == 0)
		return ERR_OK;
	if (store_async_wait(in->req->writer, store_rows, in, err))
		return err->code;
	in->nrow = 0;
	in->nrefusal = 0;
	buf_reset(&in->text);
	return ERR_OK;
}

/* A place for n bytes that stay until the next commit, which may have to come first. */
static enum err_code
make_room(struct intake *in, size_t n, struct err *err)
{
	if (in->nrow < COMMIT_ROWS && in->nrefusal < COMMIT_ROWS &&
	    in->text.len + n <= COMMIT_BYTES)
		return ERR_OK;
	return commit(in, err);
}

static struct slice
keep(struct intake *in, struct slice s)
{
	size_t at = in->text.len;

	buf_add_slice(&in->text, s);
	return (struct slice){ in->text.ptr + at, s.len };
}

static enum err_code
refuse(struct intake *in, const struct store_refusal *r, struct err *err)
{
	if (make_room(in, r->serial.len + r->message.len + r->advice.len, err))
		return err->code;
	in->refusal[in->nrefusal++] = (struct store_refusal){
		.line = r->line,
		.serial = keep(in, r->serial),
		.code = r->code, /* static */
		.message = keep(in, r->message),
		.advice = keep(in, r->advice),
		.duplicate = r->duplicate,
	};
	return ERR_OK;
}

static struct slice
take(struct slice *rest, size_t n)
{
	struct slice head = slice_head(*rest, n);

	*rest = slice_from(*rest, n);
	return head;
}

static enum err_code
leave_out(struct intake *in, uint64_t line, struct slice serial, struct err *err)
{
	if (in->nunwanted == in->room) {
		size_t room = in->room ? in->room * 2 : 64;
		uint32_t *more = reallocarray(in->unwanted, room, sizeof *more);

		if (!more)
			return err_set(err, ERR_NOMEM, "%s", in->req->path);
		in->unwanted = more;
		in->room = room;
	}
	in->unwanted[in->nunwanted++] = in->ndevice;
	return refuse(in,
	    &(struct store_refusal){
	        .line = line,
	        .serial = serial,
	        .code = slice_of("not-wanted"),
	        .message = slice_of("the customer's \"only\" leaves this device out"),
	        .advice = slice_of("Nothing, if that is meant; else change \"only\"."),
	        .duplicate = true,
	    },
	    err);
}

static enum err_code
add_row(struct intake *in, uint64_t line, const struct record *r, struct slice texts,
    struct slice group_tag, struct err *err)
{
	struct store_row row = { .line = line };
	struct slice rest;

	if (make_room(in, texts.len + group_tag.len, err))
		return err->code;
	rest = keep(in, texts);
	row.serial = take(&rest, r->serial);
	row.product_id = take(&rest, r->product_id);
	row.manufacturer = take(&rest, r->manufacturer);
	row.model = take(&rest, r->model);
	row.hash = rest;
	row.hash_len = r->hash ? HARDWARE_HASH_BYTES : 0;
	row.tag = keep(in, group_tag);
	in->row[in->nrow++] = row;
	return ERR_OK;
}

static enum err_code
on_device(void *arg, uint64_t line, struct slice rendered, struct slice group_tag, struct err *err)
{
	struct intake *in = arg;
	struct record r;
	struct slice texts = slice_from(rendered, sizeof r);
	enum err_code rc;

	memcpy(&r, rendered.ptr, sizeof r);
	rc = r.wanted ? add_row(in, line, &r, texts, group_tag, err)
	              : leave_out(in, line, slice_head(texts, r.serial), err);
	in->ndevice++;
	return rc;
}

static enum err_code
on_finding(void *arg, uint32_t list, const struct finding *f, struct err *err)
{
	struct intake *in = arg;

	(void)list;
	/* The codes on the file as a whole come first. */
	if (f->code < FINDING_SAMPLE_DATA && f->severity == SEVERITY_ERROR && !in->rejected[0])
		(void)snprintf(in->rejected, sizeof in->rejected, "%s: " SLICE_FMT ". " SLICE_FMT,
		    finding_info(f->code)->code, SLICE_ARG(f->message), SLICE_ARG(f->advice));
	if (f->code != FINDING_DUPLICATE)
		return ERR_OK;
	return refuse(in,
	    &(struct store_refusal){
	        .line = f->line,
	        .serial = f->serial,
	        .code = slice_of(finding_info(f->code)->code),
	        .message = f->message,
	        .advice = f->advice,
	        .duplicate = true,
	    },
	    err);
}

static enum err_code
write_reject(struct intake *in, const struct finding *why, const struct row_fields *fields,
    struct slice raw, struct err *err)
{
	if (!in->req->rejects)
		return ERR_OK;
	if (!in->rejects && rejects_file_open(in->req->rejects, &in->rejects, err))
		return err->code;
	return rejects_file_add(in->rejects, in->req->path, why, fields, raw, err);
}

static enum err_code
on_refused(void *arg, uint32_t list, const struct finding *why, const struct row_fields *fields,
    struct slice raw, struct err *err)
{
	struct intake *in = arg;

	(void)list;
	if (write_reject(in, why, fields, raw, err))
		return err->code;
	return refuse(in,
	    &(struct store_refusal){
	        .line = why->line,
	        .serial = why->serial,
	        .code = slice_of(finding_info(why->code)->code),
	        .message = why->message,
	        .advice = why->advice,
	    },
	    err);
}

/* --- the whole ------------------------------------------------------------------------------------ */

static unsigned
processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n < LIST_THREADS_MAX ? (unsigned)n : LIST_THREADS_MAX;
}

/* Rows that a later one has dropped are counted as that already. */
static uint64_t
count_unwanted(const struct intake *in, const struct device_set *devices)
{
	uint64_t n = 0;

	for (size_t i = 0; i < in->nunwanted; i++)
		n += !device_set_is_dropped(devices, in->unwanted[i]);
	return n;
}

static enum err_code
read_list(struct intake *in, struct intake_result *out, struct err *err)
{
	const struct list_events events = {
		.arg = in,
		.render = render,
		.on_finding = on_finding,
		.on_device = on_device,
		.on_refused = on_refused,
	};
	const struct intake_request *req = in->req;
	struct intake_rules rules;
	const struct list_pass_options opt = {
		.list = &rules.list,
		.policy = &rules.policy,
		.events = &events,
		.threads = req->threads ? req->threads : processors(),
	};
	struct list_pass *pass = NULL;
	enum err_code rc;
	size_t n;

	if ((rc = intake_rules_init(&rules, req->customer, req->tag, req->clock, req->random,
	         err)) ||
	    (rc = list_pass_new(&opt, &pass, err)) || (rc = list_pass_read(pass, req->path, err)) ||
	    (rc = commit(in, err)))
		goto out;
	const struct list_summary *s = list_pass_summary(pass, &n);
	uint64_t unwanted = count_unwanted(in, list_pass_devices(pass));

	*out = (struct intake_result){
		.rows = s->rows,
		.devices = s->devices - unwanted,
		.refused = s->refused,
		.duplicates = s->duplicates + unwanted,
	};
	if (s->failed)
		memcpy(out->rejected, in->rejected, sizeof out->rejected);
out:
	list_pass_free(pass);
	return rc;
}

static enum err_code
finish(struct intake *in, const struct intake_result *result, struct err *err)
{
	struct ending e = { in->req, result->rows };
	struct rejects_file *rejects = in->rejects;

	in->rejects = NULL;
	if (rejects && rejects_file_finish(rejects, err))
		return err->code;
	return store_async_wait(in->req->writer, result->rejected[0] ? abort_list : end_list, &e,
	    err);
}

enum err_code
intake_run(const struct intake_request *req, struct intake_result *out, struct err *err)
{
	struct intake in = { .req = req };
	struct intake_result result;
	enum err_code rc;

	buf_init(&in.text, COMMIT_BYTES + 1);
	if (!buf_reserve(&in.text, COMMIT_BYTES))
		return err_set(err, ERR_NOMEM, "%s", req->path);
	if ((rc = wanted_devices_new(&req->customer->only, &in.filter, err)) ||
	    (rc = read_list(&in, &result, err)) || (rc = finish(&in, &result, err)))
		goto out;
	*out = result;
out:
	rejects_file_abandon(in.rejects);
	wanted_devices_free(in.filter);
	free(in.unwanted);
	if (in.text.ptr)
		secret_wipe(in.text.ptr, in.text.len);
	buf_done(&in.text);
	return rc;
}
