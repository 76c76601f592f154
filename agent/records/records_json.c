/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/records_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/tools/json_out.h"
#include "base/rfc3339.h"
#include "channel/verdict.h"

json_t *
records_json_text(struct slice text)
{
	return text.len ? json_out_text(text) : json_null();
}

json_t *
records_json_id(int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRId64, id);
	return json_string(text);
}

json_t *
records_json_time(int64_t unix_ms)
{
	char text[RFC3339_SIZE];

	return unix_ms ? json_string(rfc3339_format(unix_ms, text)) : json_null();
}

json_t *
records_json_states(const uint64_t states[NDEVICE_STATE])
{
	json_t *doc = json_object();

	for (int i = 0; i < NDEVICE_STATE; i++) {
		if (states[i] == 0)
			continue;
		if (json_object_set_new(doc, device_state_name((enum device_state)i),
		        json_integer((json_int_t)states[i])) != 0) {
			json_decref(doc);
			return NULL;
		}
	}
	return doc;
}

json_t *
records_json_list(const struct store_list *l)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:b, s:o}", "id", records_json_id(l->id),
	    "customer", records_json_text(l->customer), "file", records_json_text(l->file),
	    "received", records_json_time(l->received_unix_ms), "rows", (json_int_t)l->rows, "done",
	    l->done, "states", records_json_states(l->states));
}

static json_t *
verdict_json(const struct store_verdict *v)
{
	if (v->class.len == 0)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:s}", "class", records_json_text(v->class), "code",
	    v->code ? json_integer(v->code) : json_null(), "name", records_json_text(v->name),
	    "message", records_json_text(v->message), "advice", verdict_advice_for(v->class));
}

json_t *
records_json_device(const struct store_device *d)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:s, s:o, s:o, s:o, s:i, s:o, "
	                 "s:o, s:o}",
	    "serial", records_json_text(d->serial), "product_id", records_json_text(d->product_id),
	    "manufacturer", records_json_text(d->manufacturer), "model",
	    records_json_text(d->model), "customer", records_json_text(d->customer), "list",
	    records_json_id(d->list), "line", (json_int_t)d->line, "group_tag",
	    records_json_text(d->tag), "state", device_state_name(d->state), "verdict",
	    verdict_json(&d->verdict), "held_for", records_json_text(d->held_for), "held_message",
	    records_json_text(d->held_message), "attempts", (int)d->attempts, "request_id",
	    records_json_text(d->request_id), "correlation_id",
	    records_json_text(d->correlation_id), "updated", records_json_time(d->updated_unix_ms));
}

json_t *
records_json_event(const struct store_event *e)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
	    (json_int_t)e->id, "at", records_json_time(e->at_unix_ms), "kind",
	    records_json_text(e->kind), "actor", records_json_text(e->actor), "customer",
	    records_json_text(e->customer), "partner", records_json_text(e->partner), "list",
	    e->list ? records_json_id(e->list) : json_null(), "serial",
	    records_json_text(e->serial), "request_id", records_json_text(e->request_id),
	    "correlation_id", records_json_text(e->correlation_id), "message",
	    records_json_text(e->message));
}

/* One that was released needs nothing any more. */
static const char *
claim_advice(const struct store_claim *c)
{
	return c->released_unix_ms ? "Nothing: the device was released."
	                           : verdict_class_advice(VERDICT_CLAIMED_ELSEWHERE);
}

json_t *
records_json_claim(const struct store_claim *c)
{
	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, "
	    "s:b, s:o, s:o}",
	    "serial", records_json_text(c->serial), "customer", records_json_text(c->customer),
	    "since", records_json_time(c->since_unix_ms), "asked",
	    records_json_time(c->asked_unix_ms), "attempts", (int)c->attempts, "code",
	    c->code ? json_integer(c->code) : json_null(), "name", records_json_text(c->name),
	    "request_id", records_json_text(c->request_id), "case",
	    records_json_text(c->case_number), "advice", claim_advice(c), "manufacturer",
	    records_json_text(c->manufacturer), "model", records_json_text(c->model), "group_tag",
	    records_json_text(c->tag), "next", records_json_time(c->ask_unix_ms), "released",
	    records_json_time(c->released_unix_ms), "stopped", c->stopped, "correlation_id",
	    records_json_text(c->correlation_id), "note", records_json_text(c->note));
}
