/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * One SQLite connection, and statements that stand where they are used:
 *
 *	rc = sql_run(db, "DELETE FROM hold WHERE scope = ?", SQL_VALUES(SQL_TEXT(scope)), err);
 *
 * A statement is prepared when it is first run and kept until sql_db_close(). It is found again by
 * the address of its text, which must therefore be a literal. SQLite's failures become err_codes
 * with texts for people here and nowhere else: ERR_NOMEM, ERR_IO, ERR_BUSY, ERR_FORMAT (damaged),
 * ERR_LIMIT (a value of more than SQL_VALUE_MAX bytes).
 *
 * Threads: one at a time.
 */
enum {
	SQL_STATEMENTS_MAX = 256,         /* a power of two; there are two thirds as many */
	SQL_VALUE_MAX = 16 * 1024 * 1024, /* bytes of one text or blob */
	SQL_BUSY_MS = 5000,               /* how long another process is waited for */
};

struct sqlite3;
struct sqlite3_stmt;

struct sql_db {
	struct sqlite3 *handle;
	char *path; /* for messages */
	void (*gets_on)(void *arg);
	void *gets_on_arg;
	struct {
		const char *text;
		struct sqlite3_stmt *stmt;
	} kept[SQL_STATEMENTS_MAX];
};

/* db: zeroed. The file must be there. Errors: those above; db needs a close even then. */
MUST_USE enum err_code sql_db_open(struct sql_db *db, const char *path, bool writable,
    struct err *err);

/*
 * From now on gets_on is called again and again, from inside of statements that take long; NULL:
 * nobody is. It must leave db alone.
 */
void sql_db_watch(struct sql_db *db, void (*gets_on)(void *arg), void *arg);

/* Accepts a zeroed one. */
void sql_db_close(struct sql_db *db);

/* What a statement is given for its question marks, in their order. Bytes are borrowed. */
struct sql_value {
	enum { SQL_IS_NULL, SQL_IS_INT, SQL_IS_TEXT, SQL_IS_BLOB } kind;
	int64_t number;
	struct slice bytes;
};

struct sql_values {
	const struct sql_value *value;
	size_t n;
};

#define SQL_NULL ((struct sql_value){ .kind = SQL_IS_NULL })
#define SQL_INT(v) ((struct sql_value){ .kind = SQL_IS_INT, .number = (int64_t)(v) })
#define SQL_TEXT(v) ((struct sql_value){ .kind = SQL_IS_TEXT, .bytes = (v) })
#define SQL_BLOB(v) ((struct sql_value){ .kind = SQL_IS_BLOB, .bytes = (v) })

#define SQL_VALUES(...) \
	((struct sql_values){ (const struct sql_value[]){ __VA_ARGS__ }, \
	    sizeof((const struct sql_value[]){ __VA_ARGS__ }) / sizeof(struct sql_value) })
#define SQL_NOTHING ((struct sql_values){ NULL, 0 })

/* Runs it to its end; rows that it gives are passed over. */
MUST_USE enum err_code sql_run(struct sql_db *db, const char *text, struct sql_values values,
    struct err *err);

/* Several statements without values, of which nothing is kept. */
MUST_USE enum err_code sql_script(struct sql_db *db, const char *text, struct err *err);

/*
 * Commits what a "BEGIN" began, durably; on error nothing of it has happened. fault_point() is told
 * "store.commit" before and "store.committed" after.
 */
MUST_USE enum err_code sql_commit(struct sql_db *db, struct err *err);

/* Nothing since "BEGIN" has happened; no error if there was none. */
void sql_rollback(struct sql_db *db);

/* After some failures SQLite rolls back by itself. */
bool sql_in_transaction(const struct sql_db *db);

/* Empties the write-ahead log into the file, unless somebody reads for longer than wait_ms. */
MUST_USE enum err_code sql_checkpoint(struct sql_db *db, int wait_ms, struct err *err);

/* Gives back what the cache has beyond its need. */
void sql_release_memory(struct sql_db *db);

/* Rows that the last statement has changed. */
int64_t sql_changed(const struct sql_db *db);

/* Rows that all statements have changed, also those that were rolled back. */
int64_t sql_changed_ever(const struct sql_db *db);

/* The id of the last row that was inserted. */
int64_t sql_inserted_id(const struct sql_db *db);

/*
 * A statement that is being read. The values must live until sql_end(), which has to follow
 * sql_start() whatever that has returned; a zeroed one may be ended too.
 */
struct sql {
	struct sql_db *db;
	struct sqlite3_stmt *stmt;
	bool kept;
};

MUST_USE enum err_code sql_start(struct sql *q, struct sql_db *db, const char *text,
    struct sql_values values, struct err *err);

/* The same for a text that is put together: it is prepared for this time only. */
MUST_USE enum err_code sql_start_once(struct sql *q, struct sql_db *db, const char *text,
    struct sql_values values, struct err *err);

/* *row is false behind the last row. */
MUST_USE enum err_code sql_next(struct sql *q, bool *row, struct err *err);

void sql_end(struct sql *q);

/* Of the row that is there, by column from 0. Slices hold until the next sql_next() or sql_end(). */
int64_t sql_int(const struct sql *q, int column);
bool sql_is_null(const struct sql *q, int column);
struct slice sql_bytes(const struct sql *q, int column); /* of a text or blob; empty for NULL */

static inline uint32_t
sql_uint32(const struct sql *q, int column)
{
	return (uint32_t)sql_int(q, column);
}

/* The first column of the first row; *out is untouched, and *found false, if there is no row. */
MUST_USE enum err_code sql_find_int(struct sql_db *db, const char *text, struct sql_values values,
    bool *found, int64_t *out, struct err *err);
