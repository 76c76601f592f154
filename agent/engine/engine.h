/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "agent/engine/agent.h"
#include "agent/engine/connections.h"
#include "agent/engine/discovery.h"
#include "agent/sending/dispatch.h"
#include "base/secret.h"

/*
 * What works under one configuration: intake, dispatch, reports and the spool. A reload ends one
 * and begins another on the same store; whatever is not done is in the store.
 *
 * Thread: the loop's.
 */
struct engine;
struct http_loop;
struct login_desk;
struct meter;
struct unfinished;

struct engine_options {
	struct uv_loop_s *loop;
	const struct clock *clock;
	const struct random *random;
	const struct config *config;
	struct store_async *writer;
	struct store_async *reader;
	const struct connections *connections;
	const struct unfinished *unfinished; /* lists to begin with; NULL: none */
	struct http_loop *http;
	struct meter *meter;
	const struct secret *hook_secret; /* NULL: what hooks post is not signed */
	int64_t hook_position;            /* of hook_queue_begin() */
	bool spool; /* it is the daemon: with a spool, and care for sign-ins that nobody uses */
	void *arg;
	void (*on_list_done)(void *arg, int64_t list);
	void (*on_change)(void *arg); /* as that of agent_options */
};

/*
 * Everything in it must outlive the engine. Errors: ERR_NOMEM, ERR_IO (the spool). On error *out is
 * untouched, or an engine of which some parts are open, and which has to be closed.
 */
MUST_USE enum err_code engine_open(const struct engine_options *opt, struct engine **out,
    struct err *err);

/*
 * Takes nothing more, gives requests in flight the grace, then cancels them; waits for commits; then
 * frees the engine and calls closed on the loop thread. A second call cuts the grace short; its
 * arguments do not count.
 */
void engine_close(struct engine *e, uint64_t grace_ms, void (*closed)(void *arg), void *arg);

/* As agent_take_list(). */
MUST_USE enum err_code engine_take_list(struct engine *e, const struct incoming_list *list,
    incoming_fn *done, void *arg, struct err *err);

/* As agent_take_unit(). */
MUST_USE enum err_code engine_take_unit(struct engine *e, struct slice text, const char *customer,
    unit_fn *done, void *arg, struct err *err);

/* As agent_flush(). */
MUST_USE enum err_code engine_flush(struct engine *e, const char *customer, struct err *err);

/* The trail has grown. */
void engine_trail_grown(struct engine *e);

/* Somebody else has changed the store: queues, holds, pauses. */
void engine_refresh(struct engine *e);

/* As agent_check_consent() and the others there. */
MUST_USE enum err_code engine_check_consent(struct engine *e, const char *customer,
    dispatch_consent_fn *done, void *arg, struct err *err);
MUST_USE enum err_code engine_link(struct engine *e, const char *customer, bool requested,
    dispatch_link_fn *done, void *arg, struct err *err);
MUST_USE enum err_code engine_discover(struct engine *e, discovery_fn *done, void *arg,
    struct err *err);
/* NULL: it is closing. */
struct login_desk *engine_login_desk(const struct engine *e);

struct dispatch *engine_dispatch(const struct engine *e);
const struct connections *engine_connections(const struct engine *e);
