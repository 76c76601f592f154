/* SPDX-License-Identifier: Apache-2.0 */

/* What http/ makes of connections: dead ones, ones that are not to be trusted, and proxies. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/http_peer.h"
#include "tests/unit/http_rig.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const struct peer_step one_answer[] = {
	{ .act = PEER_ACCEPT },
	{ .act = PEER_READ },
	{ .act = PEER_WRITE, .text = OK_ANSWER },
	{ .act = PEER_WAIT },
	{ .act = PEER_STOP },
};

/* --- kept connections that turn out to be dead --- */

/*
 * The second request is read as a whole, then the connection is closed. Only a question may be sent
 * again; anything else may have taken effect.
 */
static void
dead_after_the_request(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_READ },
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	static const struct {
		const char *name;
		enum http_method method;
		const char *text;
		uint64_t streamed;
		size_t nrequest; /* with the first, which prepares */
		enum err_code code;
	} tc[] = {
		{ "get", HTTP_GET, "", 0, 3, ERR_OK },
		{ "post", HTTP_POST, "", 0, 2, ERR_NET },
		{ "post, short", HTTP_POST, "text", 0, 2, ERR_NET },
		{ "post, streamed", HTTP_POST, "", 10000, 2, ERR_NET },
		{ "patch", HTTP_PATCH, "text", 0, 2, ERR_NET },
		{ "delete", HTTP_DELETE, "", 0, 2, ERR_NET },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct http_peer *peer = peer_start(script, NULL);
		struct rig_source source = { .len = tc[i].streamed, .piece = 5000 };
		struct http_body body = rig_body(&source);
		struct http_request req = { .url = peer_url(peer, "/") };
		struct outcome o;
		struct rig r;

		print_message("  %s\n", tc[i].name);
		rig_open(&r, NULL);
		rig_call(&r, &req, &o);
		assert_int_equal(o.status, 200);
		req.method = tc[i].method;
		req.text = slice_of(tc[i].text);
		req.body = tc[i].streamed ? &body : NULL;
		rig_call(&r, &req, &o);
		assert_int_equal(o.code, tc[i].code);
		rig_close(&r);
		peer_join(peer);
		assert_int_equal(peer_nrequest(peer), tc[i].nrequest);
		assert_int_equal(peer_request(peer, 1)->connection, 1);
		assert_int_equal(peer_request(peer, 1)->body_len, req.text.len + tc[i].streamed);
		peer_free(peer);
	}
}

/* Runs until all buffers between the two are full and nothing moves any more. */
static void
fill(struct rig *r, const struct rig_source *source)
{
	for (uint64_t seen = 0, still = 0; still < 100; still++) {
		(void)uv_run(&r->uv, UV_RUN_NOWAIT);
		if (source->at != seen || seen == 0)
			still = 0;
		seen = source->at;
	}
}

/* The second request's body breaks off: nobody has seen all of it, so that it is sent again. */
static void
dead_in_the_body(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_READ_HEAD },
		{ .act = PEER_PAUSE },
		{ .act = PEER_RESET },
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WRITE, .text = OK_ANSWER },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, NULL);
	struct rig_source source = { .len = 32 * 1024 * 1024, .piece = 50000 };
	struct http_body body = rig_body(&source);
	struct http_request req = { .url = peer_url(peer, "/") };
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	rig_call(&r, &req, &o);
	req.method = HTTP_POST;
	req.body = &body;
	(void)rig_start(&r, &req, &o);
	fill(&r, &source);
	assert_true(source.at < source.len);
	peer_resume(peer);
	rig_run(&r);
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.status, 200);
	assert_int_equal(source.rewinds, 1);
	rig_close(&r);
	peer_join(peer);
	assert_int_equal(peer_nrequest(peer), 3);
	assert_int_equal(peer_request(peer, 2)->connection, 2);
	assert_int_equal(peer_request(peer, 2)->body_len, source.len);
	assert_int_equal(peer_request(peer, 2)->body_sum, rig_sum(source.len));
	peer_free(peer);
}

/* --- TLS --- */

static const struct peer_step two_connections[] = {
	{ .act = PEER_ACCEPT },
	{ .act = PEER_READ },
	{ .act = PEER_WRITE,
	    .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok" },
	{ .act = PEER_ACCEPT },
	{ .act = PEER_READ },
	{ .act = PEER_WRITE, .text = OK_ANSWER },
	{ .act = PEER_WAIT },
	{ .act = PEER_STOP },
};

/* The second connection is trusted although the file is gone: it is not read for each. */
static void
trusted(void **state)
{
	struct http_peer *peer =
	    peer_start(two_connections, &(struct peer_options){ .ca_file = "ca.pem" });
	static const struct http_options opt = { .ca_file = "ca.pem" };
	struct rig_source source = { .len = 3000000 };
	struct http_body body = rig_body(&source);
	struct http_request req = { .url = peer_url(peer, "/") };
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	rig_call(&r, &req, &o);
	assert_int_equal(o.code, ERR_OK);
	assert_int_equal(remove("ca.pem"), 0);
	req.method = HTTP_POST;
	req.body = &body;
	rig_call(&r, &req, &o);
	assert_int_equal(o.code, ERR_OK);
	rig_close(&r);
	peer_join(peer);
	assert_int_equal(peer_connections(peer), 2);
	assert_int_equal(peer_request(peer, 1)->body_sum, rig_sum(source.len));
	peer_free(peer);
}

static void
not_trusted(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_STOP },
	};
	static const struct http_options opt[] = {
		{ .ca_file = NULL },       /* the system's do not know it */
		{ .ca_file = "none.pem" }, /* no such file */
		{ .ca_file = "ca.pem" },   /* it is for 127.0.0.1 only */
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(opt); i++) {
		struct http_peer *peer =
		    peer_start(script, &(struct peer_options){ .ca_file = "ca.pem" });
		struct http_request req = { .method = HTTP_POST, .url = peer_url(peer, "/") };
		struct outcome o;
		char url[64];
		struct rig r;

		(void)snprintf(url, sizeof url, "https://localhost%s",
		    strrchr(peer_url(peer, "/"), ':'));
		if (i == 2)
			req.url = url;
		rig_open(&r, &opt[i]);
		rig_call(&r, &req, &o);
		assert_int_equal(o.code, ERR_TLS);
		assert_non_null(strstr(o.msg, ": not trusted, nothing was sent: "));
		rig_close(&r);
		peer_join(peer);
		assert_int_equal(peer_nrequest(peer), 0);
		peer_free(peer);
	}
}

/* Certificates are read when they are needed, not before. */
static void
plain_needs_no_certificates(void **state)
{
	struct http_peer *peer = peer_start(one_answer, NULL);
	static const struct http_options opt = { .ca_file = "none.pem" };
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	rig_call(&r, &(struct http_request){ .url = peer_url(peer, "/") }, &o);
	assert_int_equal(o.status, 200);
	rig_close(&r);
	peer_join(peer);
	peer_free(peer);
}

/* --- proxies --- */

static void
proxies(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ_HEAD },
		{ .act = PEER_WRITE, .text = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(one_answer, NULL);
	struct http_peer *proxy = peer_start(script, NULL);
	struct secret *bearer = rig_secret("se.cr.et");
	struct http_request req = { .url = peer_url(peer, "/"), .bearer = bearer };
	struct outcome o;
	struct rig r;

	(void)state;
	assert_int_equal(setenv("http_proxy", peer_url(proxy, ""), 1), 0);
	assert_int_equal(setenv("https_proxy", peer_url(proxy, ""), 1), 0);
	rig_open(&r, NULL);
	rig_call(&r, &req, &o);
	assert_int_equal(o.status, 200);
	req.url = "https://elsewhere.invalid/";
	rig_call(&r, &req, &o);
	assert_int_equal(o.code, ERR_CONNECT);
	rig_close(&r);
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(unsetenv("https_proxy"), 0);
	peer_join(peer);
	peer_join(proxy);
	assert_int_equal(peer_nrequest(proxy), 1);
	assert_ptr_equal(strstr(peer_request(proxy, 0)->head, "CONNECT elsewhere.invalid:443"),
	    peer_request(proxy, 0)->head);
	assert_null(strstr(peer_request(proxy, 0)->head, "se.cr.et"));
	peer_free(peer);
	peer_free(proxy);
	secret_free(bearer);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dead_after_the_request),
		cmocka_unit_test(dead_in_the_body),
		cmocka_unit_test_setup_teardown(trusted, sandbox_enter, sandbox_leave),
		cmocka_unit_test_setup_teardown(not_trusted, sandbox_enter, sandbox_leave),
		cmocka_unit_test(plain_needs_no_certificates),
		cmocka_unit_test(proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
