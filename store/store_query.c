/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "store/device_record.h"
#include "store/device_search.h"
#include "store/list_line.h"
#include "store/store.h"
#include "store/store_change.h"
#include "store/supersede.h"

_Static_assert(DEVICE_HELD == 1 && DEVICE_QUEUED == 2 && DEVICE_CLAIMED == 6 && DEVICE_FAILED == 7,
    "the statements below name these states by number");

/*
 * What people are shown of a device "d". Joined from the left, so that devices stay in their order
 * and nothing is read for those that are left out. Its newest list is the last that follows it, else
 * the one that made it.
 */
#define STATE_SHOWN "(CASE WHEN d.state = 2 AND h.lane IS NOT NULL THEN 1 ELSE d.state END)"

enum column {
	COLUMN_ID,
	COLUMN_SERIAL,
	COLUMN_PRODUCT_ID,
	COLUMN_MANUFACTURER,
	COLUMN_MODEL,
	COLUMN_CUSTOMER,
	COLUMN_TAG,
	COLUMN_ORDER,
	COLUMN_LIST,
	COLUMN_FILE,
	COLUMN_LINE,
	COLUMN_STATE,
	COLUMN_SAID_MORE,
	COLUMN_CLASS,
	COLUMN_CODE,
	COLUMN_NAME,
	COLUMN_MESSAGE,
	COLUMN_HELD_FOR,
	COLUMN_HELD_MESSAGE,
	COLUMN_ATTEMPTS,
	COLUMN_REQUEST_ID,
	COLUMN_CORRELATION_ID,
	COLUMN_UPDATED,
	NCOLUMN,
};

#define COLUMNS \
	"d.id, d.serial, d.product_id, m.manufacturer, m.model, c.name, l.tag, l.purchase_order," \
	" i.id, i.file," \
	" ifnull((SELECT line FROM list_row WHERE device = d.id AND follows = 1" \
	"  ORDER BY list DESC, line DESC LIMIT 1), d.line)," STATE_SHOWN \
	", v.device IS NOT NULL, v.class, v.code, v.name, v.message," \
	" ifnull(h.reason, v.held_for), ifnull(h.message, v.message), d.attempts + ifnull(b.attempts, 0)," \
	" ifnull(b.request_id, a.request_id), ifnull(b.correlation_id, a.correlation_id)," \
	" d.updated"

#define JOINS \
	" LEFT JOIN make m ON m.id = d.make" \
	" LEFT JOIN lane l ON l.id = d.lane" \
	" LEFT JOIN customer c ON c.id = d.customer" \
	" LEFT JOIN list i ON i.id = ifnull((SELECT max(list) FROM list_row" \
	"  WHERE device = d.id AND follows = 1), d.list)" \
	" LEFT JOIN blocked h ON h.lane = d.lane AND d.state = 2" \
	" LEFT JOIN verdict v ON v.device = d.id" \
	" LEFT JOIN batch b ON b.id = d.batch" \
	" LEFT JOIN answer a ON a.id = d.said "

/* A registered device of which nothing more was said than that it is. */
static bool
is_plain_ok(const struct sql *q)
{
	int64_t state = sql_int(q, COLUMN_STATE);

	return sql_int(q, COLUMN_SAID_MORE) == 0 &&
	    (state == DEVICE_REGISTERED || state == DEVICE_READY);
}

static struct store_device
device_of(const struct sql *q)
{
	struct store_device d = {
		.id = sql_int(q, COLUMN_ID),
		.serial = sql_bytes(q, COLUMN_SERIAL),
		.product_id = sql_bytes(q, COLUMN_PRODUCT_ID),
		.manufacturer = sql_bytes(q, COLUMN_MANUFACTURER),
		.model = sql_bytes(q, COLUMN_MODEL),
		.customer = sql_bytes(q, COLUMN_CUSTOMER),
		.tag = sql_bytes(q, COLUMN_TAG),
		.order = sql_bytes(q, COLUMN_ORDER),
		.list = sql_int(q, COLUMN_LIST),
		.file = sql_bytes(q, COLUMN_FILE),
		.line = (uint64_t)sql_int(q, COLUMN_LINE),
		.state = (enum device_state)sql_int(q, COLUMN_STATE),
		.attempts = sql_uint32(q, COLUMN_ATTEMPTS),
		.request_id = sql_bytes(q, COLUMN_REQUEST_ID),
		.correlation_id = sql_bytes(q, COLUMN_CORRELATION_ID),
		.updated_unix_ms = sql_int(q, COLUMN_UPDATED),
	};

	d.verdict = (struct store_verdict){
		.class = is_plain_ok(q) ? slice_of("ok") : sql_bytes(q, COLUMN_CLASS),
		.code = (int32_t)sql_int(q, COLUMN_CODE),
		.name = sql_bytes(q, COLUMN_NAME),
		.message = sql_bytes(q, COLUMN_MESSAGE),
	};
	if (d.state == DEVICE_HELD) {
		d.held_for = sql_bytes(q, COLUMN_HELD_FOR);
		d.held_message = sql_bytes(q, COLUMN_HELD_MESSAGE);
	}
	return d;
}

enum err_code
store_devices(struct store *s, const struct store_device_query *query, store_device_fn *fn,
    void *arg, struct err *err)
{
	struct device_search f = {
		.select = "SELECT " COLUMNS " FROM device d" JOINS "WHERE true",
		.state = STATE_SHOWN,
		.query = query,
	};
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = device_search_start(&f, s, &q, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_device d = device_of(&q);

		rc = fn(arg, &d, err);
	}
	sql_end(&q);
	device_search_done(&f);
	return rc;
}

/* --- the rows of a list --- */

/* One of the two sources of rows; they come by line. */
struct row_source {
	struct sql q;
	bool row;
};

static uint64_t
line_of(const struct row_source *from)
{
	return (uint64_t)sql_int(&from->q, NCOLUMN);
}

static enum err_code
tell_row(struct row_source *from, store_row_fn *fn, void *arg, struct err *err)
{
	const struct sql *q = &from->q;
	const struct store_device d = device_of(q);
	const bool is_device = !sql_is_null(q, COLUMN_ID);
	const struct store_row_record r = {
		.line = line_of(from),
		.device = is_device ? &d : NULL,
		.serial = is_device ? d.serial : sql_bytes(q, NCOLUMN + 1),
		.code = sql_bytes(q, NCOLUMN + 2),
		.message = sql_bytes(q, NCOLUMN + 3),
		.advice = sql_bytes(q, NCOLUMN + 4),
		.duplicate = sql_int(q, NCOLUMN + 5) != 0,
	};

	if (fn(arg, &r, err))
		return err->code;
	return sql_next(&from->q, &from->row, err);
}

enum err_code
store_list_rows(struct store *s, int64_t list, store_row_fn *fn, void *arg, struct err *err)
{
	const struct sql_values id = SQL_VALUES(SQL_INT(list));
	struct row_source made = { .row = false }, written = { .row = false };
	enum err_code rc;

	if ((rc = sql_start(&made.q, &s->db,
	         "SELECT " COLUMNS ", d.line, NULL, NULL, NULL, NULL, 0 FROM device d" JOINS
	         "WHERE " LIST_LINE_MADE " AND " LIST_LINE_UNWRITTEN " ORDER BY d.id",
	         id, err)) ||
	    (rc = sql_start(&written.q, &s->db,
	         "SELECT " COLUMNS ", r.line, r.serial, r.code, r.message, r.advice, r.duplicate"
	         " FROM list_row r LEFT JOIN device d ON d.id = r.device" JOINS
	         "WHERE r.list = ? ORDER BY r.line",
	         id, err)) ||
	    (rc = sql_next(&made.q, &made.row, err)) ||
	    (rc = sql_next(&written.q, &written.row, err)))
		goto out;
	while (rc == ERR_OK && (made.row || written.row)) {
		bool is_made = made.row && (!written.row || line_of(&made) < line_of(&written));

		rc = tell_row(is_made ? &made : &written, fn, arg, err);
	}
out:
	sql_end(&written.q);
	sql_end(&made.q);
	return rc;
}

/* The file leaves out the zero bytes at the end. */
static void
add_whole(struct buf *out, struct slice hash, uint32_t length)
{
	buf_add_slice(out, hash);
	for (size_t n = hash.len; n < length && !out->failed; n++)
		buf_add_char(out, '\0');
}

enum err_code
store_device_hash(struct store *s, int64_t device, struct buf *out, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &s->db, "SELECT hash, length FROM payload WHERE device = ?",
	    SQL_VALUES(SQL_INT(device)), err);
	if (rc == ERR_OK)
		rc = sql_next(&q, &row, err);
	if (rc == ERR_OK && row) {
		add_whole(out, sql_bytes(&q, 0), sql_uint32(&q, 1));
		rc = buf_check(out, err);
	}
	sql_end(&q);
	return rc;
}

/* --- again, as a person wishes --- */

/* A device is changed while it is the current row: it is found by id, and keeps that. */
static enum err_code
retry(struct store *s, const struct store_device_query *query, uint64_t *requeued, struct err *err)
{
	struct device_search f = {
		.select = "SELECT d.id, d.list, d.lane, d.state FROM device d"
		          " WHERE d.state IN (1, 6, 7) AND NOT " SUPERSEDE_WAITS("d.id"),
		.state = "d.state",
		.query = query,
	};
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = device_search_start(&f, s, &q, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		int64_t lane = sql_int(&q, 2);
		struct tally_place from = { lane, (enum device_state)sql_int(&q, 3) };

		rc = device_record_requeue(s, sql_int(&q, 0), sql_int(&q, 1), from, lane, err);
		++*requeued;
	}
	sql_end(&q);
	device_search_done(&f);
	return rc;
}

enum err_code
store_retry(struct store *s, const struct store_device_query *q, uint64_t *requeued,
    struct err *err)
{
	uint64_t n = 0;

	if (store_change_begin(s, err) || store_change_end(s, retry(s, q, &n, err), err))
		return err->code;
	*requeued = n;
	return ERR_OK;
}
