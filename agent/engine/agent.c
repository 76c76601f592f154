/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/engine/connections.h"
#include "agent/engine/engine.h"
#include "agent/engine/secret_source.h"
#include "agent/intake/unfinished.h"
#include "agent/sending/dispatch.h"
#include "agent/sending/release.h"
#include "auth/token_source.h"
#include "base/log.h"
#include "http/http_loop.h"
#include "store/store_async.h"

enum { GRACE_MS = 5000 };

/*
 * Closing goes from those who ask to those who are asked:
 *
 *	ENGINE ----> HTTP ----> STORES ----> closed
 *
 * A token may still be on its way when nobody waits for it any more, and wants to be saved: so the
 * connections go after the stores.
 */
struct agent {
	struct agent_options opt;
	struct config *config;
	struct secret *seal_key;
	struct http_loop *http;
	struct store_async *writer;
	struct store_async *reader;
	struct connections *connections;
	struct connections *
	    *retired; /* of earlier configurations: a token may still be on its way */
	size_t nretired;
	struct engine *engine; /* NULL while reloading */

	struct config *next;          /* reloading: what comes into force, */
	struct unfinished unfinished; /* and lists that were not taken in to their end */
	bool stopping;
	unsigned stores; /* that are open */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- the end --------------------------------------------------------------------------------------- */

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
	config_free(a->config);
	config_free(a->next);
	free(a);
	if (closed)
		closed(arg);
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

	if (a->stores == 0) {
		finish(a);
		return;
	}
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
set_routes(struct store *s, const struct config *c, struct err *err)
{
	struct store_route *route = calloc(c->customers.n + 1, sizeof *route);
	char(*via)[SCOPE_NAME_SIZE] = calloc(c->customers.n + 1, sizeof *via);
	enum err_code rc = ERR_OK;
	size_t n = 0;

	if (!route || !via)
		rc = err_set(err, ERR_NOMEM, "customers");
	for (size_t i = 0; rc == ERR_OK && i < c->customers.n; i++) {
		const struct customer *k = &c->customers.item[i];

		if (k->via.kind != VIA_PARTNER)
			continue;
		(void)snprintf(via[n], SCOPE_NAME_SIZE, "partner/%s", k->via.name);
		route[n] = (struct store_route){ slice_of(k->name), slice_of(via[n]) };
		n++;
	}
	if (rc == ERR_OK)
		rc = store_routes_set(s, route, n, err);
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
		.http = a->http,
		.store = s,
		.writer = a->writer,
		.seal_key = a->seal_key,
	};

	if (set_routes(s, c, err))
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
		.spool = a->opt.daemon,
		.arg = a,
		.on_list_done = on_list_done,
	};

	return engine_open(&opt, &a->engine, err);
}

/* One connection to change the store, and one to ask it, each behind a thread of its own. */
static enum err_code
open_stores(struct agent *a, struct store **writer, struct store **reader, struct err *err)
{
	const char *state = a->config->state;

	if (store_open(state, STORE_WRITE, a->opt.clock, writer, err) ||
	    store_open(state, STORE_READ, a->opt.clock, reader, err) ||
	    store_async_new(a->opt.loop, *reader, STORE_ASYNC_SINGLE, &a->reader, err))
		return err->code;
	a->stores++;
	*reader = NULL;
	if (store_async_new(a->opt.loop, *writer, STORE_ASYNC_GROUPS, &a->writer, err))
		return err->code;
	a->stores++;
	return ERR_OK;
}

enum err_code
agent_open(const struct agent_options *opt, struct agent **out, struct err *err)
{
	const struct http_options http = {
		.ca_file = getenv("SSL_CERT_FILE"), /* as OpenSSL's own programs take it */
		.user_agent = "autoreg/" AUTOREG_VERSION,
	};
	struct agent *a = calloc(1, sizeof *a);
	struct store *writer = NULL, *reader = NULL;
	struct unfinished unfinished;
	enum err_code rc;

	if (!a)
		return err_set(err, ERR_NOMEM, "agent");
	a->opt = *opt;
	a->config = opt->config;
	if ((rc = open_stores(a, &writer, &reader, err)) ||
	    (rc = http_loop_open(opt->loop, &http, &a->http, err)) ||
	    (rc = read_seal_key(a, a->config, err)) ||
	    (rc = unfinished_read(writer, a->config->state, &unfinished, err)) ||
	    (rc = connect_services(a, writer, a->config, &a->connections, err)) ||
	    (rc = open_engine(a, &unfinished, err)))
		goto out;
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

	if (unfinished_read(s, a->next->state, &a->unfinished, err))
		return err->code;
	return connect_services(a, s, a->next, &a->connections, err);
}

static void
on_connected(void *arg, const struct err *failed)
{
	struct agent *a = arg;
	struct err err;

	if (failed) {
		/* What was checked a moment ago is gone: nothing is sent until the next reload. */
		log_error("the new configuration cannot be used error=\"%s\"", failed->msg);
		config_free(a->next);
	} else {
		config_free(a->config);
		a->config = a->next;
	}
	a->next = NULL;
	if (a->stopping)
		close_http(a);
	else if (!failed && open_engine(a, &a->unfinished, &err))
		log_error("what could be opened works error=\"%s\"", err.msg);
	else if (!failed)
		log_info("the configuration was read again");
}

static void
on_engine_closed_for_reload(void *arg)
{
	struct agent *a = arg;
	struct err err;

	a->engine = NULL;
	a->retired[a->nretired++] = a->connections; /* there is room: agent_reload() has made it */
	a->connections = NULL;
	if (store_async_start(a->writer, connect_again, on_connected, a, &err))
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

enum err_code
agent_reload(struct agent *a, struct problems *problems, struct err *err)
{
	struct connections **retired;
	struct config *next;

	if (a->stopping || a->next)
		return err_set(err, ERR_BUSY,
		    "the agent is stopping or reading its configuration again");
	retired = reallocarray(a->retired, a->nretired + 1, sizeof(struct connections *));
	if (!retired)
		return err_set(err, ERR_NOMEM, "configuration");
	a->retired = retired;
	if (config_load(a->opt.config_path, CONFIG_LOOK_AT_FILES, &next, problems, err))
		return err->code;
	if (check_fixed(a->config, next, err) || read_seal_key(a, next, err)) {
		config_free(next);
		return err->code;
	}
	a->next = next;
	if (a->engine)
		engine_close(a->engine, GRACE_MS, on_engine_closed_for_reload, a);
	else
		on_engine_closed_for_reload(a);
	return ERR_OK;
}

/* --- what people want of it --------------------------------------------------------------------------------- */

const struct config *
agent_config(const struct agent *a)
{
	return a->config;
}

struct store_async *
agent_reader(struct agent *a)
{
	return a->reader;
}

struct store_async *
agent_writer(struct agent *a)
{
	return a->writer;
}

enum err_code
agent_take_list(struct agent *a, const struct incoming_list *list, incoming_fn *done, void *arg,
    struct err *err)
{
	if (a->stopping)
		return err_set(err, ERR_CANCELLED, "the agent is stopping");
	if (a->next || !a->engine)
		return err_set(err, ERR_BUSY, "the agent is reading its configuration again");
	return engine_take_list(a->engine, list, done, arg, err);
}

/* A change that somebody waits for. */
struct order {
	struct agent *agent;
	enum err_code (*run)(struct store *s, struct order *o, struct err *err);
	agent_done_fn *done;
	void *arg;
	struct store_device_query query;
	char serial[256];
	char customer[ENTITY_NAME_SIZE];
	bool all; /* customers */
	uint64_t n;
};

static enum err_code
run_order(struct store *s, void *arg, struct err *err)
{
	struct order *o = arg;

	return o->run(s, o, err);
}

static void
on_order_done(void *arg, const struct err *err)
{
	struct order *o = arg;
	struct agent *a = o->agent;
	agent_done_fn *done = o->done;
	void *done_arg = o->arg;
	uint64_t n = o->n;

	free(o);
	if (!err && a->engine)
		engine_refresh(a->engine);
	done(done_arg, n, err);
}

static enum err_code
give_order(struct agent *a, const struct order *like, struct slice serial, struct slice customer,
    struct err *err)
{
	struct order *o;

	if (a->stopping)
		return err_set(err, ERR_CANCELLED, "the agent is stopping");
	if (a->next)
		return err_set(err, ERR_BUSY, "the agent is reading its configuration again");
	if (serial.len >= sizeof o->serial || customer.len >= sizeof o->customer)
		return err_set(err, ERR_NOT_FOUND, "there is nothing of such a long name");
	o = malloc(sizeof *o);
	if (!o)
		return err_set(err, ERR_NOMEM, "order");
	*o = *like;
	o->agent = a;
	o->all = customer.len == 0;
	(void)snprintf(o->serial, sizeof o->serial, SLICE_FMT, SLICE_ARG(serial));
	(void)snprintf(o->customer, sizeof o->customer, SLICE_FMT, SLICE_ARG(customer));
	o->query.serial = slice_of(o->serial);
	o->query.customer = slice_of(o->customer);
	if (store_async_start(a->writer, run_order, on_order_done, o, err)) {
		free(o);
		return err->code;
	}
	return ERR_OK;
}

static enum err_code
run_retry(struct store *s, struct order *o, struct err *err)
{
	if (release_holds(s, o->agent->config, o->all ? NULL : o->customer, err))
		return err->code;
	return store_retry(s, &o->query, &o->n, err);
}

enum err_code
agent_retry(struct agent *a, const struct store_device_query *q, agent_done_fn *done, void *arg,
    struct err *err)
{
	return give_order(a,
	    &(struct order){ .run = run_retry, .done = done, .arg = arg, .query = *q }, q->serial,
	    q->customer, err);
}

static enum err_code
pause_one(struct store *s, const struct customer *c, bool pause, struct err *err)
{
	struct slice reason = slice_of(hold_reason_name(HOLD_PAUSED));
	char scope[SCOPE_NAME_SIZE];

	(void)snprintf(scope, sizeof scope, "customer/%s", c->name);
	if (!pause)
		return store_unhold(s, slice_of(scope), reason, err);
	return store_hold(s, slice_of(scope), reason,
	    slice_of("paused by an operator; \"autoreg resume\" lets it go on"), err);
}

static enum err_code
pause_all(struct store *s, struct order *o, bool pause, struct err *err)
{
	const struct customer_list *c = &o->agent->config->customers;

	for (size_t i = 0; i < c->n; i++) {
		if (!o->all && strcmp(c->item[i].name, o->customer) != 0)
			continue;
		if (pause_one(s, &c->item[i], pause, err))
			return err->code;
		o->n++;
	}
	if (o->n == 0 && !o->all)
		return err_set(err, ERR_NOT_FOUND, "there is no customer %s", o->customer);
	return ERR_OK;
}

static enum err_code
run_pause(struct store *s, struct order *o, struct err *err)
{
	return pause_all(s, o, true, err);
}

static enum err_code
run_resume(struct store *s, struct order *o, struct err *err)
{
	return pause_all(s, o, false, err);
}

enum err_code
agent_pause(struct agent *a, const char *customer, agent_done_fn *done, void *arg, struct err *err)
{
	return give_order(a, &(struct order){ .run = run_pause, .done = done, .arg = arg },
	    slice_of(""), slice_of(customer ? customer : ""), err);
}

enum err_code
agent_resume(struct agent *a, const char *customer, agent_done_fn *done, void *arg, struct err *err)
{
	return give_order(a, &(struct order){ .run = run_resume, .done = done, .arg = arg },
	    slice_of(""), slice_of(customer ? customer : ""), err);
}

/* --- what it knows -------------------------------------------------------------------------------------------- */

void
agent_customer_status(const struct agent *a, size_t i, struct agent_customer_status *out)
{
	const struct party *p;
	const struct hold_note *h;
	enum hold_reason reason;

	memset(out, 0, sizeof *out);
	out->consent = consent_state_name(CONSENT_UNKNOWN);
	if (!a->engine || !engine_dispatch(a->engine))
		return;
	p = &dispatch_roster(engine_dispatch(a->engine))->party[i];
	h = roster_party_hold(p, &reason);
	out->consent = consent_state_name(p->consent);
	out->held_for = h ? hold_reason_name(reason) : NULL;
	out->held_message = h ? h->message : NULL;
	out->next_unix_ms = dispatch_next_unix_ms(engine_dispatch(a->engine), p);
	out->in_flight = p->jobs;
}

void
agent_partner_status(const struct agent *a, size_t i, struct agent_partner_status *out)
{
	const struct hold_note *refused;

	*out = (struct agent_partner_status){ .token = "none", .message = "" };
	if (!a->engine || !engine_dispatch(a->engine))
		return;
	refused =
	    &dispatch_roster(engine_dispatch(a->engine))->service[i].scope.hold[HOLD_CREDENTIALS];
	out->expires_unix_ms =
	    token_source_expires_unix_ms(connections_tokens(engine_connections(a->engine), i));
	if (refused->on) {
		out->token = "refused";
		out->message = refused->message;
	} else if (out->expires_unix_ms > clock_unix_ms(a->opt.clock)) {
		out->token = "valid";
	}
}
