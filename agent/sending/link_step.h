/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "channel/channel.h"
#include "config/config.h"

/*
 * Asks a service for the link that its customers are sent, and makes it durable, with the messages of
 * the holds that are to tell it.
 *
 * Thread: the loop's.
 */
struct link_step;
struct store_async;

struct link_step_request {
	struct store_async *writer;
	struct channel *channel; /* which has such a link */
	const struct clock *clock;
	const struct config *config;
	const char *service_scope; /* "partner/northwind" */
	/* As in struct consent_step_request. */
	void (*on_wait)(void *arg, const struct channel_answer *answer);
};

/*
 * url: NULL with err, which says what the service did instead; what it asks to wait is durable then.
 * answer: NULL if there was none.
 */
typedef void link_step_fn(void *arg, const char *url, const struct channel_answer *answer,
    const struct err *err);

/* The contract of every start. Everything in the request must outlive the step. */
MUST_USE enum err_code link_step_start(const struct link_step_request *req, link_step_fn *done,
    void *arg, struct link_step **out, struct err *err);

/* A wish; what has been answered still becomes durable. */
void link_step_cancel(struct link_step *l);

/* As consent_step_pause(). */
void link_step_pause(struct link_step *l, int64_t for_ms);
