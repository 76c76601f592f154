/* SPDX-License-Identifier: Apache-2.0 */
#include "store/device_record.h"

#include "store/store_change.h"

enum err_code
device_record_set_hash(struct store *s, int64_t device, struct slice hash, int64_t length,
    struct err *err)
{
	if (length == 0)
		return sql_run(&s->db, "DELETE FROM payload WHERE device = ?",
		    SQL_VALUES(SQL_INT(device)), err);
	return sql_run(&s->db, "REPLACE INTO payload (device, length, hash) VALUES (?, ?, ?)",
	    SQL_VALUES(SQL_INT(device), SQL_INT(length), SQL_BLOB(hash)), err);
}

static enum err_code
report_again(struct store *s, const struct device_place *d, struct err *err)
{
	return sql_run(&s->db,
	    "UPDATE list SET reported = 0 WHERE reported = 1 AND (id = ? OR id IN"
	    " (SELECT list FROM list_row WHERE device = ? AND follows = 1))",
	    SQL_VALUES(SQL_INT(d->list), SQL_INT(d->id)), err);
}

enum err_code
device_record_hold(struct store *s, const struct device_place *d, const char *held_for,
    struct slice message, struct err *err)
{
	const struct tally_place held = { d->at.lane, DEVICE_HELD };

	if (sql_run(&s->db, "UPDATE device SET state = ?, updated = ? WHERE id = ?",
	        SQL_VALUES(SQL_INT(held.state), SQL_INT(store_now(s)), SQL_INT(d->id)), err) ||
	    sql_run(&s->db,
	        "REPLACE INTO verdict (device, class, code, name, message, held_for)"
	        " VALUES (?, '', 0, '', ?, ?)",
	        SQL_VALUES(SQL_INT(d->id), SQL_TEXT(message), SQL_TEXT(slice_of(held_for))), err) ||
	    tally_move_device(&s->tally, &s->db, d->id, d->list, d->at, held, err))
		return err->code;
	return report_again(s, d, err);
}

enum err_code
device_record_requeue(struct store *s, int64_t device, int64_t list, struct tally_place from,
    int64_t lane, struct err *err)
{
	struct tally_place to = { lane, DEVICE_QUEUED };

	if (sql_run(&s->db,
	        "UPDATE device SET state = ?, lane = ?, attempts = 0, lost = 0, said = NULL,"
	        " updated = ? WHERE id = ?",
	        SQL_VALUES(SQL_INT(to.state), SQL_INT(lane), SQL_INT(store_now(s)),
	            SQL_INT(device)),
	        err) ||
	    sql_run(&s->db, "DELETE FROM verdict WHERE device = ?", SQL_VALUES(SQL_INT(device)),
	        err))
		return err->code;
	return tally_move_device(&s->tally, &s->db, device, list, from, to, err);
}
