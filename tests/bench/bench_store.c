/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the store compares with the least that SQLite and the disk can do, in one line of JSON:
 *
 *	intake		devices a second, in commits of 500, against one bare table with the same columns
 *	changes		durable small changes a second, against appending 4 KiB and fdatasync()
 *	claim		the next 500 devices out of all that are queued
 *	reopen		from an end without warning to the first claim, with the log that was left
 *
 * The store and its yardstick take turns; only their ratios mean anything.
 * The bare table has no index but its key, and SQLite's own page size. Serial numbers are random.
 *
 * usage: bench_store FOLDER [DEVICES]		FOLDER must not be there; it is left behind
 */
#include <assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"

enum {
	COMMIT = 500,
	TURN = 20, /* commits before the other one's turn */
	DEVICES = 100000,
	CHANGES = 200, /* a turn */
	CHANGE_TURNS = 10,
	CLAIMS = 21,
	HASH_LEN = 3000,
	HASH_USED_MIN = 750,
	HASH_USED_MAX = 1100,
	PATH_SIZE = 512,
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(enum err_code rc, const struct err *err)
{
	if (rc) {
		fprintf(stderr, "bench_store: %s\n", err->msg);
		exit(1);
	}
}

static void
must_sqlite(int code, sqlite3 *db)
{
	if (code != SQLITE_OK && code != SQLITE_DONE) {
		fprintf(stderr, "bench_store: bare: %s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static uint64_t
next_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

struct rows {
	uint64_t random;
	uint64_t line;
	struct store_row row[COMMIT];
	char serial[COMMIT][17];
	char hash[COMMIT][HASH_USED_MAX];
};

static void
make_rows(struct rows *r)
{
	static const char *const model[] = { "Model 10", "Model 20", "Model 30 Gen 4" };

	for (size_t i = 0; i < COMMIT; i++) {
		uint64_t x = next_random(&r->random);
		size_t used = HASH_USED_MIN + x % (HASH_USED_MAX - HASH_USED_MIN);

		(void)snprintf(r->serial[i], sizeof r->serial[i], "%016llX", (unsigned long long)x);
		memcpy(r->hash[i], &x, sizeof x);
		r->row[i] = (struct store_row){
			.line = ++r->line,
			.serial = { r->serial[i], 10 },
			.manufacturer = slice_of("Fabrikam Devices"),
			.model = slice_of(model[x % 3]),
			.tag = slice_of("Microsoft365Managed_Autopilot"),
			.hash = { r->hash[i], used },
			.hash_len = HASH_LEN,
		};
	}
}

/* --- the bare table --- */

struct bare {
	sqlite3 *db;
	sqlite3_stmt *insert;
};

static void
bare_open(struct bare *b, const char *folder)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s/bare.db", folder);
	must_sqlite(sqlite3_open(path, &b->db), b->db);
	must_sqlite(
	    sqlite3_exec(b->db,
	        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	        "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536;"
	        "CREATE TABLE device (id INTEGER PRIMARY KEY, customer INTEGER, lane INTEGER,"
	        " make INTEGER, state INTEGER, attempts INTEGER, list INTEGER, line INTEGER,"
	        " updated INTEGER, serial TEXT, product_id TEXT, length INTEGER, hash BLOB)",
	        NULL, NULL, NULL),
	    b->db);
	must_sqlite(sqlite3_prepare_v2(b->db,
	                "INSERT INTO device (customer, lane, make, state, attempts, list, line,"
	                " updated, serial, product_id, length, hash)"
	                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	                -1, &b->insert, NULL),
	    b->db);
}

static void
bare_add(struct bare *b, const struct rows *r)
{
	must_sqlite(sqlite3_exec(b->db, "BEGIN", NULL, NULL, NULL), b->db);
	for (size_t i = 0; i < COMMIT; i++) {
		const struct store_row *row = &r->row[i];

		for (int column = 1; column <= 6; column++)
			(void)sqlite3_bind_int64(b->insert, column, 1);
		(void)sqlite3_bind_int64(b->insert, 7, (int64_t)row->line);
		(void)sqlite3_bind_int64(b->insert, 8, 1900000000000);
		(void)sqlite3_bind_text(b->insert, 9, row->serial.ptr, (int)row->serial.len, NULL);
		(void)sqlite3_bind_text(b->insert, 10, "", 0, NULL);
		(void)sqlite3_bind_int64(b->insert, 11, row->hash_len);
		(void)sqlite3_bind_blob(b->insert, 12, row->hash.ptr, (int)row->hash.len, NULL);
		must_sqlite(sqlite3_step(b->insert), b->db);
		(void)sqlite3_reset(b->insert);
	}
	must_sqlite(sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL), b->db);
}

static void
bare_close(struct bare *b)
{
	(void)sqlite3_finalize(b->insert);
	must_sqlite(sqlite3_close(b->db), b->db);
}

/* --- intake --- */

struct intake {
	double ours_s;
	double bare_s;
	size_t ours;
	size_t bare;
	uint64_t wal_bytes; /* the most */
};

static void
note_log(struct store *s, struct intake *in)
{
	struct store_stats stats;
	struct err err;

	must(store_stats(s, &stats, &err), &err);
	if (stats.wal_bytes > in->wal_bytes)
		in->wal_bytes = stats.wal_bytes;
}

static void
take_in(struct store *s, const char *folder, size_t devices, struct intake *in)
{
	static struct rows ours = { .random = 1 }, bares = { .random = 1 };
	struct bare bare;
	struct err err;
	int64_t list;
	uint64_t contested;
	double start;

	bare_open(&bare, folder);
	must(store_list_begin(s, slice_of("contoso"), slice_of("a.csv"), slice_of(""),
	         LIST_FROM_COMMAND, &list, &err),
	    &err);
	while (in->ours < devices) {
		for (int i = 0; i < TURN; i++, in->ours += COMMIT) {
			make_rows(&ours);
			start = now_s();
			must(store_list_add(s, list, ours.row, COMMIT, &err), &err);
			in->ours_s += now_s() - start;
		}
		note_log(s, in);
		for (int i = 0; i < TURN; i++, in->bare += COMMIT) {
			make_rows(&bares);
			start = now_s();
			bare_add(&bare, &bares);
			in->bare_s += now_s() - start;
		}
	}
	must(store_list_end(s, list, in->ours, &contested, &err), &err);
	bare_close(&bare);
}

/* --- claims --- */

static enum err_code
on_head(void *arg, const struct store_batch_head *h, struct err *err)
{
	(void)arg;
	(void)h;
	(void)err;
	return ERR_OK;
}

static enum err_code
on_device(void *arg, const struct store_batch_device *d, struct err *err)
{
	size_t *bytes = arg;

	(void)err;
	*bytes += d->hash.len;
	return ERR_OK;
}

static int64_t
claim(struct store *s)
{
	size_t bytes = 0;
	const struct store_batch_reader reader = { &bytes, on_head, on_device };
	struct err err;
	int64_t id;

	must(store_batch_claim(s, 1, COMMIT, UINT64_MAX, slice_of("r"), slice_of("c"), &reader, &id,
	         &err),
	    &err);
	assert(bytes > COMMIT * HASH_USED_MIN);
	return id;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median_claim_s(struct store *s)
{
	double sample[CLAIMS];

	for (int i = 0; i < CLAIMS; i++) {
		double start = now_s();

		(void)claim(s);
		sample[i] = now_s() - start;
	}
	qsort(sample, CLAIMS, sizeof sample[0], compare);
	return sample[CLAIMS / 2];
}

/* --- small changes --- */

static void
change(struct store *s, int64_t batch, double *ours_s, double *raw_s, const char *folder)
{
	static char page[4096];
	char path[PATH_SIZE];
	struct err err;
	int fd;

	(void)snprintf(path, sizeof path, "%s/raw", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert(fd >= 0);
	for (int turn = 0; turn < CHANGE_TURNS; turn++) {
		double start = now_s();

		for (int i = 0; i < CHANGES; i++)
			must(store_batch_move(s, batch, BATCH_UNKNOWN, i, false, &err), &err);
		*ours_s += now_s() - start;
		start = now_s();
		for (int i = 0; i < CHANGES; i++) {
			if (write(fd, page, sizeof page) != sizeof page || fdatasync(fd) != 0) {
				perror("bench_store");
				exit(1);
			}
		}
		*raw_s += now_s() - start;
	}
	(void)close(fd);
}

/* --- the end without warning --- */

static void
die_at_work(const char *folder)
{
	struct store *s;
	struct err err;
	pid_t pid = fork();

	assert(pid >= 0);
	if (pid == 0) {
		must(store_open(folder, STORE_WRITE, clock_system(), &s, &err), &err);
		for (int i = 0; i < CLAIMS; i++)
			(void)claim(s);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
}

static uint64_t
log_bytes(const char *folder)
{
	char path[PATH_SIZE];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/autoreg.db-wal", folder);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int
main(int argc, char **argv)
{
	uint64_t devices = DEVICES;
	double ours_s = 0, raw_s = 0, claim_s, reopen_s;
	struct intake in = { 0 };
	uint64_t left_bytes;
	struct store *s;
	struct err err;

	if (argc < 2 || argc > 3 ||
	    (argc == 3 && !slice_to_u64(slice_of(argv[2]), 100000000, &devices))) {
		fprintf(stderr, "usage: bench_store FOLDER [DEVICES]\n");
		return 2;
	}
	must(store_open(argv[1], STORE_WRITE, clock_system(), &s, &err), &err);
	take_in(s, argv[1], devices, &in);
	claim_s = median_claim_s(s);
	change(s, claim(s), &ours_s, &raw_s, argv[1]);
	store_close(s);

	die_at_work(argv[1]);
	left_bytes = log_bytes(argv[1]);
	reopen_s = now_s();
	must(store_open(argv[1], STORE_WRITE, clock_system(), &s, &err), &err);
	(void)claim(s);
	reopen_s = now_s() - reopen_s;
	store_close(s);

	printf("{\"devices\":%zu,\"intake_per_s\":%.0f,\"bare_per_s\":%.0f,\"intake_ratio\":%.2f,"
	       "\"wal_most_bytes\":%llu,\"changes_per_s\":%.0f,\"raw_per_s\":%.0f,"
	       "\"change_ratio\":%.2f,\"claim_500_ms\":%.2f,\"reopen_to_claim_ms\":%.2f,"
	       "\"reopen_wal_bytes\":%llu}\n",
	    in.ours, (double)in.ours / in.ours_s, (double)in.bare / in.bare_s,
	    (double)in.ours / in.ours_s / ((double)in.bare / in.bare_s),
	    (unsigned long long)in.wal_bytes, CHANGES * CHANGE_TURNS / ours_s,
	    CHANGES * CHANGE_TURNS / raw_s, raw_s / ours_s, claim_s * 1e3, reopen_s * 1e3,
	    (unsigned long long)left_bytes);
	return 0;
}
