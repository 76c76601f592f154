/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/reporter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "agent/intake/list_files.h"
#include "agent/records/list_done.h"
#include "agent/records/list_report.h"
#include "agent/sending/roster.h"
#include "agent/tools/log_event.h"
#include "base/fault_point.h"
#include "store/store.h"
#include "store/store_async.h"

/*
 *	ASK ----> WRITE ----> MARK ----> the next list
 *	 |                                ^
 *	 +---- not settled yet, error ----+
 */
struct reporter {
	struct reporter_options opt;
	int64_t *waiting; /* each list once */
	size_t n;
	size_t room;
	int64_t list; /* at work; 0: none */
	bool settled;
	unsigned searching; /* for lists that nobody has reported */

	uv_timer_t timer; /* for the end, and for another try */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void next(struct reporter *r);
static void on_timer(uv_timer_t *timer);

/* A full disk, for instance: until a report is written somebody waits for it. */
enum { AGAIN_MS = 5000 };

/* --- on the stores' threads ---------------------------------------------------------------------- */

static enum err_code
ask_settled(struct store *s, void *arg, struct err *err)
{
	struct reporter *r = arg;

	return store_list_settled(s, r->list, &r->settled, err);
}

static enum err_code
mark_reported(struct store *s, void *arg, struct err *err)
{
	const struct reporter *r = arg;

	if (store_list_reported(s, r->list, true, err))
		return err->code;
	return list_done_note(s, r->list, err);
}

/* What the paths of a list's files are made of. */
struct subject {
	int64_t id;
	enum list_source source;
	char name[LIST_NAME_MAX + 1];
	char customer[ENTITY_NAME_SIZE];
};

static enum err_code
note_subject(void *arg, const struct store_list *l, struct err *err)
{
	struct subject *s = arg;

	(void)err;
	s->id = l->id;
	s->source = l->source;
	list_files_name(l->file, s->name);
	(void)snprintf(s->customer, sizeof s->customer, SLICE_FMT, SLICE_ARG(l->customer));
	return ERR_OK;
}

/*
 * Beside the list that was dropped, where its people look. Programs wait for the JSON: once it is
 * there so are the others, also after a crash.
 */
static enum err_code
copy_to_spool(const struct config *c, const struct subject *s, struct err *err)
{
	static const enum list_file file[] = { LIST_REJECTS, LIST_REPORT_CSV, LIST_REPORT_JSON };
	char from[LIST_PATH_MAX], to[LIST_PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
		if (list_files_state(c->state, s->id, s->name, file[i], from, err) ||
		    list_files_spool(c->spool, s->customer, s->id, s->name, file[i], to, err))
			return err->code;
		if (file[i] == LIST_REJECTS && stat(from, &st) != 0)
			continue; /* nothing was refused */
		if (list_files_make_folders(to, 0750, err) ||
		    list_files_take(from, to, false, 0640, err))
			return err->code;
		fault_point("report.placed");
	}
	return ERR_OK;
}

static enum err_code
write_report(struct store *store, void *arg, struct err *err)
{
	const struct reporter *r = arg;
	const struct config *c = r->opt.config;
	const struct store_list_query q = { .id = r->list, .without_states = true };
	struct subject s = { .id = 0 };
	char csv[LIST_PATH_MAX], json[LIST_PATH_MAX];
	const struct list_report_files files = { .csv = csv, .json = json, .mode = 0600 };

	if (store_lists(store, &q, note_subject, &s, err) ||
	    list_files_state(c->state, r->list, s.name, LIST_REPORT_CSV, csv, err) ||
	    list_files_state(c->state, r->list, s.name, LIST_REPORT_JSON, json, err) ||
	    list_files_make_folders(csv, 0700, err) ||
	    list_report_write(store, r->list, &files, err))
		return err->code;
	return s.source == LIST_FROM_SPOOL ? copy_to_spool(c, &s, err) : ERR_OK;
}

/* --- on the loop -------------------------------------------------------------------------------------- */

static bool
append(int64_t **list, size_t *n, size_t *room, int64_t id)
{
	if (*n == *room) {
		size_t more = *room ? *room * 2 : 16;
		int64_t *grown = reallocarray(*list, more, sizeof *grown);

		if (!grown)
			return false;
		*list = grown;
		*room = more;
	}
	(*list)[(*n)++] = id;
	return true;
}

static bool
is_waiting(const struct reporter *r, int64_t list)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->waiting[i] == list)
			return true;
	}
	return false;
}

static void
add(struct reporter *r, int64_t list)
{
	if (!is_waiting(r, list) && !append(&r->waiting, &r->n, &r->room, list))
		log_event(LOG_NO_MEMORY, LOG_TEXT(WHAT, "a report"), LOG_NUMBER(LIST, list));
}

/* It is tried again, but not at once: whatever stood in the way is likely to stand there still. */
static void
failed(struct reporter *r, const struct err *err)
{
	log_event(LOG_REPORT_NOT_WRITTEN, LOG_NUMBER(LIST, r->list), LOG_TEXT(ERROR, err->msg));
	if (err->code == ERR_NOT_FOUND || r->closing) {
		r->list = 0;
		next(r);
		return;
	}
	add(r, r->list);
	r->list = 0;
	(void)uv_timer_start(&r->timer, on_timer, AGAIN_MS, 0);
}

static void
on_marked(void *arg, const struct err *err)
{
	struct reporter *r = arg;
	int64_t list = r->list;

	if (err) {
		failed(r, err);
		return;
	}
	r->list = 0;
	if (!r->closing)
		r->opt.on_done(r->opt.arg, list);
	next(r);
}

static void
on_written(void *arg, const struct err *err)
{
	struct reporter *r = arg;
	struct err own;

	if (err)
		failed(r, err);
	else if (store_async_start(r->opt.writer, mark_reported, on_marked, r, &own))
		failed(r, &own);
}

static void
on_asked(void *arg, const struct err *err)
{
	struct reporter *r = arg;
	struct err own;

	if (err) {
		failed(r, err);
	} else if (!r->settled) {
		r->list = 0;
		next(r);
	} else if (store_async_start(r->opt.reader, write_report, on_written, r, &own)) {
		failed(r, &own);
	}
}

static void
on_timer_closed(uv_handle_t *handle)
{
	struct reporter *r = handle->data;
	void (*closed)(void *arg) = r->closed;
	void *arg = r->closed_arg;

	free(r->waiting);
	free(r);
	closed(arg);
}

static void
next(struct reporter *r)
{
	struct err err;

	if (r->closing) {
		if (!r->list && !r->searching && !uv_is_closing((uv_handle_t *)&r->timer))
			uv_close((uv_handle_t *)&r->timer, on_timer_closed);
		return;
	}
	if (r->list || r->n == 0)
		return;
	r->list = r->waiting[0];
	memmove(r->waiting, r->waiting + 1, --r->n * sizeof *r->waiting);
	if (store_async_start(r->opt.writer, ask_settled, on_asked, r, &err))
		failed(r, &err);
}

enum err_code
reporter_new(const struct reporter_options *opt, struct reporter **out, struct err *err)
{
	struct reporter *r = calloc(1, sizeof *r);

	if (!r)
		return err_set(err, ERR_NOMEM, "reports");
	r->opt = *opt;
	(void)uv_timer_init(opt->loop, &r->timer);
	r->timer.data = r;
	*out = r;
	return ERR_OK;
}

void
reporter_look(struct reporter *r, int64_t list)
{
	add(r, list);
	next(r);
}

struct search {
	struct reporter *r;
	int64_t *found;
	size_t n;
	size_t room;
	char customer[ENTITY_NAME_SIZE];
};

static enum err_code
note_list(void *arg, const struct store_list *l, struct err *err)
{
	struct search *s = arg;

	if (!append(&s->found, &s->n, &s->room, l->id))
		return err_set(err, ERR_NOMEM, "lists");
	return ERR_OK;
}

static enum err_code
search_lists(struct store *s, void *arg, struct err *err)
{
	struct search *search = arg;
	const struct store_list_query q = {
		.customer = slice_of(search->customer),
		.unreported_only = true,
		.without_states = true,
	};

	search->n = 0;
	return store_lists(s, &q, note_list, search, err);
}

static void
on_searched(void *arg, const struct err *err)
{
	struct search *s = arg;
	struct reporter *r = s->r;

	if (err)
		log_event(LOG_STORE_FAILED, LOG_TEXT(WHAT, "looking for lists that are done"),
		    LOG_TEXT(ERROR, err->msg));
	r->searching--;
	for (size_t i = 0; !err && i < s->n && !r->closing; i++)
		reporter_look(r, s->found[i]);
	free(s->found);
	free(s);
	next(r);
}

void
reporter_look_all(struct reporter *r, const char *customer)
{
	struct search *s = calloc(1, sizeof *s);
	struct err err;

	if (!s) {
		log_event(LOG_NO_MEMORY, LOG_TEXT(WHAT, "looking for lists that are done"));
		return;
	}
	s->r = r;
	(void)snprintf(s->customer, sizeof s->customer, "%s", customer ? customer : "");
	if (store_async_start(r->opt.reader, search_lists, on_searched, s, &err)) {
		log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "looking for lists that are done"),
		    LOG_TEXT(ERROR, err.msg));
		free(s);
		return;
	}
	r->searching++;
}

static void
on_timer(uv_timer_t *timer)
{
	next(timer->data);
}

void
reporter_close(struct reporter *r, void (*closed)(void *arg), void *arg)
{
	r->closing = true;
	r->closed = closed;
	r->closed_arg = arg;
	(void)uv_timer_start(&r->timer, on_timer, 0, 0);
}
