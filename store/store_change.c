/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_change.h"

#include <assert.h>
#include <stdbool.h>

enum err_code
store_change_begin(struct store *s, struct err *err)
{
	enum err_code rc;

	assert(s->mode == STORE_WRITE && s->depth < STORE_CHANGES_MAX);
	if (s->undone.code) {
		*err = s->undone;
		return err->code;
	}
	rc = sql_run(&s->db, s->depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT change", SQL_NOTHING,
	    err);
	if (rc == ERR_OK)
		s->changed[s->depth++] = sql_changed_ever(&s->db);
	return rc;
}

static enum err_code
end_transaction(struct store *s, enum err_code rc, struct err *err)
{
	if (s->undone.code)
		s->undone.code = ERR_OK;
	else if (rc)
		sql_rollback(&s->db);
	else
		rc = sql_commit(&s->db, err);
	return rc;
}

static bool
undo_savepoint(struct store *s)
{
	struct err err;

	return sql_in_transaction(&s->db) &&
	    sql_run(&s->db, "ROLLBACK TO change", SQL_NOTHING, &err) == ERR_OK &&
	    sql_run(&s->db, "RELEASE change", SQL_NOTHING, &err) == ERR_OK;
}

static enum err_code
end_savepoint(struct store *s, enum err_code rc, struct err *err)
{
	if (rc == ERR_OK)
		rc = sql_run(&s->db, "RELEASE change", SQL_NOTHING, err);
	if (rc && !s->undone.code && !undo_savepoint(s)) {
		sql_rollback(&s->db);
		s->undone = *err;
	}
	return rc;
}

/* What the change that has just ended in vain may have left in memory. */
static void
forget(struct store *s)
{
	tally_forget(&s->tally);
	if (sql_changed_ever(&s->db) == s->changed[s->depth])
		return;
	intern_forget(&s->intern);
	identity_forget(&s->identity);
	serial_tail_forget(&s->tail);
}

enum err_code
store_change_end(struct store *s, enum err_code rc, struct err *err)
{
	assert(s->depth > 0);
	s->depth--;
	if (s->undone.code) {
		*err = s->undone;
		rc = err->code;
	} else if (rc == ERR_OK) {
		rc = tally_flush(&s->tally, &s->db, err);
	}
	rc = s->depth == 0 ? end_transaction(s, rc, err) : end_savepoint(s, rc, err);
	if (rc)
		forget(s);
	return rc;
}
