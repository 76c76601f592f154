/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_claim.h"

#include "store/device_record.h"
#include "store/store.h"
#include "store/store_change.h"
#include "store/supersede.h"

_Static_assert(DEVICE_CLAIMED == 6, "the statements below name this state by number");

static int64_t
limit_of(const struct store_claim_query *q)
{
	return q->limit > 0 && q->limit < INT64_MAX ? (int64_t)q->limit : INT64_MAX;
}

/* Of a claim "k" with its device "d" and its customer "c". */
#define MATCHES(serial, customer) \
	"(" serial " = '' OR d.serial = " serial ") AND " customer " IN ('', c.name)"
#define WITH_DEVICE \
	" CROSS JOIN device d ON d.id = k.device CROSS JOIN customer c ON c.id = d.customer"

/* --- questions --- */

static struct store_claim
claim_of(const struct sql *q)
{
	return (struct store_claim){
		.device = sql_int(q, 0),
		.serial = sql_bytes(q, 1),
		.manufacturer = sql_bytes(q, 2),
		.model = sql_bytes(q, 3),
		.customer = sql_bytes(q, 4),
		.tag = sql_bytes(q, 5),
		.since_unix_ms = sql_int(q, 6),
		.asked_unix_ms = sql_int(q, 7),
		.ask_unix_ms = sql_int(q, 8),
		.released_unix_ms = sql_int(q, 9),
		.stopped = sql_int(q, 10) != 0,
		.attempts = sql_uint32(q, 11),
		.code = (int32_t)sql_int(q, 12),
		.name = sql_bytes(q, 13),
		.request_id = sql_bytes(q, 14),
		.correlation_id = sql_bytes(q, 15),
		.case_number = sql_bytes(q, 16),
		.note = sql_bytes(q, 17),
	};
}

enum err_code
store_claims(struct store *s, const struct store_claim_query *query, store_claim_fn *fn, void *arg,
    struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT k.device, d.serial, m.manufacturer, m.model, c.name, l.tag, k.since, k.asked,"
	    " k.ask, k.released, k.stopped, k.attempts, k.code, k.name, k.request_id,"
	    " k.correlation_id, k.case_number, k.note FROM claim k" WITH_DEVICE
	    " CROSS JOIN make m ON m.id = d.make CROSS JOIN lane l ON l.id = d.lane"
	    " WHERE " MATCHES("?1", "?2") " AND (?3 OR k.released = 0)"
	                                  " ORDER BY k.since, k.device LIMIT ?4",
	    SQL_VALUES(SQL_TEXT(query->serial), SQL_TEXT(query->customer), SQL_INT(query->released),
	        SQL_INT(limit_of(query))),
	    err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_claim c = claim_of(&q);

		rc = fn(arg, &c, err);
	}
	sql_end(&q);
	return rc;
}

enum err_code
store_claims_due(struct store *s, store_claim_due_fn *fn, void *arg, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT c.name, min(k.ask) FROM claim k" WITH_DEVICE
	    " WHERE k.ask > 0 AND d.state = 6 GROUP BY c.name ORDER BY c.name",
	    SQL_NOTHING, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = fn(arg, sql_bytes(&q, 0), sql_int(&q, 1), err);
	sql_end(&q);
	return rc;
}

/* --- what people note --- */

#define OPEN_AND_MATCHING \
	" WHERE device IN (SELECT k.device FROM claim k" WITH_DEVICE \
	" WHERE k.released = 0 AND " MATCHES("?3", "?4") " ORDER BY k.since, k.device LIMIT ?5)"

enum err_code
store_claim_change(struct store *s, const struct store_claim_query *q, enum store_claim_part part,
    struct slice text, int64_t now_unix_ms, uint64_t *n, struct err *err)
{
	static const char *const change[] = {
		[CLAIM_CASE] = "UPDATE claim SET case_number = ?1" OPEN_AND_MATCHING,
		[CLAIM_NOTE] = "UPDATE claim SET note = ?1" OPEN_AND_MATCHING,
		[CLAIM_STOP] = "UPDATE claim SET stopped = 1, ask = 0" OPEN_AND_MATCHING,
		[CLAIM_RESUME] = "UPDATE claim SET stopped = 0, ask = ?2" OPEN_AND_MATCHING,
	};
	uint64_t changed = 0;
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = sql_run(&s->db, change[part],
	    SQL_VALUES(SQL_TEXT(text), SQL_INT(now_unix_ms), SQL_TEXT(q->serial),
	        SQL_TEXT(q->customer), SQL_INT(limit_of(q))),
	    err);
	if (rc == ERR_OK)
		changed = (uint64_t)sql_changed(&s->db);
	if (store_change_end(s, rc, err))
		return err->code;
	*n = changed;
	return ERR_OK;
}

/* --- asking again --- */

/* A device is changed while it is the current row: it is found by its claim, which stays. */
static enum err_code
ask(struct store *s, struct slice customer, int64_t until_unix_ms, uint64_t *n, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db,
	    "SELECT d.id, d.list, d.lane FROM claim k" WITH_DEVICE
	    " WHERE k.ask BETWEEN 1 AND ? AND c.name = ? AND d.state = 6 ORDER BY d.id",
	    SQL_VALUES(SQL_INT(until_unix_ms), SQL_TEXT(customer)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		int64_t lane = sql_int(&q, 2);

		rc = device_record_requeue(s, sql_int(&q, 0), sql_int(&q, 1),
		    (struct tally_place){ lane, DEVICE_CLAIMED }, lane, err);
		++*n;
	}
	sql_end(&q);
	return rc ? rc : supersede_hold(s, err);
}

enum err_code
store_claims_ask(struct store *s, struct slice customer, int64_t until_unix_ms, uint64_t *n,
    struct err *err)
{
	uint64_t asked = 0;

	if (store_change_begin(s, err) ||
	    store_change_end(s, ask(s, customer, until_unix_ms, &asked, err), err))
		return err->code;
	*n = asked;
	return ERR_OK;
}
