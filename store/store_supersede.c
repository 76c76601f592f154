/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "store/device_record.h"
#include "store/store.h"
#include "store/store_change.h"
#include "store/supersede.h"

_Static_assert(DEVICE_HELD == 1, "the statements below name this state by number");

enum err_code
store_supersedes(struct store *s, store_supersede_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT p.old, p.new, c.name, d.serial, d.product_id, m.manufacturer, m.model, l.tag,"
	    " l.purchase_order FROM (SELECT old, min(new) AS new FROM supersede GROUP BY old) p"
	    " CROSS JOIN device d ON d.id = p.old CROSS JOIN customer c ON c.id = d.customer"
	    " CROSS JOIN make m ON m.id = d.make CROSS JOIN lane l ON l.id = d.lane"
	    " WHERE d.state = 1 ORDER BY p.old",
	    SQL_NOTHING, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_supersede u = {
			.old_device = sql_int(&q, 0),
			.new_device = sql_int(&q, 1),
			.customer = sql_bytes(&q, 2),
			.serial = sql_bytes(&q, 3),
			.product_id = sql_bytes(&q, 4),
			.manufacturer = sql_bytes(&q, 5),
			.model = sql_bytes(&q, 6),
			.tag = sql_bytes(&q, 7),
			.order = sql_bytes(&q, 8),
		};

		rc = fn(arg, &u, err);
	}
	sql_end(&q);
	return rc;
}

/* --- taken back --- */

static enum err_code
note_answer(struct store *s, int64_t old, struct slice request_id, struct err *err)
{
	if (request_id.len == 0)
		return ERR_OK;
	if (sql_run(&s->db, "INSERT INTO answer (request_id, correlation_id) VALUES (?, '')",
	        SQL_VALUES(SQL_TEXT(request_id)), err))
		return err->code;
	return sql_run(&s->db, "UPDATE device SET said = ? WHERE id = ?",
	    SQL_VALUES(SQL_INT(sql_inserted_id(&s->db)), SQL_INT(old)), err);
}

static enum err_code
tell(struct store *s, int64_t old, struct slice request_id, struct err *err)
{
	return sql_run(&s->db,
	    "INSERT INTO event (at, kind, actor, customer, partner, list, serial, request_id,"
	    " correlation_id, message) SELECT ?1, 'unit_taken_back', 'agent', c.name, '', d.list,"
	    " d.serial, ?2, '', CASE WHEN ?2 <> '' THEN 'taken back' ELSE"
	    " 'Its service takes nothing back: remove the old registration by hand.' END"
	    " FROM device d CROSS JOIN customer c ON c.id = d.customer WHERE d.id = ?3",
	    SQL_VALUES(SQL_INT(store_now(s)), SQL_TEXT(request_id), SQL_INT(old)), err);
}

/* Those that waited for this one alone, unless they are held for something else as well. */
static enum err_code
let_new_go(struct store *s, int64_t old, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT d.id, d.list, d.lane, d.state FROM supersede p"
	    " CROSS JOIN device d ON d.id = p.new CROSS JOIN verdict v ON v.device = d.id"
	    " WHERE p.old = ?1 AND d.state = 1 AND v.held_for = 'supersede' AND NOT EXISTS"
	    " (SELECT 1 FROM supersede o WHERE o.new = p.new AND o.old <> ?1)",
	    SQL_VALUES(SQL_INT(old)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		int64_t lane = sql_int(&q, 2);

		rc = device_record_requeue(s, sql_int(&q, 0), sql_int(&q, 1),
		    (struct tally_place){ lane, (enum device_state)sql_int(&q, 3) }, lane, err);
	}
	sql_end(&q);
	return rc;
}

static enum err_code
taken_back(struct store *s, int64_t old, struct slice request_id, struct err *err)
{
	bool waits;
	int64_t one;

	if (sql_find_int(&s->db,
	        "SELECT 1 FROM supersede p CROSS JOIN device d ON d.id = p.old"
	        " WHERE p.old = ? AND d.state = 1 LIMIT 1",
	        SQL_VALUES(SQL_INT(old)), &waits, &one, err))
		return err->code;
	if (!waits)
		return err_set(err, ERR_NOT_FOUND, "no unit %" PRId64 " waits to be taken back",
		    old);
	if (let_new_go(s, old, err) ||
	    sql_run(&s->db, "DELETE FROM supersede WHERE old = ?", SQL_VALUES(SQL_INT(old)), err) ||
	    note_answer(s, old, request_id, err) || supersede_refuse(s, old, err))
		return err->code;
	return tell(s, old, request_id, err);
}

enum err_code
store_superseded(struct store *s, int64_t old_device, struct slice request_id, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, taken_back(s, old_device, request_id, err), err);
}
