/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/store_change.h"
#include "store/store_folder.h"
#include "store/store_schema.h"

/*
 * Large pages: hashes fill them better, and intake is a third faster than with 4 KiB; a small change
 * costs no more, because it waits for the disk anyway. The cache is a ceiling, and fills only as far
 * as there is work: a larger one is no faster, because lists only pass through, and costs its memory.
 * FULL: after a power cut nothing that was acknowledged is lost.
 *
 * SQLite moves the log into the file by itself once it has 1,000 pages, 16 MiB; only while somebody
 * reads an old state it cannot begin the log anew. From LOG_WAIT_BYTES on such a reader is waited
 * for, but not long: one that never ends must not stop the agent.
 */
static const char settings[] = "PRAGMA page_size = 16384;"
                               "PRAGMA cache_size = -4096;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 1000;"
                               "PRAGMA journal_size_limit = 67108864;";

enum { LOG_WAIT_BYTES = 32 * 1024 * 1024, LOG_WAIT_MS = 100 };

static enum err_code
use_log(struct sql_db *db, struct err *err)
{
	bool row = false;
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, db, "PRAGMA journal_mode = WAL", SQL_NOTHING, err)) ||
	    (rc = sql_next(&q, &row, err)))
		goto out;
	if (!row || !slice_eq(sql_bytes(&q, 0), slice_of("wal")))
		rc = err_set(err, ERR_IO,
		    "%s is on a file system without shared memory, where a store is not safe. Use "
		    "a folder on a local disk",
		    db->path);
out:
	sql_end(&q);
	return rc;
}

static void
take_digest_key(struct store *s, struct slice key)
{
	memcpy(s->digest_key, key.ptr, sizeof s->digest_key);
	identity_init(&s->identity, s->digest_key);
}

static enum err_code
load_digest_key(struct store *s, struct err *err)
{
	bool row = false;
	struct slice key = { NULL, 0 };
	struct sql q;
	enum err_code rc;

	if ((rc = sql_start(&q, &s->db, "SELECT value FROM meta WHERE name = 'digest-key'",
	         SQL_NOTHING, err)) ||
	    (rc = sql_next(&q, &row, err)))
		goto out;
	if (row)
		key = sql_bytes(&q, 0);
	if (key.len == sizeof s->digest_key)
		take_digest_key(s, key);
	else
		rc = err_set(err, ERR_FORMAT, "%s is damaged: it has no digest key", s->db.path);
out:
	sql_end(&q);
	return rc;
}

static enum err_code
open_file(struct store *s, const char *folder, const struct store_patience *patience,
    struct err *err)
{
	bool writable = s->mode == STORE_WRITE;
	char *path = NULL;
	enum err_code rc;

	if ((rc = store_folder_file(folder, writable, &path, err)) ||
	    (rc = sql_db_open(&s->db, path, writable, err)))
		goto out;
	sql_db_watch(&s->db, patience->gets_on, patience->arg);
	if ((writable && (rc = sql_script(&s->db, settings, err))) ||
	    (rc = store_schema_check(&s->db, writable, err)) ||
	    (writable && (rc = use_log(&s->db, err))))
		goto out;
	rc = load_digest_key(s, err);
	sql_db_watch(&s->db, NULL, NULL);
out:
	free(path);
	return rc;
}

enum err_code
store_open(const char *folder, enum store_mode mode, const struct clock *clock, struct store **out,
    struct err *err)
{
	return store_open_patiently(folder, mode, clock, &(struct store_patience){ NULL, NULL },
	    out, err);
}

enum err_code
store_open_patiently(const char *folder, enum store_mode mode, const struct clock *clock,
    const struct store_patience *patience, struct store **out, struct err *err)
{
	struct store *s = calloc(1, sizeof *s);
	enum err_code rc;

	if (!s)
		return err_set(err, ERR_NOMEM, "%s: out of memory", folder);
	s->mode = mode;
	s->clock = clock;
	s->lock = -1;
	if ((mode == STORE_WRITE && (rc = store_folder_take(folder, &s->lock, err))) ||
	    (rc = open_file(s, folder, patience, err)))
		goto out;
	*out = s;
	s = NULL;
out:
	store_close(s);
	return rc;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	assert(s->depth == 0);
	serial_tail_forget(&s->tail);
	identity_done(&s->identity);
	sql_db_close(&s->db);
	store_folder_leave(s->lock);
	free(s);
}

enum err_code
store_group_begin(struct store *s, struct err *err)
{
	assert(s->depth == 0);
	return store_change_begin(s, err);
}

enum err_code
store_group_end(struct store *s, struct err *err)
{
	assert(s->depth == 1);
	return store_change_end(s, ERR_OK, err);
}

static enum err_code
size_of(const char *path, const char *ending, uint64_t *out, struct err *err)
{
	struct stat st;
	char *name;
	int failed;

	if (asprintf(&name, "%s%s", path, ending) < 0)
		return err_set(err, ERR_NOMEM, "%s: out of memory", path);
	failed = stat(name, &st) == 0 ? 0 : errno;
	free(name);
	if (failed && failed != ENOENT)
		return err_errno(err, failed, "cannot look at %s%s", path, ending);
	*out = failed ? 0 : (uint64_t)st.st_size;
	return ERR_OK;
}

enum err_code
store_checkpoint(struct store *s, bool always, struct err *err)
{
	uint64_t bytes = 0;

	assert(s->mode == STORE_WRITE && s->depth == 0);
	if (size_of(s->db.path, "-wal", &bytes, err))
		return err->code;
	if (!always && bytes < LOG_WAIT_BYTES)
		return ERR_OK;
	if (always)
		sql_release_memory(&s->db);
	if (sql_checkpoint(&s->db, LOG_WAIT_MS, err))
		return err->code;
	s->checkpoints++;
	return ERR_OK;
}

_Static_assert(LIST_OF_UNITS == 3, "the statement below names it by number");

static enum err_code
find_oldest(struct store *s, int64_t *out, struct err *err)
{
	bool found;

	return sql_find_int(&s->db,
	    "SELECT min(CASE list.source WHEN 3 THEN d.updated ELSE list.received END) FROM lane"
	    " JOIN device d ON d.id = (SELECT min(id) FROM device WHERE lane = lane.id AND state = 2)"
	    " JOIN list ON list.id = d.list"
	    " WHERE lane.id NOT IN (SELECT lane FROM blocked)",
	    SQL_NOTHING, &found, out, err);
}

enum err_code
store_stats(struct store *s, struct store_stats *out, struct err *err)
{
	struct store_stats stats = { 0 };

	if (size_of(s->db.path, "", &stats.file_bytes, err) ||
	    size_of(s->db.path, "-wal", &stats.wal_bytes, err) ||
	    find_oldest(s, &stats.oldest_queued_unix_ms, err))
		return err->code;
	*out = stats;
	return ERR_OK;
}
