/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_model_show.h"

#include <stdbool.h>

#include "store/device_state.h"
#include "tests/unit/store_show.h"

static unsigned
shown(const struct store_model *m, const struct model_device *d)
{
	bool held = m->lane[d->lane].held || m->customer_held[d->customer];

	return d->state == DEVICE_QUEUED && held ? DEVICE_HELD : d->state;
}

static void
add_file(const struct store_model *m, unsigned list, struct buf *out)
{
	if (m->list[list].units)
		buf_add_str(out, "u");
	else
		buf_addf(out, "%u.csv", list);
}

static void
add_lane(const struct store_model *m, unsigned id, struct buf *out)
{
	const struct model_lane *l = &m->lane[id];

	buf_addf(out, " %s/%c", store_model_customer[l->customer], l->tag);
	if (l->order)
		buf_addf(out, "/%c", l->order);
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
	buf_addf(out, "list %u %s ", id, store_model_customer[l->customer]);
	add_file(m, id, out);
	buf_addf(out, " rows=%u%s%s%s", l->rows, l->open ? " open" : "",
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
	static const char *const held_for[] = { [MODEL_HELD_SELF] = "self",
		[MODEL_HELD_CONFLICT] = "conflict",
		[MODEL_HELD_NEW] = "supersede",
		[MODEL_HELD_OLD] = "superseded" };
	unsigned state = shown(m, d);

	buf_addf(out, "%s %s", d->serial, device_state_name((enum device_state)state));
	if (state == DEVICE_HELD)
		buf_addf(out, "(%s)", d->state == DEVICE_HELD ? held_for[d->held_for] : "why");
	if (state == DEVICE_REFUSED)
		buf_add_str(out, " superseded");
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
	for (unsigned line = 1; line <= (m->list[list].units ? m->list[list].rows : MODEL_LINES);
	     line++) {
		for (unsigned i = 0; i < m->nrow; i++) {
			if (m->row[i].list == list && m->row[i].line == line)
				show_row(m, &m->row[i], out);
		}
	}
}

static bool
is_newer(const struct model_row *a, const struct model_row *b)
{
	if (a->follows != b->follows)
		return a->follows > b->follows;
	return a->list != b->list ? a->list > b->list : a->line > b->line;
}

/* The newest row that has it; one that follows counts more than the one that made it. */
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
	unsigned attempts;

	buf_add_str(out, "device ");
	add_device(m, d, out);
	add_lane(m, d->lane, out);
	buf_add_char(out, ' ');
	add_file(m, r->list, out);
	buf_addf(out, ":%u", r->line);
	attempts = d->attempts + (d->state == DEVICE_SUBMITTED);
	if (attempts != store_show_usual_attempts((enum device_state)shown(m, d)))
		buf_addf(out, " attempts=%u", attempts);
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
	for (unsigned lane = 1; lane <= m->nlane; lane++) {
		unsigned n = 0, alive = 0;

		for (unsigned i = 0; i < MODEL_DEVICES; i++) {
			const struct model_device *d = &m->device[i];
			bool queued = d->state == DEVICE_QUEUED;

			if (!d->list || d->lane != lane)
				continue;
			n += queued && d->list != m->open;
			alive += queued || d->state == DEVICE_SUBMITTED;
		}
		if (m->lane[lane].order && alive == 0)
			continue; /* its order is over */
		buf_addf(out, "lane %u", lane);
		add_lane(m, lane, out);
		buf_addf(out, " %u\n", n);
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

/* The one that waits for it; of more than one the first. */
static unsigned
waiting_for(const struct store_model *m, const struct model_device *old)
{
	unsigned id = 0;

	for (unsigned i = 0; i < m->npair; i++) {
		if (m->pair[i].old == old && (id == 0 || m->pair[i].new->id < id))
			id = m->pair[i].new->id;
	}
	return id;
}

static void
show_supersedes(const struct store_model *m, struct buf *out)
{
	for (unsigned order = 1; order <= m->order; order++) {
		for (unsigned i = 0; i < MODEL_DEVICES; i++) {
			const struct model_device *d = &m->device[i];

			if (!d->list || d->order != order || d->state != DEVICE_HELD ||
			    !waiting_for(m, d))
				continue;
			buf_addf(out, "supersede %u->%u %s acme", d->id, waiting_for(m, d),
			    d->serial);
			add_lane(m, d->lane, out);
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
	show_supersedes(m, out);
}
