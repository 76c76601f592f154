/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_unit.h"

#include "store/contest.h"
#include "store/device_record.h"
#include "store/row_device.h"
#include "store/store.h"
#include "store/store_change.h"
#include "store/supersede.h"

/* A unit on its way into the list of units. */
struct unit {
	struct store *s;
	int64_t customer;
	int64_t list;
	struct store_row row; /* with its line */
	struct row_device who;
	struct row_found found;
	int64_t id;   /* of the device, once it is there */
	bool follows; /* it was there, in a list that has ended */
};

/* --- its row --- */

_Static_assert(LIST_OF_UNITS == 3, "the statements below name it by number");
_Static_assert(DEVICE_REFUSED == 0 && DEVICE_HELD == 1 && DEVICE_CLAIMED == 6 && DEVICE_FAILED == 7,
    "the statements below name these states by number");

static enum err_code
next_line(struct unit *u, struct slice file, bool *there, struct err *err)
{
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, &u->s->db,
	         "UPDATE list SET rows = rows + 1 WHERE customer = ? AND file = ? AND source = 3"
	         " RETURNING id, rows",
	         SQL_VALUES(SQL_INT(u->customer), SQL_TEXT(file)), err)) ||
	    (rc = sql_next(&q, there, err)) || !*there)
		goto out;
	u->list = sql_int(&q, 0);
	u->row.line = (uint64_t)sql_int(&q, 1);
out:
	sql_end(&q);
	return rc;
}

/* Its rows all stand in list_row, hence no device between first_device and last_device. */
static enum err_code
make_list(struct unit *u, struct slice file, struct err *err)
{
	return sql_run(&u->s->db,
	    "INSERT INTO list (customer, file, tag, source, received, open, first_device,"
	    " last_device) VALUES (?, ?, '', ?, ?, 0, 1, 0)",
	    SQL_VALUES(SQL_INT(u->customer), SQL_TEXT(file), SQL_INT(LIST_OF_UNITS),
	        SQL_INT(store_now(u->s))),
	    err);
}

static enum err_code
take_line(struct unit *u, struct slice file, struct err *err)
{
	bool there = false;

	if (next_line(u, file, &there, err))
		return err->code;
	if (there)
		return ERR_OK;
	if (make_list(u, file, err))
		return err->code;
	return next_line(u, file, &there, err);
}

static enum err_code
add_row(const struct unit *u, bool follows, struct tally_place at, struct err *err)
{
	struct sql_db *db = &u->s->db;

	if (sql_run(db, "INSERT INTO list_row (list, line, device, follows) VALUES (?, ?, ?, ?)",
	        SQL_VALUES(SQL_INT(u->list), SQL_INT(u->row.line), SQL_INT(u->id),
	            SQL_INT(follows)),
	        err))
		return err->code;
	return tally_add(&u->s->tally, db, u->list, at, 1, err);
}

/* --- its device --- */

static enum err_code
make_device(struct unit *u, struct err *err)
{
	const struct tally_place at = { u->who.lane, DEVICE_QUEUED };
	struct store *s = u->s;

	if (row_device_make(s, u->list, &u->who, &u->row, &u->id, err) ||
	    tally_add(&s->tally, &s->db, TALLY_ALL, at, 1, err) || add_row(u, false, at, err))
		return err->code;
	return u->who.match.n ? contest_hold_one(s, u->id, err) : ERR_OK;
}

/*
 * The open list has made it, and may yet be given up: it becomes this list's, so that it can go at
 * once, and the row of the open list follows it. Nobody has sent it: it is as the unit says.
 */
static enum err_code
take_over(struct unit *u, struct err *err)
{
	const struct row_found *f = &u->found;
	const struct tally_place to = { u->who.lane, f->at.state };
	struct store *s = u->s;
	struct sql_db *db = &s->db;

	if (sql_run(db, "REPLACE INTO list_row (list, line, device, follows) VALUES (?, ?, ?, 1)",
	        SQL_VALUES(SQL_INT(f->list), SQL_INT(f->line), SQL_INT(f->id)), err) ||
	    sql_run(db, "UPDATE device SET list = ?, line = ? WHERE id = ?",
	        SQL_VALUES(SQL_INT(u->list), SQL_INT(u->row.line), SQL_INT(f->id)), err) ||
	    row_device_overwrite(s, &u->who, &u->row, f->id, err) ||
	    tally_add(&s->tally, db, TALLY_OPEN, f->at, -1, err) || add_row(u, false, f->at, err) ||
	    tally_move_device(&s->tally, db, f->id, u->list, f->at, to, err))
		return err->code;
	return contest_hold_one(s, f->id, err);
}

static enum err_code
follow(struct unit *u, struct err *err)
{
	const struct row_found *f = &u->found;

	u->follows = true;
	if (f->batch &&
	    sql_run(&u->s->db, "INSERT OR IGNORE INTO batch_list (batch, list) VALUES (?, ?)",
	        SQL_VALUES(SQL_INT(f->batch), SQL_INT(u->list)), err))
		return err->code;
	return add_row(u, true, f->at, err);
}

static enum err_code
meet(struct unit *u, struct err *err)
{
	bool open;
	int64_t one;

	u->id = u->found.id;
	if (sql_find_int(&u->s->db, "SELECT 1 FROM list WHERE open = 1 AND id = ?",
	        SQL_VALUES(SQL_INT(u->found.list)), &open, &one, err))
		return err->code;
	return open ? take_over(u, err) : follow(u, err);
}

/* --- again --- */

/*
 * Neither one that is to be taken back nor one that is another customer's as well: a packing line says
 * a unit twice whenever it has missed the answer.
 */
static enum err_code
may_go_again(const struct unit *u, bool *out, struct err *err)
{
	int64_t one;

	return sql_find_int(&u->s->db,
	    "SELECT 1 FROM device WHERE id = ?1 AND state IN (0, 1, 6, 7)"
	    " AND NOT EXISTS (SELECT 1 FROM supersede WHERE old = ?1)"
	    " AND NOT EXISTS (SELECT 1 FROM verdict WHERE device = ?1 AND held_for = 'conflict')",
	    SQL_VALUES(SQL_INT(u->id)), out, &one, err);
}

static enum err_code
take_up_again(struct unit *u, struct err *err)
{
	struct row_found f;
	struct store *s = u->s;
	bool may_go;

	if (may_go_again(u, &may_go, err))
		return err->code;
	if (!may_go)
		return ERR_OK;
	if (row_device_find(s, &u->who, &f, err) ||
	    row_device_overwrite(s, &u->who, &u->row, u->id, err))
		return err->code;
	return device_record_requeue(s, u->id, f.list, f.at, u->who.lane, err);
}

static enum err_code
settle_pairs(struct unit *u, int64_t old, struct err *err)
{
	if ((old && supersede_link(u->s, old, u->id, err)) || (u->follows && take_up_again(u, err)))
		return err->code;
	return supersede_hold(u->s, err);
}

/* --- all of it --- */

static struct slice
static_reason(struct slice held_for)
{
	static const char *const reason[] = { "conflict", "supersede", "superseded" };

	for (size_t i = 0; i < sizeof reason / sizeof reason[0]; i++) {
		if (slice_eq(held_for, slice_of(reason[i])))
			return slice_of(reason[i]);
	}
	return slice_of("");
}

static enum err_code
look(const struct unit *u, struct store_unit_taken *out, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, &u->s->db,
	         "SELECT d.state, v.held_for FROM device d LEFT JOIN verdict v ON v.device = d.id"
	         " WHERE d.id = ?",
	         SQL_VALUES(SQL_INT(u->id)), err)) == ERR_OK &&
	    (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		*out = (struct store_unit_taken){
			.list = u->list,
			.line = u->row.line,
			.known = u->found.id != 0,
			.state = (enum device_state)sql_int(&q, 0),
			.held_for = static_reason(sql_bytes(&q, 1)),
		};
	sql_end(&q);
	return rc;
}

static enum err_code
add(struct unit *u, struct slice customer, struct slice file, int64_t old,
    struct store_unit_taken *out, struct err *err)
{
	if (intern_customer(&u->s->db, customer, &u->customer, err) || take_line(u, file, err) ||
	    row_device_identify(u->s, u->customer, u->row.tag, &u->row, &u->who, err) ||
	    row_device_find(u->s, &u->who, &u->found, err) ||
	    (u->found.id ? meet(u, err) : make_device(u, err)) ||
	    ((old || u->found.id) && settle_pairs(u, old, err)))
		return err->code;
	return look(u, out, err);
}

/* Whom it replaces is looked for first: to roll a change back costs what is remembered. */
enum err_code
store_unit_add(struct store *s, struct slice customer, struct slice file,
    const struct store_row *row, struct slice replaces, struct store_unit_taken *out,
    struct err *err)
{
	struct unit u = { .s = s, .row = *row };
	struct store_unit_taken taken;
	int64_t old = 0;

	if ((replaces.len && supersede_find(s, customer, replaces, row, &old, err)) ||
	    store_change_begin(s, err) ||
	    store_change_end(s, add(&u, customer, file, old, &taken, err), err))
		return err->code;
	*out = taken;
	return ERR_OK;
}
