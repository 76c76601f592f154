/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);
int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs);

static int lease_errno;    /* what the kernel says to a lease; 0: what it really says */
static bool lease_is_hit;  /* somebody wants to write while we have it */
static unsigned long type; /* of the file system; 0: the real one */

int
__wrap_fcntl(int fd, int cmd, ...)
{
	va_list ap;
	int arg;

	va_start(ap, cmd);
	arg = va_arg(ap, int);
	va_end(ap);
	if (cmd == F_SETLEASE && lease_errno) {
		errno = lease_errno;
		return -1;
	}
	if (cmd == F_SETLEASE && arg == F_UNLCK && lease_is_hit) {
		/* The kernel tells us with the signal that we chose, which must not be our end. */
		assert_int_equal(open("list.csv", O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
		assert_int_equal(errno, EWOULDBLOCK);
	}
	return __real_fcntl(fd, cmd, arg);
}

int
__wrap_fstatfs(int fd, struct statfs *fs)
{
	int rc = __real_fstatfs(fd, fs);

	if (type)
		fs->f_type = (__typeof__(fs->f_type))type;
	return rc;
}

static void
names(void **state)
{
	static const struct {
		const char *name;
		bool want;
	} tc[] = {
		{ "list.csv", true },
		{ "list", true },
		{ "part", true },
		{ "a.part.csv", true },
		{ "a b.CSV", true },
		{ "~a.csv", true },
		{ "\xc3\xa9.csv", true },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ ".list.csv", false },
		{ "list.csv.part", false },
		{ "list.csv.PART", false },
		{ "list.tmp", false },
		{ "list.partial", false },
		{ "list.csv.filepart", false },
		{ "list.crdownload", false },
		{ "list.csv.swp", false },
		{ "list.csv~", false },
		{ "~", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].name);
		assert_int_equal(spool_entry_is_named(tc[i].name), tc[i].want);
	}
}

static void
stamps(void **state)
{
	const struct timespec later[] = { { 1000000000, 1 }, { 1000000000, 1 } };
	const struct timespec early[] = { { 1000000000, 0 }, { 1000000000, 0 } };
	struct spool_stamp a, b;

	(void)state;
	sandbox_write("list.csv", "x");
	assert_int_equal(utimensat(AT_FDCWD, "list.csv", early, 0), 0);
	assert_true(spool_entry_stamp(AT_FDCWD, "list.csv", &a));
	assert_true(spool_entry_stamp(AT_FDCWD, "list.csv", &b));
	assert_true(spool_stamp_same(&a, &b));

	assert_int_equal(utimensat(AT_FDCWD, "list.csv", later, 0), 0);
	assert_true(spool_entry_stamp(AT_FDCWD, "list.csv", &b));
	assert_false(spool_stamp_same(&a, &b));

	sandbox_write("list.csv", "xy");
	assert_int_equal(utimensat(AT_FDCWD, "list.csv", early, 0), 0);
	assert_true(spool_entry_stamp(AT_FDCWD, "list.csv", &b));
	assert_false(spool_stamp_same(&a, &b));

	sandbox_write("other.csv", "x");
	assert_int_equal(utimensat(AT_FDCWD, "other.csv", early, 0), 0);
	assert_true(spool_entry_stamp(AT_FDCWD, "other.csv", &b));
	assert_false(spool_stamp_same(&a, &b));
}

static void
no_files(void **state)
{
	static const char *const name[] = { "missing", "folder", "link", "dangling", "pipe" };
	struct spool_stamp before, stamp;

	(void)state;
	sandbox_write("list.csv", "x");
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(symlink("list.csv", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	memset(&before, 9, sizeof before);
	stamp = before;
	for (size_t i = 0; i < LENGTH(name); i++) {
		print_message("  %s\n", name[i]);
		assert_false(spool_entry_stamp(AT_FDCWD, name[i], &stamp));
		assert_memory_equal(&stamp, &before, sizeof stamp);
	}
}

static void
writers(void **state)
{
	int reader, writer;

	(void)state;
	sandbox_write("list.csv", "x");
	assert_int_equal(spool_entry_writer(AT_FDCWD, "list.csv"), SPOOL_WRITER_NONE);

	reader = open("list.csv", O_RDONLY | O_CLOEXEC);
	assert_int_equal(spool_entry_writer(AT_FDCWD, "list.csv"), SPOOL_WRITER_NONE);
	writer = open("list.csv", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(reader >= 0 && writer >= 0);
	assert_int_equal(spool_entry_writer(AT_FDCWD, "list.csv"), SPOOL_WRITER_SOME);
	assert_int_equal(close(writer), 0);
	assert_int_equal(spool_entry_writer(AT_FDCWD, "list.csv"), SPOOL_WRITER_NONE);
	assert_int_equal(close(reader), 0);
}

static void
a_writer_during_the_question(void **state)
{
	(void)state;
	sandbox_write("list.csv", "x");
	lease_is_hit = true;
	assert_int_equal(spool_entry_writer(AT_FDCWD, "list.csv"), SPOOL_WRITER_NONE);
	lease_is_hit = false;
}

static void
nobody_knows(void **state)
{
	static const int errnum[] = { EACCES, EINVAL, ENOLCK };
	static const unsigned long shared[] = { NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC,
		SMB2_SUPER_MAGIC, FUSE_SUPER_MAGIC, V9FS_MAGIC, CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC };

	(void)state;
	sandbox_write("list.csv", "x");
	assert_int_equal(spool_entry_writer(AT_FDCWD, "missing"), SPOOL_WRITER_UNKNOWN);
	assert_int_equal(symlink("list.csv", "link"), 0);
	assert_int_equal(spool_entry_writer(AT_FDCWD, "link"), SPOOL_WRITER_UNKNOWN);
	for (size_t i = 0; i < LENGTH(errnum); i++) {
		lease_errno = errnum[i];
		assert_int_equal(spool_entry_writer(AT_FDCWD, "list.csv"), SPOOL_WRITER_UNKNOWN);
	}
	lease_errno = 0;
	for (size_t i = 0; i < LENGTH(shared); i++) {
		type = shared[i];
		assert_int_equal(spool_entry_writer(AT_FDCWD, "list.csv"), SPOOL_WRITER_UNKNOWN);
	}
	type = 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test_setup_teardown(stamps, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(no_files, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(writers, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(a_writer_during_the_question, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test_setup_teardown(nobody_knows, sandbox_enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
