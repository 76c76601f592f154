/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a store when the machine under it fails, and when it grows. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault_point.h"
#include "store/identity.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

#define FOUR "begin contoso; add 2 A acme t; add 3 B acme t; add 4 C acme t; add 5 D acme t; end 4"

/* --- doubles --- */

static unsigned commits, committed;
static unsigned die_at_commit, die_after_commit;

/* In place of base/fault_point.c. */
void
fault_point(const char *name)
{
	if (strcmp(name, "store.commit") == 0 && ++commits == die_at_commit)
		_exit(1);
	if (strcmp(name, "store.committed") == 0 && ++committed == die_after_commit)
		_exit(1);
}

/* What SQLite calls of the system. */
static ssize_t (*real_pwrite)(int fd, const void *p, size_t n, off_t at);
static int (*real_open)(const char *path, int flags, int mode);
static bool disk_is_full, disk_is_read_only;

static ssize_t
failing_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (disk_is_full) {
		errno = ENOSPC;
		return -1;
	}
	return real_pwrite(fd, p, n, at);
}

static int
failing_open(const char *path, int flags, int mode)
{
	if (disk_is_read_only && (flags & O_RDWR)) {
		errno = EROFS;
		return -1;
	}
	return real_open(path, flags, mode);
}

static void
set_doubles(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	real_pwrite =
	    (ssize_t(*)(int, const void *, size_t, off_t))vfs->xGetSystemCall(vfs, "pwrite64");
	real_open = (int (*)(const char *, int, int))vfs->xGetSystemCall(vfs, "open");
	assert_non_null(real_pwrite);
	(void)vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)failing_pwrite);
	(void)vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)failing_open);
}

/* --- the disk --- */

static void
make_store(const char *script)
{
	struct store_script ss;

	store_script_open(&ss);
	store_script_run(&ss, script);
	store_script_close(&ss);
}

static enum err_code
hold(struct store_script *ss, const char *scope, struct err *err)
{
	return store_hold(ss->store, slice_of(scope), slice_of("why"), slice_of("message"), err);
}

static void
test_full_disk(void **state)
{
	struct store_script ss;
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, FOUR);
	disk_is_full = true;
	assert_int_equal(hold(&ss, "a", &err), ERR_IO);
	assert_non_null(strstr(err.msg, "Make room"));
	assert_int_equal(store_group_begin(ss.store, &err), ERR_OK);
	assert_int_equal(hold(&ss, "b", &err), ERR_OK);
	assert_int_equal(hold(&ss, "c", &err), ERR_OK);
	assert_int_equal(store_group_end(ss.store, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "disk is full"));
	disk_is_full = false;
	store_script_run(&ss, "hold d why; reopen");
	store_show_expect(ss.store, "hdt",
	    "hold d why since=1000 message\ndevice A queued contoso/t 1.csv:2\n"
	    "device B queued contoso/t 1.csv:3\ndevice C queued contoso/t 1.csv:4\n"
	    "device D queued contoso/t 1.csv:5\ntally contoso queued 4\n");
	store_script_close(&ss);
}

static void
test_file_limit(void **state)
{
	struct store_script ss;
	char name[32];
	struct err err = { 0 };
	unsigned n = 0;

	(void)state;
	store_script_open(&ss);
	sandbox_limit_files(256 * 1024);
	while (n < 1000 && err.code == ERR_OK) {
		(void)snprintf(name, sizeof name, "scope-%u", ++n);
		(void)hold(&ss, name, &err);
	}
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.msg, "cannot grow: File too large"));
	sandbox_limit_files(RLIM_INFINITY);
	err.code = ERR_OK;
	assert_int_equal(hold(&ss, name, &err), ERR_OK);
	store_script_run(&ss, "reopen; unhold scope-1 why");
	store_script_close(&ss);
}

/* Of a device that was asked about inside what is undone nothing is remembered. */
static void
test_full_disk_after_a_question(void **state)
{
	struct store_script ss;
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, FOUR "; claim 1 1; begin contoso");
	store_script_run(&ss, "group; add 2 E acme t; settle 1 A claimed x 808; image 7 serial=E");
	store_show_expect(ss.store, "cg",
	    "claim A contoso/t since=1000 asked=1000 ask=0 x1\ngate A claimed\ngate E image=7\n");
	disk_is_full = true;
	assert_int_equal(store_group_end(ss.store, &err), ERR_IO);
	disk_is_full = false;
	store_show_expect(ss.store, "ce", "");
	store_script_run(&ss, "add 2 F acme t; add 3 G acme t");
	store_show_expect(ss.store, "g", "");
	store_script_close(&ss);
}

/* In a group that is larger than the cache SQLite meets the full disk before the end. */
static void
test_full_disk_within_a_group(void **state)
{
	enum { ROW_BYTES = 1024 * 1024, ROWS = 200 };
	char *hash = calloc(1, ROW_BYTES);
	char serial[16];
	struct store_row row = { .hash = { hash, ROW_BYTES }, .hash_len = ROW_BYTES };
	struct store_script ss;
	enum err_code rc = ERR_OK;
	struct err err;

	(void)state;
	assert_non_null(hash);
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso");
	disk_is_full = true;
	assert_int_equal(store_group_begin(ss.store, &err), ERR_OK);
	for (row.line = 1; row.line < ROWS && rc == ERR_OK; row.line++) {
		(void)snprintf(serial, sizeof serial, "S%u", (unsigned)row.line);
		row.serial = slice_of(serial);
		rc = store_list_add(ss.store, 1, &row, 1, &err);
	}
	assert_int_equal(rc, ERR_IO);
	disk_is_full = false;
	assert_int_equal(hold(&ss, "a", &err),
	    ERR_IO); /* the group is gone, though there is room */
	assert_int_equal(store_group_end(ss.store, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "disk is full"));
	free(hash);
	store_script_run(&ss, "add 2 A acme t; end 1");
	store_show_expect(ss.store, "hlt",
	    "list 1 contoso 1.csv rows=1 queued=1\ntally contoso queued 1\n");
	store_script_close(&ss);
}

static void
test_read_only(void **state)
{
	struct store *s = NULL;
	struct err err;

	(void)state;
	make_store(FOUR);
	disk_is_read_only = true;
	assert_int_equal(store_open("store", STORE_WRITE, clock_system(), &s, &err), ERR_IO);
	disk_is_read_only = false;
	assert_non_null(strstr(err.msg, "read-only"));
	assert_null(s);
	make_store("claim 1 1");
}

static void
test_checkpoint(void **state)
{
	struct store_script ss;
	struct store_stats stats;
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, FOUR);
	assert_int_equal(store_checkpoint(ss.store, false, &err), ERR_OK);
	assert_int_equal(store_stats(ss.store, &stats, &err), ERR_OK);
	assert_true(stats.wal_bytes > 0);
	assert_int_equal(store_checkpoint(ss.store, true, &err), ERR_OK);
	assert_int_equal(store_stats(ss.store, &stats, &err), ERR_OK);
	assert_int_equal(stats.wal_bytes, 0);
	assert_true(stats.file_bytes > 0);
	store_script_close(&ss);
}

struct blocked {
	struct store *writer;
	unsigned rows;
};

static enum err_code
checkpoint_meanwhile(void *arg, const struct store_device *d, struct err *err)
{
	struct blocked *b = arg;
	struct store_stats stats;

	(void)d;
	if (b->rows++ > 0)
		return ERR_OK;
	assert_int_equal(store_hold(b->writer, slice_of("a"), slice_of("b"), slice_of("c"), err),
	    ERR_OK);
	assert_int_equal(store_checkpoint(b->writer, true, err), ERR_OK);
	assert_int_equal(store_stats(b->writer, &stats, err), ERR_OK);
	assert_true(stats.wal_bytes > 0); /* somebody reads: it has to stay */
	return ERR_OK;
}

static void
test_checkpoint_while_somebody_reads(void **state)
{
	const struct store_device_query q = { .list = 0 };
	struct store_script ss;
	struct blocked b = { 0 };
	struct store *reader;
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, FOUR);
	b.writer = ss.store;
	assert_int_equal(store_open("store", STORE_READ, &ss.clock, &reader, &err), ERR_OK);
	assert_int_equal(store_devices(reader, &q, checkpoint_meanwhile, &b, &err), ERR_OK);
	assert_int_equal(b.rows, 4);
	store_close(reader);
	store_script_close(&ss);
}

/* --- the end without warning --- */

/* In a process of its own, so that a death there is none here. */
static void
run_apart(const char *script)
{
	pid_t pid;
	int status;

	(void)fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct store_script ss;

		store_script_open(&ss);
		commits = committed = 0;
		store_script_run(&ss, script);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
}

static void
expect_reopened(const char *what, const char *want)
{
	struct store_script ss;

	die_at_commit = die_after_commit = 0;
	store_script_open(&ss);
	store_show_expect(ss.store, what, want);
	store_script_close(&ss);
}

static void
test_death(void **state)
{
	(void)state;
	run_apart(FOUR "; group; claim 1 2; hold a b");
	expect_reopened("hnt", "lane 1 contoso/t 4\ntally contoso queued 4\n");
	die_at_commit = 1;
	run_apart("claim 1 2; hold a b");
	expect_reopened("hnt", "lane 1 contoso/t 4\ntally contoso queued 4\n");
	die_after_commit = 1;
	run_apart("claim 1 2; hold a b");
	expect_reopened("hnt",
	    "lane 1 contoso/t 2\ntally contoso queued 2\ntally contoso submitted 2\n");
	die_at_commit = 2;
	run_apart("hold c d; group; dissolve 1; hold a b; endgroup");
	expect_reopened("ht",
	    "hold c d since=1000 message\ntally contoso queued 2\ntally contoso submitted 2\n");
	die_after_commit = 1;
	run_apart("group; dissolve 1; hold a b; endgroup; claim 1 1");
	expect_reopened("ht",
	    "hold a b since=1000 message\nhold c d since=1000 message\ntally contoso queued 4\n");
}

#define B_REPLACES_A "unit contoso u B acme t - A"

static void
test_death_of_units(void **state)
{
	(void)state;
	run_apart("unit contoso u A acme t; claim 1 1; settle 1 A registered ok");
	die_at_commit = 1;
	run_apart(B_REPLACES_A);
	expect_reopened("lse", "list 1 contoso u rows=1 done registered=1\n");
	die_after_commit = 1;
	run_apart(B_REPLACES_A);
	expect_reopened("ls",
	    "list 1 contoso u rows=2 done held=2\nsupersede 1->2 A acme contoso/t\n");
	die_at_commit = 1;
	run_apart("taken-back contoso A R");
	expect_reopened("ls",
	    "list 1 contoso u rows=2 done held=2\nsupersede 1->2 A acme contoso/t\n");
	die_after_commit = 1;
	run_apart("taken-back contoso A R");
	expect_reopened("ls", "list 1 contoso u rows=2 refused=1 queued=1\n");
}

/* Whoever failed before it changed anything has cost nothing; the group is undone all the same. */
static void
test_full_disk_for_units(void **state)
{
	struct store_script ss;
	struct err err;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss,
	    "group; unit contoso u A acme t; !not-found unit contoso u C acme t - X;" B_REPLACES_A
	    "; took 1:2 queued");
	disk_is_full = true;
	assert_int_equal(store_group_end(ss.store, &err), ERR_IO);
	disk_is_full = false;
	store_show_expect(ss.store, "lndse", "");
	store_script_run(&ss,
	    "!not-found " B_REPLACES_A "; unit contoso u B acme t; took 1:1 queued");
	store_show_expect(ss.store, "ln", "list 1 contoso u rows=1 queued=1\nlane 1 contoso/t 1\n");
	store_script_close(&ss);
}

static void
test_commits_are_announced(void **state)
{
	struct store_script ss;

	(void)state;
	store_script_open(&ss);
	commits = committed = 0;
	store_script_run(&ss, "hold a b; group; hold c d; hold e f; endgroup; !not-found end 1");
	assert_int_equal(commits, 2);
	assert_int_equal(committed, 2);
	store_script_close(&ss);
}

/* --- many devices --- */

enum { MANY = 2 * IDENTITY_FRESH_MAX + 700, COMMIT = 1000 };

static char many_serial[COMMIT][12];

/* Lines and devices from first on, whose serial numbers are their numbers. */
static void
add_many(struct store_script *ss, unsigned first, unsigned n)
{
	static struct store_row row[COMMIT];
	struct err err;

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(many_serial[i], sizeof many_serial[i], "s%u", first + i);
		row[i] = (struct store_row){ .line = first + i,
			.serial = slice_of(many_serial[i]),
			.manufacturer = slice_of("acme"),
			.tag = slice_of("t") };
	}
	if (store_list_add(ss->store, ss->list, row, n, &err))
		fail_msg("%s", err.msg);
}

static void
add_all(struct store_script *ss, unsigned n)
{
	for (unsigned first = 1; first <= n; first += COMMIT)
		add_many(ss, first, n - first + 1 < COMMIT ? n - first + 1 : COMMIT);
}

static enum err_code
note_line(void *arg, const struct store_device *d, struct err *err)
{
	(void)err;
	assert_int_equal(*(uint64_t *)arg, 0); /* once */
	*(uint64_t *)arg = d->line;
	return ERR_OK;
}

static enum err_code
count_at_gate(void *arg, const struct store_gate_device *d, struct err *err)
{
	(void)d;
	(void)err;
	++*(unsigned *)arg;
	return ERR_OK;
}

static void
expect_found(struct store_script *ss, const char *serial, uint64_t want)
{
	const struct store_device_query q = { .serial = slice_of(serial) };
	unsigned at_gate = 0;
	uint64_t got = 0;
	struct err err;

	assert_int_equal(store_devices(ss->store, &q, note_line, &got, &err), ERR_OK);
	assert_int_equal(got, want);
	assert_int_equal(store_gate(ss->store, q.serial, count_at_gate, &at_gate, &err), ERR_OK);
	assert_int_equal(at_gate, want > 0);
}

static void
expect_count(struct store_script *ss, unsigned n)
{
	char want[64] = "";

	if (n > 0)
		(void)snprintf(want, sizeof want, "tally contoso queued %u\n", n);
	store_show_expect(ss->store, "t", want);
}

/* Whether the index has a device yet makes no difference. */
static void
test_many_devices(void **state)
{
	struct store_script ss;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso");
	add_all(&ss, MANY);
	expect_found(&ss, "S1", 1);
	expect_found(&ss, "S40000", 40000);
	expect_found(&ss, "S66000", 66000);
	expect_found(&ss, "S70000", 0);
	store_script_run(&ss, "reopen");
	add_all(&ss, MANY);
	expect_count(&ss, MANY);
	store_script_run(&ss, "refuse 1 x; refuse 40000 x; refuse 66000 x; add 80000 S1 acme t");
	expect_count(&ss, MANY - 2);
	expect_found(&ss, "s1", 80000);
	expect_found(&ss, "s40000", 0);
	expect_found(&ss, "s66000", 0);
	for (unsigned first = MANY + 20000; first < 2 * MANY; first += COMMIT)
		add_many(&ss, first, COMMIT);
	expect_found(&ss, "s1", 80000);
	store_script_run(&ss, "end 1; begin contoso");
	add_all(&ss, MANY);
	/* All of both lists but the two that were refused, which the new list makes again. */
	store_show_expect(ss.store, "n", "lane 1 contoso/t 113234\n");
	store_script_close(&ss);
}

/* The ids of aborted devices are given out again, and so are their serial numbers. */
static void
test_many_devices_aborted(void **state)
{
	struct store_script ss;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin contoso");
	add_all(&ss, IDENTITY_FRESH_MAX + 700);
	store_script_run(&ss, "abort");
	expect_count(&ss, 0);
	expect_found(&ss, "s5", 0);
	store_script_run(&ss,
	    "begin contoso; add 2 s5 acme t; add 3 s33000 acme t; reopen;"
	    "add 4 S5 acme t; end 3");
	expect_count(&ss, 2);
	expect_found(&ss, "s5", 4);
	store_script_close(&ss);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_enter, sandbox_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_full_disk),
		TEST(test_file_limit),
		TEST(test_full_disk_after_a_question),
		TEST(test_full_disk_within_a_group),
		TEST(test_read_only),
		TEST(test_checkpoint),
		TEST(test_checkpoint_while_somebody_reads),
		TEST(test_death),
		TEST(test_death_of_units),
		TEST(test_full_disk_for_units),
		TEST(test_commits_are_announced),
		TEST(test_many_devices),
		TEST(test_many_devices_aborted),
	};

	set_doubles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
