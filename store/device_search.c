/* SPDX-License-Identifier: Apache-2.0 */
#include "store/device_search.h"

#include <assert.h>
#include <stdint.h>

#include "store/list_line.h"
#include "store/store_change.h"

enum { SEARCH_TEXT_MAX = 4096 };

static void
add(struct device_search *f, const char *condition, struct sql_value value)
{
	assert(f->n < sizeof f->value / sizeof f->value[0]);
	buf_add_str(&f->text, condition);
	f->value[f->n++] = value;
}

/* By way of the index, or among the last devices, which it does not have yet. */
static enum err_code
add_serial(struct device_search *f, struct store *s, struct err *err)
{
	struct slice serial = f->query->serial;
	int64_t print;

	if (identity_serial_print(&s->identity, &s->db, serial, &print, err))
		return err->code;
	add(f, " AND d.id IN (SELECT device FROM identity WHERE serial_print = ?", SQL_INT(print));
	add(f,
	    " UNION ALL SELECT id FROM device WHERE serial = ?"
	    " AND id > (SELECT value FROM meta WHERE name = 'merged'))",
	    SQL_TEXT(serial));
	add(f, " AND d.serial = ?", SQL_TEXT(serial));
	return ERR_OK;
}

/* Those that it has made, and those that its rows follow. It has to come first. */
static void
add_list(struct device_search *f, int64_t list)
{
	assert(f->n == 0);
	add(f,
	    " AND d.id IN (SELECT device FROM list_row WHERE list = ?1"
	    " UNION ALL SELECT id FROM device d WHERE " LIST_LINE_MADE ")",
	    SQL_INT(list));
}

static enum err_code
add_conditions(struct device_search *f, struct store *s, struct err *err)
{
	const struct store_device_query *q = f->query;
	uint64_t limit = q->limit > 0 && q->limit < INT64_MAX ? q->limit : INT64_MAX;

	buf_add_str(&f->text, f->select);
	if (q->list)
		add_list(f, q->list);
	if (q->serial.len && add_serial(f, s, err))
		return err->code;
	if (q->customer.len)
		add(f, " AND d.customer = (SELECT id FROM customer WHERE name = ?)",
		    SQL_TEXT(q->customer));
	if (q->by_state) {
		buf_addf(&f->text, " AND %s", f->state);
		add(f, " = ?", SQL_INT(q->state));
	}
	add(f, " ORDER BY d.id LIMIT ?", SQL_INT(limit));
	return buf_check(&f->text, err);
}

enum err_code
device_search_start(struct device_search *f, struct store *s, struct sql *q, struct err *err)
{
	*q = (struct sql){ 0 };
	f->n = 0;
	buf_init(&f->text, SEARCH_TEXT_MAX);
	if (add_conditions(f, s, err))
		return err->code;
	return sql_start_once(q, &s->db, f->text.ptr, (struct sql_values){ f->value, f->n }, err);
}

void
device_search_done(struct device_search *f)
{
	buf_done(&f->text);
}
