/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_gate.h"

#include <stdlib.h>

#include "agent/gate/gate_inquiry.h"
#include "agent/server/api.h"
#include "store/store_async.h"

enum { HTTP_OK = 200, HTTP_NOT_FOUND = 404, HTTP_CONFLICT = 409 };

struct asking {
	const struct api *api;
	struct http_exchange *x;
	bool by_status; /* a no is one of HTTP as well */
	struct gate_inquiry inquiry;
};

static unsigned
status_of(enum gate_cause cause)
{
	if (cause == GATE_UNKNOWN)
		return HTTP_NOT_FOUND;
	return gate_cause_may_ship(cause) ? HTTP_OK : HTTP_CONFLICT;
}

static void
answer(const struct asking *a)
{
	enum gate_cause cause;
	json_t *doc = gate_inquiry_json(&a->inquiry, agent_config(api_agent(a->api)), &cause);

	http_exchange_json(a->x, a->by_status ? status_of(cause) : HTTP_OK, doc);
}

static enum err_code
read_devices(struct store *s, void *arg, struct err *err)
{
	struct asking *a = arg;

	return gate_inquiry_read(&a->inquiry, s, err);
}

static void
on_read(void *arg, const struct err *err)
{
	struct asking *a = arg;

	if (err)
		http_exchange_fail(a->x, err);
	else
		answer(a);
	gate_inquiry_done(&a->inquiry);
	free(a);
}

static void
ask(const struct api *api, struct http_exchange *x, const char *serial, bool by_status)
{
	struct asking *a = calloc(1, sizeof *a);
	struct err err;

	if (!a) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		return;
	}
	*a = (struct asking){ .api = api, .x = x, .by_status = by_status };
	if (gate_inquiry_init(&a->inquiry, serial, &err) ||
	    store_async_start(agent_reader(api_agent(api)), read_devices, on_read, a, &err))
		on_read(a, &err);
}

void
api_gate_list(void *arg, struct http_exchange *x)
{
	const char *serial = http_exchange_parameter(x, "serial");

	ask(arg, x, serial ? serial : "", false);
}

void
api_gate_device(void *arg, struct http_exchange *x)
{
	ask(arg, x, http_exchange_segment(x, 2), true);
}
