/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/agent_host.h"
#include "agent/commands.h"
#include "agent/config_open.h"
#include "agent/exit_code.h"
#include "agent/failure.h"
#include "agent/list_files.h"
#include "agent/records_json.h"
#include "agent/register_report.h"
#include "agent/terminal.h"
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
	bool drawn;
	bool asking;
	uint64_t count[NDEVICE_STATE];

	struct register_report report;
	char report_path[LIST_PATH_MAX];
};

/* --- what is told meanwhile ---------------------------------------------------------------------- */

static bool
shows_progress(const struct registration *r)
{
	const struct options *o = r->options;

	return terminal_is(stderr) && !o->json && !o->quiet && !o->no_progress;
}

static void
clear_progress(struct registration *r)
{
	if (r->drawn)
		fputs("\r\033[K", stderr);
	r->drawn = false;
}

static void
draw_progress(struct registration *r)
{
	clear_progress(r);
	fprintf(stderr, "\r%" PRIu64 " registered, %" PRIu64 " submitted, %" PRIu64 " queued",
	    r->count[DEVICE_REGISTERED], r->count[DEVICE_SUBMITTED], r->count[DEVICE_QUEUED]);
	(void)fflush(stderr);
	r->drawn = true;
}

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
		draw_progress(r);
}

/* --- the end ----------------------------------------------------------------------------------------- */

static enum err_code
add_list(void *arg, const struct store_list *l, struct err *err)
{
	struct registration *r = arg;
	char name[LIST_NAME_MAX + 1];

	if (json_array_append_new(r->report.lists, records_json_list(l)) != 0)
		return err_set(err, ERR_NOMEM, "lists");
	if (r->n > 1) {
		(void)snprintf(r->report_path, sizeof r->report_path, "%s/lists", r->config->state);
		return ERR_OK;
	}
	(void)snprintf(name, sizeof name, SLICE_FMT, SLICE_ARG(l->file));
	return list_files_state(r->config->state, l->id, name, LIST_REPORT_CSV, r->report_path, err);
}

static enum err_code
add_device(void *arg, const struct store_device *d, struct err *err)
{
	struct registration *r = arg;

	if (json_array_append_new(r->report.devices, records_json_device(d)) != 0)
		return err_set(err, ERR_NOMEM, "devices");
	return ERR_OK;
}

static enum err_code
collect(struct store *s, void *arg, struct err *err)
{
	static const enum device_state shown[] = { DEVICE_CLAIMED, DEVICE_FAILED, DEVICE_HELD };
	struct registration *r = arg;

	for (size_t i = 0; i < r->n; i++) {
		const struct store_list_query list = { .id = r->given[i].id };

		if (r->given[i].id == 0)
			continue;
		if (store_lists(s, &list, add_list, r, err))
			return err->code;
		for (size_t k = 0; k < sizeof shown / sizeof shown[0]; k++) {
			const struct store_device_query q = {
				.list = r->given[i].id,
				.by_state = true,
				.state = shown[k],
				.limit = REGISTER_DEVICES_SHOWN + 1,
			};

			if (store_devices(s, &q, add_device, r, err))
				return err->code;
		}
	}
	return ERR_OK;
}

static void
on_collected(void *arg, const struct err *failed)
{
	struct registration *r = arg;
	struct err err;
	int code;

	if (failed) {
		code = failure_report(r->options, failed);
	} else {
		r->report.report = r->report_path[0] ? r->report_path : NULL;
		code = register_report_exit(&r->report);
		if (!r->report.settled)
			code = r->options->no_wait ? EXIT_DONE : EXIT_TIMED_OUT;
		if (register_report_print(r->options, &r->report, &err))
			code = failure_report(r->options, &err);
	}
	agent_host_stop(r->host, code);
}

static void
finish(struct registration *r, bool settled)
{
	struct err err;

	if (!r->ticking)
		return;
	r->ticking = false;
	uv_close((uv_handle_t *)&r->tick, NULL);
	clear_progress(r);
	r->report.settled = settled;
	if (store_async_start(agent_reader(agent_host_agent(r->host)), collect, on_collected, r, &err))
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
	else if (shows_progress(r) && !r->asking)
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
tell(struct registration *r, const char *path, const char *what)
{
	clear_progress(r);
	fputs("autoreg: ", stderr);
	terminal_put(stderr, slice_of(path));
	fputs(": ", stderr);
	terminal_put(stderr, slice_of(what));
	putc('\n', stderr);
}

static void
on_taken(void *arg, const struct agent_list_taken *taken, const struct err *err)
{
	struct given *g = arg;
	struct registration *r = g->r;

	r->taken++;
	if (err || taken->rejected) {
		tell(r, g->path, err ? err->msg : taken->rejected);
		g->settled = true;
		r->report.untaken++;
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

static const char *
shown_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
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
		const struct agent_list list = {
			.customer = r->customer,
			.path = strcmp(r->given[i].path, "-") == 0 ? "/dev/stdin" : r->given[i].path,
			.name = strcmp(r->given[i].path, "-") == 0 ? "stdin" : shown_name(r->given[i].path),
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

	clear_progress(r);
	if (r->ticking)
		uv_close((uv_handle_t *)&r->tick, NULL);
	r->ticking = false;
}

static int
run(struct registration *r, struct config *config)
{
	const struct agent_host_options opt = {
		.options = r->options,
		.arg = r,
		.on_open = on_open,
		.on_list_done = on_list_done,
		.on_stop = on_stop,
	};
	struct err err;
	int code;

	r->n = r->options->noperand;
	r->given = calloc(r->n, sizeof *r->given);
	r->report.lists = json_array();
	r->report.devices = json_array();
	if (!r->given || !r->report.lists || !r->report.devices) {
		(void)err_set(&err, ERR_NOMEM, "lists");
		config_free(config);
		code = failure_report(r->options, &err);
	} else {
		for (size_t i = 0; i < r->n; i++)
			r->given[i] = (struct given){ .r = r, .path = r->options->operand[i] };
		code = agent_host_run(&opt, config);
	}
	json_decref(r->report.lists);
	json_decref(r->report.devices);
	free(r->given);
	return code;
}

static const struct customer *
find_customer(const struct config *c, const char *name, struct err *err)
{
	for (size_t i = 0; i < c->customers.n; i++) {
		if (strcmp(c->customers.item[i].name, name) == 0)
			return &c->customers.item[i];
	}
	(void)err_set(err, ERR_NOT_FOUND, "there is no customer %s in the configuration", name);
	return NULL;
}

int
cmd_register(const struct options *o)
{
	struct registration r = { .options = o };
	struct config *config;
	struct err err;
	int code = config_open(o, &config);

	if (code)
		return code;
	r.config = config;
	r.customer = find_customer(config, o->customer, &err);
	if (!r.customer) {
		config_free(config);
		return failure_report(o, &err);
	}
	return run(&r, config);
}
