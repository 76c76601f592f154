/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/http_visitor.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <microhttpd.h>

enum { VISITORS = 3 };

/* Of libmicrohttpd a connection is only its descriptor here. */
struct MHD_Connection {
	union MHD_ConnectionInfo info;
};

const union MHD_ConnectionInfo *__wrap_MHD_get_connection_info(struct MHD_Connection *connection,
    enum MHD_ConnectionInfoType kind, ...);

const union MHD_ConnectionInfo *
__wrap_MHD_get_connection_info(struct MHD_Connection *connection, enum MHD_ConnectionInfoType kind,
    ...)
{
	assert_int_equal(kind, MHD_CONNECTION_INFO_CONNECTION_FD);
	return &connection->info;
}

/* Each came at another time, 100 ms after the one before. */
struct rig {
	struct http_visitors all;
	struct http_visitor *visitor[VISITORS];
	int theirs[VISITORS];
	int ours[VISITORS];
};

static void
rig_open(struct rig *r)
{
	*r = (struct rig){ .all.first = NULL };
	for (int i = 0; i < VISITORS; i++) {
		struct MHD_Connection connection;
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		r->ours[i] = pair[0];
		r->theirs[i] = pair[1];
		connection.info.connect_fd = pair[0];
		r->visitor[i] =
		    http_visitor_new(&r->all, &connection, NULL, 1000 + (uint64_t)i * 100);
		assert_non_null(r->visitor[i]);
	}
}

static void
rig_close(struct rig *r)
{
	/* From the middle, the end and the beginning of the list. */
	static const int order[VISITORS] = { 1, 0, 2 };

	for (int i = 0; i < VISITORS; i++) {
		http_visitor_free(&r->all, r->visitor[order[i]]);
		assert_int_equal(close(r->ours[order[i]]), 0);
		assert_int_equal(close(r->theirs[order[i]]), 0);
	}
	assert_null(r->all.first);
}

/* "1" for each that is still connected, "0" for one that sees the end. */
static void
assert_connected(const struct rig *r, const char *want)
{
	for (int i = 0; i < VISITORS; i++) {
		char byte;
		ssize_t n = recv(r->theirs[i], &byte, 1, MSG_DONTWAIT);

		assert_true(n == 0 || errno == EAGAIN);
		assert_int_equal(n == 0 ? '0' : '1', want[i]);
	}
}

static void
who_is_slow_goes(void **state)
{
	static const struct {
		const char *name;
		int asks;   /* has its request answered meanwhile; -1: nobody */
		int served; /* was answered at 1500; -1: nobody */
		uint64_t before_ms;
		const char *want;
	} tc[] = {
		{ "nobody is slow", -1, -1, 1000, "111" },
		{ "the first", -1, -1, 1001, "011" },
		{ "two", -1, -1, 1101, "001" },
		{ "all", -1, -1, 9999, "000" },
		{ "an answer takes its time", 0, -1, 9999, "100" },
		{ "time begins anew after it", 1, 1, 1500, "010" },
		{ "and is over some day", 1, 1, 1501, "000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct rig r;

		print_message("  %s\n", tc[i].name);
		rig_open(&r);
		if (tc[i].asks >= 0)
			http_visitor_asks(r.visitor[tc[i].asks]);
		if (tc[i].served >= 0)
			http_visitor_is_served(r.visitor[tc[i].served], 1500);
		http_visitors_hurry(&r.all, tc[i].before_ms);
		assert_connected(&r, tc[i].want);
		rig_close(&r);
	}
}

/* What they send is not read any more; what they are sent still goes out. */
static void
nobody_may_ask_any_more(void **state)
{
	struct rig r;
	char byte;

	(void)state;
	rig_open(&r);
	http_visitor_asks(r.visitor[0]);
	http_visitors_dismiss(&r.all);
	for (int i = 0; i < VISITORS; i++) {
		assert_int_equal(recv(r.ours[i], &byte, 1, MSG_DONTWAIT), 0);
		assert_int_equal(send(r.ours[i], "x", 1, MSG_NOSIGNAL), 1);
		assert_int_equal(recv(r.theirs[i], &byte, 1, MSG_DONTWAIT), 1);
	}
	http_visitor_free(&r.all, NULL);
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_slow_goes),
		cmocka_unit_test(nobody_may_ask_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
