/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "autoreg-XXXXXX";
static int real_stdout, real_stderr;

int
sandbox_enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
	real_stdout = dup(STDOUT_FILENO);
	real_stderr = dup(STDERR_FILENO);
	return chdir(tmp ? tmp : "/tmp") || !mkdtemp(folder) || chdir(folder);
}

void
sandbox_restore_streams(void)
{
	assert_int_equal(dup2(real_stdout, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(dup2(real_stderr, STDERR_FILENO), STDERR_FILENO);
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int
sandbox_leave(void **state)
{
	(void)state;
	(void)fflush(stdout);
	sandbox_restore_streams();
	sandbox_limit_files(RLIM_INFINITY);
	(void)close(real_stdout);
	(void)close(real_stderr);
	return chdir("..") || nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void
sandbox_assert_names(const char *dir, const char *want)
{
	struct dirent **entry;
	int n = scandir(dir, &entry, NULL, alphasort);
	struct buf got;

	assert_true(n >= 2);
	buf_init(&got, SANDBOX_FILE_MAX);
	for (int i = 0; i < n; i++) {
		if (strcmp(entry[i]->d_name, ".") != 0 && strcmp(entry[i]->d_name, "..") != 0)
			buf_addf(&got, "%s ", entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	assert_string_equal(got.len ? got.ptr : "", want);
	buf_done(&got);
}

static void
write_bytes(const char *name, struct slice bytes)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
	assert_int_equal(fclose(f), 0);
}

void
sandbox_write(const char *name, const char *text)
{
	write_bytes(name, slice_of(text));
}

void
sandbox_write_private(const char *name, struct slice bytes)
{
	write_bytes(name, bytes);
	assert_int_equal(chmod(name, 0600), 0);
}

void
sandbox_read(int fd, struct buf *out)
{
	static char block[64 * 1024];
	ssize_t n;

	buf_init(out, SANDBOX_FILE_MAX);
	while ((n = read(fd, block, sizeof block)) > 0)
		buf_add(out, block, (size_t)n);
	assert_int_equal(n, 0);
	assert_int_equal(out->failed, ERR_OK);
}

void
sandbox_assert_content(const char *name, struct slice want)
{
	struct buf got;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	sandbox_read(fd, &got);
	(void)close(fd);
	assert_int_equal(got.len, want.len);
	assert_true(slice_eq(buf_slice(&got), want));
	buf_done(&got);
}

void
sandbox_limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
