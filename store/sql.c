/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault_point.h"

/* --- failures --- */

/*
 * SQLite passes on the system's reason for some failures only. But errno is what it was when the
 * call failed; whoever calls SQLite for something that touches the disk sets it to 0 before.
 */
static enum err_code
fail_io(const struct sql_db *db, int errnum, struct err *err)
{
	if (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG)
		return err_set(err, ERR_IO,
		    "%s cannot grow: %s. Make room, then it goes on; nothing that was acknowledged is lost",
		    db->path, strerror(errnum));
	return err_set(err, ERR_IO, "%s: %s%s%s. Look at the disk and its rights", db->path,
	    sqlite3_errmsg(db->handle), errnum ? ": " : "", errnum ? strerror(errnum) : "");
}

static enum err_code
fail(const struct sql_db *db, int code, struct err *err)
{
	int errnum = errno;

	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return err_set(err, ERR_NOMEM, "%s: out of memory", db->path);
	case SQLITE_FULL:
		return err_set(err, ERR_IO,
		    "%s cannot grow: the disk is full. Make room, then it goes on; nothing that was "
		    "acknowledged is lost",
		    db->path);
	case SQLITE_READONLY:
		return err_set(err, ERR_IO,
		    "%s cannot be written: file, folder or disk is read-only. Give the agent's user "
		    "the right to write it",
		    db->path);
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_NOMEM)
			return err_set(err, ERR_NOMEM, "%s: out of memory", db->path);
		return fail_io(db, errnum, err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, ERR_BUSY, "%s is held by another process. Try again later",
		    db->path);
	case SQLITE_TOOBIG:
		return err_set(err, ERR_LIMIT, "%s: a value is longer than %d bytes", db->path,
		    SQL_VALUE_MAX);
	default:
		return err_set(err, ERR_FORMAT,
		    "%s is damaged: %s. Keep a copy, then bring back a backup, or move it away and "
		    "give the lists again",
		    db->path, sqlite3_errmsg(db->handle));
	}
}

/* --- the connection --- */

enum err_code
sql_db_open(struct sql_db *db, const char *path, bool writable, struct err *err)
{
	int flags = writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int code;

	db->path = strdup(path);
	if (!db->path)
		return err_set(err, ERR_NOMEM, "%s: out of memory", path);
	/*
	 * Pages of the cache one by one: SQLite would take room for twenty with each connection. This
	 * holds for the process, and only what is said before the first connection counts.
	 */
	(void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	errno = 0;
	code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK)
		return fail(db, code, err);
	/* SQLite makes do with less: a failure at the first change would come late. */
	if (writable && sqlite3_db_readonly(db->handle, "main") == 1)
		return fail(db, SQLITE_READONLY, err);
	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, SQL_VALUE_MAX);
	(void)sqlite3_busy_timeout(db->handle, SQL_BUSY_MS);
	return ERR_OK;
}

/* Of SQLite's machine: far less than a millisecond. */
enum { STEPS = 1000 };

static int
on_steps(void *db)
{
	const struct sql_db *watched = db;

	watched->gets_on(watched->gets_on_arg);
	return 0; /* go on */
}

void
sql_db_watch(struct sql_db *db, void (*gets_on)(void *arg), void *arg)
{
	db->gets_on = gets_on;
	db->gets_on_arg = arg;
	sqlite3_progress_handler(db->handle, gets_on ? STEPS : 0, on_steps, db);
}

void
sql_db_close(struct sql_db *db)
{
	int code;

	for (size_t i = 0; i < SQL_STATEMENTS_MAX; i++)
		(void)sqlite3_finalize(db->kept[i].stmt);
	code = sqlite3_close(db->handle);
	assert(code == SQLITE_OK); /* no statement is being read */
	free(db->path);
}

enum err_code
sql_checkpoint(struct sql_db *db, int wait_ms, struct err *err)
{
	int code;

	(void)sqlite3_busy_timeout(db->handle, wait_ms);
	errno = 0;
	code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(db->handle, SQL_BUSY_MS);
	/* A reader that stays is no failure: the log is emptied when it has gone. */
	return code == SQLITE_OK || code == SQLITE_BUSY ? ERR_OK : fail(db, code, err);
}

void
sql_release_memory(struct sql_db *db)
{
	(void)sqlite3_db_release_memory(db->handle);
}

bool
sql_in_transaction(const struct sql_db *db)
{
	return sqlite3_get_autocommit(db->handle) == 0;
}

int64_t
sql_changed(const struct sql_db *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t
sql_changed_ever(const struct sql_db *db)
{
	return sqlite3_total_changes64(db->handle);
}

int64_t
sql_inserted_id(const struct sql_db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

/* --- statements --- */

static enum err_code
prepare(struct sql_db *db, const char *text, unsigned flags, sqlite3_stmt **out, struct err *err)
{
	int code;

	errno = 0;
	code = sqlite3_prepare_v3(db->handle, text, -1, flags, out, NULL);
	return code == SQLITE_OK ? ERR_OK : fail(db, code, err);
}

static enum err_code
find_kept(struct sql_db *db, const char *text, sqlite3_stmt **out, struct err *err)
{
	size_t at = ((uintptr_t)text * UINT64_C(0x9e3779b97f4a7c15) >> 32) % SQL_STATEMENTS_MAX;
	size_t probes = 0;

	while (db->kept[at].stmt && db->kept[at].text != text) {
		at = (at + 1) % SQL_STATEMENTS_MAX;
		probes++;
		assert(probes < SQL_STATEMENTS_MAX);
	}
	if (!db->kept[at].stmt &&
	    prepare(db, text, SQLITE_PREPARE_PERSISTENT, &db->kept[at].stmt, err))
		return err->code;
	db->kept[at].text = text;
	*out = db->kept[at].stmt;
	return ERR_OK;
}

static int
bind(sqlite3_stmt *stmt, int at, const struct sql_value *v)
{
	/* Without an address SQLite would take an empty value for NULL. */
	const char *bytes = v->bytes.ptr ? v->bytes.ptr : "";

	switch (v->kind) {
	case SQL_IS_INT:
		return sqlite3_bind_int64(stmt, at, v->number);
	case SQL_IS_TEXT:
		return sqlite3_bind_text64(stmt, at, bytes, v->bytes.len, SQLITE_STATIC,
		    SQLITE_UTF8);
	case SQL_IS_BLOB:
		return sqlite3_bind_blob64(stmt, at, bytes, v->bytes.len, SQLITE_STATIC);
	case SQL_IS_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, at);
}

static enum err_code
bind_all(struct sql *q, struct sql_values values, struct err *err)
{
	assert(!sqlite3_stmt_busy(q->stmt));
	assert((int)values.n == sqlite3_bind_parameter_count(q->stmt));
	for (size_t i = 0; i < values.n; i++) {
		int code = bind(q->stmt, (int)i + 1, &values.value[i]);

		if (code != SQLITE_OK)
			return fail(q->db, code, err);
	}
	return ERR_OK;
}

enum err_code
sql_start(struct sql *q, struct sql_db *db, const char *text, struct sql_values values,
    struct err *err)
{
	*q = (struct sql){ .db = db, .kept = true };
	if (find_kept(db, text, &q->stmt, err))
		return err->code;
	return bind_all(q, values, err);
}

enum err_code
sql_start_once(struct sql *q, struct sql_db *db, const char *text, struct sql_values values,
    struct err *err)
{
	*q = (struct sql){ .db = db };
	if (prepare(db, text, 0, &q->stmt, err))
		return err->code;
	return bind_all(q, values, err);
}

enum err_code
sql_next(struct sql *q, bool *row, struct err *err)
{
	int code;

	errno = 0;
	code = sqlite3_step(q->stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return fail(q->db, code, err);
	*row = code == SQLITE_ROW;
	return ERR_OK;
}

void
sql_end(struct sql *q)
{
	if (!q->kept) {
		(void)sqlite3_finalize(q->stmt);
	} else if (q->stmt) {
		(void)sqlite3_reset(q->stmt);
		(void)sqlite3_clear_bindings(q->stmt);
	}
	q->stmt = NULL;
}

int64_t
sql_int(const struct sql *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

bool
sql_is_null(const struct sql *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

struct slice
sql_bytes(const struct sql *q, int column)
{
	/* A blob's address is that of a text as well; the order of the two calls is SQLite's. */
	const char *ptr = sqlite3_column_blob(q->stmt, column);

	return (struct slice){ ptr, (size_t)sqlite3_column_bytes(q->stmt, column) };
}

enum err_code
sql_run(struct sql_db *db, const char *text, struct sql_values values, struct err *err)
{
	bool row = true;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, db, text, values, err);
	while (rc == ERR_OK && row)
		rc = sql_next(&q, &row, err);
	sql_end(&q);
	return rc;
}

enum err_code
sql_script(struct sql_db *db, const char *text, struct err *err)
{
	int code;

	errno = 0;
	code = sqlite3_exec(db->handle, text, NULL, NULL, NULL);
	return code == SQLITE_OK ? ERR_OK : fail(db, code, err);
}

enum err_code
sql_commit(struct sql_db *db, struct err *err)
{
	enum err_code rc;

	fault_point("store.commit");
	rc = sql_run(db, "COMMIT", SQL_NOTHING, err);
	if (rc)
		sql_rollback(db);
	else
		fault_point("store.committed");
	return rc;
}

void
sql_rollback(struct sql_db *db)
{
	if (sql_in_transaction(db))
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

enum err_code
sql_find_int(struct sql_db *db, const char *text, struct sql_values values, bool *found,
    int64_t *out, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	rc = sql_start(&q, db, text, values, err);
	if (rc == ERR_OK)
		rc = sql_next(&q, &row, err);
	if (rc == ERR_OK) {
		*found = row;
		if (row)
			*out = sql_int(&q, 0);
	}
	sql_end(&q);
	return rc;
}
