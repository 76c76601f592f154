/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/register_local.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/commands/agent_host.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/register_line.h"
#include "agent/commands/register_report.h"
#include "agent/records/records_json.h"
#include "store/store_async.h"

enum { TICK_MS = 200 };

/* A list of the command line. */
struct given {
	struct registration *r;
	const char *path;
	int64_t id;   /* 0: not taken, or is no list */
	bool settled; /* it is over, one way or the other */
};

struct registration {
	const struct options *options;
	const struct config *config;
	const struct customer *customer;
	struct agent_host *host;
	struct given *given;
	size_t n;
	size_t taken;
	uv_timer_t tick;
	bool ticking;
	uint64_t begun_ms;
	struct register_line line;
	bool asking;
	uint64_t count[NDEVICE_STATE];

	struct register_report report;
};

/* --- what is told meanwhile ---------------------------------------------------------------------- */

static enum err_code
add_count(void *arg, struct slice customer, enum device_state state, uint64_t n, struct err *err)
{
	struct registration *r = arg;

	(void)err;
	if (slice_eq(customer, slice_of(r->customer->name)))
		r->count[state] += n;
	return ERR_OK;
}

static enum err_code
count(struct store *s, void *arg, struct err *err)
{
	struct registration *r = arg;

	memset(r->count, 0, sizeof r->count);
	return store_tally(s, add_count, r, err);
}

static void
on_counted(void *arg, const struct err *err)
{
	struct registration *r = arg;

	r->asking = false;
	if (!err && r->ticking)
		register_line_draw(&r->line, r->count);
}

/* --- the end ----------------------------------------------------------------------------------------- */

static enum err_code
add_device(void *arg, const struct store_device *d, struct err *err)
{
	struct registration *r = arg;

	if (json_array_append_new(r->report.devices, records_json_device(d)) != 0)
		return err_set(err, ERR_NOMEM, "devices");
	return ERR_OK;
}

struct collecting {
	struct registration *r;
	struct store *store;
};

/* A state that none is in is not looked for: that would read all devices of the list. */
static enum err_code
add_list(void *arg, const struct store_list *l, struct err *err)
{
	const struct collecting *c = arg;

	if (json_array_append_new(c->r->report.lists, records_json_list(l)) != 0)
		return err_set(err, ERR_NOMEM, "lists");
	for (size_t k = 0; k < REGISTER_STATES_SHOWN; k++) {
		const struct store_device_query q = {
			.list = l->id,
			.by_state = true,
			.state = register_state_shown[k],
			.limit = REGISTER_DEVICES_SHOWN + 1,
		};

		if (l->states[q.state] && store_devices(c->store, &q, add_device, c->r, err))
			return err->code;
	}
	return ERR_OK;
}

static enum err_code
collect(struct store *s, void *arg, struct err *err)
{
	struct collecting c = { arg, s };

	for (size_t i = 0; i < c.r->n; i++) {
		const struct store_list_query list = { .id = c.r->given[i].id };

		if (list.id && store_lists(s, &list, add_list, &c, err))
			return err->code;
	}
	return ERR_OK;
}

static void
on_collected(void *arg, const struct err *failed)
{
	struct registration *r = arg;

	agent_host_stop(r->host,
	    failed ? failure_report(r->options, failed)
	           : register_report_end(r->options, r->config, &r->report));
}

static void
finish(struct registration *r, bool settled)
{
	struct err err;

	if (!r->ticking)
		return;
	r->ticking = false;
	uv_close((uv_handle_t *)&r->tick, NULL);
	register_line_clear(&r->line);
	r->report.settled = settled;
	if (store_async_start(agent_reader(agent_host_agent(r->host)), collect, on_collected, r,
	        &err))
		on_collected(r, &err);
}

static void
on_tick(uv_timer_t *timer)
{
	struct registration *r = timer->data;
	struct store_async *reader = agent_reader(agent_host_agent(r->host));
	uint64_t timeout_ms = r->options->timeout_ms;
	struct err err;

	if (timeout_ms && uv_now(timer->loop) - r->begun_ms >= timeout_ms)
		finish(r, false);
	else if (r->line.enabled && !r->asking)
		r->asking = store_async_start(reader, count, on_counted, r, &err) == ERR_OK;
}

/* --- lists ----------------------------------------------------------------------------------------------- */

static void
look_whether_done(struct registration *r)
{
	bool settled = true;

	if (r->taken < r->n)
		return;
	for (size_t i = 0; i < r->n; i++)
		settled &= r->given[i].settled;
	if (settled || r->options->no_wait)
		finish(r, settled);
}

static void
on_taken(void *arg, const struct incoming_taken *taken, const struct err *err)
{
	struct given *g = arg;
	struct registration *r = g->r;

	r->taken++;
	if (err || taken->rejected) {
		const char *why = err ? err->msg : taken->rejected;

		register_line_tell(&r->line, g->path, why);
		register_report_untaken(&r->report, g->path, why);
		g->settled = true;
	} else {
		g->id = taken->id;
	}
	look_whether_done(r);
}

static void
on_list_done(void *arg, int64_t list)
{
	struct registration *r = arg;

	for (size_t i = 0; i < r->n; i++)
		r->given[i].settled |= r->given[i].id == list;
	look_whether_done(r);
}

static enum err_code
on_open(void *arg, struct agent_host *host, struct err *err)
{
	struct registration *r = arg;

	r->host = host;
	(void)uv_timer_init(agent_host_loop(host), &r->tick);
	r->tick.data = r;
	r->ticking = true;
	r->begun_ms = uv_now(agent_host_loop(host));
	(void)uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
	for (size_t i = 0; i < r->n; i++) {
		const struct incoming_list list = {
			.customer = r->customer,
			.path = register_list_path(r->given[i].path),
			.name = register_list_name(r->given[i].path),
			.tag = r->options->group_tag,
			.source = LIST_FROM_COMMAND,
		};

		if (agent_take_list(agent_host_agent(host), &list, on_taken, &r->given[i], err))
			return err->code;
	}
	return ERR_OK;
}

static void
on_stop(void *arg)
{
	struct registration *r = arg;

	register_line_clear(&r->line);
	if (r->ticking)
		uv_close((uv_handle_t *)&r->tick, NULL);
	r->ticking = false;
}

int
register_local(const struct options *o, struct config *config, const struct customer *customer)
{
	struct registration r = {
		.options = o,
		.config = config,
		.customer = customer,
		.n = o->noperand,
	};
	const struct agent_host_options opt = {
		.options = o,
		.arg = &r,
		.on_open = on_open,
		.on_list_done = on_list_done,
		.on_stop = on_stop,
	};
	struct err err;
	int code;

	register_line_init(&r.line, o);
	r.given = calloc(r.n, sizeof *r.given);
	if (!r.given || register_report_init(&r.report, &err)) {
		(void)err_set(&err, ERR_NOMEM, "lists");
		config_free(config);
		code = failure_report(o, &err);
	} else {
		for (size_t i = 0; i < r.n; i++)
			r.given[i] = (struct given){ .r = &r, .path = o->operand[i] };
		code = agent_host_run(&opt, config);
	}
	register_report_done(&r.report);
	free(r.given);
	return code;
}
