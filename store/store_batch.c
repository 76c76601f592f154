/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>

#include "store/store.h"
#include "store/store_change.h"
#include "store/supersede.h"

_Static_assert(BATCH_UNKNOWN == 1 && BATCH_RESEND == 2 && BATCH_ACCEPTED == 3,
    "the statements below name these states by number");
_Static_assert(LIST_OF_UNITS == 3, "and this source");

/* The change that was just made is guarded by the batch's state: has there been one? */
static enum err_code
check_changed(struct store *s, int64_t id, const char *guard, struct err *err)
{
	if (sql_changed(&s->db) > 0)
		return ERR_OK;
	return err_set(err, ERR_NOT_FOUND, "there is no batch %" PRId64 " %s", id, guard);
}

#define SELECT_BATCH \
	"SELECT id, lane, state, due, since, attempts, server_errors, looks, ndevice, begun FROM batch "

enum err_code
store_batches(struct store *s, int64_t id, store_batch_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = id
	    ? sql_start(&q, &s->db, SELECT_BATCH "WHERE id = ?", SQL_VALUES(SQL_INT(id)), err)
	    : sql_start(&q, &s->db, SELECT_BATCH "WHERE state <> 5 ORDER BY id", SQL_NOTHING, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_batch b = {
			.id = sql_int(&q, 0),
			.lane = sql_int(&q, 1),
			.state = (enum batch_state)sql_int(&q, 2),
			.due_unix_ms = sql_int(&q, 3),
			.since_unix_ms = sql_int(&q, 4),
			.attempts = sql_uint32(&q, 5),
			.server_errors = sql_uint32(&q, 6),
			.looks = sql_uint32(&q, 7),
			.ndevice = sql_uint32(&q, 8),
			.begun_unix_ms = sql_int(&q, 9),
		};

		rc = fn(arg, &b, err);
	}
	sql_end(&q);
	return rc;
}

/* --- telling --- */

static enum err_code
tell_head(struct store *s, int64_t id, const struct store_batch_reader *reader, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, &s->db,
	         "SELECT c.name, l.tag, l.purchase_order, b.request_id, b.correlation_id, b.tracking,"
	         " b.attempts"
	         " FROM batch b CROSS JOIN lane l ON l.id = b.lane"
	         " CROSS JOIN customer c ON c.id = l.customer WHERE b.id = ?",
	         SQL_VALUES(SQL_INT(id)), err)) ||
	    (rc = sql_next(&q, &row, err)))
		goto out;
	if (row) {
		const struct store_batch_head h = {
			.id = id,
			.customer = sql_bytes(&q, 0),
			.tag = sql_bytes(&q, 1),
			.order = sql_bytes(&q, 2),
			.request_id = sql_bytes(&q, 3),
			.correlation_id = sql_bytes(&q, 4),
			.tracking = sql_bytes(&q, 5),
			.attempts = sql_uint32(&q, 6),
		};

		rc = reader->head(reader->arg, &h, err);
	} else {
		rc = err_set(err, ERR_NOT_FOUND, "there is no batch %" PRId64, id);
	}
out:
	sql_end(&q);
	return rc;
}

static enum err_code
tell_devices(struct store *s, int64_t id, bool hashes, const struct store_batch_reader *reader,
    struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT d.id, d.serial, d.product_id, m.manufacturer, m.model, p.hash, p.length,"
	    " d.attempts, d.lost, k.attempts, CASE n.source WHEN 3 THEN b.begun ELSE n.received END"
	    " FROM device d CROSS JOIN make m ON m.id = d.make"
	    " CROSS JOIN batch b ON b.id = d.batch CROSS JOIN list n ON n.id = d.list"
	    " LEFT JOIN claim k ON k.device = d.id AND k.released = 0"
	    " LEFT JOIN payload p ON p.device = d.id AND ?2 WHERE d.batch = ?1 ORDER BY d.id",
	    SQL_VALUES(SQL_INT(id), SQL_INT(hashes)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_batch_device d = {
			.id = sql_int(&q, 0),
			.serial = sql_bytes(&q, 1),
			.product_id = sql_bytes(&q, 2),
			.manufacturer = sql_bytes(&q, 3),
			.model = sql_bytes(&q, 4),
			.hash = sql_bytes(&q, 5),
			.hash_len = sql_uint32(&q, 6),
			.attempts = sql_uint32(&q, 7),
			.lost = sql_int(&q, 8) != 0,
			.claims = sql_uint32(&q, 9),
			.received_unix_ms = sql_int(&q, 10),
		};

		rc = reader->device(reader->arg, &d, err);
	}
	sql_end(&q);
	return rc;
}

enum err_code
store_batch_load(struct store *s, int64_t id, bool hashes, const struct store_batch_reader *reader,
    struct err *err)
{
	if (tell_head(s, id, reader, err))
		return err->code;
	return tell_devices(s, id, hashes, reader, err);
}

/* --- making one --- */

struct claim {
	int64_t lane;
	uint64_t max;
	uint64_t max_bytes;
	struct slice request_id;
	struct slice correlation_id;
	int64_t n;           /* devices that go */
	int64_t last_device; /* the highest of them */
};

/* The devices that the open list has made wait for its end. */
#define MAY_GO(list) list " IS NOT (SELECT id FROM list WHERE open = 1)"

static uint64_t
base64_bytes(int64_t length)
{
	return ((uint64_t)length + 2) / 3 * 4;
}

/* How far the next batch reaches. At least one device goes, however long its hash is. */
static enum err_code
measure(struct store *s, struct claim *c, struct err *err)
{
	uint64_t bytes = 0;
	bool row = false;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT d.id, ifnull(p.length, 0) FROM device d LEFT JOIN payload p ON p.device = d.id"
	    " WHERE d.lane = ? AND d.state = 2"
	    " AND " MAY_GO("d.list") " ORDER BY d.id",
	    SQL_VALUES(SQL_INT(c->lane)), err);
	while (rc == ERR_OK && (uint64_t)c->n < c->max &&
	    (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		bytes += base64_bytes(sql_int(&q, 1));
		if (c->n > 0 && bytes > c->max_bytes)
			break;
		c->last_device = sql_int(&q, 0);
		c->n++;
	}
	sql_end(&q);
	return rc;
}

/*
 * All devices of a batch count elsewhere from now on: for each list by its rows, those that made
 * them and those that follow. Called while the devices are in the batch.
 */
static enum err_code
count_all_moved(struct store *s, int64_t batch, enum device_state from, enum device_state to,
    struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT ?2, lane, ndevice FROM batch WHERE id = ?1"
	    " UNION ALL SELECT list, lane, count(*) FROM device WHERE batch = ?1 GROUP BY list"
	    " UNION ALL SELECT r.list, d.lane, count(*) FROM device d CROSS JOIN list_row r"
	    " ON r.device = d.id AND r.follows = 1 WHERE d.batch = ?1 GROUP BY r.list",
	    SQL_VALUES(SQL_INT(batch), SQL_INT(TALLY_ALL)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		int64_t lane = sql_int(&q, 1);

		rc = tally_move(&s->tally, &s->db, sql_int(&q, 0),
		    (struct tally_place){ lane, from }, (struct tally_place){ lane, to },
		    sql_int(&q, 2), err);
	}
	sql_end(&q);
	return rc;
}

/* Asked for after the devices have left: so it is noted while they are here. */
static enum err_code
note_lists(struct store *s, int64_t batch, struct err *err)
{
	return sql_run(&s->db,
	    "INSERT INTO batch_list (batch, list) SELECT ?1, list FROM device WHERE batch = ?1"
	    " UNION SELECT ?1, r.list FROM device d CROSS JOIN list_row r ON r.device = d.id"
	    " AND r.follows = 1 WHERE d.batch = ?1",
	    SQL_VALUES(SQL_INT(batch)), err);
}

static enum err_code
make_batch(struct store *s, const struct claim *c, int64_t *id, struct err *err)
{
	int64_t now = store_now(s);

	if (sql_run(&s->db,
	        "INSERT INTO batch (lane, state, due, since, begun, attempts, ndevice, request_id,"
	        " correlation_id) VALUES (?1, ?2, ?3, ?3, ?3, 1, ?4, ?5, ?6)",
	        SQL_VALUES(SQL_INT(c->lane), SQL_INT(BATCH_SENDING), SQL_INT(now), SQL_INT(c->n),
	            SQL_TEXT(c->request_id), SQL_TEXT(c->correlation_id)),
	        err))
		return err->code;
	*id = sql_inserted_id(&s->db);
	if (sql_run(&s->db,
	        "UPDATE device SET state = ?, batch = ?, updated = ?"
	        " WHERE lane = ? AND state = 2 AND id <= ? AND " MAY_GO("list"),
	        SQL_VALUES(SQL_INT(DEVICE_SUBMITTED), SQL_INT(*id), SQL_INT(now), SQL_INT(c->lane),
	            SQL_INT(c->last_device)),
	        err) ||
	    note_lists(s, *id, err))
		return err->code;
	return count_all_moved(s, *id, DEVICE_QUEUED, DEVICE_SUBMITTED, err);
}

static enum err_code
claim(struct store *s, struct claim *c, const struct store_batch_reader *reader, int64_t *id,
    struct err *err)
{
	if (measure(s, c, err))
		return err->code;
	if (c->n == 0)
		return ERR_OK;
	if (make_batch(s, c, id, err))
		return err->code;
	return store_batch_load(s, *id, true, reader, err);
}

enum err_code
store_batch_claim(struct store *s, int64_t lane, uint64_t max, uint64_t max_bytes,
    struct slice request_id, struct slice correlation_id, const struct store_batch_reader *reader,
    int64_t *id, struct err *err)
{
	struct claim c = { .lane = lane,
		.max = max,
		.max_bytes = max_bytes,
		.request_id = request_id,
		.correlation_id = correlation_id };
	int64_t made = 0;

	if (store_change_begin(s, err) ||
	    store_change_end(s, claim(s, &c, reader, &made, err), err))
		return err->code;
	*id = made;
	return ERR_OK;
}

/* --- moving one --- */

static enum err_code
resend(struct store *s, int64_t id, struct err *err)
{
	if (sql_run(&s->db,
	        "UPDATE batch SET state = ?, since = ?, looks = 0, attempts = attempts + 1"
	        " WHERE id = ? AND state = ?",
	        SQL_VALUES(SQL_INT(BATCH_SENDING), SQL_INT(store_now(s)), SQL_INT(id),
	            SQL_INT(BATCH_RESEND)),
	        err))
		return err->code;
	return check_changed(s, id, "that is to be sent again", err);
}

enum err_code
store_batch_resend(struct store *s, int64_t id, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, resend(s, id, err), err);
}

enum err_code
store_batch_renew(struct store *s, int64_t id, struct slice request_id, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s,
	    sql_run(&s->db, "UPDATE batch SET request_id = ? WHERE id = ? AND state <> 5",
	        SQL_VALUES(SQL_TEXT(request_id), SQL_INT(id)), err),
	    err);
}

struct acceptance {
	struct slice tracking;
	struct slice request_id;
	struct slice correlation_id;
	int64_t due_unix_ms;
};

static enum err_code
accept(struct store *s, int64_t id, const struct acceptance *a, struct err *err)
{
	if (sql_run(&s->db,
	        "UPDATE batch SET state = ?, since = ?, due = ?, looks = 0, server_errors = 0,"
	        " tracking = ?, request_id = ifnull(nullif(?, ''), request_id),"
	        " correlation_id = ifnull(nullif(?, ''), correlation_id)"
	        " WHERE id = ? AND state IN (?, ?)",
	        SQL_VALUES(SQL_INT(BATCH_ACCEPTED), SQL_INT(store_now(s)), SQL_INT(a->due_unix_ms),
	            SQL_TEXT(a->tracking), SQL_TEXT(a->request_id), SQL_TEXT(a->correlation_id),
	            SQL_INT(id), SQL_INT(BATCH_SENDING), SQL_INT(BATCH_UNKNOWN)),
	        err))
		return err->code;
	return check_changed(s, id, "that is on its way", err);
}

enum err_code
store_batch_accepted(struct store *s, int64_t id, struct slice tracking, struct slice request_id,
    struct slice correlation_id, int64_t due_unix_ms, struct err *err)
{
	const struct acceptance a = { tracking, request_id, correlation_id, due_unix_ms };

	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, accept(s, id, &a, err), err);
}

static enum err_code
move(struct store *s, int64_t id, enum batch_state state, int64_t due_unix_ms, bool server_error,
    struct err *err)
{
	if (sql_run(&s->db,
	        "UPDATE batch SET state = ?1, due = ?2,"
	        " since = CASE WHEN state = ?1 THEN since ELSE ?3 END,"
	        " looks = CASE WHEN state = ?1 THEN looks + 1 ELSE 0 END,"
	        " server_errors = CASE WHEN ?4 THEN server_errors + 1"
	        "  WHEN state = 1 AND ?1 = 3 THEN 0 ELSE server_errors END,"
	        " attempts = attempts - (state = 0 AND ?1 = 2)"
	        " WHERE id = ?5 AND state <> 5",
	        SQL_VALUES(SQL_INT(state), SQL_INT(due_unix_ms), SQL_INT(store_now(s)),
	            SQL_INT(server_error), SQL_INT(id)),
	        err))
		return err->code;
	return check_changed(s, id, "with devices in it", err);
}

enum err_code
store_batch_move(struct store *s, int64_t id, enum batch_state state, int64_t due_unix_ms,
    bool server_error, struct err *err)
{
	assert(state != BATCH_CLOSED); /* its last device closes it */
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, move(s, id, state, due_unix_ms, server_error, err), err);
}

static enum err_code
clamp(struct store *s, int64_t latest_unix_ms, struct err *err)
{
	return sql_run(&s->db, "UPDATE batch SET due = ?1 WHERE due > ?1 AND state <> 5",
	    SQL_VALUES(SQL_INT(latest_unix_ms)), err);
}

enum err_code
store_clamp_due(struct store *s, int64_t latest_unix_ms, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, clamp(s, latest_unix_ms, err), err);
}

/* --- taking one apart --- */

static enum err_code
dissolve(struct store *s, int64_t id, struct err *err)
{
	if (count_all_moved(s, id, DEVICE_SUBMITTED, DEVICE_QUEUED, err) ||
	    sql_run(&s->db, "UPDATE batch SET state = ?, ndevice = 0 WHERE id = ? AND state <> 5",
	        SQL_VALUES(SQL_INT(BATCH_CLOSED), SQL_INT(id)), err) ||
	    check_changed(s, id, "with devices in it", err))
		return err->code;
	if (sql_run(&s->db,
	        "UPDATE device SET state = ?, batch = NULL, updated = ? WHERE batch = ?",
	        SQL_VALUES(SQL_INT(DEVICE_QUEUED), SQL_INT(store_now(s)), SQL_INT(id)), err))
		return err->code;
	return supersede_hold(s, err);
}

enum err_code
store_batch_dissolve(struct store *s, int64_t id, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, dissolve(s, id, err), err);
}

/* Both halves are bodies that have never been sent: their counts begin anew. */
static enum err_code
split(struct store *s, int64_t id, int64_t due_unix_ms, int64_t *other, struct err *err)
{
	struct sql_db *db = &s->db;
	int64_t made;

	if (sql_run(db,
	        "INSERT INTO batch (lane, state, due, since, begun, attempts, ndevice, request_id,"
	        " correlation_id) SELECT lane, 2, ?, ?, begun, 0, ndevice / 2, request_id,"
	        " correlation_id"
	        " FROM batch WHERE id = ? AND ndevice > 1",
	        SQL_VALUES(SQL_INT(due_unix_ms), SQL_INT(store_now(s)), SQL_INT(id)), err) ||
	    check_changed(s, id, "with two devices in it", err))
		return err->code;
	made = sql_inserted_id(db);
	if (sql_run(db,
	        "UPDATE device SET batch = ?1 WHERE batch = ?2 AND id >= (SELECT id FROM device"
	        " WHERE batch = ?2 ORDER BY id DESC LIMIT 1"
	        " OFFSET (SELECT ndevice - 1 FROM batch WHERE id = ?1))",
	        SQL_VALUES(SQL_INT(made), SQL_INT(id)), err) ||
	    sql_run(db,
	        "UPDATE batch SET state = 2, due = ?, since = ?, attempts = 0, server_errors = 0,"
	        " looks = 0, tracking = '', ndevice = ndevice - ndevice / 2 WHERE id = ?",
	        SQL_VALUES(SQL_INT(due_unix_ms), SQL_INT(store_now(s)), SQL_INT(id)), err) ||
	    note_lists(s, made, err))
		return err->code;
	*other = made;
	return ERR_OK;
}

enum err_code
store_batch_split(struct store *s, int64_t id, int64_t due_unix_ms, int64_t *other, struct err *err)
{
	int64_t made = 0;

	if (store_change_begin(s, err) ||
	    store_change_end(s, split(s, id, due_unix_ms, &made, err), err))
		return err->code;
	*other = made;
	return ERR_OK;
}

enum err_code
store_batch_lists(struct store *s, int64_t id,
    enum err_code (*fn)(void *arg, int64_t list, struct err *err), void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db, "SELECT list FROM batch_list WHERE batch = ? ORDER BY list",
	    SQL_VALUES(SQL_INT(id)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = fn(arg, sql_int(&q, 0), err);
	sql_end(&q);
	return rc;
}
