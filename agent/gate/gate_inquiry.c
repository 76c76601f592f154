/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gate/gate_inquiry.h"

#include "agent/records/records_json.h"

enum err_code
gate_inquiry_init(struct gate_inquiry *q, const char *serial, struct err *err)
{
	const struct slice text = slice_trim(slice_of(serial));

	*q = (struct gate_inquiry){ .n = 0 };
	if (text.len == 0)
		return err_set(err, ERR_USAGE, "the serial number is empty");
	q->serial = (struct slice){ arena_text(&q->arena, text), text.len };
	q->device = arena_alloc(&q->arena, GATE_DEVICES_MAX * sizeof *q->device);
	if (!q->arena.failed)
		return ERR_OK;
	gate_inquiry_done(q);
	return err_set(err, ERR_NOMEM, "gate");
}

/* What the arena cannot hold is empty; whether it could is looked at once. */
static void
keep(struct gate_inquiry *q, struct slice *text)
{
	const char *copy = arena_text(&q->arena, *text);

	*text = copy ? (struct slice){ copy, text->len } : slice_of("");
}

static enum err_code
add(void *arg, const struct store_gate_device *known, struct err *err)
{
	struct gate_inquiry *q = arg;
	struct store_gate_device *d = &q->device[q->n];
	struct slice *const text[] = { &d->serial, &d->customer, &d->manufacturer, &d->model,
		&d->family, &d->tag, &d->verdict.class, &d->verdict.name, &d->verdict.message,
		&d->held_for, &d->held_message };

	if (q->n == GATE_DEVICES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d devices have this serial number",
		    (int)GATE_DEVICES_MAX);
	*d = *known;
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		keep(q, text[i]);
	if (q->arena.failed)
		return err_set(err, ERR_NOMEM, "gate");
	q->n++;
	return ERR_OK;
}

enum err_code
gate_inquiry_read(struct gate_inquiry *q, struct store *s, struct err *err)
{
	return store_gate(s, q->serial, add, q, err);
}

json_t *
gate_inquiry_json(const struct gate_inquiry *q, const struct config *c, enum gate_cause *cause)
{
	struct gate_facts facts = { .accepted = false };
	struct gate_verdict v;

	gate_rules_judge(c, q->device, q->n, &v);
	*cause = v.cause;
	if (v.device)
		facts = gate_facts_of(v.device);
	return json_pack("{s:[{s:o, s:o, s:b, s:b, s:b, s:b, s:s, s:s, s:o, s:o}]}", "gate",
	    "serial", records_json_text(v.device ? v.device->serial : q->serial), "customer",
	    v.device ? records_json_text(v.device->customer) : json_null(), "may_ship",
	    (int)gate_cause_may_ship(v.cause), "accepted", (int)facts.accepted, "sent",
	    (int)facts.sent, "registered", (int)facts.registered, "state",
	    v.device ? device_state_name(v.device->state) : "unknown", "cause",
	    gate_cause_word(v.cause), "reason", records_json_text(slice_of(v.reason)), "advice",
	    records_json_text(slice_of(v.advice)));
}

void
gate_inquiry_done(struct gate_inquiry *q)
{
	arena_done(&q->arena);
	*q = (struct gate_inquiry){ .n = 0 };
}
