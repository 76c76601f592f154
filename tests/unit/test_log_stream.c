/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_stream.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log_text.h"

#define LENGTH(a) (sizeof(a) / sizeof(a)[0])

static const struct log_record hello = { .level = LOG_LEVEL_INFO, .message = "hello" };
static const char line[] = "info: hello\n";

static int64_t
at_unix_ms(void *arg)
{
	(void)arg;
	return 5;
}

static bool
say(struct log_stream *s, const struct log_record *r)
{
	struct log_sink sink = log_stream_sink(s);

	return sink.write(sink.arg, r);
}

static void
assert_read(int fd, const char *want)
{
	char got[256];
	ssize_t n = read(fd, got, sizeof got);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(got, want, (size_t)n);
}

static void
test_forms(void **state)
{
	static const struct clock clock = { .unix_ms = at_unix_ms };
	static const struct {
		enum log_stream_form form;
		const char *want;
	} tc[] = {
		{ LOG_STREAM_SHORT, "info: hello\n" },
		{ LOG_STREAM_COLOURED, "\x1b[1minfo:\x1b[0m hello\n" },
		{ LOG_STREAM_LOGFMT, "ts=1970-01-01T00:00:00.005Z level=info msg=hello\n" },
	};
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct log_stream s = { .fd = fd[1], .form = tc[i].form, .clock = &clock };

		assert_true(say(&s, &hello));
		assert_read(fd[0], tc[i].want);
	}
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void
open_pipe(int fd[2])
{
	assert_int_equal(pipe(fd), 0);
}

static void
open_datagrams(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
}

static void
open_stream(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
}

/* All of these are blocking descriptors: a write that waits would hang here. */
static void
test_nobody_reads(void **state)
{
	static const struct {
		const char *name;
		void (*open)(int fd[2]);
	} tc[] = { { "pipe", open_pipe }, { "datagrams", open_datagrams },
		{ "stream", open_stream } };

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct log_stream s = { .form = LOG_STREAM_SHORT };
		int fd[2];

		print_message("  %s\n", tc[i].name);
		tc[i].open(fd);
		s.fd = fd[1];
		while (say(&s, &hello))
			;
		assert_false(say(&s, &hello));
		assert_int_equal(fcntl(fd[1], F_GETFL) & O_NONBLOCK, 0);
		(void)close(fd[0]);
		(void)close(fd[1]);
	}
}

/* When there is room again lines begin where lines begin, even if the last was cut. */
static void
test_whole_lines(void **state)
{
	struct log_stream s = { .form = LOG_STREAM_SHORT, .broken = true };
	int fd[2];

	(void)state;
	open_pipe(fd);
	s.fd = fd[1];
	assert_true(say(&s, &hello));
	assert_read(fd[0], "\ninfo: hello\n");
	assert_true(say(&s, &hello));
	assert_read(fd[0], line);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* Ready for something, but not for all of a line: whoever waits for the rest waits for good. */
static void
test_slow_terminal(void **state)
{
	static char text[LOG_VALUE_MAX * 2];
	struct log_field field[] = {
		{ .name = "a", .value = { text, LOG_VALUE_MAX } },
		{ .name = "b", .value = { text, LOG_VALUE_MAX } },
		{ .name = "c", .value = { text, LOG_VALUE_MAX } },
		{ .name = "d", .value = { text, LOG_VALUE_MAX } },
	};
	const struct log_record r = { .message = "m", .field = field, .nfield = LENGTH(field) };
	struct log_stream s = { .form = LOG_STREAM_SHORT };
	int ours = posix_openpt(O_RDWR | O_NOCTTY);
	int theirs;

	(void)state;
	if (ours < 0) { /* as in a chroot without /dev/pts */
		print_message("no pseudo-terminal can be had here\n");
		skip();
	}
	memset(text, 'x', sizeof text);
	assert_int_equal(grantpt(ours), 0);
	assert_int_equal(unlockpt(ours), 0);
	theirs = open(ptsname(ours), O_RDWR | O_NOCTTY);
	assert_true(theirs >= 0);
	s.fd = log_stream_unwaiting(theirs);
	assert_int_not_equal(s.fd, theirs);
	assert_int_equal(fcntl(theirs, F_GETFL) & O_NONBLOCK, 0);
	while (say(&s, &r))
		;
	for (int i = 0; i < 100; i++) {
		assert_true(read(ours, text, 100) > 0);
		(void)say(&s, &r);
	}
	(void)close(s.fd);
	(void)close(theirs);
	(void)close(ours);
}

static void
test_what_is_no_pipe(void **state)
{
	FILE *file = tmpfile();
	int fd[2];

	(void)state;
	assert_non_null(file);
	assert_int_equal(log_stream_unwaiting(fileno(file)), fileno(file));
	(void)fclose(file);
	assert_int_equal(log_stream_unwaiting(-1), -1);
	open_datagrams(fd);
	assert_int_equal(log_stream_unwaiting(fd[0]), fd[0]);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void
test_nobody_there(void **state)
{
	struct log_stream s = { .fd = -1, .form = LOG_STREAM_SHORT };

	(void)state;
	assert_false(say(&s, &hello));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_nobody_reads),
		cmocka_unit_test(test_whole_lines),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_slow_terminal),
		cmocka_unit_test(test_what_is_no_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
