/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/model_device.h"

#include <stdio.h>
#include <string.h>

#include "store/device_state.h"

unsigned
model_device_chance(struct store_model *m, unsigned n)
{
	uint64_t x = m->random += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return (unsigned)((x ^ x >> 31) % n);
}

unsigned
model_device_lane(struct store_model *m, unsigned customer, char tag, char order)
{
	for (unsigned i = 1; i <= m->nlane; i++) {
		if (m->lane[i].customer == customer && m->lane[i].tag == tag &&
		    m->lane[i].order == order)
			return i;
	}
	m->lane[++m->nlane] = (struct model_lane){ customer, tag, order, 0 };
	return m->nlane;
}

struct model_device *
model_device_find(struct store_model *m, unsigned customer, const char *serial)
{
	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		struct model_device *d = &m->device[i];

		if (d->list && d->customer == customer && strcmp(d->serial, serial) == 0)
			return d;
	}
	return NULL;
}

/* A list whose devices have changed has to be reported again. */
static void
touch(struct store_model *m, const struct model_device *d)
{
	for (unsigned i = 0; i < m->nrow; i++) {
		if (m->row[i].device && &m->device[m->row[i].device - 1] == d)
			m->list[m->row[i].list].reported = 0;
	}
}

void
model_device_set_state(struct store_model *m, struct model_device *d, unsigned state)
{
	touch(m, d);
	d->state = state;
	d->held_for = MODEL_HELD_SELF;
	if (state != DEVICE_SUBMITTED)
		d->batch = 0;
}

/* As if it had never been sent. */
void
model_device_requeue(struct store_model *m, struct model_device *d)
{
	model_device_set_state(m, d, DEVICE_QUEUED);
	d->attempts = d->said = 0;
}

static void
hold_contested(struct store_model *m, struct model_device *d)
{
	if ((d->state == DEVICE_QUEUED || d->state == DEVICE_HELD) && !d->attempts && !d->said) {
		model_device_set_state(m, d, DEVICE_HELD);
		d->held_for = MODEL_HELD_CONFLICT;
	}
}

void
model_device_contest(struct store_model *m, struct model_device *d)
{
	struct model_device *other = model_device_find(m, !d->customer, d->serial);

	if (!other || other->list == m->open || other->state == DEVICE_CLAIMED ||
	    other->state == DEVICE_FAILED || other->state == DEVICE_REFUSED)
		return;
	hold_contested(m, d);
	hold_contested(m, other);
}

struct model_device *
model_device_make(struct store_model *m, unsigned customer, const char *serial, unsigned list)
{
	struct model_device *d = m->device;
	unsigned last = 0;

	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		if (m->device[i].list && m->device[i].id > last)
			last = m->device[i].id;
	}
	while (d->list)
		d++;
	*d = (struct model_device){ .customer = customer,
		.list = list,
		.id = last + 1,
		.order = ++m->order,
		.state = DEVICE_QUEUED };
	memcpy(d->serial, serial, sizeof d->serial);
	return d;
}
