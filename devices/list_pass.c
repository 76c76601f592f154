/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_pass.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/short_serials.h"

enum {
	PATH_SHOWN = 160,
	ROWS_AHEAD = 4, /* as many as take about as long as memory takes to answer */
};

struct worker {
	struct list_pass *pass;
	struct list_batch *batch;
	struct list_block block;
	uint64_t consumed; /* bytes of the file, the block included */
};

struct list_pass {
	struct list_pass_options opt;
	struct list_judge judge;
	struct device_set *devices;
	struct list_summary *summary;
	size_t nsummary;
	size_t cap_summary;
	struct worker *worker; /* opt.threads of them */

	/* the list at hand */
	struct device_list *list;
	pthread_mutex_t reading; /* list, taken */
	uint64_t taken;          /* blocks handed to workers */
	pthread_mutex_t
	    turning; /* all below, and whoever has the turn may use the rest of the pass */
	pthread_cond_t turned;
	uint64_t turn; /* block that may be delivered */
	struct list_layout layout;
	struct short_serials serials;
	uint64_t line;  /* of the next row to be delivered */
	struct err err; /* the first error; ends the pass */
};

static void
worker_done(struct worker *w)
{
	list_batch_free(w->batch);
	list_block_done(&w->block);
	memset(w, 0, sizeof *w);
}

static enum err_code
worker_init(struct worker *w, struct list_pass *p, struct err *err)
{
	w->pass = p;
	if (list_batch_new(&p->judge, &w->batch, err) || list_block_init(&w->block, err)) {
		worker_done(w);
		return err->code;
	}
	return ERR_OK;
}

enum err_code
list_pass_new(const struct list_pass_options *opt, struct list_pass **out, struct err *err)
{
	struct list_pass *p = calloc(1, sizeof *p);

	assert(opt->threads > 0 && opt->threads <= LIST_THREADS_MAX);
	if (!p)
		return err_set(err, ERR_NOMEM, "pass over lists");
	p->opt = *opt;
	p->judge = (struct list_judge){
		.list = opt->list,
		.policy = opt->policy,
		.render = opt->events->render,
		.arg = opt->events->arg,
	};
	(void)pthread_mutex_init(&p->reading, NULL);
	(void)pthread_mutex_init(&p->turning, NULL);
	(void)pthread_cond_init(&p->turned, NULL);
	p->worker = calloc(opt->threads, sizeof *p->worker);
	if (!p->worker) {
		(void)err_set(err, ERR_NOMEM, "workers");
		goto fail;
	}
	/* The other workers are set up by the first list that is long enough for them. */
	if (device_set_new(&p->devices, err) || worker_init(&p->worker[0], p, err))
		goto fail;
	*out = p;
	return ERR_OK;
fail:
	list_pass_free(p);
	return err->code;
}

void
list_pass_free(struct list_pass *p)
{
	if (!p)
		return;
	for (unsigned i = 0; p->worker && i < p->opt.threads; i++)
		worker_done(&p->worker[i]);
	free(p->worker);
	device_set_free(p->devices);
	free(p->summary);
	(void)pthread_cond_destroy(&p->turned);
	(void)pthread_mutex_destroy(&p->turning);
	(void)pthread_mutex_destroy(&p->reading);
	free(p);
}

/* --- delivering: one worker at a time, in the order of the blocks ----------------------------- */

static uint32_t
list_number(const struct list_pass *p)
{
	return (uint32_t)(p->nsummary - 1);
}

static enum err_code
tell(struct list_pass *p, uint32_t list, const struct finding *f, struct err *err)
{
	return p->opt.events->on_finding(p->opt.events->arg, list, f, err);
}

static enum err_code
tell_refused(struct list_pass *p, uint32_t list, const struct finding *why,
    const struct row_fields *fields, struct slice raw, struct err *err)
{
	const struct list_events *ev = p->opt.events;

	return ev->on_refused ? ev->on_refused(ev->arg, list, why, fields, raw, err) : ERR_OK;
}

/* A finding about how two places relate; the message is written to text. */
__attribute__((format(printf, 6, 7))) static struct finding
relation(enum finding_code code, uint64_t line, struct slice serial, char *text, size_t room,
    const char *fmt, ...)
{
	const struct finding_info *info = finding_info(code);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, room, fmt, ap);
	va_end(ap);
	return (struct finding){
		.code = code,
		.severity = info->severity,
		.line = line,
		.message = slice_of(text),
		.advice = slice_of(info->advice),
		.serial = serial,
	};
}

/* The end of a path: the part that tells files apart. */
static const char *
shown_path(const struct list_pass *p, uint32_t list)
{
	const char *path = p->summary[list].path;
	size_t len = strlen(path);

	return len > PATH_SHOWN ? path + len - PATH_SHOWN : path;
}

static enum err_code
deliver_device(struct list_pass *p, const struct judged_row *row, struct err *err)
{
	const struct list_events *ev = p->opt.events;

	p->summary[list_number(p)].devices++;
	if (!row->key.hash)
		short_serials_add(&p->serials, row->serial, row->line);
	if (!ev->on_device)
		return ERR_OK;
	return ev->on_device(ev->arg, row->line, row->rendered, row->group_tag, err);
}

/* The row's cells once more, for whoever shows refused rows to people. */
static enum err_code
deliver_refused(struct worker *w, size_t number, const struct finding *why, struct err *err)
{
	struct list_pass *p = w->pass;
	struct judged_row row;
	struct row_fields fields;
	bool told;

	if (!p->opt.events->on_refused)
		return ERR_OK;
	list_batch_row(w->batch, number, &row);
	told = list_batch_fields(w->batch, number, &fields);
	return tell_refused(p, list_number(p), why, told ? &fields : NULL, row.raw, err);
}

/* The row at hand is a device that another row has named before. */
static enum err_code
deliver_known(struct worker *w, size_t number, const struct judged_row *row,
    const struct device_add *add, struct err *err)
{
	struct list_pass *p = w->pass;
	struct list_summary *here = &p->summary[list_number(p)];
	struct list_summary *there = &p->summary[add->other.list];
	struct slice serial = row->serial;
	uint64_t line = row->line;
	char text[256];
	struct finding f;

	switch (add->outcome) {
	case DEVICE_NEW:
		return ERR_OK;
	case DEVICE_DUPLICATE:
		here->duplicates++;
		f = relation(FINDING_DUPLICATE, line, serial, text, sizeof text,
		    "the same device as in %s:%" PRIu32 ", which stays",
		    shown_path(p, add->other.list), add->other.line);
		return tell(p, list_number(p), &f, err);
	case DEVICE_SUPERSEDES:
		there->devices--;
		there->duplicates++;
		f = relation(FINDING_DUPLICATE, add->other.line, serial, text, sizeof text,
		    "an older capture of the device in %s:%" PRIu64 ", which stays",
		    shown_path(p, list_number(p)), line);
		return tell(p, add->other.list, &f, err);
	case DEVICE_CONFLICT:
		here->refused++;
		f = relation(FINDING_CONFLICT, line, serial, text, sizeof text,
		    "another device with the same serial number is in %s:%" PRIu32
		    "; neither is taken",
		    shown_path(p, add->other.list), add->other.line);
		if (tell(p, list_number(p), &f, err) || deliver_refused(w, number, &f, err))
			return err->code;
		if (!add->other_was_kept)
			return ERR_OK;
		there->devices--;
		there->refused++;
		f = relation(FINDING_CONFLICT, add->other.line, serial, text, sizeof text,
		    "another device with the same serial number is in %s:%" PRIu64
		    "; neither is taken",
		    shown_path(p, list_number(p)), line);
		if (tell(p, add->other.list, &f, err))
			return err->code;
		return tell_refused(p, add->other.list, &f, NULL, (struct slice){ NULL, 0 }, err);
	}
	return ERR_OK;
}

static enum err_code
deliver_good(struct worker *w, size_t number, const struct judged_row *row, struct err *err)
{
	struct list_pass *p = w->pass;
	struct device_place place = { list_number(p),
		row->line < UINT32_MAX ? (uint32_t)row->line : UINT32_MAX };
	struct device_add add;

	if (device_set_add(p->devices, &row->key, place, &add, err))
		return err->code;
	if ((add.outcome == DEVICE_NEW || add.outcome == DEVICE_SUPERSEDES) &&
	    deliver_device(p, row, err))
		return err->code;
	if (add.outcome == DEVICE_NEW && add.shared) {
		char text[256];
		struct finding f = relation(FINDING_SHARED_IDENTITY, row->line, row->serial, text,
		    sizeof text, "the hash has the same UUID as another device in %s:%" PRIu32,
		    shown_path(p, add.shared_with.list), add.shared_with.line);

		return tell(p, list_number(p), &f, err);
	}
	return deliver_known(w, number, row, &add, err);
}

static enum err_code
deliver_row(struct worker *w, size_t number, struct err *err)
{
	struct list_pass *p = w->pass;
	struct list_summary *s = &p->summary[list_number(p)];
	struct judged_row row;
	struct finding f;
	bool told = false;

	list_batch_row(w->batch, number, &row);
	row.line += p->line;
	s->rows++;
	s->refused += row.refused;
	for (size_t i = 0; i < row.nfinding; i++) {
		list_batch_finding(w->batch, number, i, &f);
		f.line = row.line;
		if (tell(p, list_number(p), &f, err))
			return err->code;
		if (f.severity == SEVERITY_ERROR && !told) {
			told = true;
			if (deliver_refused(w, number, &f, err))
				return err->code;
		}
	}
	return row.refused ? ERR_OK : deliver_good(w, number, &row, err);
}

static enum err_code
deliver_batch(struct worker *w, struct err *err)
{
	struct list_pass *p = w->pass;
	const struct list_events *ev = p->opt.events;

	for (size_t i = 0; i < list_batch_rows(w->batch); i++) {
		const struct device_key *ahead = list_batch_key(w->batch, i + ROWS_AHEAD);

		if (ahead)
			device_set_prefetch(p->devices, ahead);
		if (deliver_row(w, i, err))
			return err->code;
	}
	p->line += list_batch_lines(w->batch);
	if (ev->on_progress)
		ev->on_progress(ev->arg, list_number(p), w->consumed, device_list_size(p->list));
	return ev->on_batch_end ? ev->on_batch_end(ev->arg, err) : ERR_OK;
}

/* --- a worker's life -------------------------------------------------------------------------- */

static bool
take_block(struct worker *w, uint64_t *number)
{
	struct list_pass *p = w->pass;
	bool more;

	(void)pthread_mutex_lock(&p->reading);
	more = device_list_next(p->list, &w->block);
	w->consumed = device_list_consumed(p->list);
	*number = p->taken;
	p->taken += more;
	(void)pthread_mutex_unlock(&p->reading);
	return more;
}

/* False if the pass has failed meanwhile. */
static bool
wait_for_turn(struct list_pass *p, uint64_t number)
{
	bool go;

	(void)pthread_mutex_lock(&p->turning);
	while (p->turn != number && !p->err.code)
		(void)pthread_cond_wait(&p->turned, &p->turning);
	go = !p->err.code;
	(void)pthread_mutex_unlock(&p->turning);
	return go;
}

static void
end_turn(struct list_pass *p, const struct err *err)
{
	(void)pthread_mutex_lock(&p->turning);
	if (err && !p->err.code)
		p->err = *err;
	p->turn++;
	(void)pthread_cond_broadcast(&p->turned);
	(void)pthread_mutex_unlock(&p->turning);
}

static struct list_layout
layout_now(struct list_pass *p)
{
	struct list_layout l;

	(void)pthread_mutex_lock(&p->turning);
	l = p->layout;
	(void)pthread_mutex_unlock(&p->turning);
	return l;
}

/*
 * Delivers the block that was begun under a layout, and the rest of it if it was more than one
 * batch.
 */
static enum err_code
deliver_block(struct worker *w, unsigned generation, bool more, struct err *err)
{
	struct list_pass *p = w->pass;

	if (generation != p->layout.generation) {
		list_batch_begin(w->batch, &w->block,
		    &p->layout); /* it was judged under other columns */
		if (list_batch_next(w->batch, &more, err))
			return err->code;
	}
	if (deliver_batch(w, err))
		return err->code;
	while (more) {
		if (list_batch_next(w->batch, &more, err) || deliver_batch(w, err))
			return err->code;
	}
	if (list_batch_layout(w->batch)->generation != p->layout.generation) {
		(void)pthread_mutex_lock(&p->turning);
		p->layout = *list_batch_layout(w->batch);
		(void)pthread_mutex_unlock(&p->turning);
	}
	return ERR_OK;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct list_pass *p = w->pass;
	uint64_t number;

	while (take_block(w, &number)) {
		struct list_layout layout = layout_now(p);
		struct err err = { ERR_OK, "" };
		bool more;

		list_batch_begin(w->batch, &w->block, &layout);
		if (list_batch_next(w->batch, &more, &err)) {
			end_turn(p, &err);
			break;
		}
		if (!wait_for_turn(p, number))
			break;
		if (deliver_block(w, layout.generation, more, &err)) {
			end_turn(p, &err);
			break;
		}
		end_turn(p, NULL);
	}
	return NULL;
}

/* --- a list ----------------------------------------------------------------------------------- */

static enum err_code
add_summary(struct list_pass *p, const char *path, struct err *err)
{
	if (p->nsummary == UINT32_MAX)
		return err_set(err, ERR_LIMIT, "too many lists");
	if (p->nsummary == p->cap_summary) {
		size_t cap = p->cap_summary ? p->cap_summary * 2 : 16;
		struct list_summary *more = realloc(p->summary, cap * sizeof *more);

		if (!more)
			return err_set(err, ERR_NOMEM, "summaries of lists");
		p->summary = more;
		p->cap_summary = cap;
	}
	p->summary[p->nsummary++] = (struct list_summary){ .path = path };
	return ERR_OK;
}

/*
 * As many helpers as are worth it and can be had; fewer only make it slower. Returns how many run.
 */
static unsigned
start_helpers(struct list_pass *p, pthread_t *thread)
{
	uint64_t size = device_list_size(p->list);
	unsigned n = 0;
	struct err err;

	if (size && size <= 2 * LIST_BLOCK)
		return 0;
	for (unsigned i = 1; i < p->opt.threads; i++) {
		struct worker *w = &p->worker[i];

		if (!w->batch && worker_init(w, p, &err))
			break;
		if (pthread_create(&thread[n], NULL, work, w) != 0)
			break;
		n++;
	}
	return n;
}

static void
read_rows(struct list_pass *p)
{
	pthread_t thread[LIST_THREADS_MAX];
	unsigned n;

	p->taken = p->turn = 0;
	p->layout = *device_list_layout(p->list);
	p->line = device_list_first_line(p->list);
	n = start_helpers(p, thread);
	(void)work(&p->worker[0]);
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(thread[i], NULL);
}

static enum err_code
read_unit(struct list_pass *p, const struct row_fields *unit, struct err *err)
{
	struct worker *w = &p->worker[0];

	p->line = 1;
	w->consumed = device_list_consumed(p->list);
	return list_batch_unit(w->batch, unit, err) ? err->code : deliver_batch(w, err);
}

/* Tells the findings on the file from number *n on. */
static enum err_code
tell_file_findings(struct list_pass *p, size_t *n, struct err *err)
{
	const struct finding *f;

	for (; (f = device_list_finding(p->list, *n)); (*n)++) {
		if (tell(p, list_number(p), f, err))
			return err->code;
	}
	return ERR_OK;
}

static enum err_code
tell_empty(struct list_pass *p, struct err *err)
{
	char text[64];
	struct finding f = relation(FINDING_LIST_EMPTY, 1, (struct slice){ "", 0 }, text,
	    sizeof text, "there is a heading, and no device under it");

	p->summary[list_number(p)].failed = true;
	return tell(p, list_number(p), &f, err);
}

static enum err_code
tell_short_serials(struct list_pass *p, struct err *err)
{
	char text[128];
	uint64_t nshort, line;
	struct finding f;
	size_t usual;

	if (!short_serials_found(&p->serials, &nshort, &usual, &line))
		return ERR_OK;
	f = relation(FINDING_SHORT_SERIALS, line, (struct slice){ "", 0 }, text, sizeof text,
	    "%" PRIu64 " of the serial numbers that are numbers have less than %zu digits", nshort,
	    usual);
	return tell(p, list_number(p), &f, err);
}

/* All rows of the list at hand, and all that is to be said about it. */
static enum err_code
read_list(struct list_pass *p, struct err *err)
{
	const struct row_fields *unit = device_list_oa3(p->list);
	struct list_summary *s = &p->summary[list_number(p)];
	size_t told = 0;

	memset(&p->serials, 0, sizeof p->serials);
	s->format = device_list_layout(p->list)->format;
	s->delimiter = device_list_layout(p->list)->dialect.delimiter;
	if (tell_file_findings(p, &told, err))
		return err->code;
	if (unit) {
		if (read_unit(p, unit, err))
			return err->code;
	} else {
		read_rows(p);
		if (p->err.code) {
			*err = p->err;
			return err->code;
		}
	}
	s->encoding = device_list_encoding(p->list);
	s->failed = device_list_failed(p->list);
	if (tell_file_findings(p, &told, err) || tell_short_serials(p, err))
		return err->code;
	return s->failed || s->rows ? ERR_OK : tell_empty(p, err);
}

enum err_code
list_pass_read(struct list_pass *p, const char *path, struct err *err)
{
	enum err_code rc;

	if (add_summary(p, path, err) || device_list_open(path, p->opt.list, &p->list, err))
		return err->code;
	rc = read_list(p, err);
	device_list_close(p->list);
	p->list = NULL;
	return rc;
}

const struct list_summary *
list_pass_summary(const struct list_pass *p, size_t *n)
{
	*n = p->nsummary;
	return p->summary;
}

const struct device_set *
list_pass_devices(const struct list_pass *p)
{
	return p->devices;
}
