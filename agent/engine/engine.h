/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "agent/engine/agent.h"
#include "agent/engine/connections.h"
#include "agent/sending/dispatch.h"

/*
 * What works under one configuration: intake, dispatch, reports and the spool. A reload ends one
 * and begins another on the same store; whatever is not done is in the store.
 *
 * Thread: the loop's.
 */
struct engine;
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
	bool spool;
	void *arg;
	void (*on_list_done)(void *arg, int64_t list);
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

/* Somebody else has changed the store: queues, holds, pauses. */
void engine_refresh(struct engine *e);

const struct dispatch *engine_dispatch(const struct engine *e);
const struct connections *engine_connections(const struct engine *e);
