/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_model.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "store/device_state.h"
#include "tests/unit/model_device.h"
#include "tests/unit/model_unit.h"

const char *const store_model_customer[] = { "contoso", "adatum" };

void
store_model_init(struct store_model *m, uint64_t seed)
{
	memset(m, 0, sizeof *m);
	m->random = seed;
	m->now = 1000;
}

static struct model_list *
open_list(struct store_model *m)
{
	return m->open ? &m->list[m->open] : NULL;
}

static bool
batch_is_empty(const struct store_model *m, unsigned batch)
{
	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		if (m->device[i].list && m->device[i].batch == batch)
			return false;
	}
	return true;
}

/* --- rows --- */

static unsigned
rows_of(const struct store_model *m, unsigned list, const struct model_device *d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->nrow; i++)
		n += m->row[i].list == list && m->row[i].device &&
		    &m->device[m->row[i].device - 1] == d;
	return n;
}

/* When the row that made a device goes, the next one of its list takes its place. */
static void
promote(struct store_model *m, const struct model_device *d)
{
	struct model_row *heir = NULL;

	for (unsigned i = 0; i < m->nrow; i++) {
		struct model_row *r = &m->row[i];

		if (r->list == m->open && r->device && &m->device[r->device - 1] == d &&
		    (!heir || r->line < heir->line))
			heir = r;
	}
	if (heir)
		heir->follows = 0;
}

static void
take_back(struct store_model *m, unsigned line)
{
	for (unsigned i = 0; i < m->nrow; i++) {
		struct model_row *r = &m->row[i];
		struct model_device *d = r->device ? &m->device[r->device - 1] : NULL;
		bool made = !r->follows;

		if (r->list != m->open || r->line != line)
			continue;
		*r = m->row[--m->nrow];
		if (d && made)
			promote(m, d);
		if (d && d->again_line == line)
			d->again_line = 0;
		if (d && d->list == m->open && rows_of(m, m->open, d) == 0)
			d->list = 0;
		return;
	}
}

static void
put_row(struct store_model *m, unsigned line, unsigned device, bool duplicate, bool follows)
{
	m->row[m->nrow++] = (struct model_row){ m->open, line, device, duplicate, follows };
}

static unsigned
device_at(const struct store_model *m, unsigned line)
{
	for (unsigned i = 0; i < m->nrow; i++) {
		if (m->row[i].list == m->open && m->row[i].line == line)
			return m->row[i].device;
	}
	return 0;
}

static void
add(struct store_model *m, unsigned line, const char *serial, char tag)
{
	unsigned customer = m->list[m->open].customer;
	unsigned lane = model_device_lane(m, customer, tag, 0);
	struct model_device *d = model_device_find(m, customer, serial);
	bool same = d && device_at(m, line) == (unsigned)(d - m->device) + 1;
	bool follows;

	if (!same)
		take_back(m, line);
	d = model_device_find(m, customer, serial);
	follows = d != NULL;
	if (!d)
		d = model_device_make(m, customer, serial, m->open);
	if (!same)
		put_row(m, line, (unsigned)(d - m->device) + 1, false, follows);
	if (d->list == m->open) {
		d->lane = lane;
	} else if (d->state != DEVICE_REGISTERED && d->state != DEVICE_READY) {
		d->again_line = line;
		d->again_lane = lane;
	}
}

static void
end(struct store_model *m)
{
	unsigned list = m->open;

	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		struct model_device *d = &m->device[i];

		if (d->list && d->again_line && !model_unit_waits(m, d) &&
		    (d->state == DEVICE_REFUSED || d->state == DEVICE_HELD ||
		        d->state == DEVICE_CLAIMED || d->state == DEVICE_FAILED)) {
			model_device_requeue(m, d);
			d->lane = d->again_lane;
		}
		d->again_line = 0;
	}
	m->open = 0;
	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		if (m->device[i].list == list)
			model_device_contest(m, &m->device[i]);
	}
}

static void
abort_list(struct store_model *m)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		m->device[i].again_line = 0;
		if (m->device[i].list == m->open)
			m->device[i].list = 0;
	}
	for (unsigned i = 0; i < m->nrow; i++) {
		if (m->row[i].list != m->open)
			m->row[kept++] = m->row[i];
	}
	m->nrow = kept;
	m->list[m->open].gone = 1;
	m->list[m->open].open = 0;
	m->open = 0;
}

static void
step_list(struct store_model *m, char *command)
{
	struct model_list *l = open_list(m);
	unsigned line, what = model_device_chance(m, 20);
	char serial[8];

	if (!l) {
		m->open = ++m->nlist;
		l = &m->list[m->open];
		*l = (struct model_list){ .customer = model_device_chance(m, 2), .open = 1 };
		m->line = 0;
		(void)snprintf(command, MODEL_LINE, "begin %s", store_model_customer[l->customer]);
		return;
	}
	line = model_device_chance(m, 4) || m->line == 0 ? ++m->line
	                                                 : 1 + model_device_chance(m, m->line);
	if (what < 13 && m->line < MODEL_LINES) {
		char tag = "tu"[model_device_chance(m, 2)];

		(void)snprintf(serial, sizeof serial, "S%u", model_device_chance(m, MODEL_SERIALS));
		add(m, line, serial, tag);
		(void)snprintf(command, MODEL_LINE, "add %u %s acme %c", line, serial, tag);
	} else if (what < 16 && m->line < MODEL_LINES) {
		take_back(m, line);
		put_row(m, line, 0, what == 15, false);
		(void)snprintf(command, MODEL_LINE, "%s %u x", what == 15 ? "dup" : "refuse", line);
	} else if (what == 19) {
		abort_list(m);
		(void)snprintf(command, MODEL_LINE, "abort");
	} else {
		end(m);
		l->open = 0;
		l->rows = m->line;
		(void)snprintf(command, MODEL_LINE, "end %u", m->line);
	}
}

/* --- sending --- */

/* The devices of a lane that may go, by order; NULL: none. */
static struct model_device *
next_queued(struct store_model *m, unsigned lane)
{
	struct model_device *best = NULL;

	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		struct model_device *d = &m->device[i];

		if (d->list && d->list != m->open && d->lane == lane && d->state == DEVICE_QUEUED &&
		    (!best || d->order < best->order))
			best = d;
	}
	return best;
}

static void
step_claim(struct store_model *m, char *command)
{
	unsigned lane = 1 + model_device_chance(m, m->nlane);
	unsigned max = 1 + model_device_chance(m, 5);
	struct model_device *d = next_queued(m, lane);

	(void)snprintf(command, MODEL_LINE, "claim %u %u", lane, max);
	if (!d)
		return;
	m->nbatch++;
	m->batch_closed[m->nbatch] = 0;
	m->batch_lane[m->nbatch] = lane;
	for (; max > 0 && (d = next_queued(m, lane)); max--) {
		model_device_set_state(m, d, DEVICE_SUBMITTED);
		d->batch = m->nbatch;
	}
}

static struct model_device *
random_device(struct store_model *m, unsigned state)
{
	unsigned start = model_device_chance(m, MODEL_DEVICES);

	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		struct model_device *d = &m->device[(start + i) % MODEL_DEVICES];

		if (d->list && d->state == state)
			return d;
	}
	return NULL;
}

/* A serial number names one device in a script only if no other customer has it. */
static bool
is_unique(struct store_model *m, const struct model_device *d)
{
	return !model_device_find(m, !d->customer, d->serial);
}

static void
tick(struct store_model *m, char *command)
{
	m->now++;
	(void)snprintf(command, MODEL_LINE, "tick 1");
}

static void
note_claim(const struct store_model *m, struct model_device *d, unsigned ask)
{
	if (!store_model_is_claimed(d)) {
		d->claims = d->released = d->stopped = 0;
		d->since = m->now;
	}
	d->claims++;
	d->asked = m->now;
	d->ask = d->stopped ? 0 : ask;
}

static void
note_release(const struct store_model *m, struct model_device *d)
{
	if (store_model_is_claimed(d)) {
		d->released = m->now;
		d->ask = 0;
	}
}

static void
step_settle(struct store_model *m, char *command)
{
	static const unsigned to[] = { DEVICE_REGISTERED, DEVICE_FAILED, DEVICE_CLAIMED,
		DEVICE_HELD, DEVICE_QUEUED, DEVICE_SUBMITTED };
	struct model_device *d = random_device(m, DEVICE_SUBMITTED);
	unsigned state = to[model_device_chance(m, sizeof to / sizeof to[0])];
	unsigned ask = m->now + model_device_chance(m, 3);
	unsigned batch;

	if (!d || !is_unique(m, d)) {
		tick(m, command);
		return;
	}
	batch = d->batch;
	(void)snprintf(command, MODEL_LINE, "settle %u %s %s - 0 %s %u", batch, d->serial,
	    device_state_name((enum device_state)state), state == DEVICE_HELD ? "self" : "-", ask);
	d->said = 1;
	if (state == DEVICE_SUBMITTED)
		return;
	model_device_set_state(m, d, state);
	d->attempts++; /* its batches are sent once */
	if (state == DEVICE_CLAIMED)
		note_claim(m, d, ask);
	if (state == DEVICE_REGISTERED)
		note_release(m, d);
	m->batch_closed[batch] = batch_is_empty(m, batch);
	model_unit_hold(m);
}

static void
step_dissolve(struct store_model *m, char *command)
{
	unsigned batch = 1 + model_device_chance(m, m->nbatch + 1);
	bool alive = batch <= m->nbatch && !m->batch_closed[batch];

	(void)snprintf(command, MODEL_LINE, "%sdissolve %u", alive ? "" : "!not-found ", batch);
	for (unsigned i = 0; alive && i < MODEL_DEVICES; i++) {
		struct model_device *d = &m->device[i];

		if (d->list && d->batch == batch)
			model_device_set_state(m, d, DEVICE_QUEUED);
	}
	if (alive)
		m->batch_closed[batch] = 1;
	model_unit_hold(m);
}

static void
step_retry(struct store_model *m, char *command)
{
	static const unsigned from[] = { DEVICE_HELD, DEVICE_CLAIMED, DEVICE_FAILED };
	unsigned state = from[model_device_chance(m, 3)];

	(void)snprintf(command, MODEL_LINE, "retry state=%s",
	    device_state_name((enum device_state)state));
	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		struct model_device *d = &m->device[i];

		if (d->list && d->state == state && !model_unit_waits(m, d))
			model_device_requeue(m, d);
	}
}

static void
step_ask(struct store_model *m, unsigned customer, char *command)
{
	(void)snprintf(command, MODEL_LINE, "ask %s %u", store_model_customer[customer], m->now);
	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		struct model_device *d = &m->device[i];

		if (store_model_is_claimed(d) && d->customer == customer &&
		    d->state == DEVICE_CLAIMED && d->ask && d->ask <= m->now)
			model_device_requeue(m, d);
	}
	model_unit_hold(m);
}

static void
step_claims(struct store_model *m, char *command)
{
	unsigned customer = model_device_chance(m, 2);
	bool stop = model_device_chance(m, 2);

	if (model_device_chance(m, 2)) {
		step_ask(m, customer, command);
		return;
	}
	(void)snprintf(command, MODEL_LINE, "change %s - customer=%s", stop ? "stop" : "resume",
	    store_model_customer[customer]);
	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		struct model_device *d = &m->device[i];

		if (store_model_is_claimed(d) && d->customer == customer) {
			d->stopped = stop;
			d->ask = stop ? 0 : m->now;
		}
	}
}

static void
step_image(struct store_model *m, char *command)
{
	unsigned serial = model_device_chance(m, MODEL_SERIALS);
	char name[8];

	(void)snprintf(name, sizeof name, "S%u", serial);
	(void)snprintf(command, MODEL_LINE, "image %u serial=s%u", m->now, serial);
	for (unsigned customer = 0; customer < 2; customer++) {
		struct model_device *d = model_device_find(m, customer, name);

		if (d)
			d->image = m->now;
	}
}

static void
step_hold(struct store_model *m, char *command)
{
	unsigned lane = 1 + model_device_chance(m, m->nlane);
	unsigned customer = model_device_chance(m, 2);
	bool hold = model_device_chance(m, 2);

	if (model_device_chance(m, 2)) {
		m->lane[lane].held = hold;
		(void)snprintf(command, MODEL_LINE, "%shold lane/%u why", hold ? "" : "un", lane);
	} else {
		m->customer_held[customer] = hold;
		(void)snprintf(command, MODEL_LINE, "%shold customer/%s why", hold ? "" : "un",
		    store_model_customer[customer]);
	}
}

static void
step_reported(struct store_model *m, char *command)
{
	unsigned list = 1 + model_device_chance(m, m->nlist + 1);
	bool good = list <= m->nlist && !m->list[list].open && !m->list[list].gone;

	(void)snprintf(command, MODEL_LINE, "%sreported %u", good ? "" : "!not-found ", list);
	if (good)
		m->list[list].reported = 1;
}

void
store_model_step(struct store_model *m, char command[MODEL_LINE])
{
	unsigned what = model_device_chance(m, 28);

	if (what < 8 || m->nlane == 0)
		step_list(m, command);
	else if (what < 11)
		step_claim(m, command);
	else if (what < 15)
		step_settle(m, command);
	else if (what == 15)
		step_dissolve(m, command);
	else if (what == 16)
		step_retry(m, command);
	else if (what == 17)
		step_hold(m, command);
	else if (what == 18)
		step_reported(m, command);
	else if (what == 19)
		tick(m, command);
	else if (what == 20)
		step_claims(m, command);
	else if (what == 21)
		step_image(m, command);
	else if (what < 26)
		model_unit_step(m, command);
	else if (what == 26)
		model_unit_taken_back(m, command);
	else
		(void)snprintf(command, MODEL_LINE, "reopen");
}
