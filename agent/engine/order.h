/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/engine/agent.h"
#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

/*
 * A change of the store that a person has ordered, and the event that says who. Both in the same
 * work, so that the trail tells of no order that was lost, and no order is missing in it.
 *
 * Thread: the loop's.
 */
struct store_async;

enum order_kind {
	ORDER_RETRY,
	ORDER_RELEASE, /* as ORDER_RETRY; the query names the held ones */
	ORDER_PAUSE,
	ORDER_RESUME,
	ORDER_IMAGE,
	ORDER_CLAIM,
	ORDER_NOTE,
};

/* All texts are copied. */
struct order_request {
	enum order_kind kind;
	struct store_device_query query; /* which devices; of the others only serial and customer */
	enum store_claim_part part;      /* ORDER_CLAIM */
	const char *event;               /* ORDER_NOTE: nothing but this event; static */
	const char *text;                /* of it, or of a note or case; NULL: none */
	const char *actor;
};

/* What an order works on. config must outlive it: work that comes later may replace it. */
struct order_place {
	struct store_async *writer;
	const struct config *config;
	const struct clock *clock;
	void *arg;
	void (*changed)(void *arg); /* before done; not after a failure */
};

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside give;
 * otherwise never. n: the devices, customers or claims that it was about. done may be NULL. Errors:
 * ERR_NOMEM, ERR_USAGE (the text is too long), ERR_CANCELLED (closing), ERR_NOT_FOUND (nothing has
 * such a long name; and, of done, no such customer, claim or device).
 */
MUST_USE enum err_code order_give(const struct order_place *place, const struct order_request *req,
    agent_done_fn *done, void *arg, struct err *err);
