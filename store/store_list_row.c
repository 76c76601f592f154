/* SPDX-License-Identifier: Apache-2.0 */
#include "store/list_line.h"
#include "store/row_device.h"
#include "store/store.h"
#include "store/store_change.h"

/* Rows on their way into the open list. */
struct adding {
	struct store *s;
	struct open_list list;
	uint64_t last_line; /* the highest that is there: whatever comes behind it is new */
};

static enum err_code
adding_begin(struct adding *a, struct store *s, int64_t list, struct err *err)
{
	struct list_line last;

	a->s = s;
	if (open_list_find(s, list, &a->list, err) || list_line_last(s, &a->list, &last, err))
		return err->code;
	a->last_line = last.number;
	return ERR_OK;
}

/* --- rows that are devices --- */

/* Nobody has sent it yet: it becomes what the later row says. */
static enum err_code
correct_own(struct adding *a, const struct store_row *r, const struct row_device *who,
    const struct row_found *f, struct err *err)
{
	const struct tally_place to = { who->lane, f->at.state };
	struct sql_db *db = &a->s->db;
	struct tally *t = &a->s->tally;

	if (row_device_overwrite(a->s, who, r, f->id, err) ||
	    tally_add(t, db, TALLY_OPEN, f->at, -1, err) ||
	    tally_add(t, db, TALLY_OPEN, to, 1, err))
		return err->code;
	return tally_move_device(t, db, f->id, a->list.id, f->at, to, err);
}

/*
 * A device that will be queued again, unless it gets through before the list ends. A hash that it
 * has already is not written again: a list that is given once more would be the size of its hashes.
 */
static enum err_code
keep_for_later(struct adding *a, const struct store_row *r, const struct row_device *who,
    const struct row_found *f, struct err *err)
{
	bool same_hash;

	if (row_device_has_hash(a->s, f->id, r, &same_hash, err))
		return err->code;
	return sql_run(&a->s->db,
	    "REPLACE INTO again (device, line, lane, make, product_id, length, hash)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?)",
	    SQL_VALUES(SQL_INT(f->id), SQL_INT(r->line), SQL_INT(who->lane), SQL_INT(who->make),
	        SQL_TEXT(r->product_id), SQL_INT(r->hash_len),
	        same_hash ? SQL_NULL : SQL_BLOB(r->hash)),
	    err);
}

static enum err_code
meet_earlier(struct adding *a, const struct store_row *r, const struct row_device *who,
    const struct row_found *f, struct err *err)
{
	if (f->batch &&
	    sql_run(&a->s->db, "INSERT OR IGNORE INTO batch_list (batch, list) VALUES (?, ?)",
	        SQL_VALUES(SQL_INT(f->batch), SQL_INT(a->list.id)), err))
		return err->code;
	if (f->at.state == DEVICE_REGISTERED || f->at.state == DEVICE_READY)
		return ERR_OK;
	return keep_for_later(a, r, who, f, err);
}

static enum err_code
append(struct adding *a, uint64_t line, int64_t device, bool follows, struct tally_place at,
    struct err *err)
{
	if (sql_run(&a->s->db,
	        "INSERT INTO list_row (list, line, device, follows) VALUES (?, ?, ?, ?)",
	        SQL_VALUES(SQL_INT(a->list.id), SQL_INT(line), SQL_INT(device), SQL_INT(follows)),
	        err))
		return err->code;
	return tally_add(&a->s->tally, &a->s->db, a->list.id, at, 1, err);
}

/* The device is there: *at is where it counts from now on. */
static enum err_code
meet(struct adding *a, const struct store_row *r, const struct row_device *who,
    const struct row_found *f, struct tally_place *at, struct err *err)
{
	if (f->list == a->list.id) {
		*at = (struct tally_place){ who->lane, f->at.state };
		return correct_own(a, r, who, f, err);
	}
	*at = f->at;
	return meet_earlier(a, r, who, f, err);
}

/* behind: all lines that are there, so that a device needs no record of its row. */
static enum err_code
add_new_line(struct adding *a, const struct store_row *r, const struct row_device *who,
    const struct row_found *f, bool behind, struct err *err)
{
	struct tally_place at = { who->lane, DEVICE_QUEUED };
	struct tally *t = &a->s->tally;
	struct sql_db *db = &a->s->db;
	int64_t made = 0;

	if (f->id) {
		if (meet(a, r, who, f, &at, err))
			return err->code;
		return append(a, r->line, f->id, true, at, err);
	}
	if (row_device_make(a->s, a->list.id, who, r, &made, err) ||
	    tally_add(t, db, TALLY_ALL, at, 1, err) || tally_add(t, db, TALLY_OPEN, at, 1, err))
		return err->code;
	return behind ? tally_add(t, db, a->list.id, at, 1, err)
	              : append(a, r->line, made, false, at, err);
}

/*
 * A list that a crash has cut off is given again from its beginning: most lines then name the
 * device that they have.
 */
static enum err_code
add_known_line(struct adding *a, const struct store_row *r, struct row_device *who,
    struct row_found *f, struct err *err)
{
	bool made = f->list == a->list.id && f->line == r->line;
	struct list_line there;
	struct tally_place at;

	if (!made && list_line_find(a->s, &a->list, r->line, &there, err))
		return err->code;
	if (made || (f->id && f->id == there.device))
		return meet(a, r, who, f, &at, err);
	if (list_line_take_back(a->s, &a->list, &there, err) || row_device_find(a->s, who, f, err))
		return err->code;
	return add_new_line(a, r, who, f, false, err);
}

static enum err_code
add_row(struct adding *a, const struct store_row *r, struct err *err)
{
	struct row_device who;
	struct row_found f;

	if (row_device_identify(a->s, a->list.customer, a->list.tag, r, &who, err) ||
	    row_device_find(a->s, &who, &f, err))
		return err->code;
	if (r->line <= a->last_line)
		return add_known_line(a, r, &who, &f, err);
	a->last_line = r->line;
	return add_new_line(a, r, &who, &f, true, err);
}

static enum err_code
add_rows(struct store *s, int64_t list, const struct store_row *row, size_t n, struct err *err)
{
	struct adding a;
	enum err_code rc;

	rc = adding_begin(&a, s, list, err);
	for (size_t i = 0; rc == ERR_OK && i < n; i++)
		rc = add_row(&a, &row[i], err);
	open_list_done(&a.list);
	return rc;
}

enum err_code
store_list_add(struct store *s, int64_t list, const struct store_row *row, size_t n,
    struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, add_rows(s, list, row, n, err), err);
}

/* --- rows that are none --- */

static enum err_code
refuse_row(struct adding *a, const struct store_refusal *r, struct err *err)
{
	const struct tally_place refused = { 0, DEVICE_REFUSED };
	struct sql_db *db = &a->s->db;
	struct list_line there;

	if (r->line > a->last_line)
		a->last_line = r->line;
	else if (list_line_find(a->s, &a->list, r->line, &there, err) ||
	    list_line_take_back(a->s, &a->list, &there, err))
		return err->code;
	if (sql_run(db,
	        "INSERT INTO list_row (list, line, duplicate, serial, code, message, advice)"
	        " VALUES (?, ?, ?, ?, ?, ?, ?)",
	        SQL_VALUES(SQL_INT(a->list.id), SQL_INT(r->line), SQL_INT(r->duplicate),
	            SQL_TEXT(r->serial), SQL_TEXT(r->code), SQL_TEXT(r->message),
	            SQL_TEXT(r->advice)),
	        err))
		return err->code;
	if (r->duplicate)
		return ERR_OK;
	return tally_add(&a->s->tally, db, a->list.id, refused, 1, err);
}

static enum err_code
refuse_rows(struct store *s, int64_t list, const struct store_refusal *refusal, size_t n,
    struct err *err)
{
	struct adding a;
	enum err_code rc;

	rc = adding_begin(&a, s, list, err);
	for (size_t i = 0; rc == ERR_OK && i < n; i++)
		rc = refuse_row(&a, &refusal[i], err);
	open_list_done(&a.list);
	return rc;
}

enum err_code
store_list_refuse(struct store *s, int64_t list, const struct store_refusal *refusal, size_t n,
    struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, refuse_rows(s, list, refusal, n, err), err);
}
