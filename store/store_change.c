/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_change.h"

#include <assert.h>

enum err_code
store_change_begin(struct store *s, struct err *err)
{
	enum err_code rc;

	assert(s->mode == STORE_WRITE);
	if (s->undone.code) {
		*err = s->undone;
		return err->code;
	}
	rc = sql_run(&s->db, s->depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT change", SQL_NOTHING,
	    err);
	if (rc == ERR_OK)
		s->depth++;
	return rc;
}

/* The outermost change takes with it whatever SQLite has left of the transaction. */
static enum err_code
end_transaction(struct store *s, enum err_code rc, struct err *err)
{
	if (s->undone.code) {
		*err = s->undone;
		s->undone.code = ERR_OK;
		return err->code;
	}
	if (rc)
		sql_rollback(&s->db);
	else
		rc = sql_commit(&s->db, err);
	return rc;
}

static enum err_code
undo_savepoint(struct store *s, struct err *err)
{
	if (sql_run(&s->db, "ROLLBACK TO change", SQL_NOTHING, err))
		return err->code;
	return sql_run(&s->db, "RELEASE change", SQL_NOTHING, err);
}

static enum err_code
end_savepoint(struct store *s, enum err_code rc, struct err *err)
{
	struct err failed;

	if (rc == ERR_OK)
		rc = sql_run(&s->db, "RELEASE change", SQL_NOTHING, err);
	if (rc && !s->undone.code &&
	    (!sql_in_transaction(&s->db) || undo_savepoint(s, &failed))) {
		sql_rollback(&s->db);
		s->undone = *err;
	}
	return rc;
}

enum err_code
store_change_end(struct store *s, enum err_code rc, struct err *err)
{
	assert(s->depth > 0);
	s->depth--;
	if (rc == ERR_OK && !s->undone.code)
		rc = tally_flush(&s->tally, &s->db, err);
	rc = s->depth == 0 ? end_transaction(s, rc, err) : end_savepoint(s, rc, err);
	if (rc) {
		tally_forget(&s->tally);
		intern_forget(&s->intern);
		identity_forget(&s->identity);
	}
	return rc;
}
