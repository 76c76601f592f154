/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/list_files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define TWENTY "aaaaaaaaaaaaaaaaaaaa"
#define HUNDRED TWENTY TWENTY TWENTY TWENTY TWENTY

/* --- other file systems and disks that fail, by the linker --------------------------------------- */

static int rename_errno; /* what the next rename says, if not 0 */
static int fsync_errno;

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int
__wrap_rename(const char *from, const char *to)
{
	errno = rename_errno;
	rename_errno = 0;
	return errno ? -1 : __real_rename(from, to);
}

int
__wrap_fsync(int fd)
{
	errno = fsync_errno;
	fsync_errno = 0;
	return errno ? -1 : __real_fsync(fd);
}

/* --- names --------------------------------------------------------------------------------------- */

static void
names_are_plain(void **state)
{
	static const struct {
		const char *name;
		const char *given;
		const char *want;
	} tc[] = {
		{ "as it is", "a list.csv", "a list.csv" },
		{ "not English", "Geräte.csv", "Geräte.csv" },
		{ "with a folder", "/tmp/x/a.csv", "a.csv" },
		{ "out of the folder", "../../etc/passwd", "passwd" },
		{ "the folder above", "..", "list" },
		{ "the folder itself", "x/.", "list" },
		{ "nothing", "", "list" },
		{ "only a folder", "x/", "list" },
		{ "control characters", "a\nb\x7f\x1b.csv", "a_b__.csv" },
		{ "hidden", ".a", ".a" },
		{ "long", HUNDRED HUNDRED "b", HUNDRED HUNDRED },
		{ "long, in a long folder", HUNDRED HUNDRED "/b", "b" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char out[LIST_NAME_MAX + 1], again[LIST_NAME_MAX + 1];

		print_message("  %s\n", tc[i].name);
		list_files_name(slice_of(tc[i].given), out);
		assert_string_equal(out, tc[i].want);
		list_files_name(slice_of(out), again);
		assert_string_equal(again, out);
	}
}

static void
where_the_files_are(void **state)
{
	static const struct {
		enum list_file file;
		const char *state;
		const char *spool; /* NULL: not there */
	} tc[] = {
		{ LIST_SOURCE, "/s/lists/7/a.csv", NULL },
		{ LIST_REPORT_CSV, "/s/lists/7/a.csv.report.csv",
		    "/p/contoso/reports/a.csv.7.report.csv" },
		{ LIST_REPORT_JSON, "/s/lists/7/a.csv.report.json",
		    "/p/contoso/reports/a.csv.7.report.json" },
		{ LIST_REJECTS, "/s/lists/7/a.csv.rejects.csv",
		    "/p/contoso/reports/a.csv.7.rejects.csv" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char out[LIST_PATH_MAX];
		struct err err;

		assert_int_equal(list_files_state("/s", 7, "x/a.csv", tc[i].file, out, &err),
		    ERR_OK);
		assert_string_equal(out, tc[i].state);
		if (!tc[i].spool)
			continue;
		assert_int_equal(
		    list_files_spool("/p", "contoso", 7, "a.csv", tc[i].file, out, &err), ERR_OK);
		assert_string_equal(out, tc[i].spool);
	}
}

static void
paths_have_a_limit(void **state)
{
	char folder[LIST_PATH_MAX], out[LIST_PATH_MAX];
	struct err err;

	(void)state;
	memset(folder, 'a', sizeof folder);
	folder[LIST_PATH_MAX - 1 - strlen("/lists/7/b")] = '\0';
	assert_int_equal(list_files_state(folder, 7, "b", LIST_SOURCE, out, &err), ERR_OK);
	assert_int_equal(list_files_state(folder, 7, "bb", LIST_SOURCE, out, &err), ERR_LIMIT);
	assert_int_equal(list_files_spool(folder, "c", 7, "b", LIST_REJECTS, out, &err), ERR_LIMIT);
	assert_int_equal(list_files_reject("x", folder, "c", "b", "why", &err), ERR_LIMIT);
}

/* --- files --------------------------------------------------------------------------------------- */

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
folders_are_made(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(list_files_make_folders("a/b/c/file", 0700, &err), ERR_OK);
	assert_int_equal(mode_of("a/b/c"), 0700);
	sandbox_assert_names("a/b/c", "");
	assert_int_equal(list_files_make_folders("a/b/c/file", 0750, &err), ERR_OK);
	assert_int_equal(mode_of("a/b/c"), 0700); /* as it was */
	assert_int_equal(list_files_make_folders("file", 0750, &err), ERR_OK);
	sandbox_write("plain", "");
	assert_int_equal(list_files_make_folders("plain/x/y", 0700, &err), ERR_IO);
	fsync_errno = EIO;
	assert_int_equal(list_files_make_folders("d/file", 0700, &err), ERR_IO);
}

static void
a_file_is_moved(void **state)
{
	struct err err;

	(void)state;
	sandbox_write("from", "content");
	assert_int_equal(list_files_take("from", "to", true, 0600, &err), ERR_OK);
	sandbox_assert_names(".", "to ");
	sandbox_assert_content("to", slice_of("content"));
	assert_int_equal(list_files_take("from", "to", true, 0600, &err), ERR_IO);
	sandbox_assert_content("to", slice_of("content"));
}

static void
a_file_is_copied(void **state)
{
	struct err err;

	(void)state;
	sandbox_write("from", "content");
	assert_int_equal(list_files_take("from", "to", false, 0640, &err), ERR_OK);
	sandbox_assert_names(".", "from to ");
	sandbox_assert_content("to", slice_of("content"));
	assert_int_equal(mode_of("to"), 0640);
}

static void
to_another_file_system(void **state)
{
	struct err err;

	(void)state;
	sandbox_write("from", "content");
	rename_errno = EXDEV;
	assert_int_equal(list_files_take("from", "to", true, 0600, &err), ERR_OK);
	sandbox_assert_names(".", "to ");
	sandbox_assert_content("to", slice_of("content"));
}

/* Whatever fails: the file is where it was, and nothing half-made is where it should be. */
static void
a_failure_leaves_the_file(void **state)
{
	static const struct {
		const char *name;
		bool move;
		int rename, fsync;
		const char *names;
	} tc[] = {
		{ "no rename", true, EACCES, 0, "from " },
		{ "the folder cannot be synced", true, 0, EIO, "from " },
		{ "the copy cannot be synced", true, EXDEV, EIO, "from " },
		{ "the copy cannot be put in place", false, EACCES, 0, "from " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct err err;

		print_message("  %s\n", tc[i].name);
		sandbox_write("from", "content");
		rename_errno = tc[i].rename;
		fsync_errno = tc[i].fsync;
		assert_int_equal(list_files_take("from", "to", tc[i].move, 0600, &err), ERR_IO);
		assert_true(err.msg[0]);
		sandbox_assert_names(".", tc[i].names);
	}
}

static void
a_full_disk_leaves_the_file(void **state)
{
	struct err err;

	(void)state;
	sandbox_write("from", "more than four bytes");
	sandbox_limit_files(4);
	assert_int_equal(list_files_take("from", "to", false, 0600, &err), ERR_IO);
	sandbox_assert_names(".", "from ");
}

static void
a_list_is_forgotten(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(list_files_forget("s", 7, "a.csv", &err), ERR_OK); /* nothing there */
	assert_int_equal(list_files_make_folders("s/lists/7/a.csv", 0700, &err), ERR_OK);
	assert_int_equal(list_files_make_folders("s/lists/8/a.csv", 0700, &err), ERR_OK);
	sandbox_write("s/lists/7/a.csv", "");
	sandbox_write("s/lists/7/a.csv.rejects.csv", "");
	assert_int_equal(list_files_forget("s", 7, "a.csv", &err), ERR_OK);
	sandbox_assert_names("s/lists", "8 ");
	sandbox_write("s/lists/8/else", "");
	assert_int_equal(list_files_forget("s", 8, "a.csv", &err), ERR_IO);
}

static void
what_is_no_list_is_given_back(void **state)
{
	struct err err;

	(void)state;
	sandbox_write("from", "content");
	assert_int_equal(list_files_reject("from", "p", "contoso", "a.csv", "Because.", &err),
	    ERR_OK);
	sandbox_assert_names(".", "p ");
	sandbox_assert_names("p/contoso/rejected", "a.csv a.csv.error.txt ");
	sandbox_assert_content("p/contoso/rejected/a.csv", slice_of("content"));
	sandbox_assert_content("p/contoso/rejected/a.csv.error.txt", slice_of("Because.\n"));
	assert_int_equal(mode_of("p/contoso/rejected/a.csv.error.txt"), 0640);
}

static void
an_earlier_one_of_that_name_stays(void **state)
{
	static const char *const content[] = { "first", "second", "third" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof content / sizeof content[0]; i++) {
		sandbox_write("from", content[i]);
		assert_int_equal(
		    list_files_reject("from", "p", "contoso", "a.csv", content[i], &err), ERR_OK);
	}
	sandbox_assert_names("p/contoso/rejected",
	    "a.csv a.csv.2 a.csv.2.error.txt a.csv.3 a.csv.3.error.txt a.csv.error.txt ");
	sandbox_assert_content("p/contoso/rejected/a.csv", slice_of("first"));
	sandbox_assert_content("p/contoso/rejected/a.csv.2", slice_of("second"));
	sandbox_assert_content("p/contoso/rejected/a.csv.2.error.txt", slice_of("second\n"));
	sandbox_assert_content("p/contoso/rejected/a.csv.3", slice_of("third"));
}

/* A run that died after the text was written, and before the file was moved. */
static void
a_text_without_its_file_is_replaced(void **state)
{
	struct err err;

	(void)state;
	sandbox_write("from", "content");
	assert_int_equal(list_files_make_folders("p/contoso/rejected/x", 0700, &err), ERR_OK);
	sandbox_write("p/contoso/rejected/a.csv.error.txt", "half of a longer text");
	assert_int_equal(list_files_reject("from", "p", "contoso", "a.csv", "Because.", &err),
	    ERR_OK);
	sandbox_assert_names("p/contoso/rejected", "a.csv a.csv.error.txt ");
	sandbox_assert_content("p/contoso/rejected/a.csv.error.txt", slice_of("Because.\n"));
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_plain),
		cmocka_unit_test(where_the_files_are),
		cmocka_unit_test(paths_have_a_limit),
		IN_SANDBOX(folders_are_made),
		IN_SANDBOX(a_file_is_moved),
		IN_SANDBOX(a_file_is_copied),
		IN_SANDBOX(to_another_file_system),
		IN_SANDBOX(a_failure_leaves_the_file),
		IN_SANDBOX(a_full_disk_leaves_the_file),
		IN_SANDBOX(a_list_is_forgotten),
		IN_SANDBOX(what_is_no_list_is_given_back),
		IN_SANDBOX(an_earlier_one_of_that_name_stays),
		IN_SANDBOX(a_text_without_its_file_is_replaced),
	};

	(void)umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
