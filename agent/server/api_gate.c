/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api_gate.h"

#include "agent/server/api.h"
#include "agent/server/gate_desk.h"
#include "config/unit.h"

/* How long the client would like to wait: "10s"; not at all, if nothing is given. */
static enum err_code
read_wait(const struct http_exchange *x, uint64_t *out, struct err *err)
{
	const char *text = http_exchange_parameter(x, "wait");
	uint64_t ms = 0;

	if (text &&
	    (unit_parse(unit_durations, slice_of(text), &ms) != UNIT_GOOD || ms > GATE_WAIT_MAX_MS))
		return err_set(err, ERR_USAGE, "wait is a time of at most 60s, such as 10s");
	*out = ms;
	return ERR_OK;
}

static void
ask(const struct api *api, struct http_exchange *x, const char *serial, bool by_status)
{
	uint64_t wait_ms = 0;
	struct err err;

	if (read_wait(x, &wait_ms, &err))
		http_exchange_fail(x, &err);
	else
		gate_desk_ask(api_gate_desk(api), x, serial, by_status, wait_ms);
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
