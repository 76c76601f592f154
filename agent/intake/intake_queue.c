/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/intake_queue.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "agent/intake/intake.h"
#include "agent/intake/list_abort.h"
#include "agent/intake/list_files.h"
#include "agent/intake/unfinished.h"
#include "agent/meter/meter.h"
#include "agent/tools/log_event.h"
#include "base/fault_point.h"
#include "store/store_async.h"

enum { WAITING_MAX = 1024 };

/*
 *	WAIT ----> BEGIN ----> WORK ----> done
 */
struct entry {
	struct entry *next;
	struct intake_queue *q;
	const struct customer *customer;
	char *path; /* NULL: it is in the state folder already */
	char *name;
	char *tag; /* NULL: the customer's */
	enum list_source source;
	bool move;
	incoming_fn *done; /* NULL: nobody waits for it any more */
	void *arg;

	int64_t id; /* of the store; 0: not begun, or forgotten again */
	struct intake_result result;
	struct err err;
	uv_work_t work;
};

struct intake_queue {
	struct intake_queue_options opt;
	struct entry *first; /* at work, if busy; the others wait */
	struct entry **last;
	size_t n;
	bool busy;
	int64_t dead; /* begun, and never to end: the store forgets it before the next; 0: none */
	uv_timer_t closer; /* for the end, which comes later even if there is nothing to wait for */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void next(struct intake_queue *q);
static enum err_code start(struct entry *e, struct err *err);

static void
entry_free(struct entry *e)
{
	free(e->path);
	free(e->name);
	free(e->tag);
	free(e);
}

/* --- on a thread of the pool -------------------------------------------------------------------- */

/* The file goes where a crash cannot separate it from the list that was begun for it. */
static enum err_code
take_file(struct entry *e, const char *source, struct err *err)
{
	if (!e->path)
		return ERR_OK;
	if (list_files_make_folders(source, 0700, err) ||
	    list_files_take(e->path, source, e->move, 0600, err))
		return err->code;
	fault_point("intake.taken");
	return ERR_OK;
}

/* What the spool's people are told about a file that is no list. */
static enum err_code
give_back(const struct entry *e, const char *source, struct err *err)
{
	const struct config *c = e->q->opt.config;

	if (e->source == LIST_FROM_SPOOL &&
	    list_files_reject(source, c->spool, e->customer->name, e->name, e->result.rejected,
	        err))
		return err->code;
	return list_files_forget(c->state, e->id, e->name, err);
}

/* Whoever gave the list may give it again: it is where it was, and has never begun. */
static enum err_code
put_back(struct entry *e, const char *source, struct err *err)
{
	bool taken = access(source, F_OK) == 0;

	if (!e->path || (e->move && taken && access(e->path, F_OK) == 0))
		return err_set(err, ERR_EXISTS, "it is kept as %s", source);
	if ((e->move && taken && list_files_take(source, e->path, true, 0600, err)) ||
	    list_files_forget(e->q->opt.config->state, e->id, e->name, err) ||
	    list_abort(e->q->opt.writer, e->id, err))
		return err->code;
	e->id = 0;
	return ERR_OK;
}

static enum err_code
read_list(struct entry *e, const struct intake_request *req, struct err *err)
{
	char part[LIST_PATH_MAX + 8];

	if (take_file(e, req->path, err))
		return err->code;
	(void)snprintf(part, sizeof part, "%s.part", req->rejects);
	(void)unlink(part); /* of a run that died */
	if (intake_run(req, &e->result, err))
		return err->code;
	return e->result.rejected[0] ? give_back(e, req->path, err) : ERR_OK;
}

static enum err_code
take_in(struct entry *e, struct err *err)
{
	const struct intake_queue_options *opt = &e->q->opt;
	char source[LIST_PATH_MAX], rejects[LIST_PATH_MAX];
	const struct intake_request req = {
		.writer = opt->writer,
		.clock = opt->clock,
		.random = opt->random,
		.config = opt->config,
		.customer = e->customer,
		.tag = e->tag,
		.list = e->id,
		.path = source,
		.rejects = rejects,
	};
	struct err other;

	if (list_files_state(opt->config->state, e->id, e->name, LIST_SOURCE, source, err) ||
	    list_files_state(opt->config->state, e->id, e->name, LIST_REJECTS, rejects, err))
		return err->code;
	if (read_list(e, &req, err) == ERR_OK)
		return ERR_OK;
	if (put_back(e, source, &other))
		log_event(LOG_LIST_STUCK, LOG_NUMBER(LIST, e->id),
		    LOG_TEXT(CUSTOMER, e->customer->name), LOG_TEXT(FILE, e->name),
		    LOG_TEXT(ERROR, other.msg));
	return err->code;
}

static void
on_work(uv_work_t *work)
{
	struct entry *e = work->data;

	if (take_in(e, &e->err) == ERR_OK)
		e->err.code = ERR_OK;
}

/* --- on the loop ---------------------------------------------------------------------------------- */

static struct entry *
pop(struct intake_queue *q)
{
	struct entry *e = q->first;

	q->first = e->next;
	if (!q->first)
		q->last = &q->first;
	q->n--;
	return e;
}

static void
count(const struct entry *e)
{
	const struct intake_result *r = &e->result;
	const uint64_t rows[METER_NROW] = {
		[METER_QUEUED] = r->devices,
		[METER_INVALID] = r->refused,
		[METER_DUPLICATE] = r->duplicates,
	};

	if (e->err.code == ERR_OK)
		meter_list(meter_customer(e->q->opt.meter, e->customer->name),
		    r->rejected[0] ? METER_REJECTED : METER_ACCEPTED, rows);
}

/* Tells whoever waits, and frees the entry first, so that the callback may do anything. */
static void
finish(struct entry *e)
{
	struct intake_queue *q = e->q;
	incoming_fn *done = e->done;
	void *arg = e->arg;
	struct err err = e->err;
	struct intake_result result = e->result;
	struct incoming_taken taken = {
		.id = e->id,
		.rows = result.rows,
		.devices = result.devices,
		.refused = result.refused,
		.duplicates = result.duplicates,
		.rejected = result.rejected[0] ? result.rejected : NULL,
	};

	if (err.code)
		log_event(LOG_LIST_NOT_TAKEN_IN, LOG_NUMBER(LIST, e->id),
		    LOG_TEXT(CUSTOMER, e->customer->name), LOG_TEXT(FILE, e->name),
		    LOG_TEXT(ERROR, err.msg));
	else if (taken.rejected)
		log_event(LOG_LIST_REJECTED, LOG_TEXT(CUSTOMER, e->customer->name),
		    LOG_TEXT(FILE, e->name), LOG_TEXT(ERROR, taken.rejected));
	else
		log_event(LOG_LIST_TAKEN_IN, LOG_NUMBER(LIST, e->id),
		    LOG_TEXT(CUSTOMER, e->customer->name), LOG_TEXT(FILE, e->name),
		    LOG_NUMBER(DEVICES, taken.devices), LOG_NUMBER(REFUSED, taken.refused));
	count(e);
	entry_free(e);
	if (err.code == ERR_OK && !taken.rejected)
		q->opt.on_taken(q->opt.arg, taken.id, result.contested > 0);
	if (done)
		done(arg, err.code ? NULL : &taken, err.code ? &err : NULL);
}

static void
on_worked(uv_work_t *work, int status)
{
	struct entry *e = work->data;
	struct intake_queue *q = e->q;

	assert(status == 0); /* it is never cancelled */
	(void)pop(q);
	q->busy = false;
	if (e->err.code)
		q->dead = e->id;
	finish(e);
	next(q);
}

/* Leaves the entry without an id while there is more to forget of the one that is dead. */
static enum err_code
begin(struct store *s, void *arg, struct err *err)
{
	struct entry *e = arg;
	bool more = false;

	if (e->id) /* begun by a former agent: from its beginning again */
		return ERR_OK;
	if (e->q->dead && store_list_abort(s, e->q->dead, &more, err) &&
	    err->code != ERR_NOT_FOUND) /* it may have been forgotten already */
		return err->code;
	if (more)
		return ERR_OK;
	return store_list_begin(s, slice_of(e->customer->name), slice_of(e->name),
	    slice_of(e->tag ? e->tag : ""), e->source, &e->id, err);
}

static void
on_begun(void *arg, const struct err *err)
{
	struct entry *e = arg;
	struct intake_queue *q = e->q;

	if (!err && e->id == 0 && start(e, &e->err) == ERR_OK)
		return;
	if (err || e->id == 0) {
		if (err)
			e->err = *err;
		(void)pop(q);
		q->busy = false;
		finish(e);
		next(q);
		return;
	}
	q->dead = 0;
	e->work.data = e;
	(void)uv_queue_work(q->opt.loop, &e->work, on_work,
	    on_worked); /* fails without a callback only */
}

static enum err_code
start(struct entry *e, struct err *err)
{
	enum err_code rc = store_async_start(e->q->opt.writer, begin, on_begun, e, err);

	e->q->busy = rc == ERR_OK;
	return rc;
}

static void
on_closer_closed(uv_handle_t *handle)
{
	struct intake_queue *q = handle->data;
	void (*closed)(void *arg) = q->closed;
	void *arg = q->closed_arg;

	free(q);
	closed(arg);
}

static void
give_up(struct intake_queue *q)
{
	while (q->first) {
		struct entry *e = pop(q);

		(void)err_set(&e->err, ERR_CANCELLED, "the agent is stopping");
		finish(e);
	}
	if (!uv_is_closing((uv_handle_t *)&q->closer))
		uv_close((uv_handle_t *)&q->closer, on_closer_closed);
}

/* From callbacks only: it may call others. */
static void
next(struct intake_queue *q)
{
	if (q->busy)
		return;
	if (q->closing) {
		give_up(q);
		return;
	}
	while (q->first && start(q->first, &q->first->err))
		finish(pop(q));
}

enum err_code
intake_queue_new(const struct intake_queue_options *opt, struct intake_queue **out, struct err *err)
{
	struct intake_queue *q = calloc(1, sizeof *q);

	if (!q)
		return err_set(err, ERR_NOMEM, "intake");
	q->opt = *opt;
	q->last = &q->first;
	(void)uv_timer_init(opt->loop, &q->closer);
	q->closer.data = q;
	*out = q;
	return ERR_OK;
}

static bool
copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static enum err_code
add(struct intake_queue *q, const struct entry *like, const struct incoming_list *list,
    struct err *err)
{
	struct entry *e;

	if (q->closing)
		return err_set(err, ERR_CANCELLED, "the agent is stopping");
	if (q->n == WAITING_MAX)
		return err_set(err, ERR_LIMIT, "%d lists wait already; try again later",
		    WAITING_MAX);
	e = calloc(1, sizeof *e);
	if (!e)
		return err_set(err, ERR_NOMEM, "%s", list->name);
	*e = *like;
	e->q = q;
	e->customer = list->customer;
	e->source = list->source;
	e->move = list->move;
	if (!copy_text(&e->path, list->path) || !copy_text(&e->name, list->name) ||
	    !copy_text(&e->tag, list->tag)) {
		entry_free(e);
		return err_set(err, ERR_NOMEM, "%s", list->name);
	}
	if (!q->busy && start(e, err)) {
		entry_free(e);
		return err->code;
	}
	*q->last = e;
	q->last = &e->next;
	q->n++;
	return ERR_OK;
}

enum err_code
intake_queue_add(struct intake_queue *q, const struct incoming_list *list, incoming_fn *done,
    void *arg, struct err *err)
{
	return add(q, &(struct entry){ .done = done, .arg = arg }, list, err);
}

enum err_code
intake_queue_again(struct intake_queue *q, const struct unfinished_list *l,
    const struct customer *customer, struct err *err)
{
	const struct incoming_list list = {
		.customer = customer,
		.name = l->file,
		.tag = l->tag[0] ? l->tag : NULL,
		.source = l->source,
	};

	return add(q, &(struct entry){ .id = l->id }, &list, err);
}

void
intake_queue_forget(struct intake_queue *q, int64_t list)
{
	assert(!q->busy);
	q->dead = list;
}

bool
intake_queue_idle(const struct intake_queue *q)
{
	return q->n == 0;
}

static void
on_closer(uv_timer_t *timer)
{
	next(timer->data);
}

void
intake_queue_close(struct intake_queue *q, void (*closed)(void *arg), void *arg)
{
	q->closing = true;
	q->closed = closed;
	q->closed_arg = arg;
	(void)uv_timer_start(&q->closer, on_closer, 0, 0);
}
