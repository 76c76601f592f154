/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "store/contest.h"
#include "store/device_record.h"
#include "store/list_line.h"
#include "store/open_list.h"
#include "store/store.h"
#include "store/store_change.h"
#include "store/supersede.h"

/*
 * Rows that are taken back at once: about as many as come in at once. Each may touch another page
 * of the index "identity", which makes 8 MiB of write-ahead log.
 */
enum { ABORT_ROWS = 500 };

/* --- begin --- */

static enum err_code
check_none_open(struct store *s, struct err *err)
{
	int64_t other;
	bool found;

	if (sql_find_int(&s->db, "SELECT id FROM list WHERE open = 1", SQL_NOTHING, &found, &other,
	        err))
		return err->code;
	if (found)
		return err_set(err, ERR_BUSY, "list %" PRId64 " is still open", other);
	return ERR_OK;
}

struct new_list {
	struct slice customer;
	struct slice file;
	struct slice tag;
	enum list_source source;
};

static enum err_code
begin(struct store *s, const struct new_list *l, int64_t *id, struct err *err)
{
	int64_t customer;

	if (check_none_open(s, err) || intern_customer(&s->db, l->customer, &customer, err) ||
	    sql_run(&s->db,
	        "INSERT INTO list (customer, file, tag, source, received, first_device)"
	        " VALUES (?, ?, ?, ?, ?, (SELECT ifnull(max(id), 0) + 1 FROM device))",
	        SQL_VALUES(SQL_INT(customer), SQL_TEXT(l->file), SQL_TEXT(l->tag),
	            SQL_INT(l->source), SQL_INT(store_now(s))),
	        err))
		return err->code;
	*id = sql_inserted_id(&s->db);
	return ERR_OK;
}

enum err_code
store_list_begin(struct store *s, struct slice customer, struct slice file, struct slice tag,
    enum list_source source, int64_t *id, struct err *err)
{
	const struct new_list l = { customer, file, tag, source };
	int64_t made = 0;

	if (store_change_begin(s, err) || store_change_end(s, begin(s, &l, &made, err), err))
		return err->code;
	*id = made;
	return ERR_OK;
}

/* --- end --- */

/* One row of "again" with the device as it stands. */
static enum err_code
take_up_again(struct store *s, const struct sql *q, struct err *err)
{
	int64_t device = sql_int(q, 0);
	int64_t length = sql_int(q, 4);
	struct tally_place from = { sql_int(q, 6), (enum device_state)sql_int(q, 7) };
	bool same_hash = length > 0 && sql_is_null(q, 5);

	if (sql_run(&s->db, "UPDATE device SET make = ?, product_id = ? WHERE id = ?",
	        SQL_VALUES(SQL_INT(sql_int(q, 2)), SQL_TEXT(sql_bytes(q, 3)), SQL_INT(device)),
	        err) ||
	    (!same_hash && device_record_set_hash(s, device, sql_bytes(q, 5), length, err)))
		return err->code;
	return device_record_requeue(s, device, sql_int(q, 8), from, sql_int(q, 1), err);
}

static enum err_code
take_all_up_again(struct store *s, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT a.device, a.lane, a.make, a.product_id, a.length, a.hash, d.lane, d.state, d.list"
	    " FROM again a CROSS JOIN device d ON d.id = a.device WHERE d.state IN (?, ?, ?, ?)"
	    " AND NOT " SUPERSEDE_WAITS("d.id"),
	    SQL_VALUES(SQL_INT(DEVICE_REFUSED), SQL_INT(DEVICE_HELD), SQL_INT(DEVICE_CLAIMED),
	        SQL_INT(DEVICE_FAILED)),
	    err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = take_up_again(s, &q, err);
	sql_end(&q);
	return rc;
}

static enum err_code
end(struct store *s, int64_t list, uint64_t rows, uint64_t *contested, struct err *err)
{
	if (sql_run(&s->db,
	        "UPDATE list SET open = 0, rows = ?, last_device ="
	        " (SELECT ifnull(max(id), 0) FROM device) WHERE id = ? AND open = 1",
	        SQL_VALUES(SQL_INT(rows), SQL_INT(list)), err))
		return err->code;
	if (sql_changed(&s->db) == 0)
		return err_set(err, ERR_NOT_FOUND, "no list %" PRId64 " is open", list);
	if (take_all_up_again(s, err) || sql_run(&s->db, "DELETE FROM again", SQL_NOTHING, err) ||
	    contest_hold_all(s, contested, err))
		return err->code;
	return sql_run(&s->db, "DELETE FROM tally WHERE list = ?", SQL_VALUES(SQL_INT(TALLY_OPEN)),
	    err);
}

enum err_code
store_list_end(struct store *s, int64_t list, uint64_t rows, uint64_t *contested, struct err *err)
{
	uint64_t n = 0;

	if (store_change_begin(s, err) || store_change_end(s, end(s, list, rows, &n, err), err))
		return err->code;
	*contested = n;
	return ERR_OK;
}

/* --- abort --- */

static enum err_code
forget_list(struct store *s, int64_t list, struct err *err)
{
	const struct sql_values id = SQL_VALUES(SQL_INT(list));

	if (sql_run(&s->db, "DELETE FROM batch_list WHERE list = ?", id, err) ||
	    sql_run(&s->db, "DELETE FROM again", SQL_NOTHING, err) ||
	    tally_flush(&s->tally, &s->db, err) ||
	    sql_run(&s->db, "DELETE FROM tally WHERE list IN (?, ?)",
	        SQL_VALUES(SQL_INT(TALLY_OPEN), SQL_INT(list)), err))
		return err->code;
	return sql_run(&s->db, "DELETE FROM list WHERE id = ?", id, err);
}

static enum err_code
take_back_rows(struct store *s, struct open_list *l, bool *more, struct err *err)
{
	for (unsigned i = 0; i < ABORT_ROWS; i++) {
		struct list_line last;

		if (list_line_last(s, l, &last, err))
			return err->code;
		if (last.number == 0) {
			*more = false;
			return ERR_OK;
		}
		if (list_line_take_back(s, l, &last, err))
			return err->code;
	}
	*more = true;
	return ERR_OK;
}

static enum err_code
abort_list(struct store *s, int64_t list, bool *more, struct err *err)
{
	struct open_list l;
	enum err_code rc;

	if ((rc = open_list_find(s, list, &l, err)) || (rc = take_back_rows(s, &l, more, err)) ||
	    *more)
		goto out;
	rc = forget_list(s, list, err);
out:
	open_list_done(&l);
	return rc;
}

enum err_code
store_list_abort(struct store *s, int64_t list, bool *more, struct err *err)
{
	bool left = false;

	if (store_change_begin(s, err) || store_change_end(s, abort_list(s, list, &left, err), err))
		return err->code;
	*more = left;
	return ERR_OK;
}

/* --- reported --- */

static enum err_code
set_reported(struct store *s, int64_t list, bool reported, struct err *err)
{
	if (sql_run(&s->db, "UPDATE list SET reported = ? WHERE id = ? AND open = 0",
	        SQL_VALUES(SQL_INT(reported), SQL_INT(list)), err))
		return err->code;
	if (sql_changed(&s->db) == 0)
		return err_set(err, ERR_NOT_FOUND, "no list %" PRId64 " has ended", list);
	return ERR_OK;
}

enum err_code
store_list_reported(struct store *s, int64_t list, bool reported, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, set_reported(s, list, reported, err), err);
}
