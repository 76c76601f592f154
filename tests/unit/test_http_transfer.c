/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_transfer.h"

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
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct peer_step one_answer[] = {
	{ .act = PEER_ACCEPT },
	{ .act = PEER_READ },
	{ .act = PEER_WRITE, .text = OK_ANSWER },
	{ .act = PEER_WAIT },
	{ .act = PEER_STOP },
};

/* --- what is sent --- */

static void
requests(void **state)
{
	static const struct http_header header[] = {
		{ "Content-Type", "application/json" },
		{ "X-Empty", "" },
	};
	static const struct {
		const char *name;
		enum http_method method;
		size_t nheader;
		const char *bearer;
		const char *bearer_header;
		const char *text;
		uint64_t streamed;
		const char *verb;
		const char *head; /* what stands behind Accept-Encoding */
	} tc[] = {
		{ "get", HTTP_GET, 0, NULL, NULL, NULL, 0, "GET", "" },
		{ "get with token", HTTP_GET, 0, "se.cr.et", NULL, NULL, 0, "GET",
		    "Authorization: Bearer se.cr.et\r\n" },
		{ "get with token, in a header of its own", HTTP_GET, 0, "se.cr.et", "X-Key", NULL,
		    0, "GET", "X-Key: se.cr.et\r\n" },
		{ "post", HTTP_POST, 2, "se.cr.et", NULL, "{}", 0, "POST",
		    "Content-Type: application/json\r\nX-Empty:\r\n"
		    "Authorization: Bearer se.cr.et\r\nContent-Length: 2\r\n" },
		{ "post without body", HTTP_POST, 0, NULL, NULL, NULL, 0, "POST",
		    "Content-Length: 0\r\n" },
		{ "post, streamed", HTTP_POST, 1, NULL, NULL, NULL, 3000000, "POST",
		    "Content-Type: application/json\r\nContent-Length: 3000000\r\n" },
		{ "patch", HTTP_PATCH, 1, NULL, NULL, "[1]", 0, "PATCH",
		    "Content-Type: application/json\r\nContent-Length: 3\r\n" },
		{ "patch, streamed", HTTP_PATCH, 0, NULL, NULL, NULL, 5, "PATCH",
		    "Content-Length: 5\r\n" },
		{ "delete", HTTP_DELETE, 0, NULL, NULL, NULL, 0, "DELETE", "" },
		{ "delete with body", HTTP_DELETE, 0, NULL, NULL, "a", 0, "DELETE",
		    "Content-Length: 1\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct http_peer *peer = peer_start(one_answer, NULL);
		struct rig_source source = { .len = tc[i].streamed };
		struct http_body body = rig_body(&source);
		struct secret *bearer = tc[i].bearer ? rig_secret(tc[i].bearer) : NULL;
		struct http_request req = {
			.method = tc[i].method,
			.header = header,
			.nheader = tc[i].nheader,
			.bearer = bearer,
			.bearer_header = tc[i].bearer_header,
			.text = slice_of(tc[i].text ? tc[i].text : ""),
			.body = tc[i].streamed ? &body : NULL,
		};
		const struct http_options opt = { .user_agent = "autoreg/1" };
		const struct peer_request *got;
		struct outcome o;
		char begin[256];
		struct rig r;

		print_message("  %s\n", tc[i].name);
		(void)snprintf(begin, sizeof begin,
		    "%s /v1/a?b=c HTTP/1.1\r\nHost: 127.0.0.1%s\r\nUser-Agent: autoreg/1\r\n"
		    "Accept: */*\r\nAccept-Encoding: ",
		    tc[i].verb, strrchr(peer_url(peer, ""), ':'));
		req.url = peer_url(peer, "/v1/a?b=c#d");
		rig_open(&r, &opt);
		rig_call(&r, &req, &o);
		assert_int_equal(o.status, 200);
		rig_close(&r);
		peer_join(peer);
		got = peer_request(peer, 0);
		assert_int_equal(strncmp(got->head, begin, strlen(begin)), 0);
		assert_string_equal(strchr(got->head + strlen(begin), '\n') + 1, tc[i].head);
		if (tc[i].text)
			assert_int_equal(got->body_sum,
			    peer_sum(0, tc[i].text, strlen(tc[i].text)));
		assert_int_equal(got->body_len, tc[i].streamed + req.text.len);
		if (tc[i].streamed)
			assert_int_equal(got->body_sum, rig_sum(tc[i].streamed));
		peer_free(peer);
		secret_free(bearer);
	}
}

static void
not_sendable(void **state)
{
	static char huge[70 * 1024];
	const struct {
		const char *name;
		const char *url;
		struct http_header header;
		const char *bearer;
		const char *msg;
	} tc[] = {
		{ "another machine", "http://192.0.2.7/?secret", { "A", "b" }, NULL,
		    "192.0.2.7: plain http is for this machine only; use https://" },
		{ "line end in a value", "https://host/", { "X-One", "secret\r\nX-Two: 2" }, NULL,
		    "the header X-One has a line end in it" },
		{ "line end in a token", "https://host/", { "A", "b" }, "secret\n",
		    "the access token has a line end in it" },
		{ "another control character", "https://host/", { "A", "secret\x7f" }, NULL,
		    "the header A has a line end in it" },
		{ "too long", "https://host/", { "A", huge }, NULL,
		    "the request's headers are longer than 65536 bytes" },
	};
	struct rig r;

	(void)state;
	memset(huge, 'a', sizeof huge - 1);
	rig_open(&r, NULL);
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct secret *bearer = tc[i].bearer ? rig_secret(tc[i].bearer) : NULL;
		struct http_request req = {
			.url = tc[i].url,
			.header = &tc[i].header,
			.nheader = 1,
			.bearer = bearer,
		};
		struct http_call *call = NULL;
		struct err err = { ERR_OK, "" };

		print_message("  %s\n", tc[i].name);
		assert_int_equal(http_call_start(r.hl, &req, rig_note, NULL, &call, &err),
		    ERR_USAGE);
		assert_string_equal(err.msg, tc[i].msg);
		assert_null(call);
		secret_free(bearer);
	}
	rig_close(&r);
}

/* --- what comes back --- */

static void
answers(void **state)
{
	static const struct {
		const char *name;
		const char *answer;
		size_t times;
		const char *end; /* follows the answer */
		size_t max;      /* of the body */
		enum err_code code;
		const char *msg; /* part of it */
		unsigned status;
		size_t body_len;
		const char *header;
		int64_t retry_after_ms;
	} tc[] = {
		{ .name = "headers",
		    .answer = "HTTP/1.1 404 Not\r\nx-TEST:  a b \t\r\nContent-Length: 1\r\n\r\nx",
		    .status = 404,
		    .body_len = 1,
		    .header = "a b",
		    .retry_after_ms = -1 },
		{ .name = "no body",
		    .answer = "HTTP/1.1 204 No\r\n\r\n",
		    .status = 204,
		    .header = "",
		    .retry_after_ms = -1 },
		{ .name = "trailer",
		    .answer =
		        "HTTP/1.1 200 OK\r\nX-Test: head\r\nTransfer-Encoding: chunked\r\n\r\n"
		        "1\r\na\r\n0\r\nX-Test: tail\r\n\r\n",
		    .status = 200,
		    .body_len = 1,
		    .header = "head",
		    .retry_after_ms = -1 },
		{ .name = "until the connection ends",
		    .answer = "HTTP/1.0 200 OK\r\nX-Test:\r\n\r\nhello",
		    .status = 200,
		    .body_len = 5,
		    .header = "",
		    .retry_after_ms = -1 },
		{ .name = "chunks",
		    .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		              "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
		    .status = 200,
		    .body_len = 3,
		    .header = "",
		    .retry_after_ms = -1 },
		{ .name = "interim answer",
		    .answer = "HTTP/1.1 103 Hints\r\nX-Test: early\r\n\r\n"
		              "HTTP/1.1 200 OK\r\nX-Test: late\r\nContent-Length: 0\r\n\r\n",
		    .status = 200,
		    .header = "late",
		    .retry_after_ms = -1 },
		{ .name = "redirects are not followed",
		    .answer = "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/\r\n"
		              "Content-Length: 0\r\n\r\n",
		    .status = 302,
		    .header = "",
		    .retry_after_ms = -1 },
		{ .name = "retry, seconds",
		    .answer = "HTTP/1.1 429 Too\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
		    .status = 429,
		    .header = "",
		    .retry_after_ms = 7000 },
		{ .name = "retry, date",
		    .answer = "HTTP/1.1 503 No\r\nDate: Wed, 21 Oct 2015 07:27:50 GMT\r\n"
		              "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n"
		              "Content-Length: 0\r\n\r\n",
		    .status = 503,
		    .header = "",
		    .retry_after_ms = 10000 },
		{ .name = "exactly as long as allowed",
		    .answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
		    .max = 10,
		    .status = 200,
		    .body_len = 10,
		    .header = "",
		    .retry_after_ms = -1 },
		{ .name = "longer than allowed",
		    .answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a",
		    .max = 10,
		    .code = ERR_LIMIT,
		    .msg = ": the answer has more than 10 bytes" },
		{ .name = "compressed, and longer than allowed", /* 1000 times x */
		    .answer = "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n"
		              "\x78\xda\xab\xa8\x18\x05\xa3\x60\x14\x0c\x77",
		    .max = 10,
		    .code = ERR_LIMIT,
		    .msg = ": the answer has more than 10 bytes" },
		{ .name = "headers without end",
		    .answer = "HTTP/1.1 200 OK\r\nX-Test: " X64 X64 X64 X64 X64 "\r\nX: y",
		    .times = 300,
		    .end = "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		    .code = ERR_LIMIT,
		    .msg = ": the answer has more than 65536 bytes of headers" },
		{ .name = "a line without end",
		    .answer = "HTTP/1.1 200 " X64 X64 X64 X64 X64 X64 X64 X64 X64 X64,
		    .times = 300,
		    .code = ERR_NET },
		{ .name = "interim answers without end",
		    .answer = "HTTP/1.1 103 Hints\r\nX-Test: " X64 X64 X64 X64 X64 "\r\n\r\n",
		    .times = 300,
		    .end = "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		    .code = ERR_LIMIT,
		    .msg = ": the answer has more than 65536 bytes of headers" },
		{ .name = "cut in the body",
		    .answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012",
		    .code = ERR_NET,
		    .msg = ": no whole answer, the request may have taken effect: " },
		{ .name = "cut in a chunk",
		    .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nab",
		    .code = ERR_NET },
		{ .name = "cut in the headers",
		    .answer = "HTTP/1.1 200 OK\r\nX-T",
		    .code = ERR_NET },
		{ .name = "cut in the headers after an interim answer",
		    .answer = "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nX-T",
		    .code = ERR_NET },
		{ .name = "only an interim answer",
		    .answer = "HTTP/1.1 103 Hints\r\n\r\n",
		    .code = ERR_NET },
		{ .name = "nothing", .answer = "", .code = ERR_NET },
		{ .name = "no HTTP", .answer = "SSH-2.0-OpenSSH_9.2\r\n", .code = ERR_NET },
		{ .name = "no status",
		    .answer = "HTTP/1.1 007 Bond\r\nContent-Length: 0\r\n\r\n",
		    .code = ERR_NET },
		{ .name = "broken compression",
		    .answer =
		        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
		        "abcd",
		    .code = ERR_NET },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct peer_step script[] = {
			{ .act = PEER_ACCEPT },
			{ .act = PEER_READ },
			{ .act = PEER_WRITE, .text = tc[i].answer, .times = tc[i].times },
			{ .act = PEER_WRITE, .text = tc[i].end ? tc[i].end : "" },
			{ .act = PEER_STOP },
		};
		struct http_peer *peer = peer_start(script, NULL);
		struct secret *bearer = rig_secret("se.cr.et");
		struct http_request req = {
			.method = HTTP_POST,
			.url = peer_url(peer, "/path?query"),
			.bearer = bearer,
			.answer_max = tc[i].max,
		};
		struct outcome o;
		struct rig r;

		print_message("  %s\n", tc[i].name);
		rig_open(&r, NULL);
		rig_call(&r, &req, &o);
		rig_close(&r);
		assert_int_equal(o.calls, 1);
		assert_int_equal(o.code, tc[i].code);
		assert_int_equal(o.status, tc[i].status);
		if (tc[i].code == ERR_OK) {
			assert_int_equal(o.body_len, tc[i].body_len);
			assert_string_equal(o.header, tc[i].header);
			assert_int_equal(o.retry_after_ms, tc[i].retry_after_ms);
		} else {
			assert_ptr_equal(strstr(o.msg, "127.0.0.1:"), o.msg);
			assert_non_null(strstr(o.msg, tc[i].msg ? tc[i].msg : ""));
			assert_null(strstr(o.msg, "query"));
			assert_null(strstr(o.msg, "cr.et"));
		}
		peer_join(peer);
		peer_free(peer);
		secret_free(bearer);
	}
}

/* A body that is refused before all of it was sent: the answer counts. */
static void
refused_while_sending(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ_HEAD },
		{ .act = PEER_WRITE,
		    .text =
		        "HTTP/1.1 413 Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, NULL);
	struct rig_source source = { .len = 64 * 1024 * 1024 };
	struct http_body body = rig_body(&source);
	struct http_request req = { HTTP_POST, .url = peer_url(peer, "/"), .body = &body };
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	rig_call(&r, &req, &o);
	assert_int_equal(o.status, 413);
	assert_true(source.at < source.len);
	rig_close(&r);
	peer_join(peer);
	peer_free(peer);
}

struct canceller {
	struct http_call *call;
	unsigned reads;
};

static size_t
read_and_cancel(void *arg, char *out, size_t cap)
{
	struct canceller *c = arg;

	c->reads++;
	http_call_cancel(c->call);
	memset(out, 'x', cap);
	return cap;
}

/* From inside curl. */
static void
cancelled_by_its_body(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	struct http_peer *peer = peer_start(script, NULL);
	struct canceller c = { .reads = 0 };
	struct http_body body = { .len = 64 * 1024 * 1024, .read = read_and_cancel, .arg = &c };
	struct http_request req = { HTTP_POST, .url = peer_url(peer, "/"), .body = &body };
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	c.call = rig_start(&r, &req, &o);
	rig_run(&r);
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.code, ERR_CANCELLED);
	assert_true(c.reads > 0);
	rig_close(&r);
	peer_join(peer);
	peer_free(peer);
}

/* Nothing moves for a second: that ends a streamed body. */
static void
standstill(void **state)
{
	static const struct peer_step script[] = {
		{ .act = PEER_ACCEPT },
		{ .act = PEER_READ },
		{ .act = PEER_WAIT },
		{ .act = PEER_STOP },
	};
	static const struct http_options opt = { .total_ms = 1, .low_speed_s = 1 };
	struct http_peer *peer = peer_start(script, NULL);
	struct rig_source source = { .len = 100 };
	struct http_body body = rig_body(&source);
	struct http_request req = { HTTP_POST, .url = peer_url(peer, "/"), .body = &body };
	struct outcome o;
	struct rig r;

	(void)state;
	rig_open(&r, &opt);
	rig_call(&r, &req, &o);
	assert_int_equal(o.code, ERR_TIMEOUT);
	assert_non_null(strstr(o.msg, "too slow")); /* not the loop's total_ms */
	rig_close(&r);
	peer_join(peer);
	assert_int_equal(peer_request(peer, 0)->body_len, 100);
	peer_free(peer);
}

struct taken {
	struct http_call *call;
	char text[64];
	bool enough; /* after the first piece */
};

static void
take(void *arg, struct slice piece)
{
	struct taken *t = arg;
	size_t used = strlen(t->text);

	(void)snprintf(t->text + used, sizeof t->text - used, SLICE_FMT, SLICE_ARG(piece));
	if (t->enough)
		http_call_cancel(t->call);
}

static void
an_answer_as_it_comes(void **state)
{
	static const struct {
		const char *name;
		const char *answer;
		bool enough;
		enum err_code code;
		unsigned status;
		const char *taken;
		const char *body;
	} tc[] = {
		{ "to its end", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, ERR_OK,
		    200, "hello", "" },
		{ "of another status", "HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nhello", false,
		    ERR_OK, 503, "", "hello" },
		{ "broken off", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", false, ERR_NET,
		    0, "hello", "" },
		{ "until it is enough", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", true,
		    ERR_CANCELLED, 0, "hello", "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct peer_step script[] = {
			{ .act = PEER_ACCEPT },
			{ .act = PEER_READ },
			{ .act = PEER_WRITE, .text = tc[i].answer },
			{ .act = PEER_STOP },
		};
		struct http_peer *peer = peer_start(script, NULL);
		struct taken t = { .enough = tc[i].enough };
		const struct http_stream stream = { take, &t };
		const struct http_request req = { .url = peer_url(peer, "/"), .stream = &stream };
		struct outcome o;
		struct rig r;

		print_message("  %s\n", tc[i].name);
		rig_open(&r, NULL);
		t.call = rig_start(&r, &req, &o);
		rig_run(&r);
		assert_int_equal(o.calls, 1);
		assert_int_equal(o.code, tc[i].code);
		assert_int_equal(o.status, tc[i].status);
		assert_string_equal(t.text, tc[i].taken);
		assert_string_equal(o.body, tc[i].body);
		rig_close(&r);
		peer_join(peer);
		peer_free(peer);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(not_sendable),
		cmocka_unit_test(answers),
		cmocka_unit_test(an_answer_as_it_comes),
		cmocka_unit_test(refused_while_sending),
		cmocka_unit_test(cancelled_by_its_body),
		cmocka_unit_test(standstill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
