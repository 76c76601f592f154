/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/safe_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/sandbox.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);

/* What the nth fsync() from now says; 0: none fails. */
static int failing_fsync, fsync_errno;

int
__wrap_fsync(int fd)
{
	if (failing_fsync == 0 || --failing_fsync > 0)
		return __real_fsync(fd);
	errno = fsync_errno;
	return -1;
}

static struct safe_file *
write_file(const char *path, const char *text)
{
	struct safe_file *f = NULL;
	struct err err;

	assert_int_equal(safe_file_open(path, 0640, &f, &err), ERR_OK);
	assert_int_equal(safe_file_write(f, slice_of(text), &err), ERR_OK);
	return f;
}

static void
whole_or_nothing(void **state)
{
	mode_t umask_before = umask(077);
	struct safe_file *f;
	struct stat st;
	struct err err;

	(void)state;
	f = write_file("a.csv", "one");
	assert_int_equal(access("a.csv", F_OK), -1);
	assert_int_equal(safe_file_write(f, slice_of(", two"), &err), ERR_OK);
	assert_int_equal(safe_file_write(f, slice_of(""), &err), ERR_OK);
	assert_int_equal(safe_file_commit(f, SAFE_FILE_NEW, &err), ERR_OK);
	sandbox_assert_names(".", "a.csv ");
	sandbox_assert_content("a.csv", slice_of("one, two"));
	assert_int_equal(stat("a.csv", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	(void)umask(umask_before);
}

static void
abandoned(void **state)
{
	(void)state;
	sandbox_write("a.csv", "before");
	safe_file_abandon(write_file("a.csv", "after"));
	safe_file_abandon(NULL);
	sandbox_assert_names(".", "a.csv ");
	sandbox_assert_content("a.csv", slice_of("before"));
}

static void
something_is_there(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	sandbox_write("d/a.csv", "before");
	assert_int_equal(safe_file_commit(write_file("d/a.csv", "after"), SAFE_FILE_NEW, &err),
	    ERR_EXISTS);
	assert_string_equal(err.msg, "d/a.csv is there already");
	sandbox_assert_content("d/a.csv", slice_of("before"));

	assert_int_equal(safe_file_commit(write_file("d/a.csv", "after"), SAFE_FILE_REPLACE, &err),
	    ERR_OK);
	sandbox_assert_content("d/a.csv", slice_of("after"));
	sandbox_assert_names("d", "a.csv ");
}

/* Two at once do not mix: the later one stays. */
static void
two_at_once(void **state)
{
	struct safe_file *a = write_file("a.csv", "first");
	struct safe_file *b = write_file("a.csv", "second");
	struct err err;

	(void)state;
	assert_int_equal(safe_file_commit(b, SAFE_FILE_REPLACE, &err), ERR_OK);
	sandbox_assert_content("a.csv", slice_of("second"));
	assert_int_equal(safe_file_commit(a, SAFE_FILE_REPLACE, &err), ERR_OK);
	sandbox_assert_content("a.csv", slice_of("first"));
	sandbox_assert_names(".", "a.csv ");
}

static void
cannot_be_made(void **state)
{
	struct safe_file *f = (void *)state;
	struct err err = { 0 };

	assert_int_equal(safe_file_open("no/a.csv", 0600, &f, &err), ERR_IO);
	assert_string_equal(err.msg, "no/a.csv: No such file or directory");
	assert_ptr_equal(f, state);
}

static void
disk_is_full(void **state)
{
	struct safe_file *f = write_file("a.csv", "0123456789");
	struct err err = { 0 };

	(void)state;
	sandbox_limit_files(12);
	assert_int_equal(safe_file_write(f, slice_of("0123456789"), &err), ERR_IO);
	assert_string_equal(err.msg, "a.csv: File too large");
	safe_file_abandon(f);
	sandbox_assert_names(".", "");
}

static void
folder_in_the_way(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(mkdir("a.csv", 0700), 0);
	assert_int_equal(safe_file_commit(write_file("a.csv", "x"), SAFE_FILE_REPLACE, &err),
	    ERR_IO);
	assert_string_equal(err.msg, "a.csv: Is a directory");
	sandbox_assert_names(".", "a.csv ");
}

static void
not_synced(void **state)
{
	static const struct {
		const char *name;
		int nth;
		int errnum;
		enum err_code want;
		const char *msg;
		const char *names;
	} tc[] = {
		{ "the content", 1, EIO, ERR_IO, "a.csv: Input/output error", "" },
		{ "the folder", 2, EIO, ERR_IO, "a.csv: its folder: Input/output error", "a.csv " },
		{ "a folder that cannot", 2, EINVAL, ERR_OK, "", "a.csv " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct safe_file *f = write_file("a.csv", "x");
		struct err err = { 0 };

		print_message("  %s\n", tc[i].name);
		failing_fsync = tc[i].nth;
		fsync_errno = tc[i].errnum;
		assert_int_equal(safe_file_commit(f, SAFE_FILE_NEW, &err), tc[i].want);
		assert_int_equal(failing_fsync, 0);
		assert_string_equal(err.msg, tc[i].msg);
		sandbox_assert_names(".", tc[i].names);
		(void)unlink("a.csv");
	}
}

static void
attempt(void *arg)
{
	struct safe_file *f = arg;
	struct err err = { 0 };
	enum err_code rc = safe_file_open("a.csv", 0600, &f, &err);

	if (alloc_fault_hit()) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_ptr_equal(f, arg);
		sandbox_assert_names(".", "");
		return;
	}
	assert_int_equal(rc, ERR_OK);
	safe_file_abandon(f);
}

static void
memory_runs_out(void **state)
{
	int somewhere;

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, &somewhere), 1);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SANDBOX(whole_or_nothing),
		IN_SANDBOX(abandoned),
		IN_SANDBOX(something_is_there),
		IN_SANDBOX(two_at_once),
		IN_SANDBOX(cannot_be_made),
		IN_SANDBOX(disk_is_full),
		IN_SANDBOX(folder_in_the_way),
		IN_SANDBOX(not_synced),
		IN_SANDBOX(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
