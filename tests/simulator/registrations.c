/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/registrations.h"

#include <stdio.h>
#include <string.h>

#include "base/siphash.h"
#include "tests/simulator/maker_service.h"
#include "tests/simulator/must.h"

enum { DEVICES_MAX = 1000, BODY_MAX = 4 << 20, RETRY_AFTER_MAX_S = 60 };

/* --- the request --- */

static uint64_t
digest(const struct exchange *x)
{
	static const uint8_t key[16] = { 0 };

	return siphash(key, x->body.ptr, x->body.len);
}

/* The same key with the same body is the same operation. False: the exchange is answered. */
static bool
check_key(struct simulator *sim, struct exchange *x, struct maker_operation **repeated)
{
	const char *key = exchange_header(x, "idempotency-key");
	struct maker_operation *o = key ? maker_books_keyed(sim->maker, key) : NULL;

	if (!key || key[0] == '\0') {
		violations_add(&sim->violations, x->n, "idempotency-key-missing",
		    "a registration that cannot be repeated");
		return maker_service_refuse(sim, x, 400, "801", "Idempotency-Key is needed.");
	}
	if (o && o->digest != digest(x)) {
		violations_add(&sim->violations, x->n, "idempotency-key-reused",
		    "operation %s came with another body", o->id);
		return maker_service_refuse(sim, x, 422, "KeyReused",
		    "The Idempotency-Key stands for another request.");
	}
	*repeated = o;
	return true;
}

static bool
check_devices(struct simulator *sim, struct exchange *x, const json_t *devices)
{
	static const char *const known[] = { "ref", "serialNumber", "manufacturer", "model",
		"productKeyId", "groupTag", NULL };

	if (json_array_size(devices) == 0)
		return maker_service_refuse(sim, x, 400, "801", "devices is needed.");
	if (x->body.len > BODY_MAX)
		return maker_service_refuse(sim, x, 413, "TooLarge", "More than 4 MiB.");
	if (json_array_size(devices) > DEVICES_MAX) {
		violations_add(&sim->violations, x->n, "too-many-devices", "%zu devices",
		    json_array_size(devices));
		return maker_service_refuse(sim, x, 422, "TooManyDevices",
		    "More than 1000 devices.");
	}
	for (size_t i = 0; i < json_array_size(devices); i++) {
		json_t *device = json_array_get(devices, i);

		if (!maker_service_check_members(sim, x, device, known, NULL))
			return false;
		if (!json_object_get(device, "ref"))
			return maker_service_refuse(sim, x, 400, "801", "ref is needed.");
	}
	return true;
}

static bool
check_consent(struct simulator *sim, struct exchange *x)
{
	if (!x->customer || x->customer->maker_consent == MAKER_CONSENT_GRANTED)
		return true;
	x->refused = true;
	return maker_service_refuse(sim, x, 403, "ConsentRequired",
	    "The customer has not authorized this maker.");
}

static bool
check_room(struct simulator *sim, struct exchange *x, size_t n)
{
	if (n <= MAKER_BOOKS_UNITS_MAX - sim->maker->unit_count &&
	    sim->maker->operation_count < MAKER_BOOKS_OPERATIONS_MAX)
		return true;
	return maker_service_refuse(sim, x, 500, "Full", "The books of the simulator are full.");
}

/* --- the operation --- */

/* The client did not wait to hear what became of the unit. */
static void
judge_resending(struct simulator *sim, const struct exchange *x, const struct maker_operation *o,
    const struct maker_unit *u)
{
	if (u->holder && u->holder != o && !u->holder->told)
		violations_add(&sim->violations, x->n, "resent-unasked",
		    "%s: operation %s still held it", u->serial ? u->serial : u->identity,
		    u->holder->id);
}

static void
fill_entry(struct simulator *sim, const struct exchange *x, struct maker_operation *o, size_t i,
    const struct job_plan *plan)
{
	const json_t *sent = json_array_get(json_object_get(o->content, "devices"), i);
	struct maker_entry *e = &o->entries[i];
	struct maker_unit *u = maker_books_unit(sim->maker, sent, simulator_now_ms(sim));

	*e = (struct maker_entry){
		.unit = u,
		.sent = sent,
		.twice = u->holder == o,
		.omitted = scenario_numbers_have(&plan->omit_nth, i + 1) ||
		    scenario_texts_have(&plan->omit, u->serial) ||
		    scenario_texts_have(&plan->omit, u->product_key),
	};
	judge_resending(sim, x, o, u);
	if (o->customer)
		u->submitted++;
	u->holder = o;
}

static void
answer_accepted(struct simulator *sim, struct exchange *x, const struct maker_operation *o)
{
	uint64_t wait_s = (o->course.due_ms - o->course.accepted_ms) / 1000;
	char text[80];

	maker_service_answer(sim, x, 202, json_object());
	(void)snprintf(text, sizeof text, "/v1/operations/%s", o->id);
	exchange_set_header(x, "Location", text);
	(void)snprintf(text, sizeof text, "%llu",
	    (unsigned long long)(wait_s < RETRY_AFTER_MAX_S ? wait_s : RETRY_AFTER_MAX_S));
	exchange_set_header(x, "Retry-After", text);
}

static void
accept(struct simulator *sim, struct exchange *x, size_t n)
{
	const struct job_plan *plan = scenario_job(sim->scenario, sim->maker->operation_count + 1);
	struct maker_operation *o = maker_books_add_operation(sim->maker, n, &sim->ids);

	o->key = must_copy(exchange_header(x, "idempotency-key"));
	o->digest = digest(x);
	o->customer = x->customer;
	o->content = json_incref(x->content);
	course_begin(&o->course, plan, simulator_now_ms(sim), &sim->luck);
	for (size_t i = 0; i < n; i++)
		fill_entry(sim, x, o, i, plan);
	course_order(plan->order, o->order, n, &sim->luck);
	answer_accepted(sim, x, o);
}

void
registrations_post(struct simulator *sim, struct exchange *x)
{
	static const char *const known[] = { "tenantId", "tenantDomain", "purchaseOrderId", NULL };
	const json_t *devices = json_object_get(x->content, "devices");
	struct maker_operation *repeated = NULL;
	bool blank;

	if (!maker_service_check_members(sim, x, x->content, known, "devices") ||
	    !check_devices(sim, x, devices) || !maker_service_read_tenant(sim, x, &blank) ||
	    !check_key(sim, x, &repeated))
		return;
	if (repeated)
		answer_accepted(sim, x, repeated);
	else if (check_consent(sim, x) && check_room(sim, x, json_array_size(devices)))
		accept(sim, x, json_array_size(devices));
}
