/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/http_server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/web_client.h"

enum { UPLOAD_MAX = 100 * 1000, LONG_ANSWER = 3 * 1000 * 1000 };

#define SOCKET "run/control.sock"
#define END " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

/* A server in the sandbox, and what its handlers have seen. */
struct bench {
	uv_loop_t loop;
	struct http_server *server;
	bool closed;
	struct http_exchange *waiting;
	struct http_exchange *stream;
	unsigned gone;
	char seen[256];
	char upload[4096];
	uid_t uid;
};

static void
on_closed(void *arg)
{
	struct bench *b = arg;

	b->closed = true;
}

static void
handle_echo(void *arg, struct http_exchange *x)
{
	struct bench *b = arg;
	const char *q = http_exchange_parameter(x, "q");

	(void)snprintf(b->seen, sizeof b->seen, "%s %s", http_exchange_segment(x, 1), q ? q : "-");
	http_exchange_text(x, 200, "text/plain", slice_of(b->seen));
}

static void
handle_later(void *arg, struct http_exchange *x)
{
	struct bench *b = arg;

	b->waiting = x;
}

static void
handle_long(void *arg, struct http_exchange *x)
{
	struct spill body;
	struct err err;

	(void)arg;
	spill_init(&body, ".");
	for (size_t i = 0; i < LONG_ANSWER / 10; i++)
		assert_int_equal(spill_add(&body, slice_of("0123456789"), &err), ERR_OK);
	http_exchange_answer(x, 200, "text/plain", &body);
	spill_done(&body);
}

static void
on_gone(void *arg, struct http_exchange *x)
{
	struct bench *b = arg;

	assert_ptr_equal(x, b->stream);
	b->stream = NULL;
	b->gone++;
}

static void
handle_stream(void *arg, struct http_exchange *x)
{
	struct bench *b = arg;

	b->stream = x;
	http_exchange_stream(x, "text/event-stream", on_gone, b);
}

static void
handle_upload(void *arg, struct http_exchange *x)
{
	struct bench *b = arg;
	struct stat st;

	assert_int_equal(stat(http_exchange_upload(x), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)snprintf(b->upload, sizeof b->upload, "%s", http_exchange_upload(x));
	(void)snprintf(b->seen, sizeof b->seen, "%lld bytes", (long long)st.st_size);
	b->uid = http_exchange_peer(x)->uid;
	http_exchange_text(x, 202, "text/plain", slice_of(b->seen));
}

static void
handle_order(void *arg, struct http_exchange *x)
{
	(void)arg;
	http_exchange_fail(x, &(struct err){ ERR_NOT_FOUND, "no \"such\" thing" });
}

static const struct http_route route[] = {
	{ HTTP_VERB_GET, "/echo/{}", "q r", HTTP_BODY_NONE, handle_echo },
	{ HTTP_VERB_GET, "/later", NULL, HTTP_BODY_NONE, handle_later },
	{ HTTP_VERB_GET, "/long", NULL, HTTP_BODY_NONE, handle_long },
	{ HTTP_VERB_GET, "/stream", NULL, HTTP_BODY_NONE, handle_stream },
	{ HTTP_VERB_POST, "/upload", NULL, HTTP_BODY_FILE, handle_upload },
	{ HTTP_VERB_POST, "/order", NULL, HTTP_BODY_NONE, handle_order },
	{ .path = NULL },
};

/* Anybody on this machine may ask. */
static struct http_access *
local_access(void)
{
	const struct config c = { .listen = { .host = "127.0.0.1" } };
	struct http_access *access;
	struct err err;

	assert_int_equal(http_access_new(&c, &access, &err), ERR_OK);
	return access;
}

static int
set_up(void **state)
{
	static struct bench bench;
	struct http_server_options opt = {
		.host = "127.0.0.1",
		.socket = SOCKET,
		.folder = ".",
		.route = route,
		.arg = &bench,
		.upload_max = UPLOAD_MAX,
		.connections = 4,
		.idle_s = 1000, /* nobody is sent off for that */
	};
	struct err err;
	int failed;

	if (sandbox_enter(state) != 0)
		return -1;
	memset(&bench, 0, sizeof bench);
	*state = &bench;
	opt.access = local_access();
	failed =
	    uv_loop_init(&bench.loop) || http_server_open(&bench.loop, &opt, &bench.server, &err);
	http_access_drop(opt.access);
	return failed;
}

static void
close_server(struct bench *b)
{
	if (!b->server)
		return;
	http_server_close(b->server, on_closed, b);
	b->server = NULL;
	assert_false(b->closed); /* never inside close */
}

static int
tear_down(void **state)
{
	struct bench *b = *state;

	close_server(b);
	web_client_end_loop(&b->loop);
	assert_true(b->closed);
	assert_int_not_equal(access(SOCKET, F_OK), 0);
	sandbox_assert_names(".", "run ");
	return sandbox_leave(state);
}

static void
routing(void **state)
{
	static const struct {
		const char *name;
		bool tcp;
		const char *request;
		unsigned status;
		const char *body; /* part of it */
	} tc[] = {
		{ "a segment and a parameter", false, "GET /echo/a?q=b" END, 200, "a b" },
		{ "escapes stay in their part", false, "GET /echo/a%2Fb?q=c%26d+e" END, 200,
		    "a/b c&d+e" },
		{ "the same over TCP", true, "GET /echo/a?q=b" END, 200, "a b" },
		{ "a head has no body", true, "HEAD /echo/a" END, 200, "" },
		{ "nothing there", true, "GET /nowhere" END, 404, "\"detail\":\"there is nothing" },
		{ "too short", false, "GET /echo" END, 404, "about:blank" },
		{ "too long", false, "GET /echo/a/b" END, 404, "about:blank" },
		{ "another method", false, "POST /echo/a" END, 405, "another method" },
		{ "an unknown method", false, "BREW /echo/a" END, 405, "another method" },
		{ "unknown parameter", true, "GET /echo/a?qq=1" END, 400, "unknown parameter qq" },
		{ "parameter twice", true, "GET /echo/a?q=1&q=2" END, 400, "given twice" },
		{ "bad escape", true, "GET /echo/%zz" END, 400, "bad escape" },
		{ "escaped NUL", true, "GET /echo/%00" END, 400, "bad escape" },
		{ "order", false, "POST /order" END, 404, "no \\\"such\\\" thing" },
		{ "order over TCP", true, "POST /order" END, 405, "control socket" },
		{ "order over TCP, asked for", true, "GET /order" END, 404, "nothing" },
		{ "two lengths", false,
		    "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
		    400, "there twice" },
		{ "a length and chunks", false,
		    "POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		    400, "both there" },
		{ "a blank before the colon", false,
		    "GET /echo/a HTTP/1.1\r\nHost: x\r\nX-A : b\r\n\r\n", 400,
		    "a blank or the like in its name" },
		{ "two hosts", true,
		    "GET /echo/a HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400,
		    "there twice" },
		{ "a body over TCP", true,
		    "GET /echo/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", 413,
		    "too large" },
		{ "host with a port", true,
		    "GET /echo/a HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n", 200,
		    "a -" },
		{ "host without a port", true,
		    "GET /echo/a HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n", 200,
		    "a -" },
		{ "another host", true,
		    "GET /echo/a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 403,
		    "Host header" },
		{ "a host that begins well", true,
		    "GET /echo/a HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n",
		    403, "Host header" },
		{ "no host", true, "GET /echo/a HTTP/1.0\r\n\r\n", 403, "Host header" },
		{ "any host on the socket", false,
		    "GET /echo/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200, "a -" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf answer;

		print_message("  %s\n", tc[i].name);
		web_client_ask(&b->loop, tc[i].tcp ? NULL : SOCKET, http_server_port(b->server),
		    tc[i].request, &answer);
		assert_int_equal(web_client_status(&answer), tc[i].status);
		assert_non_null(strstr(web_client_body(&answer), tc[i].body));
		assert_non_null(strstr(answer.ptr, "Content-Security-Policy: default-src 'none'"));
		if (tc[i].status >= 400)
			assert_non_null(strstr(answer.ptr, "application/problem+json"));
		if (tc[i].status == 405)
			assert_non_null(strstr(answer.ptr, "\r\nAllow: GET, HEAD\r\n"));
		buf_done(&answer);
	}
}

static void
slow_client(void **state)
{
	static const char request[] = "GET /echo/slow?q=1" END;
	struct bench *b = *state;
	struct web_client c;

	web_client_open(&c, &b->loop, SOCKET, 0);
	for (size_t i = 0; request[i] != '\0'; i++) {
		web_client_send(&c, (char[]){ request[i], '\0' });
		(void)uv_run(&b->loop, UV_RUN_NOWAIT);
	}
	web_client_await(&c, "slow 1");
	web_client_close(&c);
}

static void
connection_limit(void **state)
{
	struct bench *b = *state;
	struct web_client c[5];

	for (size_t i = 0; i < 4; i++) {
		web_client_open(&c[i], &b->loop, SOCKET, 0);
		web_client_send(&c[i], "GET /echo/a HTTP/1.1\r\nHost: x\r\n\r\n");
		web_client_await(&c[i], "a -");
	}
	/* The fifth has to wait until one of the others has gone. */
	web_client_open(&c[4], &b->loop, SOCKET, 0);
	web_client_send(&c[4], "GET /echo/fifth HTTP/1.1\r\nHost: x\r\n\r\n");
	for (size_t i = 0; i < 20; i++)
		(void)uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_string_equal(b->seen, "a -");
	web_client_close(&c[0]);
	for (size_t i = 1; i < 4; i++)
		web_client_close(&c[i]);
	web_client_await(&c[4], "fifth -");
	web_client_close(&c[4]);
}

static void
too_many_headers(void **state)
{
	struct bench *b = *state;
	struct buf request, answer;

	buf_init(&request, 1000 * 1000);
	buf_add_str(&request, "GET /echo/a HTTP/1.1\r\nHost: localhost\r\n");
	for (size_t i = 0; i < 2000; i++)
		buf_addf(&request, "X-Number-%zu: 0123456789012345678901234567890\r\n", i);
	buf_add_str(&request, "\r\n");
	web_client_ask(&b->loop, SOCKET, 0, request.ptr, &answer);
	assert_int_equal(web_client_status(&answer), 431);
	assert_string_equal(b->seen, "");
	buf_done(&request);
	buf_done(&answer);
}

static void
upload_of(struct bench *b, size_t len, bool chunked, struct buf *answer)
{
	struct buf request;

	buf_init(&request, 10 * 1000 * 1000);
	buf_add_str(&request, "POST /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
	if (chunked)
		buf_addf(&request, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", len);
	else
		buf_addf(&request, "Content-Length: %zu\r\n\r\n", len);
	for (size_t i = 0; i < len; i++)
		buf_add_char(&request, 'x');
	if (chunked)
		buf_add_str(&request, "\r\n0\r\n\r\n");
	assert_int_equal(request.failed, ERR_OK);
	web_client_ask(&b->loop, SOCKET, 0, request.ptr, answer);
	buf_done(&request);
}

static void
uploads(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		bool chunked;
		unsigned status; /* 0: the connection is closed without an answer */
		const char *body;
	} tc[] = {
		{ "nothing", 0, false, 202, "0 bytes" },
		{ "something", 70 * 1000, false, 202, "70000 bytes" },
		{ "of unknown length", 70 * 1000, true, 202, "70000 bytes" },
		{ "just fits", UPLOAD_MAX, false, 202, "100000 bytes" },
		{ "announces too much", UPLOAD_MAX + 1, false, 413, "too large" },
		{ "turns out to be too much", UPLOAD_MAX + 1, true, 0, NULL },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf answer;

		print_message("  %s\n", tc[i].name);
		upload_of(b, tc[i].len, tc[i].chunked, &answer);
		if (tc[i].status == 0) {
			assert_int_equal(answer.len, 0);
		} else {
			assert_int_equal(web_client_status(&answer), tc[i].status);
			assert_non_null(strstr(web_client_body(&answer), tc[i].body));
		}
		buf_done(&answer);
		sandbox_assert_names(".", "run "); /* the file is gone */
	}
	assert_int_equal(b->uid, getuid());
}

static void
upload_that_cannot_be_kept(void **state)
{
	struct bench *b = *state;
	struct buf answer;

	sandbox_limit_files(50 * 1000);
	upload_of(b, 70 * 1000, false, &answer);
	sandbox_limit_files(RLIM_INFINITY);
	assert_int_equal(web_client_status(&answer), 500);
	assert_non_null(strstr(web_client_body(&answer), "File too large"));
	buf_done(&answer);
}

/* Who came by the old one is sent off with what he waits for; the same again changes nothing. */
static void
another_access(void **state)
{
	static const char *const name = "a.example";
	const struct config named = { .listen = { .host = "127.0.0.1" },
		.server = { .names = { &name, 1 } } };
	struct bench *b = *state;
	struct http_access *same = local_access(), *other;
	struct web_client idle, waiting, following;
	struct buf answer;
	struct err err;

	web_client_open(&idle, &b->loop, NULL, http_server_port(b->server));
	web_client_send(&idle, "GET /echo/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
	web_client_await(&idle, "a -");
	web_client_open(&following, &b->loop, NULL, http_server_port(b->server));
	web_client_send(&following, "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
	web_client_await(&following, "text/event-stream");
	web_client_open(&waiting, &b->loop, NULL, http_server_port(b->server));
	web_client_send(&waiting, "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
	while (!b->waiting)
		(void)uv_run(&b->loop, UV_RUN_ONCE);

	assert_int_equal(http_server_set_access(b->server, same, &err), ERR_OK);
	http_access_drop(same);
	http_exchange_push(b->stream, slice_of("data: one\n\n"));
	web_client_await(&following, "data: one\n\n");
	assert_int_equal(b->gone, 0);

	assert_int_equal(http_access_new(&named, &other, &err), ERR_OK);
	assert_int_equal(http_server_set_access(b->server, other, &err), ERR_OK);
	http_access_drop(other);
	web_client_await_end(&idle);
	web_client_await_end(&following);
	assert_int_equal(b->gone, 1);
	http_exchange_text(b->waiting, 200, "text/plain", slice_of("at last"));
	web_client_await(&waiting, "at last");
	web_client_await_end(&waiting);
	web_client_close(&idle);
	web_client_close(&following);
	web_client_close(&waiting);
	web_client_ask(&b->loop, NULL, http_server_port(b->server),
	    "GET /echo/a HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n", &answer);
	assert_int_equal(web_client_status(&answer), 200);
	buf_done(&answer);
}

static void
answer_given_later(void **state)
{
	struct bench *b = *state;
	struct web_client c;

	web_client_open(&c, &b->loop, SOCKET, 0);
	web_client_send(&c, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!b->waiting)
		(void)uv_run(&b->loop, UV_RUN_ONCE);
	assert_int_equal(c.got.len, 0);
	http_exchange_text(b->waiting, 200, "text/plain", slice_of("at last"));
	web_client_await(&c, "at last");
	web_client_close(&c);
}

static void
client_gone_before_the_answer(void **state)
{
	struct bench *b = *state;
	struct web_client c;

	web_client_open(&c, &b->loop, SOCKET, 0);
	web_client_send(&c, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!b->waiting)
		(void)uv_run(&b->loop, UV_RUN_ONCE);
	web_client_close(&c);
	for (size_t i = 0; i < 10; i++)
		(void)uv_run(&b->loop, UV_RUN_NOWAIT);
	http_exchange_text(b->waiting, 200, "text/plain", slice_of("nobody hears"));
}

static void
long_answer(void **state)
{
	struct bench *b = *state;
	struct buf answer;

	web_client_ask(&b->loop, SOCKET, 0, "GET /long" END, &answer);
	assert_int_equal(strlen(web_client_body(&answer)), LONG_ANSWER);
	assert_non_null(strstr(answer.ptr, "Content-Length: 3000000\r\n"));
	buf_done(&answer);
}

static void
stream(void **state)
{
	struct bench *b = *state;
	struct web_client c;

	web_client_open(&c, &b->loop, SOCKET, 0);
	web_client_send(&c, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
	web_client_await(&c, "text/event-stream");
	http_exchange_push(b->stream, slice_of("data: one\n\n"));
	web_client_await(&c, "data: one\n\n");
	http_exchange_push(b->stream, slice_of("data: two\n\n"));
	http_exchange_push(b->stream, slice_of("data: three\n\n"));
	web_client_await(&c, "data: two\n\ndata: three\n\n");
	assert_int_equal(b->gone, 0);
	web_client_close(&c);
	/* That it has gone shows when something is sent. */
	for (size_t i = 0; i < 20 && b->stream; i++) {
		http_exchange_push(b->stream, slice_of("data: four\n\n"));
		(void)uv_run(&b->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(b->gone, 1);
}

static void
stream_that_falls_behind(void **state)
{
	struct bench *b = *state;
	struct web_client c;
	char piece[1000];

	memset(piece, 'x', sizeof piece);
	web_client_open(&c, &b->loop, SOCKET, 0);
	web_client_send(&c, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
	web_client_await(&c, "text/event-stream");
	for (size_t i = 0; i <= HTTP_STREAM_BEHIND_MAX / sizeof piece; i++)
		http_exchange_push(b->stream, (struct slice){ piece, sizeof piece });
	web_client_await(&c, "0\r\n\r\n"); /* the last chunk */
	assert_int_equal(b->gone, 1);
	web_client_close(&c);
}

static void
closing_with_requests_open(void **state)
{
	struct bench *b = *state;
	struct web_client idle, half, later, stream_client;

	web_client_open(&idle, &b->loop, SOCKET, 0);
	web_client_send(&idle, "GET /echo/idle HTTP/1.1\r\nHost: x\r\n\r\n");
	web_client_await(&idle, "idle -");
	web_client_open(&half, &b->loop, SOCKET, 0);
	web_client_send(&half, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
	web_client_open(&stream_client, &b->loop, SOCKET, 0);
	web_client_send(&stream_client, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
	web_client_await(&stream_client, "text/event-stream");
	web_client_open(&later, &b->loop, SOCKET, 0);
	web_client_send(&later, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!b->waiting)
		(void)uv_run(&b->loop, UV_RUN_ONCE);

	close_server(b);
	for (size_t i = 0; i < 20; i++)
		(void)uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_false(b->closed); /* it waits for the answer that is due */
	assert_int_equal(b->gone, 1);
	http_exchange_text(b->waiting, 200, "text/plain", slice_of("at last"));
	web_client_run_until(&b->loop, &b->closed);
	web_client_await(&later, "at last");
	web_client_await_end(&idle);
	web_client_await_end(&half);
	web_client_await_end(&stream_client);
	web_client_close(&idle);
	web_client_close(&half);
	web_client_close(&later);
	web_client_close(&stream_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(routing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(slow_client, set_up, tear_down),
		cmocka_unit_test_setup_teardown(connection_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_headers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(uploads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(upload_that_cannot_be_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_access, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answer_given_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(client_gone_before_the_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stream, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stream_that_falls_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(closing_with_requests_open, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
