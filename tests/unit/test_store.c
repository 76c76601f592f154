/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <linux/magic.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_claim_cases.h"
#include "tests/unit/store_conformance.h"
#include "tests/unit/store_questions.h"
#include "tests/unit/store_records.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"
#include "tests/unit/store_unit_cases.h"

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
		{ "newer", "PRAGMA user_version = 4", NULL, ERR_FORMAT,
		    "is of version 4 and this autoreg knows version 3. Install the autoreg" },
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

/* --- claims --- */

/* Nobody has a way from registered back to claimed yet; the record has. */
static void
test_a_claim_after_a_release(void **state)
{
	struct store_script ss;

	(void)state;
	make_store(
	    FOUR "; claim 1 1; settle 1 A claimed x 808 - 5000; change case 1; change stop -");
	sql("UPDATE claim SET released = 1000");
	store_script_open(&ss);
	store_script_run(&ss, "tick 7; retry serial=A; claim 1 1");
	store_show_expect(ss.store, "cg",
	    "claim A contoso/t since=1000 asked=1000 ask=0 x1 stopped released=1000 case=1 note=\n");
	store_script_run(&ss, "settle 2 A claimed x 808 - 6000");
	store_show_expect(ss.store, "cg",
	    "claim A contoso/t since=1007 asked=1007 ask=6000 x1\ngate A claimed\n");
	store_script_close(&ss);
}

/* --- from earlier versions --- */

/* What the agents of versions 1 and 2 said of this store. */
#define SHOWN_BEFORE \
	"list 4 contoso 4.csv rows=0 open queued=1\n" \
	"list 3 contoso 3.csv rows=1 done registered=1\n" \
	"list 2 adatum 2.csv rows=2 done held=2\n" \
	"list 1 contoso 1.csv rows=8 reported refused=1 held=1 queued=1 submitted=1 registered=1" \
	" claimed=1 failed=1\n" \
	"row 4:2 O queued\nrow 3:2 R registered ok\n" \
	"row 2:2 R held(consent)\nrow 2:3 E held(consent)\n" \
	"row 1:2 R registered ok\nrow 1:3 C claimed claimed_elsewhere 808\n" \
	"row 1:4 F failed bad_hash 802\nrow 1:5 H held(directory) directory 814\n" \
	"row 1:6 Q queued\nrow 1:7 S submitted\n" \
	"row 1:8 hash-truncated\nrow 1:9 duplicate duplicate\n" \
	"device R registered ok contoso/t 3.csv:2 attempts=0\n" \
	"device C claimed claimed_elsewhere 808 contoso/t 1.csv:3 attempts=0\n" \
	"device F failed bad_hash 802 contoso/u 1.csv:4 attempts=0\n" \
	"device H held(directory) directory 814 contoso/u 1.csv:5\n" \
	"device Q queued contoso/u 1.csv:6\ndevice S submitted contoso/t 1.csv:7\n" \
	"device R held(consent) adatum/v 2.csv:2\ndevice E held(consent) adatum/v 2.csv:3\n" \
	"device O queued contoso/t 4.csv:2\n" \
	"lane 1 contoso/t 0\nlane 2 contoso/u 1\nlane 3 adatum/v 2\n" \
	"batch 1 lane=1 accepted due=1005 since=1000 sent=1 errors=0 looks=0 n=1" \
	" contoso/t their-req,cor,T: S(ff)\n" \
	"lists of 1: 1\nlists of 2: 1\nlists of 3:\n" \
	"tally adatum held 2\ntally contoso held 1\ntally contoso queued 2\n" \
	"tally contoso submitted 1\ntally contoso registered 1\ntally contoso claimed 1\n" \
	"tally contoso failed 1\n" \
	"hold customer/adatum consent since=1010 message\npause partner/northwind 5000\n"

static void
make_version(const char *file)
{
	static char text[65536];
	char path[512];
	FILE *f;
	size_t n;

	make_store("");
	assert_int_equal(unlink("store/autoreg.db"), 0);
	(void)snprintf(path, sizeof path, "%s/store/%s", getenv("AUTOREG_TEST_DATA"), file);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof text - 1, f);
	assert_true(n > 0 && n < sizeof text - 1);
	assert_int_equal(fclose(f), 0);
	text[n] = '\0';
	sql(text);
}

static enum err_code
note_saved(void *arg, const struct store_login *l, struct err *err)
{
	(void)err;
	*(int64_t *)arg = l->saved_unix_ms;
	return ERR_OK;
}

static void
count(void *n)
{
	++*(unsigned *)n;
}

/* Whoever waits for a store of an older version hears that it gets on, and nothing once it is open. */
static void
test_patience(void **state)
{
	unsigned heard = 0, at_the_end;
	const struct store_patience patience = { count, &heard };
	struct store *s = NULL;
	int64_t saved = 0;
	struct err err;

	(void)state;
	make_version("version-1.sql");
	assert_int_equal(
	    store_open_patiently("store", STORE_WRITE, clock_system(), &patience, &s, &err),
	    ERR_OK);
	at_the_end = heard;
	assert_true(at_the_end > 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(store_logins(s, note_saved, &saved, &err), ERR_OK);
	assert_int_equal(heard, at_the_end);
	store_close(s);
}

static void
test_version_1(void **state)
{
	struct store_script ss;
	int64_t saved = 0;
	struct err err;

	(void)state;
	make_version("version-1.sql");
	expect_refused(STORE_READ, ERR_FORMAT,
	    "is of version 1, and only the agent brings it to version 3");
	store_script_open(&ss);
	store_show_expect(ss.store, "lrdnbmthpcug",
	    SHOWN_BEFORE "claim C contoso/t since=1010 asked=1010 ask=1010 x1\n"
	                 "due contoso 1010\ngate C claimed\n");
	assert_int_equal(store_logins(ss.store, note_saved, &saved, &err), ERR_OK);
	assert_true(saved > 1600000000000); /* so that it is not taken for an old one */
	ss.list = 4;
	store_script_run(&ss,
	    "add 3 C acme t m - bb; add 4 Q bolt x n - zz Family; end 3; ask contoso 1010; counted 0;"
	    "claim 1 9; settle 3 C registered ok; reopen");
	store_show_expect(ss.store, "cg",
	    "claim C contoso/t since=1010 asked=1010 ask=0 x1 released=1000\ngate Q family=Family\n");
	store_script_close(&ss);
}

/* The list that is open goes on, beside units; devices of one order keep to themselves. */
static void
test_version_2(void **state)
{
	struct store_script ss;

	(void)state;
	make_version("version-2.sql");
	expect_refused(STORE_READ, ERR_FORMAT,
	    "is of version 2, and only the agent brings it to version 3");
	store_script_open(&ss);
	store_show_expect(ss.store, "lrdnbmthpcugeok",
	    SHOWN_BEFORE
	    "claim C contoso/t since=1010 asked=1010 ask=1010 x1 case=42 note=asked\n"
	    "due contoso 1010\ngate R image=1020 family=Family\ngate C claimed family=Family\n"
	    "gate S family=Family\n"
	    "event 1 1010 device_claimed agent|contoso||0|C|their-req|cor"
	    "|held by another organization (808)\n"
	    "login northwind admin@northwind.example|agent since=1700 saved=1800 warned=0\n"
	    "link partner/northwind https://northwind.example/consent\n");
	ss.list = 4;
	store_script_run(&ss,
	    "unit contoso u U acme t; took 5:1 queued; add 3 P acme t m - - - 7; claim 1 9;"
	    "end 2; claim 5 9; unit adatum u E acme v; took 6:1known queued");
	store_show_expect(ss.store, "nb",
	    "lane 1 contoso/t 1\nlane 2 contoso/u 1\nlane 3 adatum/v 2\nlane 4 contoso/t/7 1\n"
	    "batch 1 lane=1 accepted due=1005 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t their-req,cor,T: S(ff)\n"
	    "batch 3 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: U\n");
	store_script_close(&ss);
}

/* Wholly or not at all. */
static void
test_versions_that_cannot_go_on(void **state)
{
	(void)state;
	make_version("version-1.sql");
	sql("CREATE TABLE cursor (x)");
	expect_refused(STORE_WRITE, ERR_FORMAT, "table cursor already exists");
	sql("DROP TABLE cursor; CREATE TABLE supersede (x)");
	expect_refused(STORE_WRITE, ERR_FORMAT, "table supersede already exists");
	sql("DROP TABLE supersede");
	make_store("");
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
		TEST(test_a_claim_after_a_release),
		TEST(test_patience),
		TEST(test_version_1),
		TEST(test_version_2),
		TEST(test_versions_that_cannot_go_on),
		TEST(test_empty_file),
		TEST(test_cut_file),
		TEST(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + store_questions_run() +
	    store_claim_cases_run() + store_unit_cases_run() + store_records_run() +
	    store_conformance_run();
}
