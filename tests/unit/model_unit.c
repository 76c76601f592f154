/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/model_unit.h"

#include <stdio.h>
#include <string.h>

#include "store/device_state.h"
#include "tests/unit/model_device.h"

/* --- pairs --- */

static bool
is_old(const struct store_model *m, const struct model_device *d)
{
	for (unsigned i = 0; i < m->npair; i++) {
		if (m->pair[i].old == d)
			return true;
	}
	return false;
}

static unsigned
count_new(const struct store_model *m, const struct model_device *d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->npair; i++)
		n += m->pair[i].new == d;
	return n;
}

static bool
is_pair(const struct store_model *m, const struct model_device *old, const struct model_device *new)
{
	for (unsigned i = 0; i < m->npair; i++) {
		if (m->pair[i].old == old && m->pair[i].new == new)
			return true;
	}
	return false;
}

bool
model_unit_waits(const struct store_model *m, const struct model_device *d)
{
	return is_old(m, d) || count_new(m, d) > 0;
}

void
model_unit_hold(struct store_model *m)
{
	for (unsigned i = 0; i < m->npair; i++) {
		struct model_device *old = m->pair[i].old, *new = m->pair[i].new;

		if (old->state != DEVICE_HELD && old->state != DEVICE_SUBMITTED) {
			model_device_set_state(m, old, DEVICE_HELD);
			old->held_for = MODEL_HELD_OLD;
		}
		if (new->state == DEVICE_QUEUED) {
			model_device_set_state(m, new, DEVICE_HELD);
			new->held_for = MODEL_HELD_NEW;
		}
	}
}

static bool
may_be_registered(const struct store_model *m, const struct model_device *d)
{
	switch (d->state) {
	case DEVICE_SUBMITTED:
	case DEVICE_REGISTERED:
	case DEVICE_FAILED:
		return true;
	case DEVICE_HELD:
	case DEVICE_QUEUED:
		return d->attempts || d->said || is_old(m, d);
	default:
		return is_old(m, d);
	}
}

/* What waits for the old one waits for the new one now. */
static void
inherit(struct store_model *m, struct model_device *old, struct model_device *new)
{
	unsigned n = m->npair;

	m->npair = 0;
	for (unsigned i = 0; i < n; i++) {
		struct model_pair p = m->pair[i];

		if (p.new == old)
			p.new = new;
		if (p.old != p.new && !is_pair(m, p.old, p.new))
			m->pair[m->npair++] = p;
	}
}

static void
pair(struct store_model *m, struct model_device *old, struct model_device *new)
{
	bool waits = may_be_registered(m, old);

	if (is_pair(m, old, new) || old->state == DEVICE_REFUSED)
		return;
	inherit(m, old, new);
	if (waits)
		m->pair[m->npair++] = (struct model_pair){ old, new };
	else
		model_device_set_state(m, old, DEVICE_REFUSED);
}

/* --- units --- */

static unsigned
list_of_units(struct store_model *m, unsigned customer)
{
	for (unsigned i = 1; i <= m->nlist; i++) {
		if (m->list[i].units && m->list[i].customer == customer)
			return i;
	}
	m->list[++m->nlist] = (struct model_list){ .customer = customer, .units = 1 };
	return m->nlist;
}

static void
add_row(struct store_model *m, unsigned list, const struct model_device *d, bool follows)
{
	m->list[list].reported = 0;
	m->row[m->nrow++] = (struct model_row){ list, ++m->list[list].rows,
		(unsigned)(d - m->device) + 1, 0, follows };
}

/* The row of the open list that made it follows it from now on. */
static void
take_over(struct store_model *m, unsigned list, struct model_device *d, unsigned lane)
{
	for (unsigned i = 0; i < m->nrow; i++) {
		struct model_row *r = &m->row[i];

		if (r->list == m->open && r->device && &m->device[r->device - 1] == d)
			r->follows = 1;
	}
	d->list = list;
	d->lane = lane;
	add_row(m, list, d, false);
	model_device_contest(m, d);
}

static void
take_up_again(struct store_model *m, struct model_device *d, unsigned lane)
{
	if (is_old(m, d) || (d->state == DEVICE_HELD && d->held_for == MODEL_HELD_CONFLICT) ||
	    (d->state != DEVICE_REFUSED && d->state != DEVICE_HELD && d->state != DEVICE_CLAIMED &&
	        d->state != DEVICE_FAILED))
		return;
	model_device_requeue(m, d);
	d->lane = lane;
}

static void
add(struct store_model *m, unsigned customer, const char *serial, unsigned lane,
    struct model_device *old)
{
	unsigned list = list_of_units(m, customer);
	struct model_device *d = model_device_find(m, customer, serial);
	bool follows = d && d->list != m->open;

	if (!d) {
		d = model_device_make(m, customer, serial, list);
		add_row(m, list, d, false);
		model_device_contest(m, d);
	} else if (!follows) {
		take_over(m, list, d, lane);
	} else {
		add_row(m, list, d, true);
	}
	if (list == d->list && !follows)
		d->lane = lane;
	if (old)
		pair(m, old, d);
	if (follows)
		take_up_again(m, d, lane);
	model_unit_hold(m);
}

void
model_unit_step(struct store_model *m, char command[MODEL_LINE])
{
	unsigned customer = model_device_chance(m, 2);
	char tag = "tu"[model_device_chance(m, 2)];
	char order = "1\0"[model_device_chance(m, 2)];
	bool replaces = model_device_chance(m, 2);
	char serial[8], old_serial[8];
	struct model_device *old = NULL;
	bool good = true;

	(void)snprintf(serial, sizeof serial, "S%u", model_device_chance(m, MODEL_SERIALS));
	(void)snprintf(old_serial, sizeof old_serial, "S%u", model_device_chance(m, MODEL_SERIALS));
	if (replaces) {
		old = model_device_find(m, customer, old_serial);
		good = old && old->list != m->open && strcmp(serial, old_serial) != 0;
	}
	(void)snprintf(command, MODEL_LINE, "%sunit %s u %s acme %c %c %s",
	    good ? "" : "!not-found ", store_model_customer[customer], serial, tag,
	    order ? order : '-', replaces ? old_serial : "-");
	if (good)
		add(m, customer, serial, model_device_lane(m, customer, tag, order), old);
}

/* --- taken back --- */

static void
remove_old(struct store_model *m, struct model_device *old)
{
	unsigned n = m->npair;

	for (unsigned i = 0; i < n; i++) {
		struct model_device *new = m->pair[i].new;

		if (m->pair[i].old == old &&
		    new->state == DEVICE_HELD &&new->held_for == MODEL_HELD_NEW &&
		    count_new(m, new) == 1)
			model_device_requeue(m, new);
	}
	m->npair = 0;
	for (unsigned i = 0; i < n; i++) {
		if (m->pair[i].old != old)
			m->pair[m->npair++] = m->pair[i];
	}
}

void
model_unit_taken_back(struct store_model *m, char command[MODEL_LINE])
{
	unsigned which = model_device_chance(m, m->npair + 1);
	struct model_device *old;

	if (which == m->npair) {
		(void)snprintf(command, MODEL_LINE, "!not-found taken-back contoso none");
		return;
	}
	old = m->pair[which].old;
	(void)snprintf(command, MODEL_LINE, "%staken-back %s %s",
	    old->state == DEVICE_HELD ? "" : "!not-found ", store_model_customer[old->customer],
	    old->serial);
	if (old->state != DEVICE_HELD)
		return;
	remove_old(m, old);
	model_device_set_state(m, old, DEVICE_REFUSED);
}
