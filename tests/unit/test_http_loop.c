/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_loop.h"

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/http_peer.h"
#include "tests/unit/http_rig.h"
#include "tests/unit/sandbox.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* --- one request --- */

static void
answered(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, NULL);
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	rig_call(&r, &(struct http_request){ .url = peer_url(peer, "/a") }, &o);
	assert_int_equal(o.status, 200);
	assert_string_equal(o.body, "ok");
	rig_close(&r);
	assert_int_equal(o.calls, 1);
	peer_join(peer);
	assert_int_equal(peer_nrequest(peer), 1);
	peer_free(peer);
}

static void
refused(void **state)
{
	char url[64], want[256];
	struct outcome o;
	struct rig r;
	unsigned port = peer_dead_port();

	(void)state;
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/path?query", port);
	(void)snprintf(want, sizeof want, "127.0.0.1:%u: no connection, nothing was sent: ", port);
	rig_open(&r, NULL);
	rig_call(&r, &(struct http_request){ .url = url }, &o);
	assert_int_equal(o.code, ERR_CONNECT);
	assert_ptr_equal(strstr(o.msg, want), o.msg);
	assert_null(strstr(o.msg, "query"));
	rig_close(&r);
	assert_int_equal(o.calls, 1);
}

static void
only_one_times_out(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	static const struct http_options options[] = { { .total_ms = 200 }, { .total_ms = 0 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct http_peer *peer = peer_start(script, NULL);
		struct http_request req = { .url = peer_url(peer, "/"), .total_ms = i ? 200 : 0 };
		struct outcome o;
		struct rig r;

		rig_open(&r, &options[i]);
		rig_call(&r, &req, &o);
		assert_int_equal(o.code, ERR_TIMEOUT);
		assert_non_null(strstr(o.msg, "the request may have taken effect"));
		rig_close(&r);
		assert_int_equal(o.calls, 1);
		peer_join(peer);
		peer_free(peer);
	}
}

/* A TLS handshake that never ends: nothing of the request has been sent. */
static void
times_out_while_connecting(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	static const struct http_options options[] = { { .connect_ms = 30 }, { .total_ms = 30 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct http_peer *peer = peer_start(script, NULL);
		struct outcome o;
		struct rig r;
		char url[64];

		(void)snprintf(url, sizeof url, "https%s", peer_url(peer, "/") + 4);
		rig_open(&r, &options[i]);
		rig_call(&r, &(struct http_request){ .url = url }, &o);
		assert_int_equal(o.code, ERR_CONNECT);
		rig_close(&r);
		peer_join(peer);
		peer_free(peer);
	}
}

/* --- cancelling and closing --- */

/* One that waits for its answer, and one that has not begun yet. */
static void
cancelled_twice(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, NULL);
	struct http_request req = { .url = peer_url(peer, "/") };
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	for (int rounds = 20; rounds >= 0; rounds -= 20) {
		struct outcome o;
		struct http_call *call = rig_start(&r, &req, &o);

		for (int i = 0; i < rounds; i++)
			(void)uv_run(&r.uv, UV_RUN_NOWAIT);
		http_call_cancel(call);
		http_call_cancel(call);
		assert_int_equal(o.calls, 0);
		(void)uv_run(&r.uv, UV_RUN_NOWAIT); /* at once, not with curl's next event */
		assert_int_equal(o.calls, 1);
		assert_int_equal(o.code, ERR_CANCELLED);
		rig_run(&r);
		assert_int_equal(o.calls, 1);
	}
	rig_close(&r);
	peer_join(peer);
	peer_free(peer);
}

/* Also with more requests than connections, and with one that has not begun. */
static void
closed_in_flight(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	static const struct http_options opt = { .host_connections = 2 };
	struct http_peer *peer = peer_start(script, NULL);
	struct http_request req = { .url = peer_url(peer, "/") };
	struct outcome o[4];
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	for (int i = 0; i < 3; i++)
		(void)rig_start(&r, &req, &o[i]);
	for (int i = 0; i < 20; i++)
		(void)uv_run(&r.uv, UV_RUN_NOWAIT);
	(void)rig_start(&r, &req, &o[3]);
	rig_close(&r);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(o[i].calls, 1);
		assert_int_equal(o[i].code, ERR_CANCELLED);
	}
	peer_join(peer);
	peer_free(peer);
}

static void
closed_unused(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	rig_run(&r);
	rig_close(&r);
}

static void
closed_without_callback(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	http_loop_close(r.hl, NULL, NULL);
	rig_run(&r);
	assert_int_equal(uv_loop_close(&r.uv), 0);
}

/* --- callbacks that do more --- */

struct chain {
	struct rig r;
	const char *url;
	struct outcome o;
	struct http_call *other;
	unsigned left;
	bool closes;
	bool closed;
};

static void
on_chain(void *arg, const struct http_response *rsp, const struct err *err)
{
	struct chain *c = arg;
	struct http_request req = { .url = c->url };
	struct http_call *call;
	struct err e;

	rig_note(&c->o, rsp, err);
	if (--c->left > 0)
		assert_int_equal(http_call_start(c->r.hl, &req, on_chain, c, &call, &e), ERR_OK);
}

static void
callback_starts_another(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, NULL);
	struct chain c = { .url = peer_url(peer, "/"), .left = 3 };
	struct http_request req = { .url = c.url };
	struct http_counters n;
	struct http_call *call;
	struct err err;

	(void)state;
	rig_open(&c.r, NULL);
	assert_int_equal(http_call_start(c.r.hl, &req, on_chain, &c, &call, &err), ERR_OK);
	rig_run(&c.r);
	assert_int_equal(c.o.calls, 3);
	assert_int_equal(c.o.code, ERR_OK);
	n = http_loop_counters(c.r.hl);
	rig_close(&c.r);
	peer_join(peer);
	assert_int_equal(peer_connections(peer), 1);
	assert_int_equal(n.calls, 3);
	assert_int_equal(n.connections, 1);
	assert_int_equal(n.received_bytes, 3 * strlen(OK_ANSWER));
	assert_int_equal(n.sent_bytes, 3 * (strlen(peer_request(peer, 0)->head) + 2));
	peer_free(peer);
}

static void
on_chain_closed(void *arg)
{
	struct chain *c = arg;

	c->closed = true;
}

/* Closes, or cancels the other one, which is in flight as well. */
static void
on_first(void *arg, const struct http_response *rsp, const struct err *err)
{
	struct chain *c = arg;
	struct http_request req = { .url = c->url };
	struct http_call *call = NULL;
	struct err e;

	assert_non_null(rsp);
	assert_null(err);
	if (!c->closes) {
		http_call_cancel(c->other);
		return;
	}
	http_loop_close(c->r.hl, on_chain_closed, c);
	assert_false(c->closed);
	assert_int_equal(http_call_start(c->r.hl, &req, rig_note, &c->o, &call, &e), ERR_CANCELLED);
	assert_null(call);
}

static void
callback_ends_others(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	static const struct http_options opt = { .host_connections = 1 };

	(void)state;
	for (int closes = 0; closes < 2; closes++) {
		struct http_peer *peer = peer_start(script, NULL);
		struct chain c = { .url = peer_url(peer, "/"), .closes = closes };
		struct http_request req = { .url = c.url };
		struct http_call *call;
		struct err err;

		rig_open(&c.r, &opt);
		assert_int_equal(http_call_start(c.r.hl, &req, on_first, &c, &call, &err), ERR_OK);
		c.other = rig_start(&c.r, &req, &c.o);
		rig_run(&c.r);
		assert_int_equal(c.closed, closes);
		assert_int_equal(c.o.calls, 1);
		assert_int_equal(c.o.code, ERR_CANCELLED);
		if (closes)
			assert_int_equal(uv_loop_close(&c.r.uv), 0);
		else
			rig_close(&c.r);
		peer_join(peer);
		peer_free(peer);
	}
}

/* --- many at a time --- */

static void
one_connection_for_all(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	static const struct http_options opt = { .host_connections = 1 };
	struct http_peer *peer = peer_start(script, NULL);
	struct http_request req = { .url = peer_url(peer, "/") };
	struct outcome o[3];
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	for (int i = 0; i < 3; i++)
		(void)rig_start(&r, &req, &o[i]);
	rig_run(&r);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(o[i].calls, 1);
		assert_int_equal(o[i].status, 200);
	}
	rig_close(&r);
	peer_join(peer);
	assert_int_equal(peer_connections(peer), 1);
	peer_free(peer);
}

/* The second waits for the first one's connection in vain: nothing of it is ever sent. */
static void
deadline_counts_in_the_queue(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	static const struct http_options opt = { .host_connections = 1 };
	struct http_peer *peer = peer_start(script, NULL);
	struct http_request req = { .url = peer_url(peer, "/") };
	struct http_call *first;
	struct outcome o[2];
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	first = rig_start(&r, &req, &o[0]);
	req.total_ms = 30;
	(void)rig_start(&r, &req, &o[1]);
	while (o[1].calls == 0)
		(void)uv_run(&r.uv, UV_RUN_ONCE);
	assert_int_equal(o[1].code, ERR_CONNECT);
	assert_int_equal(o[0].calls, 0);
	http_call_cancel(first);
	rig_run(&r);
	assert_int_equal(o[0].code, ERR_CANCELLED);
	rig_close(&r);
	peer_join(peer);
	peer_free(peer);
}

static void
unix_socket(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	char path[] = "control.sock";
	struct http_options opt = { .unix_socket = path };
	struct http_peer *peer =
	    peer_start(script, &(struct peer_options){ .unix_socket = "control.sock" });
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	memset(path, 'x', sizeof path - 1); /* it was copied */
	rig_call(&r, &(struct http_request){ .url = "http://agent/v1/status" }, &o);
	assert_int_equal(o.status, 200);
	rig_close(&r);
	peer_join(peer);
	assert_non_null(strstr(peer_request(peer, 0)->head, "\r\nHost: agent\r\n"));
	peer_free(peer);
}

/* --- without memory --- */

/* A server that answers whoever comes. */
static struct http_peer *
patient_peer(void)
{
	enum { ROUNDS = 1000 };
	static struct peer_step script[ROUNDS * 3 + 1];

	for (size_t i = 0; i < ROUNDS; i++) {
		script[i * 3] = (struct peer_step){ .act = PEER_ACCEPT };
		script[i * 3 + 1] = (struct peer_step){ .act = PEER_READ };
		script[i * 3 + 2] = (struct peer_step){ .act = PEER_WRITE, .text = OK_ANSWER };
	}
	return peer_start(script, NULL);
}

static bool
try_open(struct rig *r)
{
	static const struct http_options opt = { .user_agent = "test/1" };
	struct http_loop *untouched = (struct http_loop *)r;
	struct err err = { ERR_OK, "" };

	assert_int_equal(uv_loop_init(&r->uv), 0);
	r->hl = untouched;
	r->closed = false;
	if (http_loop_open(&r->uv, &opt, &r->hl, &err) == ERR_OK)
		return true;
	assert_true(alloc_fault_hit());
	assert_int_equal(err.code, ERR_NOMEM);
	assert_ptr_equal(r->hl, untouched);
	assert_int_equal(uv_loop_close(&r->uv), 0);
	return false;
}

static void
try_request(void *arg)
{
	const struct http_header header = { "X-One", "1" };
	struct http_request req = {
		.method = HTTP_POST,
		.url = arg,
		.header = &header,
		.nheader = 1,
		.text = { "text", 4 },
	};
	struct http_call *call = NULL;
	struct outcome o = { .calls = 0 };
	struct err err = { ERR_OK, "" };
	struct rig r;

	if (!try_open(&r))
		return;
	if (http_call_start(r.hl, &req, rig_note, &o, &call, &err) == ERR_OK) {
		/* Some failures inside curl make it forget the transfer until its deadline. */
		for (int i = 0; i < 1000 && o.calls == 0; i++)
			(void)uv_run(&r.uv, UV_RUN_NOWAIT);
		if (o.calls == 0 && alloc_fault_hit())
			http_call_cancel(call);
		rig_run(&r);
		assert_int_equal(o.calls, 1);
		assert_true(alloc_fault_hit() || o.status == 200);
	} else {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(call);
	}
	rig_close(&r);
}

static void
out_of_memory(void **state)
{
	struct http_peer *peer = patient_peer();
	char url[PEER_URL_SIZE];

	(void)state;
	memcpy(url, peer_url(peer, "/"), sizeof url);
	assert_true(alloc_fault_sweep(try_request, url) > 4);
	peer_join(peer);
	peer_free(peer);
}

static char *
copy_string(const char *s)
{
	size_t size = strlen(s) + 1;
	char *p = malloc(size);

	return p ? memcpy(p, s, size) : NULL;
}

/* The same with every allocation of curl's own. */
static void
curl_out_of_memory(void **state)
{
	struct http_peer *peer = patient_peer();
	char url[PEER_URL_SIZE];

	(void)state;
	memcpy(url, peer_url(peer, "/"), sizeof url);
	assert_int_equal(
	    curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, free, realloc, copy_string, calloc),
	    CURLE_OK);
	assert_true(alloc_fault_sweep(try_request, url) > 50);
	curl_global_cleanup();
	peer_join(peer);
	peer_free(peer);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answered),
		cmocka_unit_test(refused),
		cmocka_unit_test(only_one_times_out),
		cmocka_unit_test(times_out_while_connecting),
		cmocka_unit_test(cancelled_twice),
		cmocka_unit_test(closed_in_flight),
		cmocka_unit_test(closed_unused),
		cmocka_unit_test(closed_without_callback),
		cmocka_unit_test(callback_starts_another),
		cmocka_unit_test(callback_ends_others),
		cmocka_unit_test(one_connection_for_all),
		cmocka_unit_test(deadline_counts_in_the_queue),
		cmocka_unit_test_setup_teardown(unix_socket, sandbox_enter, sandbox_leave),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(curl_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
