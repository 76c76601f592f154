/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/http_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/http_peer.h"

void
rig_open(struct rig *r, const struct http_options *opt)
{
	static const struct http_options none;
	struct err err;

	r->closed = false;
	assert_int_equal(uv_loop_init(&r->uv), 0);
	assert_int_equal(http_loop_open(&r->uv, opt ? opt : &none, &r->hl, &err), ERR_OK);
}

void
rig_run(struct rig *r)
{
	assert_int_equal(uv_run(&r->uv, UV_RUN_DEFAULT), 0);
	assert_false(uv_loop_alive(&r->uv));
}

static void
on_closed(void *arg)
{
	struct rig *r = arg;

	assert_false(r->closed);
	r->closed = true;
}

void
rig_close(struct rig *r)
{
	http_loop_close(r->hl, on_closed, r);
	assert_false(r->closed);
	rig_run(r);
	assert_true(r->closed);
	assert_int_equal(uv_loop_close(&r->uv), 0);
}

static void
copy(char *out, size_t size, struct slice from)
{
	size_t n = from.len < size ? from.len : size - 1;

	if (n > 0)
		memcpy(out, from.ptr, n);
	out[n] = '\0';
}

void
rig_note(void *arg, const struct http_response *rsp, const struct err *err)
{
	struct outcome *o = arg;

	o->calls++;
	assert_true(!rsp == !!err);
	if (err) {
		o->code = err->code;
		copy(o->msg, sizeof o->msg, slice_of(err->msg));
		return;
	}
	o->status = rsp->status;
	o->retry_after_ms = rsp->retry_after_ms;
	o->body_len = rsp->body.len;
	copy(o->body, sizeof o->body, rsp->body);
	copy(o->header, sizeof o->header, http_response_header(rsp, "x-test"));
}

struct http_call *
rig_start(struct rig *r, const struct http_request *req, struct outcome *o)
{
	struct http_call *call = NULL;
	struct err err = { ERR_OK, "" };

	*o = (struct outcome){ .calls = 0 };
	if (http_call_start(r->hl, req, rig_note, o, &call, &err) != ERR_OK)
		fail_msg("%s", err.msg);
	assert_non_null(call);
	assert_int_equal(o->calls, 0);
	return call;
}

void
rig_call(struct rig *r, const struct http_request *req, struct outcome *o)
{
	(void)rig_start(r, req, o);
	rig_run(r);
	assert_int_equal(o->calls, 1);
}

static char
byte_at(uint64_t at)
{
	return (char)(at * 2654435761u >> 7);
}

static size_t
read_source(void *arg, char *out, size_t cap)
{
	struct rig_source *s = arg;
	size_t n = 0;

	if (s->piece && s->piece < cap)
		cap = s->piece;
	while (n < cap && s->at < s->len)
		out[n++] = byte_at(s->at++);
	return n;
}

static void
rewind_source(void *arg)
{
	struct rig_source *s = arg;

	s->at = 0;
	s->rewinds++;
}

struct http_body
rig_body(struct rig_source *s)
{
	return (struct http_body){ s->len, read_source, rewind_source, s };
}

uint64_t
rig_sum(uint64_t len)
{
	uint64_t sum = 0;

	for (uint64_t at = 0; at < len; at++) {
		char c = byte_at(at);

		sum = peer_sum(sum, &c, 1);
	}
	return sum;
}

struct secret *
rig_secret(const char *text)
{
	struct secret *s = NULL;
	struct err err;

	assert_int_equal(secret_new(text, strlen(text), &s, &err), ERR_OK);
	return s;
}
