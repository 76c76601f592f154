/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "store/claim_record.h"
#include "store/device_record.h"
#include "store/store.h"
#include "store/store_change.h"
#include "store/supersede.h"

/* What was said of the devices of a batch at one time. */
struct settling {
	struct store *s;
	int64_t batch;
	int64_t answer;   /* the ids under which it was said */
	int64_t attempts; /* that the batch took */
	int64_t left;     /* devices that are in it no more */
};

static bool
is_registered(enum device_state state)
{
	return state == DEVICE_REGISTERED || state == DEVICE_READY;
}

/* What a device in this state has to say anyway needs no record of its own. */
static bool
is_plain(const struct store_settlement *t)
{
	const struct store_verdict *v = &t->verdict;

	if (t->held_for.len || v->code || v->name.len || v->message.len)
		return false;
	return is_registered(t->state) ? slice_eq(v->class, slice_of("ok")) : v->class.len == 0;
}

static enum err_code
write_verdict(struct store *s, const struct store_settlement *t, struct err *err)
{
	const struct store_verdict *v = &t->verdict;

	if (is_plain(t))
		return sql_run(&s->db, "DELETE FROM verdict WHERE device = ?",
		    SQL_VALUES(SQL_INT(t->device)), err);
	return sql_run(&s->db,
	    "REPLACE INTO verdict (device, class, code, name, message, held_for)"
	    " VALUES (?, ?, ?, ?, ?, ?)",
	    SQL_VALUES(SQL_INT(t->device), SQL_TEXT(v->class), SQL_INT(v->code), SQL_TEXT(v->name),
	        SQL_TEXT(v->message), SQL_TEXT(t->held_for)),
	    err);
}

static enum err_code
write_answer(struct settling *g, struct slice request_id, struct slice correlation_id,
    struct err *err)
{
	struct sql_db *db = &g->s->db;
	bool found;

	if (sql_find_int(db, "SELECT attempts FROM batch WHERE id = ? AND state <> 5",
	        SQL_VALUES(SQL_INT(g->batch)), &found, &g->attempts, err) ||
	    sql_run(db,
	        "INSERT INTO answer (request_id, correlation_id)"
	        " SELECT ifnull(nullif(?, ''), request_id), ifnull(nullif(?, ''), correlation_id)"
	        " FROM batch WHERE id = ? AND state <> 5",
	        SQL_VALUES(SQL_TEXT(request_id), SQL_TEXT(correlation_id), SQL_INT(g->batch)), err))
		return err->code;
	if (sql_changed(db) == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no batch %" PRId64 " with devices in it", g->batch);
	g->answer = sql_inserted_id(db);
	return ERR_OK;
}

/* The device is in this batch, made by list and counted at from. */
static enum err_code
settle_device(struct settling *g, const struct store_settlement *t, int64_t list,
    struct tally_place from, struct err *err)
{
	struct store *s = g->s;
	bool stays = t->state == DEVICE_SUBMITTED;

	if (write_verdict(s, t, err) ||
	    sql_run(&s->db,
	        "UPDATE device SET state = ?, batch = ?, said = ?, updated = ?,"
	        " attempts = attempts + ?, lost = max(lost, ?) WHERE id = ?",
	        SQL_VALUES(SQL_INT(t->state), stays ? SQL_INT(g->batch) : SQL_NULL,
	            SQL_INT(g->answer), SQL_INT(store_now(s)), SQL_INT(stays ? 0 : g->attempts),
	            SQL_INT(t->lost), SQL_INT(t->device)),
	        err))
		return err->code;
	if (is_registered(t->state) &&
	    (device_record_set_hash(s, t->device, (struct slice){ NULL, 0 }, 0, err) ||
	        claim_record_release(s, t->device, g->answer, err)))
		return err->code;
	if (t->state == DEVICE_CLAIMED && claim_record_said(s, t, g->answer, err))
		return err->code;
	g->left += !stays;
	return tally_move_device(&s->tally, &s->db, t->device, list, from,
	    (struct tally_place){ from.lane, t->state }, err);
}

static enum err_code
settle_one(struct settling *g, const struct store_settlement *t, struct err *err)
{
	struct tally_place from;
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, &g->s->db,
	         "SELECT list, lane, state FROM device WHERE id = ? AND batch = ? AND state = 3",
	         SQL_VALUES(SQL_INT(t->device), SQL_INT(g->batch)), err)) ||
	    (rc = sql_next(&q, &row, err)) || !row)
		goto out;
	from = (struct tally_place){ sql_int(&q, 1), (enum device_state)sql_int(&q, 2) };
	rc = settle_device(g, t, sql_int(&q, 0), from, err);
out:
	sql_end(&q);
	return rc;
}

static enum err_code
settle(struct settling *g, const struct store_settlement *settlement, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (settle_one(g, &settlement[i], err))
			return err->code;
	}
	if (sql_run(&g->s->db,
	        "UPDATE batch SET ndevice = ndevice - ?1,"
	        " state = CASE WHEN ndevice = ?1 THEN 5 ELSE state END WHERE id = ?2",
	        SQL_VALUES(SQL_INT(g->left), SQL_INT(g->batch)), err))
		return err->code;
	return supersede_hold(g->s, err);
}

enum err_code
store_batch_settle(struct store *s, int64_t id, const struct store_settlement *settlement, size_t n,
    struct slice request_id, struct slice correlation_id, struct err *err)
{
	struct settling g = { .s = s, .batch = id };
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = write_answer(&g, request_id, correlation_id, err);
	if (rc == ERR_OK)
		rc = settle(&g, settlement, n, err);
	return store_change_end(s, rc, err);
}
