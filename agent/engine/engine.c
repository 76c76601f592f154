/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/engine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <uv.h>

#include "agent/engine/certificate_care.h"
#include "agent/engine/key_care.h"
#include "agent/engine/login_desk.h"
#include "agent/engine/token_care.h"
#include "agent/hooks/hook_queue.h"
#include "agent/intake/intake_queue.h"
#include "agent/intake/intake_rules.h"
#include "agent/intake/spool_feed.h"
#include "agent/intake/unfinished.h"
#include "agent/records/reporter.h"
#include "agent/tools/log_event.h"

struct engine {
	struct engine_options opt;
	struct dispatch *dispatch;
	struct intake_queue *intake;
	struct unit_intake *units;
	struct reporter *reporter;
	struct hook_queue *hooks; /* NULL: nobody wants to be told */
	struct spool_feed *spool;
	struct login_desk *logins;
	struct token_care *care;
	struct certificate_care *certificates;
	struct key_care *keys;
	struct discovery *discovery; /* NULL: nobody wants to know */
	discovery_fn *discovered;
	void *discovered_arg;

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

	log_event(LOG_LIST_DONE, LOG_NUMBER(LIST, list));
	e->opt.on_list_done(e->opt.arg, list);
}

static void
on_taken(void *arg, int64_t list, bool contested)
{
	struct engine *e = arg;

	if (e->closing)
		return;
	dispatch_refresh(e->dispatch);
	reporter_look(e->reporter, list); /* perhaps there was nothing new in it */
	if (contested)
		reporter_look_all(e->reporter, NULL);
}

static void
on_unit_taken(void *arg)
{
	struct engine *e = arg;

	if (!e->closing)
		dispatch_refresh(e->dispatch);
}

static void
on_change(void *arg)
{
	struct engine *e = arg;

	e->opt.on_change(e->opt.arg);
}

/* --- sign-ins ----------------------------------------------------------------------------------------- */

static void
on_login_changed(void *arg)
{
	struct engine *e = arg;

	if (e->closing)
		return;
	if (e->care)
		token_care_refresh(e->care);
	dispatch_refresh(e->dispatch);
}

static void
on_login_lost(void *arg)
{
	struct engine *e = arg;

	if (e->closing)
		return;
	dispatch_refresh(e->dispatch);
	on_held(e, NULL);
}

static enum err_code
open_logins(struct engine *e, struct err *err)
{
	const struct engine_options *o = &e->opt;
	const struct login_desk_options desk = {
		.loop = o->loop,
		.http = o->http,
		.clock = o->clock,
		.config = o->config,
		.writer = o->writer,
		.connections = o->connections,
		.arg = e,
		.on_change = on_login_changed,
	};
	const struct token_care_options care = {
		.loop = o->loop,
		.clock = o->clock,
		.random = o->random,
		.config = o->config,
		.writer = o->writer,
		.connections = o->connections,
		.arg = e,
		.on_lost = on_login_lost,
	};
	const struct certificate_care_options certificates = {
		.loop = o->loop,
		.clock = o->clock,
		.config = o->config,
		.writer = o->writer,
		.connections = o->connections,
	};
	const struct key_care_options keys = {
		.clock = o->clock,
		.config = o->config,
		.writer = o->writer,
		.connections = o->connections,
		.arg = e,
		.on_lost = on_login_lost,
	};

	if (login_desk_new(&desk, &e->logins, err))
		return err->code;
	if (!o->spool)
		return ERR_OK;
	if (token_care_open(&care, &e->care, err))
		return err->code;
	if (certificate_care_open(&certificates, &e->certificates, err))
		return err->code;
	return key_care_open(&keys, &e->keys, err);
}

/* --- the spool ----------------------------------------------------------------------------------------- */

static enum err_code
take_from_spool(void *arg, const struct incoming_list *list, incoming_fn *done, void *done_arg,
    struct err *err)
{
	return engine_take_list(arg, list, done, done_arg, err);
}

static enum err_code
open_spool(struct engine *e, struct err *err)
{
	const struct spool_feed_options opt = {
		.loop = e->opt.loop,
		.config = e->opt.config,
		.arg = e,
		.take = take_from_spool,
	};

	return spool_feed_open(&opt, &e->spool, err);
}

/* --- life --------------------------------------------------------------------------------------------------- */

static void
reporter_closed(void *arg)
{
	struct engine *e = arg;
	void (*closed)(void *arg) = e->closed;
	void *closed_arg = e->closed_arg;

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
hooks_closed(void *arg)
{
	struct engine *e = arg;

	e->hooks = NULL;
	part_closed(e);
}

static void
dispatch_closed(void *arg)
{
	struct engine *e = arg;

	e->dispatch = NULL;
	part_closed(e);
}

/* The one who asked may not keep the engine from closing. */
static void
on_discovered(void *arg, const struct discovery_result *result, const struct err *err)
{
	struct engine *e = arg;

	e->discovery = NULL;
	e->discovered(e->discovered_arg, result, err);
	if (e->closing)
		part_closed(e);
}

void
engine_close(struct engine *e, uint64_t grace_ms, void (*closed)(void *arg), void *arg)
{
	if (e->closing) {
		if (e->dispatch)
			dispatch_close(e->dispatch, 0, NULL, NULL);
		if (e->hooks)
			hook_queue_close(e->hooks, 0, NULL, NULL);
		return;
	}
	e->closing = true;
	e->closed = closed;
	e->closed_arg = arg;
	e->open++; /* until all parts know */
	if (e->discovery) {
		e->open++;
		discovery_cancel(e->discovery);
	}
	if (e->spool) {
		e->open++;
		spool_feed_close(e->spool, part_closed, e);
	}
	if (e->logins) {
		e->open++;
		login_desk_close(e->logins, part_closed, e);
	}
	if (e->care) {
		e->open++;
		token_care_close(e->care, part_closed, e);
	}
	if (e->certificates) {
		e->open++;
		certificate_care_close(e->certificates, part_closed, e);
	}
	if (e->keys) {
		e->open++;
		key_care_close(e->keys, part_closed, e);
	}
	if (e->intake) {
		e->open++;
		intake_queue_close(e->intake, part_closed, e);
	}
	if (e->units) {
		e->open++;
		unit_intake_close(e->units, part_closed, e);
	}
	if (e->hooks) {
		e->open++;
		hook_queue_close(e->hooks, grace_ms, hooks_closed, e);
	}
	if (e->dispatch) {
		e->open++;
		dispatch_close(e->dispatch, grace_ms, dispatch_closed, e);
	}
	part_closed(e);
}

static enum err_code
open_hooks(struct engine *e, struct err *err)
{
	const struct engine_options *o = &e->opt;
	const struct hook_queue_options hooks = {
		.loop = o->loop,
		.http = o->http,
		.random = o->random,
		.settings = &o->config->hooks,
		.retry = &o->config->retry,
		.secret = o->hook_secret,
		.writer = o->writer,
		.reader = o->reader,
		.meter = o->meter,
		.position = o->hook_position,
	};

	if (o->config->hooks.on.n == 0)
		return ERR_OK;
	return hook_queue_open(&hooks, &e->hooks, err);
}

static enum err_code
open_units(struct engine *e, struct err *err)
{
	const struct engine_options *o = &e->opt;

	const struct unit_intake_options units = {
		.clock = o->clock,
		.random = o->random,
		.config = o->config,
		.profile = connections_profiles(o->connections),
		.writer = o->writer,
		.arg = e,
		.on_taken = on_unit_taken,
	};

	return unit_intake_new(&units, &e->units, err);
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
		.limits = connections_limits(o->connections),
		.meter = o->meter,
		.arg = e,
		.on_list = on_list_changed,
		.on_held = on_held,
		.on_change = on_change,
	};
	const struct intake_queue_options intake = {
		.loop = o->loop,
		.clock = o->clock,
		.random = o->random,
		.config = o->config,
		.writer = o->writer,
		.meter = o->meter,
		.arg = e,
		.on_taken = on_taken,
	};

	if (dispatch_open(&dispatch, &e->dispatch, err) ||
	    intake_queue_new(&intake, &e->intake, err) || open_hooks(e, err))
		return err->code;
	if (open_units(e, err) || open_logins(e, err))
		return err->code;
	if (o->unfinished)
		unfinished_finish(o->unfinished, o->config, e->intake);
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

/* While the engine closes, its dispatcher may be gone already. */
static enum err_code
check_open(const struct engine *e, struct err *err)
{
	return e->closing ? err_set(err, ERR_CANCELLED, "the agent is stopping") : ERR_OK;
}

enum err_code
engine_take_list(struct engine *e, const struct incoming_list *list, incoming_fn *done, void *arg,
    struct err *err)
{
	if (intake_rules_check(list->customer, list->tag, err))
		return err->code;
	return intake_queue_add(e->intake, list, done, arg, err);
}

enum err_code
engine_take_unit(struct engine *e, struct slice text, const char *customer, unit_fn *done,
    void *arg, struct err *err)
{
	return check_open(e, err) ? err->code
	                          : unit_intake_take(e->units, text, customer, done, arg, err);
}

enum err_code
engine_flush(struct engine *e, const char *customer, struct err *err)
{
	return check_open(e, err) ? err->code : dispatch_flush(e->dispatch, customer, err);
}

void
engine_trail_grown(struct engine *e)
{
	if (e->hooks)
		hook_queue_wake(e->hooks);
}

void
engine_refresh(struct engine *e)
{
	if (e->dispatch) /* it may be gone while the others still end */
		dispatch_refresh(e->dispatch);
}

enum err_code
engine_check_consent(struct engine *e, const char *customer, dispatch_consent_fn *done, void *arg,
    struct err *err)
{
	return check_open(e, err) ? err->code
	                          : dispatch_check_consent(e->dispatch, customer, done, arg, err);
}

enum err_code
engine_link(struct engine *e, const char *customer, bool requested, dispatch_link_fn *done,
    void *arg, struct err *err)
{
	return check_open(e, err) ? err->code
	                          : dispatch_link(e->dispatch, customer, requested, done, arg, err);
}

enum err_code
engine_discover(struct engine *e, discovery_fn *done, void *arg, struct err *err)
{
	const struct discovery_options opt = {
		.config = e->opt.config,
		.channel = connections_channels(e->opt.connections),
	};

	if (check_open(e, err))
		return err->code;
	if (e->discovery)
		return err_set(err, ERR_BUSY,
		    "the partners are being asked for their customers already");
	e->discovered = done;
	e->discovered_arg = arg;
	return discovery_start(&opt, on_discovered, e, &e->discovery, err);
}

struct login_desk *
engine_login_desk(const struct engine *e)
{
	return e->closing ? NULL : e->logins;
}

struct dispatch *
engine_dispatch(const struct engine *e)
{
	return e->dispatch;
}

const struct connections *
engine_connections(const struct engine *e)
{
	return e->opt.connections;
}
