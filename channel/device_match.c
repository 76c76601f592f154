/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/device_match.h"

#include <stdlib.h>

struct entry {
	struct slice value;
	size_t device;
};

/* Sorted by value without case, then by device. */
struct index {
	struct entry *entry;
	size_t n;
};

struct device_match {
	struct index serial;
	struct index product_id;
	bool *found; /* by device */
};

static unsigned
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Any order will do, as long as values that differ in case alone are equal. */
static int
compare_values(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return lower(a.ptr[i]) < lower(b.ptr[i]) ? -1 : 1;
	}
	return 0;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = compare_values(x->value, y->value);

	return order != 0 ? order : (x->device > y->device) - (x->device < y->device);
}

static void
index_add(struct index *index, struct slice value, size_t device)
{
	if (value.len > 0)
		index->entry[index->n++] = (struct entry){ value, device };
}

static void
index_sort(struct index *index)
{
	if (index->n > 0)
		qsort(index->entry, index->n, sizeof index->entry[0], compare_entries);
}

enum err_code
device_match_new(const struct batch *b, struct device_match **out, struct err *err)
{
	size_t room = b->ndevice > 0 ? b->ndevice : 1;
	struct device_match *m = calloc(1, sizeof *m);

	if (m) {
		m->serial.entry = calloc(room, sizeof m->serial.entry[0]);
		m->product_id.entry = calloc(room, sizeof m->product_id.entry[0]);
		m->found = calloc(room, sizeof m->found[0]);
	}
	if (!m || !m->serial.entry || !m->product_id.entry || !m->found) {
		device_match_free(m);
		return err_set(err, ERR_NOMEM, "no memory to match %zu devices", b->ndevice);
	}
	for (size_t i = 0; i < b->ndevice; i++) {
		index_add(&m->serial, b->device[i].serial, i);
		index_add(&m->product_id, b->device[i].product_id, i);
	}
	index_sort(&m->serial);
	index_sort(&m->product_id);
	*out = m;
	return ERR_OK;
}

/* The first entry that is not below value. */
static size_t
lower_bound(const struct index *index, struct slice value)
{
	size_t low = 0;
	size_t high = index->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_values(index->entry[middle].value, value) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
device_match_find(struct device_match *m, enum device_key key, struct slice value, size_t *device)
{
	const struct index *index = key == DEVICE_PRODUCT_ID ? &m->product_id : &m->serial;

	for (size_t i = lower_bound(index, value); i < index->n; i++) {
		const struct entry *e = &index->entry[i];

		if (compare_values(e->value, value) != 0)
			break;
		if (m->found[e->device] || (key == DEVICE_SERIAL && !slice_eq(e->value, value)))
			continue;
		m->found[e->device] = true;
		*device = e->device;
		return true;
	}
	return false;
}

bool
device_match_take(struct device_match *m, size_t device)
{
	bool found = m->found[device];

	m->found[device] = true;
	return !found;
}

static void
match_by(struct device_match *m, enum device_key key, struct device_sighting *sighting, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct device_sighting *s = &sighting[i];

		if (s->device == SIZE_MAX)
			(void)device_match_find(m, key,
			    key == DEVICE_PRODUCT_ID ? s->product_id : s->serial, &s->device);
	}
}

void
device_match_all(struct device_match *m, struct device_sighting *sighting, size_t n)
{
	match_by(m, DEVICE_SERIAL, sighting, n);
	match_by(m, DEVICE_SERIAL_NOCASE, sighting, n);
	match_by(m, DEVICE_PRODUCT_ID, sighting, n);
}

void
device_match_free(struct device_match *m)
{
	if (!m)
		return;
	free(m->serial.entry);
	free(m->product_id.entry);
	free(m->found);
	free(m);
}
