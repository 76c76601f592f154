/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "store/store.h"
#include "store/store_change.h"

_Static_assert(DEVICE_HELD == 1 && DEVICE_QUEUED == 2 && DEVICE_SUBMITTED == 3,
    "the statements below name these states by number");

/* What is counted, with queued devices that a hold reaches as held ones. */
#define STATE_SHOWN "(CASE WHEN t.state = 2 AND h.lane IS NOT NULL THEN 1 ELSE t.state END)"
#define TALLY_SHOWN "tally t LEFT JOIN blocked h ON h.lane = t.lane AND t.state = 2"

/* --- lists --- */

static enum err_code
count_states(struct store *s, struct store_list *l, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT " STATE_SHOWN ", t.n FROM " TALLY_SHOWN " WHERE t.list = ?",
	    SQL_VALUES(SQL_INT(l->id)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		size_t state = (size_t)sql_int(&q, 0);

		if (state < NDEVICE_STATE)
			l->states[state] += (uint64_t)sql_int(&q, 1);
	}
	l->done = !l->open && l->states[DEVICE_QUEUED] == 0 && l->states[DEVICE_SUBMITTED] == 0;
	sql_end(&q);
	return rc;
}

enum err_code
store_lists(struct store *s, const struct store_list_query *query, store_list_fn *fn, void *arg,
    struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT i.id, c.name, i.file, i.tag, i.source, i.received, i.rows, i.open, i.reported"
	    " FROM list i CROSS JOIN customer c ON c.id = i.customer"
	    " WHERE ?1 IN (0, i.id) AND ?2 IN ('', c.name) AND (NOT ?3 OR i.open = 1)"
	    " AND (NOT ?4 OR i.open = 0 AND i.reported = 0) ORDER BY i.id DESC",
	    SQL_VALUES(SQL_INT(query->id), SQL_TEXT(query->customer), SQL_INT(query->open_only),
	        SQL_INT(query->unreported_only)),
	    err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		struct store_list l = {
			.id = sql_int(&q, 0),
			.customer = sql_bytes(&q, 1),
			.file = sql_bytes(&q, 2),
			.tag = sql_bytes(&q, 3),
			.source = (enum list_source)sql_int(&q, 4),
			.received_unix_ms = sql_int(&q, 5),
			.rows = (uint64_t)sql_int(&q, 6),
			.open = sql_int(&q, 7) != 0,
			.reported = sql_int(&q, 8) != 0,
		};

		if (!query->without_states)
			rc = count_states(s, &l, err);
		if (rc == ERR_OK)
			rc = fn(arg, &l, err);
	}
	sql_end(&q);
	return rc;
}

enum err_code
store_list_settled(struct store *s, int64_t list, bool *out, struct err *err)
{
	int64_t settled;
	bool found;

	if (sql_find_int(&s->db,
	        "SELECT i.open = 0 AND NOT EXISTS (SELECT 1 FROM " TALLY_SHOWN
	        " WHERE t.list = i.id AND t.n > 0 AND " STATE_SHOWN
	        " IN (2, 3)) FROM list i WHERE i.id = ?",
	        SQL_VALUES(SQL_INT(list)), &found, &settled, err))
		return err->code;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "there is no list %" PRId64, list);
	*out = settled != 0;
	return ERR_OK;
}

/* --- over all lists --- */

enum err_code
store_lanes(struct store *s, store_lane_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	/*
	 * The devices of the open list have to wait for its end. Orders come and go: the lanes of those
	 * that are over would only become more.
	 */
	rc = sql_start(&q, &s->db,
	    "SELECT l.id, c.name, l.tag, l.purchase_order, ifnull(t.n, 0) - ifnull(o.n, 0)"
	    " FROM lane l CROSS JOIN customer c ON c.id = l.customer"
	    " LEFT JOIN tally t ON t.list = ? AND t.lane = l.id AND t.state = 2"
	    " LEFT JOIN tally o ON o.list = ? AND o.lane = l.id AND o.state = 2"
	    " WHERE l.purchase_order = '' OR t.n > 0"
	    " OR l.id IN (SELECT lane FROM batch WHERE state <> 5) ORDER BY l.id",
	    SQL_VALUES(SQL_INT(TALLY_ALL), SQL_INT(TALLY_OPEN)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_lane l = {
			.id = sql_int(&q, 0),
			.customer = sql_bytes(&q, 1),
			.tag = sql_bytes(&q, 2),
			.order = sql_bytes(&q, 3),
			.queued = (uint64_t)sql_int(&q, 4),
		};

		rc = fn(arg, &l, err);
	}
	sql_end(&q);
	return rc;
}

enum err_code
store_tally(struct store *s, store_tally_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT c.name, " STATE_SHOWN " AS shown, sum(t.n) FROM " TALLY_SHOWN
	    " JOIN lane l ON l.id = t.lane JOIN customer c ON c.id = l.customer"
	    " WHERE t.list = ? AND t.n > 0 GROUP BY c.name, shown ORDER BY c.name, shown",
	    SQL_VALUES(SQL_INT(TALLY_ALL)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = fn(arg, sql_bytes(&q, 0), (enum device_state)sql_int(&q, 1),
		    (uint64_t)sql_int(&q, 2), err);
	sql_end(&q);
	return rc;
}
