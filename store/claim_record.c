/* SPDX-License-Identifier: Apache-2.0 */
#include "store/claim_record.h"

#include <inttypes.h>

#include "base/buf.h"
#include "store/store_change.h"

enum {
	MESSAGE_MAX = 2 * SQL_VALUE_MAX, /* whatever SQLite takes as a name or tag */
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	DAY_MS = 24 * HOUR_MS,
};

static enum err_code
tell(struct store *s, const char *kind, int64_t device, int64_t answer, const struct buf *message,
    struct err *err)
{
	if (buf_check(message, err))
		return err->code;
	return sql_run(&s->db,
	    "INSERT INTO event (at, kind, actor, customer, partner, list, serial, request_id,"
	    " correlation_id, message)"
	    " SELECT ?1, ?2, 'agent', c.name, '', 0, d.serial, a.request_id, a.correlation_id, ?3"
	    " FROM device d CROSS JOIN customer c ON c.id = d.customer"
	    " CROSS JOIN answer a ON a.id = ?5 WHERE d.id = ?4",
	    SQL_VALUES(SQL_INT(store_now(s)), SQL_TEXT(slice_of(kind)),
	        SQL_TEXT(buf_slice(message)), SQL_INT(device), SQL_INT(answer)),
	    err);
}

/* --- said --- */

/* attempts: 1 if the claim begins. */
static enum err_code
write_said(struct store *s, const struct store_settlement *t, int64_t answer, int64_t *attempts,
    struct err *err)
{
	bool found;

	if (sql_run(&s->db, "DELETE FROM claim WHERE device = ? AND released > 0",
	        SQL_VALUES(SQL_INT(t->device)), err))
		return err->code;
	return sql_find_int(&s->db,
	    "INSERT INTO claim (device, since, asked, ask, code, name, request_id, correlation_id)"
	    " SELECT ?1, ?2, ?2, ?3, ?4, ?5, request_id, correlation_id FROM answer WHERE id = ?6"
	    " ON CONFLICT DO UPDATE SET asked = excluded.asked, attempts = attempts + 1,"
	    " ask = CASE WHEN stopped THEN 0 ELSE excluded.ask END,"
	    " code = excluded.code, name = excluded.name, request_id = excluded.request_id,"
	    " correlation_id = excluded.correlation_id RETURNING attempts",
	    SQL_VALUES(SQL_INT(t->device), SQL_INT(store_now(s)), SQL_INT(t->ask_unix_ms),
	        SQL_INT(t->verdict.code), SQL_TEXT(t->verdict.name), SQL_INT(answer)),
	    &found, attempts, err);
}

static void
add_said(struct buf *out, const struct store_verdict *v, int64_t attempts)
{
	buf_addf(out, "%sheld by another organization", attempts > 1 ? "still " : "");
	if (v->code)
		buf_addf(out, " (%" PRId32 "%s" SLICE_FMT ")", v->code, v->name.len ? " " : "",
		    SLICE_ARG(v->name));
	if (attempts > 1)
		buf_addf(out, ", asked %" PRId64 " times", attempts);
}

enum err_code
claim_record_said(struct store *s, const struct store_settlement *t, int64_t answer,
    struct err *err)
{
	int64_t attempts = 1;
	struct buf message;
	enum err_code rc;

	if (write_said(s, t, answer, &attempts, err))
		return err->code;
	buf_init(&message, MESSAGE_MAX);
	add_said(&message, &t->verdict, attempts);
	rc = tell(s, attempts > 1 ? "claim_asked" : "device_claimed", t->device, answer, &message,
	    err);
	buf_done(&message);
	return rc;
}

/* --- released --- */

static void
add_released(struct buf *out, int64_t lasted_ms, struct slice tag)
{
	static const struct {
		int64_t ms;
		const char *name;
	} unit[] = { { DAY_MS, "day" }, { HOUR_MS, "hour" }, { MINUTE_MS, "minute" } };
	const size_t last = sizeof unit / sizeof unit[0] - 1;
	size_t i = 0;
	int64_t n;

	while (i < last && lasted_ms < unit[i].ms)
		i++;
	n = lasted_ms > 0 ? lasted_ms / unit[i].ms : 0; /* the clock may have been set back */
	buf_addf(out, "released after %" PRId64 " %s%s", n, unit[i].name, n == 1 ? "" : "s");
	if (tag.len)
		buf_addf(out, " under the tag " SLICE_FMT, SLICE_ARG(tag));
}

enum err_code
claim_record_release(struct store *s, int64_t device, int64_t answer, struct err *err)
{
	bool released = false;
	struct buf message;
	struct sql q;
	enum err_code rc;

	buf_init(&message, MESSAGE_MAX);
	if ((rc = sql_start(&q, &s->db,
	         "UPDATE claim SET released = ?1, ask = 0 WHERE device = ?2 AND released = 0"
	         " RETURNING ?1 - since,"
	         " (SELECT l.tag FROM device d JOIN lane l ON l.id = d.lane WHERE d.id = ?2)",
	         SQL_VALUES(SQL_INT(store_now(s)), SQL_INT(device)), err)) == ERR_OK &&
	    (rc = sql_next(&q, &released, err)) == ERR_OK && released)
		add_released(&message, sql_int(&q, 0), sql_bytes(&q, 1));
	sql_end(&q);
	if (released)
		rc = tell(s, "claim_released", device, answer, &message, err);
	buf_done(&message);
	return rc;
}
