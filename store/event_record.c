/* SPDX-License-Identifier: Apache-2.0 */
#include "store/event_record.h"

#include "store/store_change.h"

enum err_code
event_record_add(struct store *s, const struct store_event *e, struct err *err)
{
	return sql_run(&s->db,
	    "INSERT INTO event (at, kind, actor, customer, partner, list, serial, request_id,"
	    " correlation_id, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    SQL_VALUES(SQL_INT(store_now(s)), SQL_TEXT(e->kind), SQL_TEXT(e->actor),
	        SQL_TEXT(e->customer), SQL_TEXT(e->partner), SQL_INT(e->list), SQL_TEXT(e->serial),
	        SQL_TEXT(e->request_id), SQL_TEXT(e->correlation_id), SQL_TEXT(e->message)),
	    err);
}
