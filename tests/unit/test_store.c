/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <linux/magic.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_conformance.h"
#include "tests/unit/store_questions.h"
#include "tests/unit/store_script.h"

#define FOUR "begin contoso; add 2 A acme t; add 3 B acme t; add 4 C acme t; add 5 D acme t; end 4"

static long file_system; /* 0: as it is */

int __real_statfs(const char *path, struct statfs *out);
int __wrap_statfs(const char *path, struct statfs *out);

int
__wrap_statfs(const char *path, struct statfs *out)
{
	int rc = __real_statfs(path, out);

	if (file_system)
		out->f_type = file_system;
	return rc;
}

/* --- opening --- */

static void
expect_refused(enum store_mode mode, enum err_code want, const char *part)
{
	struct store *s = NULL;
	struct err err = { 0 };

	assert_int_equal(store_open("store", mode, clock_system(), &s, &err), want);
	assert_int_equal(err.code, want);
	if (!strstr(err.msg, part))
		fail_msg("\"%s\" is not in \"%s\"", part, err.msg);
	assert_null(s);
}

static void
expect_mode(const char *path, mode_t want)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, want);
}

static void
test_rights(void **state)
{
	static const mode_t mask[] = { 0, 0022, 0777 };

	(void)state;
	for (size_t i = 0; i < sizeof mask / sizeof mask[0]; i++) {
		mode_t old;
		struct store_script ss;

		assert_int_equal(sandbox_enter(NULL), 0);
		old = umask(mask[i]);
		store_script_open(&ss);
		store_script_run(&ss, FOUR);
		(void)umask(old);
		sandbox_assert_names("store",
		    "agent.lock autoreg.db autoreg.db-shm autoreg.db-wal ");
		expect_mode("store", 0700);
		expect_mode("store/agent.lock", 0600);
		expect_mode("store/autoreg.db", 0600);
		expect_mode("store/autoreg.db-shm", 0600);
		expect_mode("store/autoreg.db-wal", 0600);
		store_script_close(&ss);
		sandbox_assert_names("store", "agent.lock autoreg.db ");
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static void
test_one_writer(void **state)
{
	struct store_script ss;
	char pid[32];

	(void)state;
	store_script_open(&ss);
	(void)snprintf(pid, sizeof pid, "process %ld", (long)getpid());
	expect_refused(STORE_WRITE, ERR_BUSY, pid);
	store_script_close(&ss);
	store_script_open(&ss);
	store_script_close(&ss);
}

static void
test_network(void **state)
{
	static const struct {
		long type;
		const char *name;
	} tc[] = { { NFS_SUPER_MAGIC, "NFS" }, { SMB_SUPER_MAGIC, "SMB" },
		{ SMB2_SUPER_MAGIC, "SMB" }, { (int)CIFS_SUPER_MAGIC, "CIFS" } };

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		file_system = tc[i].type;
		expect_refused(STORE_WRITE, ERR_IO, tc[i].name);
	}
	file_system = 0;
}

static void
sql(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open("store/autoreg.db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
make_store(const char *script)
{
	struct store_script ss;

	store_script_open(&ss);
	store_script_run(&ss, script);
	store_script_close(&ss);
}

static void
test_other_files(void **state)
{
	static const struct {
		const char *name;
		const char *sql;  /* done to a store; or: */
		const char *text; /* written in its place */
		enum err_code want;
		const char *part;
	} tc[] = {
		{ "newer", "PRAGMA user_version = 2", NULL, ERR_FORMAT, "is of version 2" },
		{ "of somebody else", "PRAGMA application_id = 7", NULL, ERR_FORMAT,
		    "not a store of autoreg" },
		{ "without its key", "DELETE FROM meta", NULL, ERR_FORMAT, "damaged" },
		{ "garbage", NULL, "Serial Number,Windows Product ID,Hardware Hash\r\n", ERR_FORMAT,
		    "damaged" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		make_store("");
		if (tc[i].sql)
			sql(tc[i].sql);
		else
			sandbox_write("store/autoreg.db", tc[i].text);
		expect_refused(STORE_WRITE, tc[i].want, tc[i].part);
		expect_refused(STORE_READ, tc[i].want, tc[i].part);
		assert_int_equal(unlink("store/autoreg.db"), 0);
	}
}

static void
test_empty_file(void **state)
{
	(void)state;
	make_store("");
	sandbox_write("store/autoreg.db", "");
	expect_refused(STORE_READ, ERR_NOT_FOUND, "no agent has run yet");
	make_store(FOUR);
}

static void
test_cut_file(void **state)
{
	(void)state;
	make_store(FOUR);
	assert_int_equal(truncate("store/autoreg.db", 2 * 16384), 0);
	expect_refused(STORE_WRITE, ERR_FORMAT, "damaged");
	expect_refused(STORE_READ, ERR_FORMAT, "damaged");
}

static void
test_no_folder(void **state)
{
	struct store *s = NULL;
	struct err err;

	(void)state;
	assert_int_equal(store_open("no/store", STORE_WRITE, clock_system(), &s, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "no/store: No such file or directory"));
	sandbox_write("file", "");
	assert_int_equal(store_open("file", STORE_WRITE, clock_system(), &s, &err), ERR_IO);
	assert_null(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_enter, sandbox_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights),
		TEST(test_one_writer),
		TEST(test_network),
		TEST(test_other_files),
		TEST(test_empty_file),
		TEST(test_cut_file),
		TEST(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + store_questions_run() +
	    store_conformance_run();
}
