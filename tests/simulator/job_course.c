/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/job_course.h"

#include <string.h>

#include "tests/simulator/forms.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"
#include "tests/simulator/partner_center.h"

/* --- verdicts --- */

static void
fail(struct job_entry *e, const char *code, const char *name)
{
	e->failed = true;
	e->code = must_copy(code);
	e->name = must_copy(name);
}

static bool
is_foreign(const struct simulator *sim, const struct customer *owner, const struct device *d)
{
	const struct customer_plan *plan = scenario_customer(sim->scenario, owner->tenant);
	uint64_t now = simulator_now_ms(sim);

	if (plan &&
	    (scenario_is_foreign(plan, d->serial, now) ||
	        scenario_is_foreign(plan, d->product_key, now)))
		return true;
	for (const struct customer *c = sim->books->customers; c; c = c->next) {
		const struct device *other = c == owner ? NULL : books_device(c, d->identity);

		if (other && other->batch)
			return true;
	}
	return false;
}

static bool
is_known(const struct scenario *s, const struct device *d)
{
	return scenario_texts_have(&s->known_to_maker, d->serial) ||
	    scenario_texts_have(&s->known_to_maker, d->product_key);
}

static void
judge_entry(const struct simulator *sim, struct job *j, struct job_entry *e)
{
	const struct scenario *s = sim->scenario;
	struct device *d = e->device;
	struct verdict *v = scenario_verdict(s, d->serial, d->product_key, simulator_now_ms(sim));

	if (v) {
		v->used++;
		e->in_progress = v->in_progress;
		if (!v->in_progress)
			fail(e, v->code, v->name);
	} else if (!e->complete) {
		fail(e, "803", "MissingZtdSerialNumberAndProductKey");
	} else if (s->check_hash && e->hash_broken) {
		fail(e, "802", "InvalidZtdHardwareHash");
	} else if (e->twice) {
		fail(e, NULL, "ZtdDeviceDuplicated");
	} else if (d->batch) {
		fail(e, "806", "ZtdDeviceAlreadyAssigned");
	} else if (is_foreign(sim, j->customer, d)) {
		fail(e, "808", "ZtdDeviceAssignedToOtherTenant");
	} else if (s->check_maker && !e->hash && !is_known(s, d)) {
		fail(e, "812", "ZtdDeviceNotFound");
	} else {
		books_register(j->batch, d, j->course.due_ms + j->list_delay_ms);
	}
}

void
job_course_advance(struct simulator *sim)
{
	struct job *j;

	while ((j = books_take_due(sim->books, simulator_now_ms(sim))) != NULL) {
		for (size_t i = 0; i < j->n; i++)
			judge_entry(sim, j, &j->entries[i]);
		j->course.settled = true;
	}
}

/* --- the status --- */

/* A hash that came alone leaves nothing by which the entry could be told. */
static void
add_identifiers(const struct job *j, const struct job_entry *e, json_t *out)
{
	const struct device *d = e->device;

	if (!j->course.identifiers || (!d->serial && !d->product_key))
		return;
	if (j->course.settled && !e->failed && !e->in_progress)
		json_make_set(out, "deviceId", json_string(d->id));
	if (d->serial)
		json_make_set(out, "serialNumber", json_string(d->serial));
	if (d->product_key)
		json_make_set(out, "productKey", json_string(d->product_key));
}

static json_t *
show_entry(const struct job *j, const struct job_entry *e)
{
	json_t *out = must_have(json_object());
	const char *status = "finished";

	if (!j->course.settled || e->in_progress)
		status = "in-progress";
	else if (e->failed)
		status = "finished_with_errors";
	add_identifiers(j, e, out);
	json_make_set(out, "status", json_string(status));
	if (e->code)
		json_make_set(out, "errorCode", json_string(e->code));
	if (e->name)
		json_make_set(out, "errorDescription", json_string(e->name));
	json_make_set(out, "attributes", json_make_attributes("DeviceUploadDetails"));
	return out;
}

static json_t *
show_entries(const struct job *j)
{
	json_t *out = must_have(json_array());

	for (size_t i = 0; (j->course.settled || j->course.show_in_progress) && i < j->n; i++) {
		const struct job_entry *e = &j->entries[j->order[i]];

		if (!e->omitted)
			json_make_append(out, show_entry(j, e));
	}
	return out;
}

static bool
has_failed(const struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		if (j->entries[i].failed)
			return true;
	}
	return false;
}

/* What never ended may have ended in the year 1, or nothing is said of it. */
static void
add_times(struct simulator *sim, const struct job *j, json_t *out)
{
	json_make_set(out, "startedTime", forms_time(sim, j->course.accepted_ms));
	if (j->course.settled)
		json_make_set(out, "completedTime", forms_time(sim, j->course.due_ms));
	else if (chance_hits(&sim->forms, 0.5))
		json_make_set(out, "completedTime", json_string("0001-01-01T00:00:00"));
}

/* From now on the client knows what became of the devices, or that it cannot know. */
static void
tell(const struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		struct device *d = j->entries[i].device;

		if (d->holder == j)
			d->certainty = CERTAINTY_SETTLED;
	}
}

void
job_course_status(struct simulator *sim, struct exchange *x)
{
	const struct job *j = books_job(x->customer, x->arg[1]);
	uint64_t now = simulator_now_ms(sim);
	bool queued;
	json_t *out;

	if (!j || now >= j->course.forgotten_ms) {
		if (j)
			tell(j);
		partner_center_not_found(sim, x);
		return;
	}
	queued = course_is_queued(&j->course, now);
	out = must_have(json_pack("{s:s, s:s}", "batchTrackingId", j->tracking, "status",
	    course_word(&j->course, has_failed(j), now)));
	if (!queued)
		add_times(sim, j, out);
	json_make_set(out, "devicesStatus", queued ? json_array() : show_entries(j));
	json_make_set(out, "attributes", json_make_attributes("BatchUploadDetails"));
	if (j->course.settled)
		tell(j);
	forms_json(sim, x, 200, out);
}
