/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/http_call_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct http_call {
	http_done_fn *done;
	void *arg;
};

static struct http_call_fake last;
static struct http_call *call; /* of its own memory, so that one used too long is seen */
static enum err_code refusal;

int
http_call_fake_enter(void **state)
{
	(void)state;
	last = (struct http_call_fake){ .started = 0 };
	refusal = ERR_OK;
	return 0;
}

int
http_call_fake_leave(void **state)
{
	(void)state;
	assert_null(call);
	return 0;
}

const struct http_call_fake *
http_call_fake_last(void)
{
	return &last;
}

void
http_call_fake_refuse(enum err_code code)
{
	refusal = code;
}

/* Without memory from the heap: tests count what the code under test takes. */
static void
record(const struct http_request *req)
{
	size_t len = 0;

	last.headers[0] = '\0';
	for (size_t i = 0; i < req->nheader; i++) {
		int n = snprintf(last.headers + len, sizeof last.headers - len, "%s: %s\n",
		    req->header[i].name, req->header[i].value);

		assert_true(n > 0 && (size_t)n < sizeof last.headers - len);
		len += (size_t)n;
	}
	assert_true(req->text.len < sizeof last.text && strlen(req->url) < sizeof last.url);
	memcpy(last.text, req->text.ptr, req->text.len);
	last.text[req->text.len] = '\0';
	memcpy(last.url, req->url, strlen(req->url) + 1);
	last.method = req->method;
	last.total_ms = req->total_ms;
	last.answer_max = req->answer_max;
	last.tls = req->tls;
}

static enum err_code
begin(http_done_fn *done, void *arg, struct http_call **out, struct err *err)
{
	enum err_code code = refusal;

	refusal = ERR_OK;
	if (code)
		return err_set(err, code, "refused");
	assert_null(call);
	call = test_malloc(sizeof *call);
	*call = (struct http_call){ done, arg };
	last.under_way = true;
	last.cancelled = false;
	*out = call;
	return ERR_OK;
}

enum err_code
http_call_skip(struct http_loop *hl, http_done_fn *done, void *arg, struct http_call **out,
    struct err *err)
{
	(void)hl;
	if (begin(done, arg, out, err))
		return err->code;
	last.skipped = true;
	return ERR_OK;
}

enum err_code
http_call_start(struct http_loop *hl, const struct http_request *req, http_done_fn *done, void *arg,
    struct http_call **out, struct err *err)
{
	(void)hl;
	assert_null(req->bearer);
	if (begin(done, arg, out, err))
		return err->code;
	record(req);
	last.started++;
	last.skipped = false;
	return ERR_OK;
}

void
http_call_cancel(struct http_call *c)
{
	assert_ptr_equal(c, call);
	last.cancelled = true;
}

static void
end(const struct http_response *rsp, const struct err *err)
{
	struct http_call ended = *call;

	test_free(call);
	call = NULL;
	last.under_way = false;
	ended.done(ended.arg, rsp, err);
}

void
http_call_fake_answer(unsigned status, int64_t retry_after_ms, const char *body)
{
	const struct http_response rsp = {
		.status = status,
		.body = slice_of(body),
		.retry_after_ms = retry_after_ms,
	};

	assert_non_null(call);
	end(&rsp, NULL);
}

void
http_call_fake_fail(enum err_code code, const char *msg)
{
	struct err err;

	assert_non_null(call);
	(void)err_set(&err, code, "%s", msg);
	end(NULL, &err);
}

void
http_call_fake_turn(void)
{
	const struct err cancelled = { ERR_CANCELLED, "cancelled" };

	assert_true(last.skipped);
	end(NULL, last.cancelled ? &cancelled : NULL);
}
