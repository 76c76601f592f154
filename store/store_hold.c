/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"
#include "store/store_change.h"

/* --- holds --- */

enum err_code
store_hold(struct store *s, struct slice scope, struct slice reason, struct slice message,
    struct err *err)
{
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = sql_run(&s->db,
	    "INSERT INTO hold (scope, reason, message, since) VALUES (?, ?, ?, ?)"
	    " ON CONFLICT DO UPDATE SET message = excluded.message",
	    SQL_VALUES(SQL_TEXT(scope), SQL_TEXT(reason), SQL_TEXT(message), SQL_INT(store_now(s))),
	    err);
	return store_change_end(s, rc, err);
}

enum err_code
store_unhold(struct store *s, struct slice scope, struct slice reason, struct err *err)
{
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = sql_run(&s->db, "DELETE FROM hold WHERE scope = ?1 AND ?2 IN ('', reason)",
	    SQL_VALUES(SQL_TEXT(scope), SQL_TEXT(reason)), err);
	return store_change_end(s, rc, err);
}

enum err_code
store_holds(struct store *s, store_hold_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT scope, reason, message, since FROM hold ORDER BY scope, reason", SQL_NOTHING,
	    err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_hold h = {
			.scope = sql_bytes(&q, 0),
			.reason = sql_bytes(&q, 1),
			.message = sql_bytes(&q, 2),
			.since_unix_ms = sql_int(&q, 3),
		};

		rc = fn(arg, &h, err);
	}
	sql_end(&q);
	return rc;
}

/* --- routes --- */

static enum err_code
set_routes(struct store *s, const struct store_route *route, size_t n, struct err *err)
{
	if (sql_run(&s->db, "DELETE FROM route", SQL_NOTHING, err))
		return err->code;
	for (size_t i = 0; i < n; i++) {
		if (sql_run(&s->db, "REPLACE INTO route (customer, via) VALUES (?, ?)",
		        SQL_VALUES(SQL_TEXT(route[i].customer), SQL_TEXT(route[i].via)), err))
			return err->code;
	}
	return ERR_OK;
}

enum err_code
store_routes_set(struct store *s, const struct store_route *route, size_t n, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, set_routes(s, route, n, err), err);
}

/* --- pauses --- */

static enum err_code
set_pause(struct store *s, struct slice scope, int64_t until_unix_ms, struct err *err)
{
	if (until_unix_ms == 0)
		return sql_run(&s->db, "DELETE FROM pause WHERE scope = ?",
		    SQL_VALUES(SQL_TEXT(scope)), err);
	return sql_run(&s->db,
	    "INSERT INTO pause (scope, until) VALUES (?, ?)"
	    " ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
	    SQL_VALUES(SQL_TEXT(scope), SQL_INT(until_unix_ms)), err);
}

enum err_code
store_pause_set(struct store *s, struct slice scope, int64_t until_unix_ms, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, set_pause(s, scope, until_unix_ms, err), err);
}

enum err_code
store_pauses(struct store *s, store_pause_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db, "SELECT scope, until FROM pause ORDER BY scope", SQL_NOTHING,
	    err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = fn(arg, sql_bytes(&q, 0), sql_int(&q, 1), err);
	sql_end(&q);
	return rc;
}
