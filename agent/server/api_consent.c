/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_consent.h"

#include <stdlib.h>

#include "agent/server/api.h"
#include "agent/server/api_order.h"
#include "agent/server/consent_snapshot.h"
#include "agent/server/consent_task.h"
#include "agent/tools/log_event.h"
#include "store/store_async.h"

enum { HTTP_OK = 200 };

/* --- questions --- */

struct consent_question {
	struct http_exchange *x;
	struct consent_snapshot *snapshot;
};

static enum err_code
read_store(struct store *s, void *arg, struct err *err)
{
	const struct consent_question *q = arg;

	return consent_snapshot_read(q->snapshot, s, err);
}

static void
on_read(void *arg, const struct err *err)
{
	struct consent_question *q = arg;

	if (err)
		http_exchange_fail(q->x, err);
	else
		http_exchange_json(q->x, HTTP_OK, consent_snapshot_json(q->snapshot));
	consent_snapshot_free(q->snapshot);
	free(q);
}

static void
answer(const struct api *api, struct http_exchange *x, const char *customer)
{
	struct consent_question *q = calloc(1, sizeof *q);
	struct agent *a = api_agent(api);
	struct err err;

	if (!q) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		return;
	}
	q->x = x;
	if (consent_snapshot_new(agent_config(a), customer, &q->snapshot, &err) ||
	    store_async_start(agent_reader(a), read_store, on_read, q, &err))
		on_read(q, &err);
}

void
api_consent_list(void *arg, struct http_exchange *x)
{
	answer(arg, x, http_exchange_parameter(x, "customer"));
}

void
api_consent_one(void *arg, struct http_exchange *x)
{
	answer(arg, x, http_exchange_segment(x, 2));
}

/* --- orders --- */

static void
on_done(void *arg, json_t *doc, const struct err *err)
{
	if (err)
		http_exchange_fail(arg, err);
	else
		http_exchange_json(arg, HTTP_OK, doc);
}

static void
give(const struct api *api, struct http_exchange *x, enum consent_wish wish, const char *customer)
{
	static const char *const name[] = {
		[CONSENT_CHECK] = "consent-check",
		[CONSENT_LINK] = "consent-link",
		[CONSENT_DISCOVER] = "consent-discover",
	};
	char actor[API_ACTOR_SIZE];
	struct err err;

	log_event(LOG_ORDER, LOG_TEXT(ORDER, name[wish]), LOG_TEXT(CUSTOMER, customer),
	    LOG_TEXT(ACTOR, api_order_actor(x, actor)));
	if (consent_task_start(api_agent(api), wish, customer, on_done, x, &err))
		http_exchange_fail(x, &err);
}

void
api_consent_check(void *arg, struct http_exchange *x)
{
	give(arg, x, CONSENT_CHECK, http_exchange_segment(x, 2));
}

void
api_consent_link(void *arg, struct http_exchange *x)
{
	give(arg, x, CONSENT_LINK, http_exchange_segment(x, 2));
}

void
api_consent_discover(void *arg, struct http_exchange *x)
{
	give(arg, x, CONSENT_DISCOVER, NULL);
}
