/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/intake/intake_rules.h"
#include "agent/intake/list_abort.h"
#include "agent/intake/rejects_file.h"
#include "agent/intake/stored_hash.h"
#include "agent/intake/wanted_devices.h"
#include "agent/sending/release.h"
#include "base/buf.h"
#include "base/secret.h"
#include "devices/field_rules.h"
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
	uint16_t family;
	bool hash;
	bool wanted;
};

/* Rows on their way into the store. */
struct commit {
	int64_t list;
	struct store_row row[COMMIT_ROWS];
	size_t nrow;
	struct store_refusal refusal[COMMIT_ROWS];
	size_t nrefusal;
	struct buf text; /* of the rows and refusals; reserved once, so that it stays where it is */
	struct store_piece *piece; /* NULL: it is not under way */
};

struct intake {
	const struct intake_request *req;
	struct wanted_devices *filter;
	struct rejects_file *rejects;

	struct commit commit[2]; /* one is filled while the other is under way */
	struct commit *filling;

	uint32_t ndevice;   /* told of by the pass */
	uint32_t *unwanted; /* their numbers: a later row may still drop them */
	size_t nunwanted;
	size_t room;
	char rejected[INTAKE_REJECTED_SIZE];
};

/* --- on the threads that check ----------------------------------------------------------------- */

static void
render_hash(struct slice text, struct record *r, struct buf *out)
{
	uint8_t bytes[STORED_HASH_ROOM];

	r->hash = stored_hash_make(text, bytes, &r->hash_used);
	if (r->hash)
		buf_add(out, bytes, r->hash_used);
}

static void
render(void *arg, const struct device *d, struct buf *out, struct row_checker *rc,
    struct checked_row *row)
{
	const struct intake *in = arg;
	/* What many devices share tells none of them: the store goes by what else there is. */
	struct slice serial =
	    value_is_placeholder(d->serial) ? (struct slice){ NULL, 0 } : d->serial;
	struct record r = {
		.serial = (uint16_t)serial.len,
		.product_id = (uint16_t)d->product_id.len,
		.manufacturer = (uint16_t)d->manufacturer.len,
		.model = (uint16_t)d->model.len,
		.family = (uint16_t)d->family.len,
		.wanted = wanted_devices_has(in->filter, d->serial, d->manufacturer, d->model),
	};
	size_t start = out->len;

	(void)rc;
	(void)row;
	buf_add(out, &r, sizeof r);
	buf_add_slice(out, serial);
	buf_add_slice(out, d->product_id);
	buf_add_slice(out, d->manufacturer);
	buf_add_slice(out, d->model);
	buf_add_slice(out, d->family);
	render_hash(d->hash, &r, out);
	if (out->failed == ERR_OK)
		memcpy(out->ptr + start, &r, sizeof r); /* now that the hash is known */
}

/* --- on the store's thread ---------------------------------------------------------------------- */

static enum err_code
store_rows(struct store *s, const struct commit *c, struct err *err)
{
	/* Rows first: a refusal may concern one of them. */
	if (c->nrow && store_list_add(s, c->list, c->row, c->nrow, err))
		return err->code;
	if (c->nrefusal)
		return store_list_refuse(s, c->list, c->refusal, c->nrefusal, err);
	return ERR_OK;
}

static enum err_code
store_commit(struct store *s, void *arg, struct err *err)
{
	return store_rows(s, arg, err);
}

/* The last rows become durable together with the end: most lists have no others. */
struct ending {
	const struct intake_request *req;
	const struct commit *last;
	struct intake_result *result;
};

static enum err_code
note_received(struct store *s, const struct ending *e, struct err *err)
{
	const struct intake_result *r = e->result;
	const char *name = strrchr(e->req->path, '/');
	char message[512];

	(void)snprintf(message, sizeof message,
	    "%s: rows %" PRIu64 ", devices %" PRIu64 ", refused %" PRIu64 ", duplicates %" PRIu64,
	    name ? name + 1 : e->req->path, r->rows, r->devices, r->refused, r->duplicates);
	return store_event_add(s,
	    &(struct store_event){
	        .kind = slice_of("list_received"),
	        .actor = slice_of("agent"),
	        .customer = slice_of(e->req->customer->name),
	        .list = e->req->list,
	        .message = slice_of(message),
	    },
	    err);
}

static enum err_code
end_list(struct store *s, void *arg, struct err *err)
{
	struct ending *e = arg;

	/* Whoever gives a list thinks that it can go. */
	if (store_rows(s, e->last, err) ||
	    release_holds(s, e->req->config, e->req->customer->name, err) ||
	    note_received(s, e, err))
		return err->code;
	return store_list_end(s, e->req->list, e->result->rows, &e->result->contested, err);
}

/* --- in the order of the rows --------------------------------------------------------------------- */

/* Waits for it, if it is under way; then it is empty, however that went. */
static enum err_code
await(struct intake *in, struct commit *c, struct err *err)
{
	enum err_code rc = ERR_OK;

	if (c->piece)
		rc = store_async_take(in->req->writer, c->piece, err);
	c->piece = NULL;
	c->nrow = 0;
	c->nrefusal = 0;
	if (c->text.ptr)
		secret_wipe(c->text.ptr, c->text.len);
	buf_reset(&c->text);
	return rc;
}

static struct commit *
other_commit(struct intake *in)
{
	return in->filling == &in->commit[0] ? &in->commit[1] : &in->commit[0];
}

/* Sends off what there is. The other one has to be durable first. */
static enum err_code
commit(struct intake *in, struct err *err)
{
	struct commit *c = in->filling;
	struct commit *other = other_commit(in);

	if (await(in, other, err))
		return err->code;
	in->filling = other;
	return store_async_put(in->req->writer, store_commit, c, &c->piece, err);
}

/* A place for n bytes that stay until they are durable; a commit may have to go first. */
static enum err_code
make_room(struct intake *in, size_t n, struct err *err)
{
	const struct commit *c = in->filling;

	if (c->nrow < COMMIT_ROWS && c->nrefusal < COMMIT_ROWS && c->text.len + n <= COMMIT_BYTES)
		return ERR_OK;
	return commit(in, err);
}

static struct slice
keep(struct commit *c, struct slice s)
{
	size_t at = c->text.len;

	buf_add_slice(&c->text, s);
	return (struct slice){ c->text.ptr + at, s.len };
}

static enum err_code
refuse(struct intake *in, const struct store_refusal *r, struct err *err)
{
	struct commit *c;

	if (make_room(in, r->serial.len + r->message.len + r->advice.len, err))
		return err->code;
	c = in->filling;
	c->refusal[c->nrefusal++] = (struct store_refusal){
		.line = r->line,
		.serial = keep(c, r->serial),
		.code = r->code, /* static */
		.message = keep(c, r->message),
		.advice = keep(c, r->advice),
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
	struct commit *c;
	struct slice rest;

	if (make_room(in, texts.len + group_tag.len, err))
		return err->code;
	c = in->filling;
	rest = keep(c, texts);
	row.serial = take(&rest, r->serial);
	row.product_id = take(&rest, r->product_id);
	row.manufacturer = take(&rest, r->manufacturer);
	row.model = take(&rest, r->model);
	row.family = take(&rest, r->family);
	row.hash = rest;
	row.hash_len = r->hash ? HARDWARE_HASH_BYTES : 0;
	row.tag = keep(c, group_tag);
	c->row[c->nrow++] = row;
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
	    (rc = list_pass_new(&opt, &pass, err)) || (rc = list_pass_read(pass, req->path, err)))
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
finish(struct intake *in, struct intake_result *result, struct err *err)
{
	struct ending e = { in->req, in->filling, result };
	struct rejects_file *rejects = in->rejects;

	if (await(in, other_commit(in), err))
		return err->code;
	in->rejects = NULL;
	if (rejects && rejects_file_finish(rejects, err))
		return err->code;
	if (result->rejected[0])
		return list_abort(in->req->writer, in->req->list, err);
	return store_async_wait(in->req->writer, end_list, &e, err);
}

static enum err_code
commit_init(struct commit *c, const struct intake_request *req, struct err *err)
{
	c->list = req->list;
	buf_init(&c->text, COMMIT_BYTES + 1);
	if (!buf_reserve(&c->text, COMMIT_BYTES))
		return err_set(err, ERR_NOMEM, "%s", req->path);
	return ERR_OK;
}

/* The store may still be at work on it; how that ends does not count any more. */
static void
commit_done(struct intake *in, struct commit *c)
{
	struct err err;
	enum err_code ended = await(in, c, &err);

	(void)ended;
	buf_done(&c->text);
}

enum err_code
intake_run(const struct intake_request *req, struct intake_result *out, struct err *err)
{
	struct intake in = { .req = req };
	struct intake_result result;
	enum err_code rc;

	in.filling = &in.commit[0];
	if ((rc = commit_init(&in.commit[0], req, err)) ||
	    (rc = commit_init(&in.commit[1], req, err)) ||
	    (rc = wanted_devices_new(&req->customer->only, &in.filter, err)) ||
	    (rc = read_list(&in, &result, err)) || (rc = finish(&in, &result, err)))
		goto out;
	*out = result;
out:
	commit_done(&in, &in.commit[0]);
	commit_done(&in, &in.commit[1]);
	rejects_file_abandon(in.rejects);
	wanted_devices_free(in.filter);
	free(in.unwanted);
	return rc;
}
