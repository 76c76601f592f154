/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tally.h"

#include <stdbool.h>
#include <stddef.h>

#include "store/sql.h"

static enum err_code
write_sum(struct tally_sum *sum, struct sql_db *db, struct err *err)
{
	enum err_code rc;

	if (sum->n == 0)
		return ERR_OK;
	rc = sql_run(db, "UPDATE tally SET n = n + ? WHERE list = ? AND lane = ? AND state = ?",
	    SQL_VALUES(SQL_INT(sum->n), SQL_INT(sum->list), SQL_INT(sum->lane),
	        SQL_INT(sum->state)),
	    err);
	if (rc == ERR_OK && sql_changed(db) == 0)
		rc = sql_run(db, "INSERT INTO tally (list, lane, state, n) VALUES (?, ?, ?, ?)",
		    SQL_VALUES(SQL_INT(sum->list), SQL_INT(sum->lane), SQL_INT(sum->state),
		        SQL_INT(sum->n)),
		    err);
	if (rc == ERR_OK && sum->list > 0)
		rc = sql_run(db, "UPDATE list SET reported = 0 WHERE id = ? AND reported = 1",
		    SQL_VALUES(SQL_INT(sum->list)), err);
	if (rc == ERR_OK)
		sum->n = 0;
	return rc;
}

enum err_code
tally_add(struct tally *t, struct sql_db *db, int64_t list, struct tally_place place, int64_t n,
    struct err *err)
{
	uint64_t mix = (uint64_t)list * 31 + (uint64_t)place.lane * 7 + (uint64_t)place.state;
	struct tally_sum *sum = &t->sum[mix % TALLY_SLOTS];

	if (sum->list != list || sum->lane != place.lane || sum->state != place.state) {
		if (write_sum(sum, db, err))
			return err->code;
		*sum = (struct tally_sum){ list, place.lane, 0, place.state };
	}
	sum->n += n;
	return ERR_OK;
}

enum err_code
tally_move(struct tally *t, struct sql_db *db, int64_t list, struct tally_place from,
    struct tally_place to, int64_t n, struct err *err)
{
	if (tally_add(t, db, list, from, -n, err))
		return err->code;
	return tally_add(t, db, list, to, n, err);
}

enum err_code
tally_move_device(struct tally *t, struct sql_db *db, int64_t device, int64_t list,
    struct tally_place from, struct tally_place to, struct err *err)
{
	bool row = true;
	struct sql q = { 0 };
	enum err_code rc;

	if ((rc = tally_move(t, db, TALLY_ALL, from, to, 1, err)) == ERR_OK &&
	    (rc = tally_move(t, db, list, from, to, 1, err)) == ERR_OK)
		rc = sql_start(&q, db, "SELECT list FROM list_row WHERE device = ? AND follows = 1",
		    SQL_VALUES(SQL_INT(device)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = tally_move(t, db, sql_int(&q, 0), from, to, 1, err);
	sql_end(&q);
	return rc;
}

enum err_code
tally_flush(struct tally *t, struct sql_db *db, struct err *err)
{
	for (size_t i = 0; i < TALLY_SLOTS; i++) {
		if (write_sum(&t->sum[i], db, err))
			return err->code;
	}
	return ERR_OK;
}

void
tally_forget(struct tally *t)
{
	*t = (struct tally){ 0 };
}
