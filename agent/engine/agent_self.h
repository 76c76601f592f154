/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/engine/agent.h"
#include "agent/engine/order.h"
#include "agent/engine/pulse.h"
#include "agent/intake/unfinished.h"
#include "agent/meter/loop_lag.h"
#include "agent/meter/meter.h"

/*
 * What an agent is made of, for agent.c, which has its life, and agent_wish.c, which has what is wanted
 * of it. Nobody else looks inside.
 */
struct agent {
	struct agent_options opt;
	struct config *config;
	struct secret *seal_key;
	struct secret *hook_secret; /* NULL: none */
	int64_t hook_position;
	struct meter meter;
	struct loop_lag *lag; /* NULL: not measured */
	struct http_loop *http;
	struct store_async *writer;
	struct store_async *reader;
	struct connections *connections;
	struct connections *
	    *retired; /* of earlier configurations: a token may still be on its way */
	size_t nretired;
	struct engine *engine; /* NULL while reloading */

	struct config *next;          /* reloading: what comes into force, */
	struct secret *next_secret;   /* for hooks, */
	char reload_actor[32];        /* who has ordered it, */
	struct reload_wait *waiting;  /* for it; NULL: nobody, */
	struct unfinished unfinished; /* and lists that were not taken in to their end */
	struct agent_config_status config_status;
	struct pulse pulse;
	bool stopping;
	unsigned stores; /* that are open */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* What agent_options.on_change says. */
void agent_self_changed(struct agent *a);

/* An order, unless the agent stops or reads its configuration again. Errors: those of order_give(). */
MUST_USE enum err_code agent_self_order(struct agent *a, const struct order_request *req,
    agent_done_fn *done, void *arg, struct err *err);
