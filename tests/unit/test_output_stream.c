/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/output.h"
#include "tests/unit/output_rows.h"
#include "tests/unit/sandbox.h"

enum target { TO_FILE, TO_APPENDED_FILE, TO_FILE_AND_STDERR, TO_PIPE, TO_FIFO, TO_LINK, NTARGET };

/* Opens an output on a stream behind other text. Its content is read from *end in the end. */
static struct output *
open_stream(enum target target, int *end)
{
	static const int flags[] = { [TO_FILE] = O_WRONLY,
		[TO_APPENDED_FILE] = O_WRONLY | O_APPEND,
		[TO_FILE_AND_STDERR] = O_WRONLY,
		[TO_LINK] = O_RDWR };
	const char *path = NULL;
	int fd[2];

	if (target == TO_PIPE) {
		assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	} else if (target == TO_FIFO) {
		path = "fifo";
		assert_int_equal(mkfifo("fifo", 0600), 0);
		fd[0] = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		fd[1] = open("fifo", O_WRONLY | O_CLOEXEC);
	} else {
		sandbox_write("stream", "");
		fd[0] = open("stream", O_RDONLY | O_CLOEXEC);
		fd[1] = open("stream", flags[target] | O_CLOEXEC);
	}
	assert_true(fd[0] >= 0 && fd[1] >= 0);
	if (target == TO_LINK) {
		path = "link";
		assert_int_equal(symlink("/proc/self/fd/1", "link"), 0);
	}
	assert_int_equal(dup2(fd[1], STDOUT_FILENO), STDOUT_FILENO);
	if (target == TO_FILE_AND_STDERR)
		assert_int_equal(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	(void)close(fd[1]);
	assert_int_equal(write(STDOUT_FILENO, "before\n", 7), 7);
	*end = fd[0];
	return output_rows_open(path, 3);
}

/* What has come out, between the text that others wrote before and behind it. */
static void
assert_stream(int end, const struct output_rows *rows)
{
	struct buf got, list;

	output_rows_expect(&list, rows, 0, OUTPUT_ROWS_ALL);
	assert_int_equal(write(STDOUT_FILENO, "behind\n", 7), 7);
	sandbox_restore_streams();
	sandbox_read(end, &got);
	(void)close(end);
	assert_int_equal(got.len, 7 + list.len + 7);
	assert_memory_equal(got.ptr, "before\n", 7);
	assert_true(memcmp(got.ptr + 7, list.ptr, list.len) == 0);
	assert_memory_equal(got.ptr + 7 + list.len, "behind\n", 7);
	buf_done(&got);
	buf_done(&list);
	(void)unlink("stream");
	(void)unlink("fifo");
	(void)unlink("link");
}

static void
streams_are_never_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < output_rows_ncase * NTARGET; i++) {
		struct output_rows rows = { output_rows_case[i / NTARGET].fate, OUTPUT_ROWS_SHORT };
		int end;
		struct output *o = open_stream((enum target)(i % NTARGET), &end);

		output_rows_finish(o, &rows, 2, 0);
		assert_stream(end, &rows);
		sandbox_assert_names(".", "");
	}
}

/* Beyond OUTPUT_HELD_MAX rows lie in a file; in place they are longer than a block. */
static void
long_streams(void **state)
{
	static const char *const fate[] = {
		"........................................",
		"x...x.......x..............xxxxxx......x",
		"xxxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxx",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct output_rows rows = { fate[i], 300 * 1000 };
		int end;
		struct output *o = open_stream(TO_APPENDED_FILE, &end);

		output_rows_finish(o, &rows, 4, 0);
		assert_stream(end, &rows);
		o = open_stream(TO_FILE, &end);
		output_rows_finish(o, &rows, 4, 0);
		assert_stream(end, &rows);
		sandbox_assert_names(".", "");
	}
}

static void
dash_is_standard_output(void **state)
{
	struct output_rows rows = { ".x.", OUTPUT_ROWS_SHORT };
	int end;

	(void)state;
	output_abandon(open_stream(TO_FILE, &end));
	output_rows_finish(output_rows_open("-", 3), &rows, 2, 0);
	assert_stream(end, &rows);
	sandbox_assert_names(".", "");
}

static void
nothing_on_a_stream_before_the_end(void **state)
{
	static const enum target held[] = { TO_APPENDED_FILE, TO_FILE_AND_STDERR };
	struct output_rows rows = { "...", OUTPUT_ROWS_SHORT };
	struct err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int end;
		struct output *o = open_stream(held[i], &end);

		assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_OK);
		sandbox_assert_content("stream", slice_of("before\n"));
		output_abandon(o);
		sandbox_assert_content("stream", slice_of("before\n"));
		(void)close(end);
	}
}

static void
abandoned_in_place(void **state)
{
	struct output_rows rows = { "...", OUTPUT_ROWS_SHORT };
	struct err err;
	int end;
	struct output *o = open_stream(TO_FILE, &end);

	(void)state;
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_OK);
	output_abandon(o);
	sandbox_assert_content("stream", slice_of("before\n"));
	assert_int_equal(write(STDOUT_FILENO, "behind\n", 7), 7);
	sandbox_assert_content("stream", slice_of("before\nbehind\n"));
	(void)close(end);
}

/* A stream that was not emptied is written over, not cut; and not before all is certain. */
static void
text_behind_our_place(void **state)
{
	struct output_rows rows = { ".x", OUTPUT_ROWS_SHORT };
	const char *old = "0123456789 0123456789 0123456789";
	struct output *o;
	struct err err;
	int fd;

	(void)state;
	sandbox_write("stream", old);
	fd = open("stream", O_RDWR | O_CLOEXEC);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(fd);
	o = output_rows_open("-", 0);
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_OK);
	output_abandon(o);
	sandbox_assert_content("stream", slice_of(old));
	output_rows_finish(output_rows_open("-", 0), &rows, 2, 0);
	sandbox_assert_content("stream", slice_of("Serial\r\nr00000\r\n56789 0123456789"));
}

static void
dev_null(void **state)
{
	struct output_rows rows = { ".x.", 300 * 1000 };
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(fd);
	output_rows_finish(output_rows_open(NULL, 1), &rows, 2, 0);
	output_abandon(output_rows_open(NULL, 1));
}

static void
full_stream(void **state)
{
	struct output_rows rows = { "...", OUTPUT_ROWS_SHORT };
	struct output *o;
	struct err err;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(fd);
	for (size_t i = 0; i < 2; i++) {
		o = output_rows_open(NULL, 0);
		assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_OK);
		output_rows_assert_not_finished(o, i ? "..." : ".x.", ERR_IO, "No space left");
	}
}

static void
place_that_does_not_fit(void **state)
{
	struct output_rows rows = { ".....", OUTPUT_ROWS_SHORT };
	struct err err;
	int end;
	struct output *o = open_stream(TO_FILE, &end);

	(void)state;
	sandbox_limit_files(30);
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_IO);
	output_abandon(o);
	sandbox_assert_content("stream", slice_of("before\n"));
	(void)close(end);
}

/* Somebody cut the file that we have to correct. */
static void
place_that_was_cut(void **state)
{
	struct output_rows rows = { "....", OUTPUT_ROWS_SHORT };
	struct err err;
	int end;
	struct output *o = open_stream(TO_FILE, &end);

	(void)state;
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_OK);
	assert_int_equal(truncate("stream", 20), 0);
	output_rows_assert_not_finished(o, "x...", ERR_IO, "reading the list back");
	sandbox_assert_content("stream", slice_of("before\n"));
	(void)close(end);
}

static void
set_temporary_folder(const char *path)
{
	assert_int_equal(path ? setenv("TMPDIR", path, 1) : unsetenv("TMPDIR"), 0);
}

/* OUTPUT_HELD_MAX bytes, header included, need no temporary file; one more does. */
static void
border_of_memory(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *usual = tmp ? strdup(tmp) : NULL;
	struct output_rows rows = { ".", OUTPUT_HELD_MAX - sizeof OUTPUT_ROWS_HEADER + 1 };
	struct output *o;
	struct err err;
	int end;

	(void)state;
	set_temporary_folder("/nonexistent");
	o = open_stream(TO_APPENDED_FILE, &end);
	output_rows_finish(o, &rows, 1, 0);
	assert_stream(end, &rows);

	o = open_stream(TO_APPENDED_FILE, &end);
	rows.len++;
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "/nonexistent"));
	output_abandon(o);
	sandbox_assert_content("stream", slice_of("before\n"));
	(void)close(end);
	set_temporary_folder(usual);
	free(usual);
}

/* Neither what was held nor what comes next fits into the temporary file. */
static void
full_temporary_folder(void **state)
{
	static const rlim_t limit[] = { sizeof OUTPUT_ROWS_HEADER - 2, OUTPUT_HELD_MAX };
	struct output_rows rows = { ".", OUTPUT_HELD_MAX };
	struct err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int end;
		struct output *o = open_stream(TO_APPENDED_FILE, &end);

		sandbox_limit_files(limit[i]);
		assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_IO);
		assert_non_null(strstr(err.msg, "too large"));
		output_abandon(o);
		sandbox_assert_content("stream", slice_of("before\n"));
		(void)close(end);
	}
}

static void
closed_stream(void **state)
{
	(void)state;
	(void)close(STDOUT_FILENO);
	output_rows_assert_not_opened(NULL, 0, ERR_IO, "standard output");
}

int
main(void)
{
#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(streams_are_never_split),
		IN_SANDBOX(long_streams),
		IN_SANDBOX(dash_is_standard_output),
		IN_SANDBOX(nothing_on_a_stream_before_the_end),
		IN_SANDBOX(abandoned_in_place),
		IN_SANDBOX(text_behind_our_place),
		IN_SANDBOX(dev_null),
		IN_SANDBOX(full_stream),
		IN_SANDBOX(place_that_does_not_fit),
		IN_SANDBOX(place_that_was_cut),
		IN_SANDBOX(border_of_memory),
		IN_SANDBOX(full_temporary_folder),
		IN_SANDBOX(closed_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
