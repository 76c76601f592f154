/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units that are acknowledged one by one, as a packing line has them, in one line of JSON:
 *
 *	units_per_s	with SUBMITTERS that each wait for theirs and then send the next one
 *	p99_ms		of these acknowledgements, through the store's thread and its group commit
 *	bare_p99_ms	of as many that take turns at a bare SQLite table, a commit for each row
 *	alone_p99_ms	of one that has that table for itself
 *	rss_kib		the resident set after each tenth
 *
 * The store and its yardstick take turns; only their ratios mean anything. Who waits for a turn at the
 * bare table waits for the commits before it, and for nothing else: this is added up and not run with
 * threads, to its favour. The bare table has no index but its key.
 *
 * usage: bench_units FOLDER [UNITS]		FOLDER must not be there; it is left behind
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <uv.h>

#include "store/store.h"
#include "store/store_async.h"

enum {
	SUBMITTERS = 50,
	UNITS = 100000,
	TENTHS = 10,
	BARE_COMMITS = 2000, /* a tenth */
	PATH_SIZE = 512,
	TEXT_SIZE = 24,
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
		fprintf(stderr, "bench_units: %s\n", err->msg);
		exit(1);
	}
}

static void
must_sqlite(int code, sqlite3 *db)
{
	if (code != SQLITE_OK && code != SQLITE_DONE) {
		fprintf(stderr, "bench_units: bare: %s\n", sqlite3_errmsg(db));
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

/* --- samples --- */

struct samples {
	double *s;
	size_t n;
};

static void
samples_init(struct samples *a, size_t max)
{
	a->s = calloc(max, sizeof a->s[0]);
	a->n = 0;
	if (!a->s) {
		fprintf(stderr, "bench_units: out of memory\n");
		exit(1);
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
samples_p99_s(struct samples *a)
{
	qsort(a->s, a->n, sizeof a->s[0], compare);
	return a->s[a->n - 1 - a->n / 100];
}

/* --- the store --- */

struct unit {
	char serial[TEXT_SIZE];
	char product_id[TEXT_SIZE];
	struct store_row row;
};

static void
make_unit(struct unit *u, uint64_t *random)
{
	uint64_t x = next_random(random);

	(void)snprintf(u->serial, sizeof u->serial, "%016llX", (unsigned long long)x);
	(void)snprintf(u->product_id, sizeof u->product_id, "%013llu",
	    (unsigned long long)(x % 10000000000000));
	u->row = (struct store_row){
		.serial = { u->serial, 10 },
		.product_id = slice_of(u->product_id),
		.manufacturer = slice_of("Fabrikam Devices"),
		.model = slice_of("Model 30 Gen 4"),
		.tag = slice_of("Microsoft365Managed_Autopilot"),
		.order = slice_of("4500017"),
	};
}

struct line {
	struct store_async *store;
	uint64_t random;
	size_t left; /* to be started in this turn */
	struct samples samples;
	struct submitter {
		struct line *line;
		struct unit unit;
		double since_s;
	} submitter[SUBMITTERS];
};

static enum err_code
add_unit(struct store *s, void *arg, struct err *err)
{
	struct submitter *w = arg;
	struct store_unit_taken taken;

	return store_unit_add(s, slice_of("contoso"), slice_of("units-2026-11-21"), &w->unit.row,
	    slice_of(""), &taken, err);
}

static void send_next(struct submitter *w);

static void
on_added(void *arg, const struct err *failed)
{
	struct submitter *w = arg;
	struct samples *a = &w->line->samples;

	must(failed ? failed->code : ERR_OK, failed);
	a->s[a->n++] = now_s() - w->since_s;
	send_next(w);
}

static void
send_next(struct submitter *w)
{
	struct err err;

	if (w->line->left == 0)
		return;
	w->line->left--;
	make_unit(&w->unit, &w->line->random);
	w->since_s = now_s();
	must(store_async_start(w->line->store, add_unit, on_added, w, &err), &err);
}

/* Returns the seconds that it took. */
static double
add_units(struct line *l, uv_loop_t *loop, size_t n)
{
	size_t want = l->samples.n + n;
	double start = now_s();

	l->left = n;
	for (size_t i = 0; i < SUBMITTERS; i++)
		send_next(&l->submitter[i]);
	while (l->samples.n < want)
		(void)uv_run(loop, UV_RUN_ONCE);
	return now_s() - start;
}

/* --- the bare table --- */

struct bare {
	sqlite3 *db;
	sqlite3_stmt *insert;
	uint64_t random;
	double last_s[SUBMITTERS]; /* what the commits before this one took */
	struct samples waiting;
	struct samples alone;
};

static void
bare_open(struct bare *b, const char *folder, size_t max)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s/bare.db", folder);
	must_sqlite(sqlite3_open(path, &b->db), b->db);
	must_sqlite(
	    sqlite3_exec(b->db,
	        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	        "CREATE TABLE device (id INTEGER PRIMARY KEY, customer INTEGER, lane INTEGER,"
	        " make INTEGER, state INTEGER, list INTEGER, line INTEGER, updated INTEGER,"
	        " serial TEXT, product_id TEXT)",
	        NULL, NULL, NULL),
	    b->db);
	must_sqlite(sqlite3_prepare_v2(b->db,
	                "INSERT INTO device (customer, lane, make, state, list, line, updated,"
	                " serial, product_id) VALUES (1, 1, 1, 2, 1, ?, 1900000000000, ?, ?)",
	                -1, &b->insert, NULL),
	    b->db);
	samples_init(&b->waiting, max);
	samples_init(&b->alone, max);
}

static void
bare_add(struct bare *b)
{
	struct unit u;
	double start, wait_s = 0;
	size_t at = b->alone.n % SUBMITTERS;

	make_unit(&u, &b->random);
	start = now_s();
	(void)sqlite3_bind_int64(b->insert, 1, (int64_t)b->alone.n);
	(void)sqlite3_bind_text(b->insert, 2, u.row.serial.ptr, (int)u.row.serial.len, NULL);
	(void)sqlite3_bind_text(b->insert, 3, u.product_id, -1, NULL);
	must_sqlite(sqlite3_step(b->insert), b->db);
	(void)sqlite3_reset(b->insert);
	b->last_s[at] = now_s() - start;
	b->alone.s[b->alone.n++] = b->last_s[at];
	for (size_t i = 0; i < SUBMITTERS; i++)
		wait_s += b->last_s[i];
	if (b->alone.n >= SUBMITTERS)
		b->waiting.s[b->waiting.n++] = wait_s;
}

static void
bare_close(struct bare *b)
{
	(void)sqlite3_finalize(b->insert);
	must_sqlite(sqlite3_close(b->db), b->db);
}

/* --- all of it --- */

static long
peak_kib(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_SELF, &used);
	return used.ru_maxrss;
}

int
main(int argc, char **argv)
{
	static struct line line = { .random = 1 };
	static struct bare bare = { .random = 1 };
	uint64_t units = UNITS;
	long peak[TENTHS];
	double took_s = 0, p99_s, bare_p99_s;
	struct store *s;
	struct err err;

	if (argc < 2 || argc > 3 ||
	    (argc == 3 && !slice_to_u64(slice_of(argv[2]), 100000000, &units)) ||
	    units < TENTHS * SUBMITTERS) {
		fprintf(stderr, "usage: bench_units FOLDER [UNITS]\n");
		return 2;
	}
	samples_init(&line.samples, units);
	must(store_open(argv[1], STORE_WRITE, clock_system(), &s, &err), &err);
	must(store_async_new(uv_default_loop(), s, STORE_ASYNC_GROUPS, &line.store, &err), &err);
	for (size_t i = 0; i < SUBMITTERS; i++)
		line.submitter[i].line = &line;
	bare_open(&bare, argv[1], BARE_COMMITS * TENTHS);
	memset(line.samples.s, 1,
	    units * sizeof line.samples.s[0]); /* so that it counts from now on */
	for (size_t i = 0; i < TENTHS; i++) {
		took_s += add_units(&line, uv_default_loop(), units / TENTHS);
		peak[i] = peak_kib();
		for (int n = 0; n < BARE_COMMITS; n++)
			bare_add(&bare);
	}
	store_async_close(line.store, NULL, NULL);
	(void)uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	bare_close(&bare);

	p99_s = samples_p99_s(&line.samples);
	bare_p99_s = samples_p99_s(&bare.waiting);
	printf("{\"units\":%zu,\"units_per_s\":%.0f,\"p99_ms\":%.2f,\"bare_p99_ms\":%.2f,"
	       "\"p99_ratio\":%.2f,\"alone_p99_ms\":%.2f,\"peak_kib\":[",
	    line.samples.n, (double)line.samples.n / took_s, p99_s * 1e3, bare_p99_s * 1e3,
	    p99_s / bare_p99_s, samples_p99_s(&bare.alone) * 1e3);
	for (size_t i = 0; i < TENTHS; i++)
		printf("%s%ld", i ? "," : "", peak[i]);
	printf("]}\n");
	return 0;
}
