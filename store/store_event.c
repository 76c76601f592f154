/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_event.h"

#include <assert.h>

#include "base/buf.h"
#include "store/event_record.h"
#include "store/store_change.h"

enum err_code
store_event_add(struct store *s, const struct store_event *e, struct err *err)
{
	if (store_change_begin(s, err))
		return err->code;
	return store_change_end(s, event_record_add(s, e, err), err);
}

/* --- reading the trail --- */

enum { EVENT_TEXT_MAX = 1024 };

/* The statement of a query, put together so that the index over serial numbers is used. */
struct event_search {
	struct buf text;
	struct sql_value value[8];
	size_t n;
};

static void
add(struct event_search *f, const char *condition, struct sql_value value)
{
	assert(f->n < sizeof f->value / sizeof f->value[0]);
	buf_add_str(&f->text, condition);
	f->value[f->n++] = value;
}

static enum err_code
add_conditions(struct event_search *f, const struct store_event_query *q, struct err *err)
{
	uint64_t limit = q->limit > 0 && q->limit < INT64_MAX ? q->limit : INT64_MAX;

	buf_add_str(&f->text,
	    "SELECT * FROM (SELECT id, at, kind, actor, customer, partner, list, serial,"
	    " request_id, correlation_id, message FROM event WHERE");
	add(f, " id > ?", SQL_INT(q->after));
	if (q->kind.len)
		add(f, " AND kind = ?", SQL_TEXT(q->kind));
	if (q->customer.len)
		add(f, " AND customer = ?", SQL_TEXT(q->customer));
	if (q->serial.len)
		add(f, " AND serial <> '' AND serial = ?", SQL_TEXT(q->serial));
	buf_add_str(&f->text, q->newest ? " ORDER BY id DESC" : " ORDER BY id");
	add(f, " LIMIT ?) ORDER BY id", SQL_INT(limit));
	return buf_check(&f->text, err);
}

static enum err_code
search_start(struct event_search *f, struct store *s, const struct store_event_query *q,
    struct sql *out, struct err *err)
{
	if (add_conditions(f, q, err))
		return err->code;
	return sql_start_once(out, &s->db, f->text.ptr, (struct sql_values){ f->value, f->n }, err);
}

enum err_code
store_events(struct store *s, const struct store_event_query *query, store_event_fn *fn, void *arg,
    struct err *err)
{
	struct event_search f = { .n = 0 };
	bool row = true;
	struct sql q = { 0 };
	enum err_code rc;

	buf_init(&f.text, EVENT_TEXT_MAX);
	rc = search_start(&f, s, query, &q, err);
	while (rc == ERR_OK && (rc = sql_next(&q, &row, err)) == ERR_OK && row) {
		const struct store_event e = {
			.id = sql_int(&q, 0),
			.at_unix_ms = sql_int(&q, 1),
			.kind = sql_bytes(&q, 2),
			.actor = sql_bytes(&q, 3),
			.customer = sql_bytes(&q, 4),
			.partner = sql_bytes(&q, 5),
			.list = sql_int(&q, 6),
			.serial = sql_bytes(&q, 7),
			.request_id = sql_bytes(&q, 8),
			.correlation_id = sql_bytes(&q, 9),
			.message = sql_bytes(&q, 10),
		};

		rc = fn(arg, &e, err);
	}
	sql_end(&q);
	buf_done(&f.text);
	return rc;
}

enum err_code
store_event_newest(struct store *s, int64_t *event, struct err *err)
{
	bool found;

	return sql_find_int(&s->db, "SELECT ifnull(max(id), 0) FROM event", SQL_NOTHING, &found,
	    event, err);
}

/* --- those who read it --- */

enum err_code
store_cursor_save(struct store *s, struct slice reader, int64_t event, struct err *err)
{
	enum err_code rc;

	if (store_change_begin(s, err))
		return err->code;
	rc = sql_run(&s->db, "REPLACE INTO cursor (reader, event) VALUES (?, ?)",
	    SQL_VALUES(SQL_TEXT(reader), SQL_INT(event)), err);
	return store_change_end(s, rc, err);
}

enum err_code
store_cursor_load(struct store *s, struct slice reader, int64_t *event, struct err *err)
{
	bool found;

	return sql_find_int(&s->db, "SELECT ifnull((SELECT event FROM cursor WHERE reader = ?), 0)",
	    SQL_VALUES(SQL_TEXT(reader)), &found, event, err);
}
