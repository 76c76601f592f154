/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/service_manager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

static const char *const variables[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };

static void
assert_none_left(void)
{
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
		assert_null(getenv(variables[i]));
}

static int
listen_at(const struct sockaddr_un *at, size_t len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)at, (socklen_t)len), 0);
	return fd;
}

static void
assert_heard(int fd, const char *want)
{
	char heard[256] = "";

	assert_int_equal(recv(fd, heard, sizeof heard - 1, 0), (ssize_t)strlen(want));
	assert_string_equal(heard, want);
}

static void
nobody(void **state)
{
	struct service_manager m;
	struct err err;

	(void)state;
	assert_int_equal(setenv("WATCHDOG_USEC", "1000000", 1), 0);
	assert_int_equal(service_manager_init(&m, &err), ERR_OK);
	assert_none_left();
	assert_int_equal(m.watchdog_ms, 0); /* with nobody to feed */
	assert_int_equal(service_manager_tell(&m, "READY=1", &err), ERR_OK);
	service_manager_done(&m);
}

static void
told(void **state)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "" };
	struct sockaddr_un hidden = { .sun_family = AF_UNIX };
	char name[128];
	struct service_manager m;
	struct err err;
	int fd;

	(void)state;
	assert_non_null(getcwd(name, sizeof name - 8));
	memcpy(name + strlen(name), "/notify", sizeof "/notify");
	assert_true((size_t)snprintf(path.sun_path, sizeof path.sun_path, "%s", name) <
	    sizeof path.sun_path);
	fd = listen_at(&path, sizeof path);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	assert_int_equal(service_manager_init(&m, &err), ERR_OK);
	assert_none_left();
	assert_int_equal(service_manager_tell(&m, "READY=1\nSTATUS=x", &err), ERR_OK);
	assert_heard(fd, "READY=1\nSTATUS=x");
	(void)close(fd);
	assert_int_equal(service_manager_tell(&m, "WATCHDOG=1", &err), ERR_IO);
	service_manager_done(&m);

	/* In the abstract name space a name ends with the address, and not with a NUL. */
	(void)snprintf(name, sizeof name, "@autoreg-test-%d", (int)getpid());
	memcpy(hidden.sun_path + 1, name + 1, strlen(name) - 1);
	fd = listen_at(&hidden, offsetof(struct sockaddr_un, sun_path) + strlen(name));
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	assert_int_equal(service_manager_init(&m, &err), ERR_OK);
	assert_int_equal(service_manager_tell(&m, "READY=1", &err), ERR_OK);
	assert_heard(fd, "READY=1");
	service_manager_done(&m);
	(void)close(fd);
}

static void
not_an_address(void **state)
{
	static const char *const wrong[] = { "", "@", "/", "relative", "vsock:2:1" };
	char too_long[200];
	struct service_manager m;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		print_message("  \"%s\"\n", wrong[i]);
		assert_int_equal(setenv("NOTIFY_SOCKET", wrong[i], 1), 0);
		assert_int_equal(service_manager_init(&m, &err), ERR_USAGE);
		assert_none_left();
		assert_int_equal(service_manager_tell(&m, "READY=1", &err), ERR_OK);
		service_manager_done(&m);
	}
	memset(too_long, 'x', sizeof too_long - 1);
	too_long[0] = '/';
	too_long[sizeof too_long - 1] = '\0';
	assert_int_equal(setenv("NOTIFY_SOCKET", too_long, 1), 0);
	assert_int_equal(service_manager_init(&m, &err), ERR_USAGE);
	service_manager_done(&m);
}

static void
watchdog(void **state)
{
	char self[16];
	const struct {
		const char *name;
		const char *interval;
		const char *pid;
		uint64_t want_ms;
	} tc[] = {
		{ "none", NULL, NULL, 0 },
		{ "anybody's", "30000000", NULL, 30000 },
		{ "ours", "30000000", self, 30000 },
		{ "somebody else's", "30000000", "1", 0 },
		{ "nobody's", "30000000", "", 0 },
		{ "no number", "soon", NULL, 0 },
		{ "too short", "999", NULL, 0 },
	};

	(void)state;
	(void)snprintf(self, sizeof self, "%d", (int)getpid());
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct service_manager m;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(setenv("NOTIFY_SOCKET", "/nowhere", 1), 0);
		if (tc[i].interval)
			assert_int_equal(setenv("WATCHDOG_USEC", tc[i].interval, 1), 0);
		if (tc[i].pid)
			assert_int_equal(setenv("WATCHDOG_PID", tc[i].pid, 1), 0);
		assert_int_equal(service_manager_init(&m, &err), ERR_OK);
		assert_int_equal(m.watchdog_ms, tc[i].want_ms);
		assert_none_left();
		service_manager_done(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody),
		cmocka_unit_test_setup_teardown(told, sandbox_enter, sandbox_leave),
		cmocka_unit_test(not_an_address),
		cmocka_unit_test(watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
