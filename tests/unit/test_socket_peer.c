/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/socket_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

enum { NOBODY = 65534, STRANGER = 4711 };

static void
who_may(void **state)
{
	const struct {
		const char *name;
		struct ucred peer;
		gid_t group;
		bool may;
	} tc[] = {
		{ "root", { .uid = 0, .gid = STRANGER }, NOBODY, true },
		{ "we", { .uid = geteuid(), .gid = STRANGER }, NOBODY, true },
		{ "its first group", { .uid = STRANGER, .gid = NOBODY }, NOBODY, true },
		{ "a stranger", { .uid = STRANGER, .gid = STRANGER }, NOBODY, false },
		{ "no group", { .uid = STRANGER, .gid = STRANGER }, (gid_t)-1, false },
	};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		assert_int_equal(socket_peer_may_order(pair[0], &tc[i].peer, tc[i].group),
		    tc[i].may);
	}
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(close(pair[1]), 0);
}

/* The kernel knows in which groups we are who have connected. */
static void
further_groups(void **state)
{
	const struct ucred stranger = { .uid = STRANGER, .gid = STRANGER };
	gid_t mine[64];
	int n = getgroups(64, mine), pair[2];

	(void)state;
	if (n <= 0)
		skip();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < n; i++)
		assert_true(socket_peer_may_order(pair[0], &stranger, mine[i]));
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(close(pair[1]), 0);
}

static void
the_other_end(void **state)
{
	struct ucred peer = { .uid = STRANGER };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_true(socket_peer_read(pair[0], &peer));
	assert_int_equal(peer.uid, getuid());
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(close(pair[1]), 0);
	peer.uid = STRANGER;
	assert_false(socket_peer_read(-1, &peer));
	assert_int_equal(peer.uid, STRANGER);
}

static void
the_group_of_the_file(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "a.sock" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	gid_t group = STRANGER;
	struct stat st;

	(void)state;
	assert_false(socket_peer_group(s, &group)); /* bound to nothing */
	assert_int_equal(group, STRANGER);
	assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(stat("a.sock", &st), 0);
	assert_true(socket_peer_group(s, &group));
	assert_int_equal(group, st.st_gid);
	assert_int_equal(unlink("a.sock"), 0);
	assert_false(socket_peer_group(s, &group));
	assert_int_equal(close(s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may),
		cmocka_unit_test(further_groups),
		cmocka_unit_test(the_other_end),
		cmocka_unit_test_setup_teardown(the_group_of_the_file, sandbox_enter,
		    sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
