/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/intake/intake_queue.h"
#include "agent/intake/intake_rules.h"
#include "agent/intake/spool.h"
#include "agent/intake/unfinished.h"
#include "agent/records/reporter.h"
#include "base/log.h"

struct engine {
	struct engine_options opt;
	struct dispatch *dispatch;
	struct intake_queue *intake;
	struct reporter *reporter;
	struct spool *spool;
	const char **customer; /* names, for the spool */
	bool taking;           /* a list of the spool is on its way */

	bool closing;
	unsigned open; /* parts that are not closed yet */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- what others tell ------------------------------------------------------------------------------ */

static void
on_list_changed(void *arg, int64_t list)
{
	struct engine *e = arg;

	reporter_look(e->reporter, list);
}

/* What waits there is held, so that its lists may be over. */
static void
on_held(void *arg, const char *customer)
{
	struct engine *e = arg;

	reporter_look_all(e->reporter, customer);
}

static void
on_list_done(void *arg, int64_t list)
{
	struct engine *e = arg;

	log_info("list done list=%" PRId64, list);
	e->opt.on_list_done(e->opt.arg, list);
}

static void
on_taken(void *arg, int64_t list)
{
	struct engine *e = arg;

	if (e->closing)
		return;
	dispatch_refresh(e->dispatch);
	reporter_look(e->reporter, list); /* perhaps there was nothing new in it */
}

/* --- the spool ----------------------------------------------------------------------------------------- */

static void take_from_spool(struct engine *e);

static void
on_spool_list(void *arg, const struct incoming_taken *taken, const struct err *err)
{
	struct engine *e = arg;

	(void)taken;
	e->taking = false;
	/* A list that could not be taken is still there, and is tried at the spool's next look. */
	if (!err && !e->closing)
		take_from_spool(e);
}

static void
take_from_spool(struct engine *e)
{
	struct spool_file file;
	struct err err;

	while (!e->taking && spool_next(e->spool, &file)) {
		const struct incoming_list list = {
			.customer = &e->opt.config->customers.item[file.customer],
			.path = file.path,
			.name = file.name,
			.source = LIST_FROM_SPOOL,
			.move = true,
		};

		e->taking = true;
		if (engine_take_list(e, &list, on_spool_list, e, &err)) {
			log_error("%s: %s", file.path, err.msg);
			e->taking = false;
		}
	}
}

static void
on_spool_ready(void *arg)
{
	take_from_spool(arg);
}

static void
on_stranger(void *arg, const char *folder)
{
	(void)arg;
	log_warning("the spool has a folder of no configured customer; its lists are left alone "
	            "folder=%s",
	    folder);
}

static void
on_spool_trouble(void *arg, const struct err *err)
{
	(void)arg;
	log_error("spool: %s", err->msg);
}

static enum err_code
open_spool(struct engine *e, struct err *err)
{
	const struct customer_list *c = &e->opt.config->customers;

	e->customer = calloc(c->n + 1, sizeof *e->customer);
	if (!e->customer)
		return err_set(err, ERR_NOMEM, "spool");
	for (size_t i = 0; i < c->n; i++)
		e->customer[i] = c->item[i].name;
	const struct spool_options opt = {
		.path = e->opt.config->spool,
		.customer = e->customer,
		.ncustomer = c->n,
		.arg = e,
		.on_ready = on_spool_ready,
		.on_stranger = on_stranger,
		.on_trouble = on_spool_trouble,
	};

	return spool_open(e->opt.loop, &opt, &e->spool, err);
}

/* --- what a former agent has left ------------------------------------------------------------------------ */

static const struct customer *
find_customer(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->customers.n; i++) {
		if (strcmp(c->customers.item[i].name, name) == 0)
			return &c->customers.item[i];
	}
	return NULL;
}

static void
finish_intake(struct engine *e, const struct unfinished *u)
{
	struct err err;

	for (size_t i = 0; i < u->n; i++) {
		const struct unfinished_list *l = &u->list[i];
		const struct customer *c = find_customer(e->opt.config, l->customer);

		if (!c) {
			log_error("a list is forgotten whose customer is not configured any more "
			          "list=%" PRId64 " customer=%s file=%s",
			    l->id, l->customer, l->file);
			intake_queue_forget(e->intake, l->id);
		} else if (intake_queue_again(e->intake, l, c, &err)) {
			log_error("%s", err.msg);
		}
	}
}

/* --- life --------------------------------------------------------------------------------------------------- */

static void
reporter_closed(void *arg)
{
	struct engine *e = arg;
	void (*closed)(void *arg) = e->closed;
	void *closed_arg = e->closed_arg;

	free(e->customer);
	free(e);
	closed(closed_arg);
}

/* The reporter goes last: the others still tell it things. */
static void
part_closed(void *arg)
{
	struct engine *e = arg;

	assert(e->open > 0);
	if (--e->open == 0 && e->closing)
		reporter_close(e->reporter, reporter_closed, e);
}

static void
dispatch_closed(void *arg)
{
	struct engine *e = arg;

	e->dispatch = NULL;
	part_closed(e);
}

void
engine_close(struct engine *e, uint64_t grace_ms, void (*closed)(void *arg), void *arg)
{
	if (e->closing) {
		if (e->dispatch)
			dispatch_close(e->dispatch, 0, NULL, NULL);
		return;
	}
	e->closing = true;
	e->closed = closed;
	e->closed_arg = arg;
	e->open++; /* until all parts know */
	if (e->spool) {
		e->open++;
		spool_close(e->spool, part_closed, e);
	}
	if (e->intake) {
		e->open++;
		intake_queue_close(e->intake, part_closed, e);
	}
	if (e->dispatch) {
		e->open++;
		dispatch_close(e->dispatch, grace_ms, dispatch_closed, e);
	}
	part_closed(e);
}

static enum err_code
open_parts(struct engine *e, struct err *err)
{
	const struct engine_options *o = &e->opt;
	const struct dispatch_options dispatch = {
		.loop = o->loop,
		.clock = o->clock,
		.random = o->random,
		.config = o->config,
		.writer = o->writer,
		.channel = connections_channels(o->connections),
		.arg = e,
		.on_list = on_list_changed,
		.on_held = on_held,
	};
	const struct intake_queue_options intake = {
		.loop = o->loop,
		.clock = o->clock,
		.random = o->random,
		.config = o->config,
		.writer = o->writer,
		.arg = e,
		.on_taken = on_taken,
	};

	if (dispatch_open(&dispatch, &e->dispatch, err) ||
	    intake_queue_new(&intake, &e->intake, err))
		return err->code;
	if (o->unfinished)
		finish_intake(e, o->unfinished);
	if (o->spool && open_spool(e, err))
		return err->code;
	reporter_look_all(e->reporter, NULL); /* lists that ended when nobody was there to see */
	return ERR_OK;
}

enum err_code
engine_open(const struct engine_options *opt, struct engine **out, struct err *err)
{
	struct engine *e = calloc(1, sizeof *e);
	const struct reporter_options reporter = {
		.loop = opt->loop,
		.config = opt->config,
		.writer = opt->writer,
		.reader = opt->reader,
		.arg = e,
		.on_done = on_list_done,
	};

	if (!e || reporter_new(&reporter, &e->reporter, err)) {
		free(e);
		return err_set(err, ERR_NOMEM, "engine");
	}
	e->opt = *opt;
	*out = e;
	return open_parts(e, err);
}

/* --- what people want of it ------------------------------------------------------------------------------------ */

enum err_code
engine_take_list(struct engine *e, const struct incoming_list *list, incoming_fn *done, void *arg,
    struct err *err)
{
	if (intake_rules_check(list->customer, list->tag, err))
		return err->code;
	return intake_queue_add(e->intake, list, done, arg, err);
}

void
engine_refresh(struct engine *e)
{
	if (e->dispatch) /* it may be gone while the others still end */
		dispatch_refresh(e->dispatch);
}

const struct dispatch *
engine_dispatch(const struct engine *e)
{
	return e->dispatch;
}

const struct connections *
engine_connections(const struct engine *e)
{
	return e->opt.connections;
}
