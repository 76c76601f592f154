/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/agent_self.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/engine/connections.h"
#include "agent/engine/engine.h"
#include "agent/engine/maker_connection.h"
#include "agent/engine/proxy_setting.h"
#include "agent/engine/secret_source.h"
#include "agent/hooks/hook_queue.h"
#include "agent/intake/unfinished.h"
#include "agent/tools/log_event.h"
#include "http/http_loop.h"
#include "store/store_async.h"

enum { GRACE_MS = 5000, RELOAD_PATIENCE_MS = 30 * 1000 };

/* --- the end --------------------------------------------------------------------------------------- */

/*
 * Closing goes from those who ask to those who are asked:
 *
 *	ENGINE ----> HTTP ----> STORES ----> closed
 *
 * A token may still be on its way when nobody waits for it any more, and wants to be saved: so the
 * connections go after the stores.
 */
static void
finish(struct agent *a)
{
	void (*closed)(void *arg) = a->closed;
	void *arg = a->closed_arg;

	for (size_t i = 0; i < a->nretired; i++)
		connections_close(a->retired[i]);
	free(a->retired);
	connections_close(a->connections);
	secret_free(a->seal_key);
	secret_free(a->hook_secret);
	secret_free(a->next_secret);
	config_free(a->config);
	config_free(a->next);
	loop_lag_close(a->lag);
	meter_done(&a->meter);
	free(a);
	if (closed)
		closed(arg);
}

/* What the trail says of the agent itself. */
static enum err_code
note_life(struct store *s, const struct agent *a, const char *kind, struct err *err)
{
	const struct store_event e = {
		.kind = slice_of(kind),
		.actor = slice_of("agent"),
		.message = slice_of(a->opt.daemon ? "autoreg " AUTOREG_VERSION
		                                  : "autoreg " AUTOREG_VERSION
		                                    ", until its lists are settled"),
	};

	return store_event_add(s, &e, err);
}

static enum err_code
note_end(struct store *s, void *arg, struct err *err)
{
	return note_life(s, arg, "agent_stopped", err);
}

static void
on_end_noted(void *arg, const struct err *err)
{
	(void)arg;
	if (err)
		log_event(LOG_TRAIL_INCOMPLETE, LOG_TEXT(WHAT, "the agent's end"),
		    LOG_TEXT(ERROR, err->msg));
}

static void
on_store_closed(void *arg)
{
	struct agent *a = arg;

	if (--a->stores == 0)
		finish(a);
}

static void
close_stores(struct agent *a)
{
	struct store_async *writer = a->writer, *reader = a->reader;
	struct err err;

	if (a->stores == 0) {
		finish(a);
		return;
	}
	if (a->stopping && store_async_start(writer, note_end, on_end_noted, a, &err))
		on_end_noted(a, &err);
	if (reader)
		store_async_close(reader, on_store_closed, a);
	if (writer)
		store_async_close(writer, on_store_closed, a);
}

static void
on_http_closed(void *arg)
{
	close_stores(arg);
}

static void
close_http(struct agent *a)
{
	if (a->http)
		http_loop_close(a->http, on_http_closed, a);
	else
		close_stores(a);
}

static void
on_engine_closed_for_good(void *arg)
{
	struct agent *a = arg;

	a->engine = NULL;
	close_http(a);
}

void
agent_stop(struct agent *a, void (*closed)(void *arg), void *arg)
{
	if (a->stopping) {
		if (a->engine)
			engine_close(a->engine, 0, NULL, NULL);
		return;
	}
	a->stopping = true;
	a->closed = closed;
	a->closed_arg = arg;
	if (a->next)
		return; /* a reload is under way, and looks whether it was the last wish */
	if (a->engine)
		engine_close(a->engine, GRACE_MS, on_engine_closed_for_good, a);
	else
		close_http(a);
}

/* --- the beginning ---------------------------------------------------------------------------------- */

static enum err_code
read_seal_key(struct agent *a, const struct config *c, struct err *err)
{
	if (a->seal_key || !connections_need_seal(c))
		return ERR_OK;
	return secret_source_seal_key(&c->seal_key, c->state, a->opt.random, &a->seal_key, err);
}

static enum err_code
read_hook_secret(const struct config *c, struct secret **out, struct err *err)
{
	if (c->hooks.secret.kind == SECRET_NONE)
		return ERR_OK;
	return secret_source_read(&c->hooks.secret, out, err) ? err_wrap(err, "hooks: secret")
	                                                      : ERR_OK;
}

static enum err_code
open_http(struct agent *a, struct err *err)
{
	const struct http_options opt = {
		.ca_file = getenv("SSL_CERT_FILE"), /* as OpenSSL's own programs take it */
		.user_agent = "autoreg/" AUTOREG_VERSION,
		.observe = meter_traffic,
		.observer = &a->meter,
	};
	struct http_proxy *proxy;

	if (http_loop_open(a->opt.loop, &opt, &a->http, err) ||
	    proxy_setting_read(&a->config->http, &proxy, err))
		return err->code;
	http_loop_set_proxy(a->http, proxy);
	return ERR_OK;
}

static enum err_code
set_routes(struct store *s, const struct config *c, struct err *err)
{
	struct store_route *route = calloc(c->customers.n + 1, sizeof *route);
	char(*via)[SCOPE_NAME_SIZE] = calloc(c->customers.n + 1, sizeof *via);
	enum err_code rc;
	size_t n = 0;

	if (!route || !via) {
		rc = err_set(err, ERR_NOMEM, "customers");
		goto out;
	}
	for (size_t i = 0; i < c->customers.n; i++) {
		const struct customer *k = &c->customers.item[i];

		if (!roster_service_scope(&k->via, via[n]))
			continue;
		route[n] = (struct store_route){ slice_of(k->name), slice_of(via[n]) };
		n++;
	}
	rc = store_routes_set(s, route, n, err);
out:
	free(route);
	free(via);
	return rc;
}

/* On the thread that has the store, while nothing else uses it. */
static enum err_code
connect_services(struct agent *a, struct store *s, const struct config *c, struct connections **out,
    struct err *err)
{
	const struct connections_options opt = {
		.config = c,
		.clock = a->opt.clock,
		.random = a->opt.random,
		.loop = a->opt.loop,
		.http = a->http,
		.store = s,
		.writer = a->writer,
		.meter = &a->meter,
		.seal_key = a->seal_key,
	};

	if (set_routes(s, c, err) || hook_queue_begin(s, &c->hooks, &a->hook_position, err))
		return err->code;
	return connections_open(&opt, out, err);
}

static void
on_list_done(void *arg, int64_t list)
{
	struct agent *a = arg;

	if (a->opt.on_list_done)
		a->opt.on_list_done(a->opt.arg, list);
}

void
agent_self_changed(struct agent *a)
{
	if (a->opt.on_change)
		a->opt.on_change(a->opt.arg);
}

static void
on_change(void *arg)
{
	agent_self_changed(arg);
}

static enum err_code
open_engine(struct agent *a, const struct unfinished *unfinished, struct err *err)
{
	const struct engine_options opt = {
		.loop = a->opt.loop,
		.clock = a->opt.clock,
		.random = a->opt.random,
		.config = a->config,
		.writer = a->writer,
		.reader = a->reader,
		.connections = a->connections,
		.unfinished = unfinished,
		.http = a->http,
		.meter = &a->meter,
		.hook_secret = a->hook_secret,
		.hook_position = a->hook_position,
		.spool = a->opt.daemon,
		.arg = a,
		.on_list_done = on_list_done,
		.on_change = on_change,
	};

	return engine_open(&opt, &a->engine, err);
}

static void
on_trail_grown(void *arg)
{
	const struct agent *a = arg;

	if (a->engine)
		engine_trail_grown(a->engine);
}

/* One connection to change the store, and one to ask it, each behind a thread of its own. */
static enum err_code
open_stores(struct agent *a, struct store **writer, struct store **reader, struct err *err)
{
	const char *state = a->config->state;

	const struct store_patience patience = { a->opt.on_progress, a->opt.arg };

	if (store_open_patiently(state, STORE_WRITE, a->opt.clock, &patience, writer, err) ||
	    store_open(state, STORE_READ, a->opt.clock, reader, err) ||
	    store_async_new(a->opt.loop, *reader, STORE_ASYNC_SINGLE, &a->reader, err))
		return err->code;
	a->stores++;
	*reader = NULL;
	if (store_async_new(a->opt.loop, *writer, STORE_ASYNC_GROUPS, &a->writer, err))
		return err->code;
	a->stores++;
	store_async_watch_trail(a->writer, on_trail_grown, a);
	return ERR_OK;
}

static void
note_loaded(struct agent *a)
{
	a->config_status = (struct agent_config_status){
		.loaded_unix_ms = clock_unix_ms(a->opt.clock),
		.generation = a->config_status.generation + 1,
	};
}

enum err_code
agent_open(const struct agent_options *opt, struct agent **out, struct err *err)
{
	struct agent *a = calloc(1, sizeof *a);
	struct store *writer = NULL, *reader = NULL;
	struct unfinished unfinished;
	enum err_code rc;

	if (!a)
		return err_set(err, ERR_NOMEM, "agent");
	a->opt = *opt;
	a->config = opt->config;
	meter_init(&a->meter);
	a->lag = loop_lag_new(opt->loop, &a->meter.loop_us);
	if ((rc = meter_follow(&a->meter, a->config, err)) ||
	    (rc = open_stores(a, &writer, &reader, err)) || (rc = open_http(a, err)) ||
	    (rc = read_seal_key(a, a->config, err)) ||
	    (rc = read_hook_secret(a->config, &a->hook_secret, err)) ||
	    (rc = unfinished_read(writer, a->config->state, &unfinished, err)) ||
	    (rc = note_life(writer, a, "agent_started", err)) ||
	    (rc = connect_services(a, writer, a->config, &a->connections, err)) ||
	    (rc = open_engine(a, &unfinished, err)))
		goto out;
	note_loaded(a);
	*out = a;
	return ERR_OK;
out:
	store_close(reader);
	if (!a->writer)
		store_close(writer);
	a->config = NULL; /* still the caller's */
	if (a->engine)
		engine_close(a->engine, 0, on_engine_closed_for_good, a);
	else
		close_http(a);
	return rc;
}

/* --- another configuration ------------------------------------------------------------------------------ */

static enum err_code
connect_again(struct store *s, void *arg, struct err *err)
{
	struct agent *a = arg;

	const struct store_event reloaded = {
		.kind = slice_of("reloaded"),
		.actor = slice_of(a->reload_actor),
		.message = slice_of("the configuration was read again"),
	};

	if (unfinished_read(s, a->next->state, &a->unfinished, err) ||
	    connect_services(a, s, a->next, &a->connections, err))
		return err->code;
	return store_event_add(s, &reloaded, err);
}

static void
drop_next(struct agent *a, struct config *next)
{
	secret_free(a->next_secret);
	a->next_secret = NULL;
	config_free(next);
}

/* Whoever waits for the reload: why it has failed, or NULL. */
static void
end_reload(struct agent *a, const struct err *why)
{
	reload_wait_end(a->waiting, why);
	a->waiting = NULL;
}

/* The new configuration was the last thing that was missing. */
static void
begin_anew(struct agent *a)
{
	struct err err;

	if (open_engine(a, &a->unfinished, &err)) {
		log_event(LOG_CONFIG_PARTLY_USED, LOG_TEXT(ERROR, err.msg));
		end_reload(a, &err);
	} else {
		log_event(LOG_CONFIG_RELOADED);
		end_reload(a, NULL);
	}
}

static void
on_connected(void *arg, const struct err *failed)
{
	struct agent *a = arg;
	struct err stopped;

	if (failed) {
		/* What was checked a moment ago is gone: nothing is sent until the next reload. */
		log_event(LOG_CONFIG_UNUSABLE, LOG_TEXT(ERROR, failed->msg));
		a->config_status.refused = true;
		drop_next(a, a->next);
	} else {
		config_free(a->config);
		a->config = a->next;
		note_loaded(a);
		secret_free(a->hook_secret);
		a->hook_secret = a->next_secret;
	}
	a->next = NULL;
	a->next_secret = NULL;
	if (a->stopping) {
		(void)err_set(&stopped, ERR_CANCELLED, "the agent is stopping");
		end_reload(a, &stopped);
		close_http(a);
	} else if (failed) {
		end_reload(a, failed);
	} else {
		begin_anew(a);
	}
	agent_self_changed(a);
}

static void
on_engine_closed_for_reload(void *arg)
{
	struct agent *a = arg;
	struct err err;

	a->engine = NULL;
	a->retired[a->nretired++] = a->connections; /* there is room: agent_reload() has made it */
	a->connections = NULL;
	if (meter_follow(&a->meter, a->next, &err) ||
	    store_async_start(a->writer, connect_again, on_connected, a, &err))
		on_connected(a, &err);
}

/* A daemon that moved house while running would leave half of itself behind. */
static enum err_code
check_fixed(const struct config *old, const struct config *new, struct err *err)
{
	const char *changed = NULL;

	if (strcmp(old->state, new->state) != 0)
		changed = "state";
	else if (strcmp(old->control, new->control) != 0)
		changed = "control";
	else if (old->listen.port != new->listen.port || !old->listen.host != !new->listen.host ||
	    (old->listen.host && strcmp(old->listen.host, new->listen.host) != 0))
		changed = "listen";
	if (!changed)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "\"%s\" cannot change while the agent runs: restart it",
	    changed);
}

/* All that has to be right before the old configuration is given up. */
static enum err_code
prepare_reload(struct agent *a, struct config **out, struct problems *problems, struct err *err)
{
	struct connections **retired;
	struct http_proxy *proxy = NULL;
	struct config *next;

	retired = reallocarray(a->retired, a->nretired + 1, sizeof(struct connections *));
	if (!retired)
		return err_set(err, ERR_NOMEM, "configuration");
	a->retired = retired;
	if (config_load(a->opt.config_path, CONFIG_LOOK_AT_FILES, &next, problems, err))
		return err->code;
	if (check_fixed(a->config, next, err) || read_seal_key(a, next, err) ||
	    maker_connection_check(next, a->http, a->opt.clock, a->opt.random, err) ||
	    read_hook_secret(next, &a->next_secret, err) ||
	    proxy_setting_read(&next->http, &proxy, err) ||
	    (a->opt.on_reload && a->opt.on_reload(a->opt.arg, next, err))) {
		http_proxy_free(proxy);
		drop_next(a, next);
		return err->code;
	}
	http_loop_set_proxy(a->http, proxy);
	*out = next;
	return ERR_OK;
}

/* A problem without a line is another file's, which it names. */
static void
name_first(const struct agent *a, const struct problems *problems, struct err *err)
{
	const struct problem *p = &problems->item[0];

	if (problems->n > 0 && p->at.line == 0)
		(void)err_set(err, ERR_FORMAT, "%s", p->message);
	else if (problems->n > 0)
		(void)err_set(err, ERR_FORMAT, "%s:%zu:%zu: %s", a->opt.config_path, p->at.line,
		    p->at.column, p->message);
}

static void
log_refused(const struct agent *a, const struct problems *problems, const struct err *err)
{
	log_event(LOG_CONFIG_REFUSED, LOG_TEXT(ERROR, err->msg));
	for (size_t i = 0; i < problems->n; i++)
		log_event(LOG_CONFIG_PROBLEM, LOG_TEXT(FILE, a->opt.config_path),
		    LOG_NUMBER(LINE, problems->item[i].at.line),
		    LOG_NUMBER(COLUMN, problems->item[i].at.column),
		    LOG_TEXT(ERROR, problems->item[i].message));
}

/* The old one stays in force: for the trail. That it may be missing there is no second error. */
static void
note_refused(struct agent *a, const char *actor, const char *why)
{
	struct err err;

	if (agent_self_order(a,
	        &(struct order_request){
	            .kind = ORDER_NOTE,
	            .event = "reload_refused",
	            .text = why,
	            .actor = actor,
	        },
	        NULL, NULL, &err))
		log_event(LOG_TRAIL_INCOMPLETE, LOG_TEXT(WHAT, "a refused configuration"),
		    LOG_TEXT(ERROR, err.msg));
}

enum err_code
agent_reload(struct agent *a, const char *actor, reload_wait_fn *done, void *arg, struct err *err)
{
	struct problems problems = { .n = 0 };
	struct config *next = NULL;

	if (a->stopping || a->next)
		return err_set(err, ERR_BUSY,
		    "the agent is stopping or reading its configuration again");
	if (prepare_reload(a, &next, &problems, err)) {
		name_first(a, &problems, err);
		log_refused(a, &problems, err);
		a->config_status.refused = true;
		note_refused(a, actor, err->msg);
		agent_self_changed(a);
		return err->code;
	}
	if (done &&
	    reload_wait_start(a->opt.loop, RELOAD_PATIENCE_MS, done, arg, &a->waiting, err)) {
		drop_next(a, next);
		return err->code;
	}
	(void)snprintf(a->reload_actor, sizeof a->reload_actor, "%s", actor);
	a->next = next;
	if (a->engine)
		engine_close(a->engine, GRACE_MS, on_engine_closed_for_reload, a);
	else
		on_engine_closed_for_reload(a);
	agent_self_changed(a);
	return ERR_OK;
}
