/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/http_peer.h"
#include "tests/unit/http_rig.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* A way through what is at this URL. */
static struct http_proxy *
proxy_at(const char *url, const char *authorization)
{
	struct http_proxy *p = calloc(1, sizeof *p);
	struct err err;

	assert_non_null(p);
	p->url = strdup(url);
	p->direct = strdup("direct.test");
	if (authorization)
		assert_int_equal(
		    secret_new(authorization, strlen(authorization), &p->authorization, &err),
		    ERR_OK);
	return p;
}

static void
refusals(void **state)
{
	static const struct {
		const char *answer;
		const char *why; /* part of it */
	} tc[] = {
		{ "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "does not know us (407)" },
		{ "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n",
		    "the proxy asks who we are, or does not know us (407)" },
		{ "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
		    "the proxy does not let us go there (403)" },
		{ "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", "the proxy cannot reach it" },
		{ "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", "the proxy refuses. Ask" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct peer_step script[] = {
			{ .act = PEER_ACCEPT },
			{ .act = PEER_READ_HEAD },
			{ .act = PEER_WRITE, .text = tc[i].answer },
			{ .act = PEER_STOP },
		};
		struct http_peer *peer = peer_start(script, NULL);
		const struct http_request req = { .method = HTTP_POST,
			.url = "https://service.test/" };
		const char *head;
		struct outcome o;
		struct rig r;

		print_message("  %.12s\n", tc[i].answer);
		rig_open(&r, NULL);
		http_loop_set_proxy(r.hl,
		    proxy_at(peer_url(peer, ""), i % 2 ? "Basic eA==" : NULL));
		rig_call(&r, &req, &o);
		assert_int_equal(o.code, ERR_CONNECT); /* nothing was sent */
		if (!strstr(o.msg, "service.test: no connection, nothing was sent: ") ||
		    !strstr(o.msg, tc[i].why))
			fail_msg("%s", o.msg);
		assert_null(strstr(o.msg, "eA=="));
		rig_close(&r);
		peer_join(peer);
		head = peer_request(peer, 0)->head;
		assert_int_equal(strncmp(head, "CONNECT service.test:443 HTTP/1.1\r\n", 35), 0);
		assert_int_equal(!strstr(head, "\r\nProxy-Authorization: Basic eA==\r\n"),
		    i % 2 == 0);
		peer_free(peer);
	}
}

/* Neither what stays on this machine nor what is named goes there; and what was set last counts. */
static void
around_it(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = "HTTP/1.1 204 No\r\n\r\n" },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, NULL);
	struct outcome o;
	char dead[64];
	struct rig r;

	(void)state;
	(void)snprintf(dead, sizeof dead, "http://127.0.0.1:%u", (unsigned)peer_dead_port());
	rig_open(&r, NULL);
	http_loop_set_proxy(r.hl, proxy_at("http://nobody.invalid:1", NULL));
	http_loop_set_proxy(r.hl, proxy_at(dead, NULL));
	rig_call(&r, &(struct http_request){ .url = peer_url(peer, "/") }, &o);
	assert_int_equal(o.status, 204);
	rig_call(&r, &(struct http_request){ .url = "https://other.test/" }, &o);
	assert_int_equal(o.code, ERR_CONNECT);
	assert_non_null(strstr(o.msg, "127.0.0.1")); /* it was the proxy that was tried */
	http_loop_set_proxy(r.hl, NULL);
	rig_close(&r);
	peer_join(peer);
	peer_free(peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(around_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
