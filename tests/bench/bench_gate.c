/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the question at the delivery gate compares with the least that SQLite can do, in one line of
 * JSON: the median time of store_gate(), by a reader beside nobody, of registered devices in any
 * order, against that of a prepared look-up by TEXT PRIMARY KEY in a table of as many rows. They take
 * turns; only the ratio means anything.
 *
 * usage: bench_gate FOLDER [DEVICES]		FOLDER must not be there; it is left behind
 */
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/store.h"

enum {
	COMMIT = 500,
	DEVICES = 1000000,
	QUESTIONS = 20000,
	WARM_UP = 20000, /* questions before those that count */
	TURN = 100,      /* questions before the other one's turn */
	SERIAL_SIZE = 17,
	PATH_SIZE = 512,
};

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void
must(enum err_code rc, const struct err *err)
{
	if (rc) {
		fprintf(stderr, "bench_gate: %s\n", err->msg);
		exit(1);
	}
}

static void
must_sqlite(int code, sqlite3 *db)
{
	if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
		fprintf(stderr, "bench_gate: bare: %s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

/* The serial number of a device: the same in any order in which they are made. */
static void
serial_of(uint64_t n, char out[SERIAL_SIZE])
{
	uint64_t x = (n + 1) * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	(void)snprintf(out, SERIAL_SIZE, "%016llX", (unsigned long long)(x ^ x >> 31));
	out[10] = '\0';
}

/* --- the store --- */

static void
add_devices(struct store *s, int64_t list, uint64_t first)
{
	static const char *const model[] = { "Model 10", "Model 20", "Model 30 Gen 4" };
	static char serial[COMMIT][SERIAL_SIZE];
	struct store_row row[COMMIT];
	struct err err;

	for (size_t i = 0; i < COMMIT; i++) {
		serial_of(first + i, serial[i]);
		row[i] = (struct store_row){
			.line = first + i + 2,
			.serial = slice_of(serial[i]),
			.manufacturer = slice_of("Fabrikam Devices"),
			.model = slice_of(model[i % 3]),
			.family = slice_of("Family"),
			.tag = slice_of("Microsoft365Managed_Autopilot"),
			.hash = slice_of("h"),
			.hash_len = 3,
		};
	}
	must(store_list_add(s, list, row, COMMIT, &err), &err);
}

static enum err_code
on_head(void *arg, const struct store_batch_head *h, struct err *err)
{
	(void)arg;
	(void)h;
	(void)err;
	return ERR_OK;
}

struct taken {
	struct store_settlement settlement[COMMIT];
	size_t n;
};

static enum err_code
on_device(void *arg, const struct store_batch_device *d, struct err *err)
{
	struct taken *t = arg;

	(void)err;
	assert(t->n < COMMIT);
	t->settlement[t->n++] = (struct store_settlement){
		.device = d->id,
		.state = DEVICE_REGISTERED,
		.verdict = { .class = slice_of("ok") },
	};
	return ERR_OK;
}

static void
register_all(struct store *s)
{
	static struct taken t;
	const struct store_batch_reader reader = { &t, on_head, on_device };
	struct err err;
	int64_t id;

	do {
		t.n = 0;
		must(store_batch_claim(s, 1, COMMIT, UINT64_MAX, slice_of("r"), slice_of("c"),
		         &reader, &id, &err),
		    &err);
		if (t.n)
			must(store_batch_settle(s, id, t.settlement, t.n, slice_of(""),
			         slice_of(""), &err),
			    &err);
	} while (t.n);
}

static void
make_store(const char *folder, uint64_t devices)
{
	uint64_t contested;
	struct store *s;
	struct err err;
	int64_t list;

	must(store_open(folder, STORE_WRITE, clock_system(), &s, &err), &err);
	must(store_list_begin(s, slice_of("contoso"), slice_of("a.csv"), slice_of(""),
	         LIST_FROM_COMMAND, &list, &err),
	    &err);
	for (uint64_t i = 0; i < devices; i += COMMIT)
		add_devices(s, list, i);
	must(store_list_end(s, list, devices, &contested, &err), &err);
	register_all(s);
	store_close(s);
}

static enum err_code
on_gate(void *arg, const struct store_gate_device *d, struct err *err)
{
	(void)err;
	assert(d->state == DEVICE_REGISTERED && d->family.len);
	++*(unsigned *)arg;
	return ERR_OK;
}

static uint64_t
ask_store(struct store *s, const char *serial)
{
	unsigned seen = 0;
	uint64_t start = now_ns();
	struct err err;

	must(store_gate(s, slice_of(serial), on_gate, &seen, &err), &err);
	start = now_ns() - start;
	assert(seen == 1);
	return start;
}

/* --- the bare table --- */

struct bare {
	sqlite3 *db;
	sqlite3_stmt *find;
};

static void
bare_fill(sqlite3 *db, uint64_t devices)
{
	sqlite3_stmt *insert;

	must_sqlite(sqlite3_exec(db,
	                "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN;"
	                "CREATE TABLE device (serial TEXT PRIMARY KEY, state INTEGER, tag TEXT,"
	                " customer TEXT, manufacturer TEXT, model TEXT)",
	                NULL, NULL, NULL),
	    db);
	must_sqlite(sqlite3_prepare_v2(db, "INSERT INTO device VALUES (?, 4, ?, ?, ?, ?)", -1,
	                &insert, NULL),
	    db);
	for (uint64_t i = 0; i < devices; i++) {
		char serial[SERIAL_SIZE];

		serial_of(i, serial);
		(void)sqlite3_bind_text(insert, 1, serial, -1, NULL);
		(void)sqlite3_bind_text(insert, 2, "Microsoft365Managed_Autopilot", -1, NULL);
		(void)sqlite3_bind_text(insert, 3, "contoso", -1, NULL);
		(void)sqlite3_bind_text(insert, 4, "Fabrikam Devices", -1, NULL);
		(void)sqlite3_bind_text(insert, 5, "Model 20", -1, NULL);
		must_sqlite(sqlite3_step(insert), db);
		(void)sqlite3_reset(insert);
	}
	(void)sqlite3_finalize(insert);
	must_sqlite(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), db);
}

static void
bare_open(struct bare *b, const char *folder, uint64_t devices)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s/bare.db", folder);
	must_sqlite(sqlite3_open(path, &b->db), b->db);
	bare_fill(b->db, devices);
	must_sqlite(sqlite3_close(b->db), b->db);
	must_sqlite(sqlite3_open_v2(path, &b->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL),
	    b->db);
	must_sqlite(sqlite3_prepare_v2(b->db,
	                "SELECT state, tag, customer, manufacturer, model FROM device"
	                " WHERE serial = ?",
	                -1, &b->find, NULL),
	    b->db);
}

static uint64_t
ask_bare(struct bare *b, const char *serial)
{
	uint64_t start = now_ns();

	(void)sqlite3_bind_text(b->find, 1, serial, -1, SQLITE_STATIC);
	must_sqlite(sqlite3_step(b->find), b->db);
	assert(sqlite3_column_int(b->find, 0) == DEVICE_REGISTERED);
	for (int column = 1; column < 5; column++)
		assert(sqlite3_column_text(b->find, column));
	(void)sqlite3_reset(b->find);
	return now_ns() - start;
}

static void
bare_close(struct bare *b)
{
	(void)sqlite3_finalize(b->find);
	must_sqlite(sqlite3_close(b->db), b->db);
}

/* --- by turns --- */

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double
median_us(uint64_t *sample)
{
	qsort(sample, QUESTIONS, sizeof sample[0], compare);
	return (double)sample[QUESTIONS / 2] / 1e3;
}

static void
ask(struct store *s, struct bare *b, uint64_t devices)
{
	static uint64_t ours[QUESTIONS], bares[QUESTIONS];
	double ours_us, bare_us;

	for (uint64_t i = 0; i < WARM_UP + QUESTIONS; i += TURN) {
		size_t at = i < WARM_UP ? 0 : (size_t)(i - WARM_UP);
		char serial[TURN][SERIAL_SIZE];

		for (uint64_t k = 0; k < TURN; k++)
			serial_of((i + k) * 7919 % devices, serial[k]);
		for (size_t k = 0; k < TURN; k++)
			ours[at + k] = ask_store(s, serial[k]);
		for (uint64_t k = 0; k < TURN; k++)
			serial_of((i + k + devices / 2) * 7919 % devices, serial[k]);
		for (size_t k = 0; k < TURN; k++)
			bares[at + k] = ask_bare(b, serial[k]);
	}
	ours_us = median_us(ours);
	bare_us = median_us(bares);
	printf("{\"devices\":%llu,\"gate_us\":%.2f,\"gate_99_us\":%.2f,\"bare_us\":%.2f,"
	       "\"bare_99_us\":%.2f,\"gate_ratio\":%.2f}\n",
	    (unsigned long long)devices, ours_us, (double)ours[QUESTIONS / 100 * 99] / 1e3, bare_us,
	    (double)bares[QUESTIONS / 100 * 99] / 1e3, ours_us / bare_us);
}

int
main(int argc, char **argv)
{
	uint64_t devices = DEVICES;
	struct store *s;
	struct bare b;
	struct err err;

	if (argc < 2 || argc > 3 ||
	    (argc == 3 && !slice_to_u64(slice_of(argv[2]), 100000000, &devices)) ||
	    devices % COMMIT != 0 || devices == 0) {
		fprintf(stderr, "usage: bench_gate FOLDER [DEVICES]\n");
		return 2;
	}
	make_store(argv[1], devices);
	must(store_open(argv[1], STORE_READ, clock_system(), &s, &err), &err);
	bare_open(&b, argv[1], devices);
	ask(s, &b, devices);
	bare_close(&b);
	store_close(s);
	return 0;
}
