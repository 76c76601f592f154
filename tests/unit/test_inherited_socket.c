/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/inherited_socket.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { FIRST = 3, DESCRIPTORS = 2 };

/* What lies at 3 and 4; kinds other than LISTENS are refused. */
enum kind { NOTHING, LISTENS, SILENT, DATAGRAMS, PLAIN_FILE };

static void
put(int at, enum kind kind)
{
	int fd = -1;

	(void)close(at);
	if (kind == LISTENS || kind == SILENT)
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
	else if (kind == DATAGRAMS)
		fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	else if (kind == PLAIN_FILE)
		fd = open("/dev/null", O_RDONLY);
	if (kind == NOTHING)
		return;
	assert_true(fd >= 0);
	if (fd != at) {
		assert_int_equal(dup2(fd, at), at);
		(void)close(fd);
	}
	if (kind == LISTENS) {
		const struct sockaddr any = { .sa_family = AF_UNIX };

		assert_int_equal(bind(at, &any, sizeof(sa_family_t)), 0); /* the kernel names it */
		assert_int_equal(listen(at, 1), 0);
	}
}

static void
set(const char *name, const char *value)
{
	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void
by_name(void **state)
{
	char self[16];
	const struct {
		const char *name;
		const char *pid;
		const char *count;
		const char *names;
		enum kind kind[DESCRIPTORS];
		enum err_code want;
		int http, control;
		const char *message;
	} tc[] = {
		{ "nothing", NULL, NULL, NULL, { 0 }, ERR_OK, -1, -1, NULL },
		{ "both", self, "2", "http:control", { LISTENS, LISTENS }, ERR_OK, 3, 4, NULL },
		{ "the other way round", self, "2", "control:http", { LISTENS, LISTENS }, ERR_OK, 4,
		    3, NULL },
		{ "one", self, "1", "control", { LISTENS }, ERR_OK, -1, 3, NULL },
		{ "of another process", "1", "1", "http", { LISTENS }, ERR_OK, -1, -1, NULL },
		{ "without a process", NULL, "1", "http", { LISTENS }, ERR_OK, -1, -1, NULL },
		{ "no number", self, "two", "http", { LISTENS }, ERR_OK, -1, -1, NULL },
		{ "a stranger", self, "1", "autoreg.socket", { LISTENS }, ERR_USAGE, -1, -1,
		    "\"autoreg.socket\"" },
		{ "no names", self, "1", NULL, { LISTENS }, ERR_USAGE, -1, -1, "\"\"" },
		{ "too few names", self, "2", "http", { LISTENS, LISTENS }, ERR_USAGE, -1, -1,
		    "\"\"" },
		{ "twice", self, "2", "http:http", { LISTENS, LISTENS }, ERR_USAGE, -1, -1,
		    "two sockets that are called \"http\"" },
		{ "connected, or not even that", self, "1", "http", { SILENT }, ERR_USAGE, -1, -1,
		    "descriptor 3" },
		{ "datagrams", self, "2", "http:control", { LISTENS, DATAGRAMS }, ERR_USAGE, -1, -1,
		    "descriptor 4" },
		{ "a file", self, "1", "http", { PLAIN_FILE }, ERR_USAGE, -1, -1, "descriptor 3" },
		{ "nothing there", self, "1", "http", { NOTHING }, ERR_USAGE, -1, -1,
		    "descriptor 3" },
	};

	(void)state;
	(void)snprintf(self, sizeof self, "%d", (int)getpid());
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct inherited_socket s[] = { { "http", 9 }, { "control", 9 } };
		struct err err;

		print_message("  %s\n", tc[i].name);
		for (int k = 0; k < DESCRIPTORS; k++)
			put(FIRST + k, tc[i].kind[k]);
		set("LISTEN_PID", tc[i].pid);
		set("LISTEN_FDS", tc[i].count);
		set("LISTEN_FDNAMES", tc[i].names);
		assert_int_equal(inherited_socket_take(s, 2, &err), tc[i].want);
		if (tc[i].message && !strstr(err.msg, tc[i].message))
			print_message("%s\n", err.msg);
		assert_true(!tc[i].message || strstr(err.msg, tc[i].message));
		assert_int_equal(s[0].fd, tc[i].http);
		assert_int_equal(s[1].fd, tc[i].control);
		assert_null(getenv("LISTEN_PID"));
		assert_null(getenv("LISTEN_FDS"));
		assert_null(getenv("LISTEN_FDNAMES"));
		for (int k = 0; k < 2; k++) {
			if (s[k].fd < 0)
				continue;
			assert_int_equal(fcntl(s[k].fd, F_GETFD), FD_CLOEXEC);
			assert_true(fcntl(s[k].fd, F_GETFL) & O_NONBLOCK);
		}
		if (tc[i].want != ERR_OK)
			assert_int_equal(fcntl(FIRST, F_GETFD), -1); /* closed */
	}
	(void)close(FIRST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name),
	};

	/* A test runner may have left something open there. */
	for (int fd = FIRST; fd < FIRST + DESCRIPTORS; fd++)
		(void)close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
