/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/maker_course.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/maker_service.h"
#include "tests/simulator/must.h"

enum { PRODUCT_KEY_DIGITS = 13 };

/* --- verdicts --- */

static void
fail(struct maker_entry *e, const char *code, const char *name)
{
	e->failed = true;
	e->code = must_copy(code);
	e->name = must_copy(name);
}

static bool
has(const char *text)
{
	return text && text[0] != '\0';
}

static bool
is_complete(const struct maker_unit *u)
{
	return has(u->product_key) || (has(u->serial) && has(u->manufacturer) && has(u->model));
}

static bool
is_product_key(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
	}
	return n == PRODUCT_KEY_DIGITS;
}

static bool
is_foreign(const struct simulator *sim, const struct customer *owner, const struct maker_unit *u)
{
	const struct customer_plan *plan = scenario_customer(sim->scenario, owner->tenant);
	uint64_t now = simulator_now_ms(sim);

	return (u->owner && u->owner != owner) ||
	    (plan &&
	        (scenario_is_foreign(plan, u->serial, now) ||
	            scenario_is_foreign(plan, u->product_key, now)));
}

/* Whether the maker's own report of the unit has not been read yet. */
static bool
is_late(const struct simulator *sim, const struct maker_unit *u)
{
	static const uint8_t key[16] = { 1 };
	const struct maker_plan *plan = &sim->scenario->maker;
	uint64_t place = siphash(key, u->identity, strlen(u->identity)) % 10000;

	return (double)place < plan->late_share * 10000 &&
	    simulator_now_ms(sim) < u->first_ms + plan->late_ms;
}

static void
set_text(char **field, const char *text)
{
	free(*field);
	*field = must_copy(text);
}

static void
enrol(const struct maker_operation *o, struct maker_entry *e)
{
	struct maker_unit *u = e->unit;

	u->owner = o->customer;
	u->registered++;
	set_text(&u->tag, json_string_value(json_object_get(e->sent, "groupTag")));
	set_text(&u->order, exchange_field(o->content, "purchaseOrderId"));
}

static void
release(struct maker_entry *e)
{
	if (!e->unit->owner) {
		fail(e, "807", "ZtdDeviceIsNotRegistered");
		return;
	}
	e->unit->owner = NULL;
	e->unit->released++;
}

static void
judge_entry(const struct simulator *sim, const struct maker_operation *o, struct maker_entry *e)
{
	struct maker_unit *u = e->unit;
	struct verdict *v =
	    scenario_verdict(sim->scenario, u->serial, u->product_key, simulator_now_ms(sim));

	if (v) {
		v->used++;
		e->in_progress = v->in_progress;
		if (!v->in_progress)
			fail(e, v->code, v->name);
	} else if (!is_complete(u)) {
		fail(e, "803", "MissingZtdSerialNumberAndProductKey");
	} else if (has(u->product_key) && !is_product_key(u->product_key)) {
		fail(e, "802", "InvalidZtdHardwareHash");
	} else if (e->twice) {
		fail(e, NULL, "ZtdDeviceDuplicated");
	} else if (!o->customer) {
		release(e);
	} else if (o->customer->maker_consent != MAKER_CONSENT_GRANTED) {
		fail(e, "ConsentRequired", NULL);
	} else if (u->owner == o->customer) {
		fail(e, "806", "ZtdDeviceAlreadyAssigned");
	} else if (is_foreign(sim, o->customer, u)) {
		fail(e, "808", "ZtdDeviceAssignedToOtherTenant");
	} else if (is_late(sim, u)) {
		fail(e, "812", "ZtdDeviceNotFound");
	} else {
		enrol(o, e);
	}
}

void
maker_course_advance(struct simulator *sim)
{
	uint64_t now = simulator_now_ms(sim);

	for (struct maker_operation *o = sim->maker->operations; o; o = o->next) {
		if (o->course.settled || o->course.due_ms > now)
			continue;
		o->failed = scenario_numbers_have(&sim->scenario->maker.failed_nth, o->nth);
		for (size_t i = 0; !o->failed && i < o->n; i++)
			judge_entry(sim, o, &o->entries[i]);
		o->course.settled = true;
	}
}

/* --- the answer --- */

static void
add_sent(const struct maker_entry *e, const char *name, json_t *out)
{
	json_t *value = json_object_get(e->sent, name);

	if (value)
		json_make_set(out, name, json_incref(value));
}

static json_t *
show_entry(const struct maker_operation *o, const struct maker_entry *e)
{
	json_t *out = must_have(json_object());
	const char *status = "finished";

	if (!o->course.settled || e->in_progress)
		status = "in_progress";
	else if (e->failed)
		status = "finished_with_errors";
	if (o->course.identifiers) {
		add_sent(e, "ref", out);
		add_sent(e, "serialNumber", out);
		add_sent(e, "productKeyId", out);
	}
	json_make_set(out, "status", json_string(status));
	if (e->code)
		json_make_set(out, "errorCode", json_string(e->code));
	if (e->name)
		json_make_set(out, "errorName", json_string(e->name));
	return out;
}

static json_t *
show_entries(const struct maker_operation *o)
{
	bool shown = o->course.settled ? !o->failed : o->course.show_in_progress;
	json_t *out = must_have(json_array());

	for (size_t i = 0; shown && i < o->n; i++) {
		const struct maker_entry *e = &o->entries[o->order[i]];

		if (!e->omitted)
			json_make_append(out, show_entry(o, e));
	}
	return out;
}

static bool
has_failed(const struct maker_operation *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->entries[i].failed)
			return true;
	}
	return false;
}

void
maker_course_progress(struct simulator *sim, struct exchange *x)
{
	struct maker_operation *o = maker_books_operation(sim->maker, x->arg[0]);
	uint64_t now = simulator_now_ms(sim);

	if (o)
		o->told = o->told || o->course.settled || now >= o->course.forgotten_ms;
	if (!o || now >= o->course.forgotten_ms) {
		(void)maker_service_refuse(sim, x, 404, "OperationUnknown", "No such operation.");
		return;
	}
	maker_service_answer(sim, x, 200,
	    json_pack("{s:s, s:o}", "status",
	        o->failed ? "failed" : course_word(&o->course, has_failed(o), now), "devices",
	        show_entries(o)));
}
