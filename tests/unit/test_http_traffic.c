/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/http_peer.h"
#include "tests/unit/http_rig.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* What whoever counts is told of requests. */
struct seen {
	struct http_traffic traffic[2];
	unsigned n;
};

static void
on_traffic(void *arg, const struct http_traffic *t)
{
	struct seen *s = arg;

	assert_true(s->n < 2);
	s->traffic[s->n++] = *t;
}

static void
what_a_request_took_is_told(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, NULL);
	struct seen seen = { .n = 0 };
	const struct http_options opt = { .observe = on_traffic, .observer = &seen };
	const struct http_request req = { .url = peer_url(peer, "/"), .api = "moon" };
	const struct http_traffic *t = &seen.traffic[0];
	struct http_call *call;
	struct outcome o = { 0 };
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	assert_int_equal(http_call_start(r.hl, &req, rig_note, &o, &call, &err), ERR_OK);
	rig_run(&r);
	assert_int_equal(seen.n, 1);
	assert_string_equal(t->api, "moon");
	assert_int_equal(t->status, 200);
	assert_string_equal(t->version, "1.1");
	assert_false(t->cancelled);
	assert_int_equal(t->connections, 1);
	assert_int_equal(t->received_bytes, strlen(OK_ANSWER));
	assert_int_equal(http_call_start(r.hl, &req, rig_note, &o, &call, &err), ERR_OK);
	http_call_cancel(call);
	rig_run(&r);
	assert_int_equal(seen.n, 2);
	assert_true(seen.traffic[1].cancelled);
	assert_int_equal(seen.traffic[1].status, 0);
	rig_close(&r);
	peer_join(peer);
	assert_int_equal(t->sent_bytes, strlen(peer_request(peer, 0)->head) + 2);
	peer_free(peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_request_took_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
