/* SPDX-License-Identifier: Apache-2.0 */
#include "store/device_search.h"
#include "store/store.h"
#include "store/store_change.h"

/* One question: who is told of which devices. */
struct gate {
	struct store *s;
	struct slice serial;
	store_gate_fn *fn;
	void *arg;
};

static struct store_gate_device
device_of(const struct sql *q)
{
	struct store_gate_device d = {
		.id = sql_int(q, 0),
		.state = (enum device_state)sql_int(q, 1),
		.serial = sql_bytes(q, 2),
		.customer = sql_bytes(q, 3),
		.tag = sql_bytes(q, 4),
		.manufacturer = sql_bytes(q, 5),
		.model = sql_bytes(q, 6),
		.family = sql_bytes(q, 7),
		.claimed = !sql_is_null(q, 8),
		.image_unix_ms = sql_int(q, 9),
	};
	bool registered = d.state == DEVICE_REGISTERED || d.state == DEVICE_READY;
	int64_t batch = sql_is_null(q, 16) ? BATCH_CLOSED : sql_int(q, 16);

	d.sent = registered || d.state == DEVICE_CLAIMED || batch == BATCH_ACCEPTED ||
	    batch == BATCH_MISSING;
	if (sql_is_null(q, 11)) {
		d.verdict.class = slice_of(registered ? "ok" : "");
		return d;
	}
	d.verdict = (struct store_verdict){
		.class = sql_bytes(q, 11),
		.code = (int32_t)sql_int(q, 12),
		.name = sql_bytes(q, 13),
		.message = sql_bytes(q, 14),
	};
	if (d.state == DEVICE_HELD) {
		d.held_for = sql_bytes(q, 15);
		d.held_message = d.verdict.message;
	}
	return d;
}

/* A hold on its lane shows as the device's own. */
static enum err_code
tell_queued(const struct gate *g, struct store_gate_device *d, int64_t lane, struct err *err)
{
	bool held = false;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &g->s->db, "SELECT reason, message FROM blocked WHERE lane = ?",
	    SQL_VALUES(SQL_INT(lane)), err);
	if (rc == ERR_OK)
		rc = sql_next(&q, &held, err);
	if (rc == ERR_OK && held) {
		d->state = DEVICE_HELD;
		d->held_for = sql_bytes(&q, 0);
		d->held_message = sql_bytes(&q, 1);
	}
	if (rc == ERR_OK)
		rc = g->fn(g->arg, d, err);
	sql_end(&q);
	return rc;
}

static enum err_code
tell(const struct gate *g, const struct sql *q, struct err *err)
{
	struct store_gate_device d = device_of(q);

	if (d.state == DEVICE_QUEUED)
		return tell_queued(g, &d, sql_int(q, 10), err);
	return g->fn(g->arg, &d, err);
}

#define COLUMNS \
	"d.id, d.state, d.serial, c.name, l.tag, m.manufacturer, m.model, m.family, k.device, i.at," \
	" d.lane, v.class, v.code, v.name, v.message, v.held_for, b.state"
#define JOINS \
	" CROSS JOIN customer c ON c.id = d.customer CROSS JOIN lane l ON l.id = d.lane" \
	" CROSS JOIN make m ON m.id = d.make" \
	" LEFT JOIN claim k ON k.device = d.id AND k.released = 0" \
	" LEFT JOIN image i ON i.device = d.id LEFT JOIN verdict v ON v.device = d.id" \
	" LEFT JOIN batch b ON b.id = d.batch"

static const char in_index[] =
    "SELECT " COLUMNS " FROM identity p CROSS JOIN device d ON d.id = p.device" JOINS
    " WHERE p.serial_print = ? AND d.serial = ? ORDER BY d.id";
static const char in_tail[] =
    "SELECT " COLUMNS " FROM device d" JOINS " WHERE d.id = ? AND d.serial = ?";

/* number: a print or an id; others may have the same, hence the serial number again. */
static enum err_code
ask(const struct gate *g, const char *text, int64_t number, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, &g->s->db, text, SQL_VALUES(SQL_INT(number), SQL_TEXT(g->serial)), err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row)
		rc = tell(g, &q, err);
	sql_end(&q);
	return rc;
}

static enum err_code
ask_all(const struct gate *g, struct err *err)
{
	struct store *s = g->s;
	size_t at = SERIAL_TAIL_START;
	int64_t print, device;

	if (identity_serial_print(&s->identity, &s->db, g->serial, &print, err) ||
	    serial_tail_refresh(&s->tail, &s->identity, &s->db, err) ||
	    ask(g, in_index, print, err))
		return err->code;
	while ((device = serial_tail_next(&s->tail, print, &at))) {
		if (ask(g, in_tail, device, err))
			return err->code;
	}
	return ERR_OK;
}

/* What the tail says, and the index, must be of the same moment. */
enum err_code
store_gate(struct store *s, struct slice serial, store_gate_fn *fn, void *arg, struct err *err)
{
	const struct gate g = { s, serial, fn, arg };
	struct err ignored;
	enum err_code rc;

	if (serial.len == 0)
		return ERR_OK;
	if (sql_run(&s->db, "SAVEPOINT gate", SQL_NOTHING, err))
		return err->code;
	rc = ask_all(&g, err);
	if (sql_run(&s->db, "RELEASE gate", SQL_NOTHING, rc ? &ignored : err) && rc == ERR_OK)
		rc = err->code;
	return rc;
}

/* --- the image --- */

static enum err_code
acknowledge(struct store *s, const struct store_device_query *query, int64_t at_unix_ms,
    uint64_t *n, struct err *err)
{
	struct device_search f = {
		.select = "SELECT d.id FROM device d WHERE true",
		.state = "d.state",
		.query = query,
	};
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = device_search_start(&f, s, &q, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		rc = sql_run(&s->db, "REPLACE INTO image (device, at) VALUES (?, ?)",
		    SQL_VALUES(SQL_INT(sql_int(&q, 0)), SQL_INT(at_unix_ms)), err);
		++*n;
	}
	sql_end(&q);
	device_search_done(&f);
	return rc;
}

enum err_code
store_image_ack(struct store *s, const struct store_device_query *q, int64_t at_unix_ms,
    uint64_t *n, struct err *err)
{
	const struct store_device_query which = { .serial = q->serial,
		.customer = q->customer,
		.list = q->list };
	uint64_t acknowledged = 0;

	if (store_change_begin(s, err) ||
	    store_change_end(s, acknowledge(s, &which, at_unix_ms, &acknowledged, err), err))
		return err->code;
	*n = acknowledged;
	return ERR_OK;
}
