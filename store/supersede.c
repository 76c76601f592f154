/* SPDX-License-Identifier: Apache-2.0 */
#include "store/supersede.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>

#include "store/device_record.h"
#include "store/store_change.h"

_Static_assert(DEVICE_REFUSED == 0 && DEVICE_HELD == 1 && DEVICE_QUEUED == 2 &&
        DEVICE_SUBMITTED == 3 && DEVICE_CLAIMED == 6,
    "the statements below name these states by number");

/* What people know the device "o" by. */
#define NAME_OF_OTHER "ifnull(nullif(o.serial, ''), o.product_id)"

enum { SUPERSEDE_MESSAGE_MAX = 512, SERIAL_SHOWN_MAX = 128 };

/* --- finding --- */

struct search {
	struct slice customer;
	const struct store_row *row;
	int64_t same_maker; /* the newest; 0: none */
	int64_t any;
};

static enum err_code
look_at(void *arg, const struct store_gate_device *d, struct err *err)
{
	struct search *f = arg;
	bool same_maker = slice_eq_nocase(d->manufacturer, f->row->manufacturer);

	(void)err;
	if (!slice_eq(d->customer, f->customer) ||
	    (same_maker && slice_eq_nocase(d->serial, f->row->serial)))
		return ERR_OK;
	f->any = d->id;
	if (same_maker)
		f->same_maker = d->id;
	return ERR_OK;
}

enum err_code
supersede_find(struct store *s, struct slice customer, struct slice serial,
    const struct store_row *row, int64_t *old, struct err *err)
{
	struct search f = { .customer = customer, .row = row };
	int64_t id;
	bool is_in;

	if (store_gate(s, serial, look_at, &f, err) ||
	    sql_find_int(&s->db,
	        "SELECT id FROM device WHERE id = ?"
	        " AND list IS NOT (SELECT id FROM list WHERE open = 1)",
	        SQL_VALUES(SQL_INT(f.same_maker ? f.same_maker : f.any)), &is_in, &id, err))
		return err->code;
	if (!is_in)
		return err_set(err, ERR_NOT_FOUND,
		    SLICE_FMT " has no other unit " SLICE_FMT
		              ". Look for it: autoreg devices --serial " SLICE_FMT,
		    SLICE_ARG(slice_head(customer, SERIAL_SHOWN_MAX)),
		    SLICE_ARG(slice_head(serial, SERIAL_SHOWN_MAX)),
		    SLICE_ARG(slice_head(serial, SERIAL_SHOWN_MAX)));
	*old = id;
	return ERR_OK;
}

/* --- what becomes of them --- */

/* One row of supersede_hold(). */
static enum err_code
hold_row(struct store *s, const struct sql *q, struct err *err)
{
	const struct device_place d = { sql_int(q, 0), sql_int(q, 1),
		{ sql_int(q, 2), (enum device_state)sql_int(q, 3) } };
	bool is_new = sql_int(q, 5) != 0;
	char text[SUPERSEDE_MESSAGE_MAX];

	(void)snprintf(text, sizeof text,
	    is_new ? "it was " SLICE_FMT ", which has to be taken back first"
	           : "it has become " SLICE_FMT ", and is to be taken back",
	    SLICE_ARG(slice_head(sql_bytes(q, 4), SERIAL_SHOWN_MAX)));
	return device_record_hold(s, &d, is_new ? "supersede" : "superseded", slice_of(text), err);
}

enum err_code
supersede_hold(struct store *s, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	/*
	 * Grouped, so that no device comes twice: it is not what was read any more then. One that
	 * has become another counts as that, and "other" is of that pair.
	 * Source: sources.md#sqlite-bare-columns
	 */
	rc = sql_start(&q, &s->db,
	    "SELECT d.id, d.list, d.lane, d.state, " NAME_OF_OTHER ", p.is_new"
	    " FROM (SELECT id, other, min(is_new) AS is_new FROM ("
	    "  SELECT old AS id, new AS other, 0 AS is_new FROM supersede"
	    "  UNION ALL SELECT new, old, 1 FROM supersede) GROUP BY id) p"
	    " CROSS JOIN device d ON d.id = p.id CROSS JOIN device o ON o.id = p.other"
	    " WHERE CASE WHEN p.is_new THEN d.state = 2 ELSE d.state NOT IN (1, 3) END",
	    SQL_NOTHING, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = hold_row(s, &q, err);
	sql_end(&q);
	return rc;
}

enum err_code
supersede_refuse(struct store *s, int64_t old, struct err *err)
{
	struct tally_place from, to;
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, &s->db, "SELECT list, lane, state FROM device WHERE id = ?",
	         SQL_VALUES(SQL_INT(old)), err)) ||
	    (rc = sql_next(&q, &row, err)))
		goto out;
	assert(row); /* the caller has found it */
	from = (struct tally_place){ sql_int(&q, 1), (enum device_state)sql_int(&q, 2) };
	to = (struct tally_place){ from.lane, DEVICE_REFUSED };
	if ((rc = sql_run(&s->db, "UPDATE device SET state = ?, updated = ? WHERE id = ?",
	         SQL_VALUES(SQL_INT(to.state), SQL_INT(store_now(s)), SQL_INT(old)), err)) ||
	    (rc = sql_run(&s->db,
	         "REPLACE INTO verdict (device, class, code, name, message, held_for)"
	         " VALUES (?, 'superseded', 0, '', 'it has become another unit', '')",
	         SQL_VALUES(SQL_INT(old)), err)))
		goto out;
	rc = tally_move_device(&s->tally, &s->db, old, sql_int(&q, 0), from, to, err);
out:
	sql_end(&q);
	return rc;
}

/* --- linking --- */

static enum err_code
tell(struct store *s, int64_t device, int64_t other, const char *format, struct err *err)
{
	return sql_run(&s->db,
	    "INSERT INTO event (at, kind, actor, customer, partner, list, serial, request_id,"
	    " correlation_id, message) SELECT ?, 'unit_superseded', 'agent', c.name, '', d.list,"
	    " d.serial, '', '', printf(?, " NAME_OF_OTHER ") FROM device d CROSS JOIN device o"
	    " CROSS JOIN customer c ON c.id = d.customer WHERE d.id = ? AND o.id = ?",
	    SQL_VALUES(SQL_INT(store_now(s)), SQL_TEXT(slice_of(format)), SQL_INT(device),
	        SQL_INT(other)),
	    err);
}

/* The old one of a pair is never certain: it may have been on its way when it was held. */
static enum err_code
may_be_registered(struct store *s, int64_t old, bool *out, struct err *err)
{
	int64_t one;

	return sql_find_int(&s->db,
	    "SELECT 1 FROM device d WHERE d.id = ?1 AND (d.state IN (3, 4, 5, 7)"
	    " OR d.state IN (1, 2) AND (d.attempts > 0 OR d.said IS NOT NULL OR d.lost)"
	    " OR EXISTS (SELECT 1 FROM supersede WHERE old = ?1))",
	    SQL_VALUES(SQL_INT(old)), out, &one, err);
}

static enum err_code
is_linked(struct store *s, int64_t old, int64_t new, bool *out, struct err *err)
{
	int64_t one;

	return sql_find_int(&s->db,
	    "SELECT 1 FROM supersede WHERE old = ?1 AND new = ?2"
	    " UNION ALL SELECT 1 FROM verdict WHERE device = ?1 AND class = 'superseded' LIMIT 1",
	    SQL_VALUES(SQL_INT(old), SQL_INT(new)), out, &one, err);
}

/* What the old one was waiting for, the new one waits for. It may be one of those itself. */
static enum err_code
inherit(struct store *s, int64_t old, int64_t new, struct err *err)
{
	if (sql_run(&s->db, "UPDATE OR REPLACE supersede SET new = ? WHERE new = ?",
	        SQL_VALUES(SQL_INT(new), SQL_INT(old)), err))
		return err->code;
	return sql_run(&s->db, "DELETE FROM supersede WHERE old = new", SQL_NOTHING, err);
}

enum err_code
supersede_link(struct store *s, int64_t old, int64_t new, struct err *err)
{
	bool linked, waits;

	if (is_linked(s, old, new, &linked, err))
		return err->code;
	if (linked)
		return ERR_OK;
	if (tell(s, old, new, "it has become %s", err) || tell(s, new, old, "it was %s", err) ||
	    may_be_registered(s, old, &waits, err) || inherit(s, old, new, err))
		return err->code;
	if (!waits)
		return supersede_refuse(s, old, err);
	return sql_run(&s->db, "INSERT INTO supersede (old, new) VALUES (?, ?)",
	    SQL_VALUES(SQL_INT(old), SQL_INT(new)), err);
}
