/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_model_show.h"

#include <stdbool.h>

#include "store/device_state.h"

static unsigned
shown(const struct store_model *m, const struct model_device *d)
{
	bool held = m->lane[d->lane].held || m->customer_held[d->customer];

	return d->state == DEVICE_QUEUED && held ? DEVICE_HELD : d->state;
}

static void
show_list(const struct store_model *m, unsigned id, struct buf *out)
{
	const struct model_list *l = &m->list[id];
	unsigned n[NDEVICE_STATE] = { 0 };

	for (unsigned i = 0; i < m->nrow; i++) {
		const struct model_row *r = &m->row[i];

		if (r->list == id && !r->duplicate)
			n[r->device ? shown(m, &m->device[r->device - 1]) : DEVICE_REFUSED]++;
	}
	buf_addf(out, "list %u %s %u.csv rows=%u%s%s%s", id, store_model_customer[l->customer], id,
	    l->rows, l->open ? " open" : "",
	    !l->open && !n[DEVICE_QUEUED] && !n[DEVICE_SUBMITTED] ? " done" : "",
	    l->reported ? " reported" : "");
	for (unsigned i = 0; i < NDEVICE_STATE; i++) {
		if (n[i])
			buf_addf(out, " %s=%u", device_state_name((enum device_state)i), n[i]);
	}
	buf_add_char(out, '\n');
}

static void
add_device(const struct store_model *m, const struct model_device *d, struct buf *out)
{
	unsigned state = shown(m, d);

	buf_addf(out, "%s %s", d->serial, device_state_name((enum device_state)state));
	if (state == DEVICE_HELD)
		buf_addf(out, "(%s)",
		    d->contested                  ? "conflict"
		        : d->state == DEVICE_HELD ? "self"
		                                  : "why");
}

static void
show_row(const struct store_model *m, const struct model_row *r, struct buf *out)
{
	buf_addf(out, "row %u:%u ", r->list, r->line);
	if (r->device)
		add_device(m, &m->device[r->device - 1], out);
	else
		buf_add_str(out, r->duplicate ? "x duplicate" : "x");
	buf_add_char(out, '\n');
}

static void
show_rows(const struct store_model *m, unsigned list, struct buf *out)
{
	for (unsigned line = 1; line <= MODEL_LINES; line++) {
		for (unsigned i = 0; i < m->nrow; i++) {
			if (m->row[i].list == list && m->row[i].line == line)
				show_row(m, &m->row[i], out);
		}
	}
}

static bool
is_newer(const struct model_row *a, const struct model_row *b)
{
	if (a->list != b->list)
		return a->list > b->list;
	return a->follows != b->follows ? a->follows > b->follows : a->line > b->line;
}

/* The newest row that has it; within a list one that follows counts more than one that made it. */
static const struct model_row *
newest_row(const struct store_model *m, const struct model_device *d)
{
	const struct model_row *best = NULL;

	for (unsigned i = 0; i < m->nrow; i++) {
		const struct model_row *r = &m->row[i];

		if (r->device && &m->device[r->device - 1] == d && (!best || is_newer(r, best)))
			best = r;
	}
	return best;
}

static void
show_device(const struct store_model *m, const struct model_device *d, struct buf *out)
{
	const struct model_row *r = newest_row(m, d);

	buf_add_str(out, "device ");
	add_device(m, d, out);
	buf_addf(out, " %s/%c %u.csv:%u", store_model_customer[d->customer], m->lane[d->lane].tag,
	    r->list, r->line);
	if (d->attempts)
		buf_addf(out, " attempts=%u", d->attempts);
	buf_add_char(out, '\n');
}

static void
show_devices(const struct store_model *m, struct buf *out)
{
	for (unsigned order = 1; order <= m->order; order++) {
		for (unsigned i = 0; i < MODEL_DEVICES; i++) {
			if (m->device[i].list && m->device[i].order == order)
				show_device(m, &m->device[i], out);
		}
	}
}

static void
show_lanes(const struct store_model *m, struct buf *out)
{
	unsigned open = m->nlist && m->list[m->nlist].open ? m->nlist : 0;

	for (unsigned lane = 1; lane <= m->nlane; lane++) {
		unsigned n = 0;

		for (unsigned i = 0; i < MODEL_DEVICES; i++) {
			const struct model_device *d = &m->device[i];

			n += d->list && d->list != open && d->lane == lane &&
			    d->state == DEVICE_QUEUED;
		}
		buf_addf(out, "lane %u %s/%c %u\n", lane,
		    store_model_customer[m->lane[lane].customer], m->lane[lane].tag, n);
	}
}

static void
show_tally(const struct store_model *m, unsigned customer, struct buf *out)
{
	unsigned n[NDEVICE_STATE] = { 0 };

	for (unsigned i = 0; i < MODEL_DEVICES; i++) {
		if (m->device[i].list && m->device[i].customer == customer)
			n[shown(m, &m->device[i])]++;
	}
	for (unsigned i = 0; i < NDEVICE_STATE; i++) {
		if (n[i])
			buf_addf(out, "tally %s %s %u\n", store_model_customer[customer],
			    device_state_name((enum device_state)i), n[i]);
	}
}

static void
show_claim(const struct store_model *m, const struct model_device *d, struct buf *out)
{
	buf_addf(out, "claim %s %s/%c since=%u asked=%u ask=%u x%u%s", d->serial,
	    store_model_customer[d->customer], m->lane[d->lane].tag, d->since, d->asked, d->ask,
	    d->claims, d->stopped ? " stopped" : "");
	if (d->released)
		buf_addf(out, " released=%u", d->released);
	buf_add_char(out, '\n');
}

static void
show_claims(const struct store_model *m, struct buf *out)
{
	for (unsigned at = 1000; at <= m->now; at++) {
		for (unsigned order = 1; order <= m->order; order++) {
			for (unsigned i = 0; i < MODEL_DEVICES; i++) {
				const struct model_device *d = &m->device[i];

				if (d->list && d->claims && d->since == at && d->order == order)
					show_claim(m, d, out);
			}
		}
	}
}

static void
show_gate(const struct store_model *m, struct buf *out)
{
	for (unsigned order = 1; order <= m->order; order++) {
		for (unsigned i = 0; i < MODEL_DEVICES; i++) {
			const struct model_device *d = &m->device[i];

			if (!d->list || d->order != order ||
			    (!store_model_is_claimed(d) && !d->image))
				continue;
			buf_addf(out, "gate %s%s", d->serial,
			    store_model_is_claimed(d) ? " claimed" : "");
			if (d->image)
				buf_addf(out, " image=%u", d->image);
			buf_add_char(out, '\n');
		}
	}
}

void
store_model_show(const struct store_model *m, struct buf *out)
{
	for (unsigned list = m->nlist; list > 0; list--) {
		if (!m->list[list].gone)
			show_list(m, list, out);
	}
	for (unsigned list = m->nlist; list > 0; list--)
		show_rows(m, list, out);
	show_devices(m, out);
	show_lanes(m, out);
	show_tally(m, 1, out);
	show_tally(m, 0, out);
	show_claims(m, out);
	show_gate(m, out);
}
