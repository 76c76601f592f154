/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/partner_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct http_call {
	http_done_fn *done; /* NULL: none under way */
	void *arg;
	bool cancelled;
	const char *headers; /* of the answer, while it is given */
};

struct token_wait {
	token_fn *done;
	void *arg;
	bool cancelled;
};

struct token_source {
	struct secret *cached; /* NULL: it has to be waited for */
};

static struct http_call call;
static struct token_wait wait;
static struct fake_request request;
static struct token_source tokens;
static char refused[64];
static enum err_code refusal;
static size_t read_by;
static bool skipped; /* the call sends nothing */
static uint64_t last_id;

/* --- set-up --- */

static enum err_code
count_up(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)err;
	last_id++;
	memset(out, 0, len);
	memcpy(out, &last_id, len < sizeof last_id ? len : sizeof last_id);
	return ERR_OK;
}

int
partner_fake_enter(void **state)
{
	(void)state;
	call = (struct http_call){ .done = NULL };
	wait = (struct token_wait){ .done = NULL };
	request.number = 0;
	refused[0] = '\0';
	refusal = ERR_OK;
	read_by = 0;
	last_id = 0;
	partner_fake_token("token-1");
	return 0;
}

int
partner_fake_leave(void **state)
{
	(void)state;
	assert_null(call.done);
	assert_null(wait.done);
	partner_fake_token(NULL);
	return 0;
}

const struct partner_options *
partner_fake_options(void)
{
	static const struct random counter = { count_up, NULL };
	static const struct partner_options options = {
		.random = &counter,
		.tokens = &tokens,
		.base_url = "https://api.partnercenter.microsoft.com",
	};

	return &options;
}

void
partner_fake_read_by(size_t bytes)
{
	read_by = bytes;
}

void
partner_fake_refuse(enum err_code code)
{
	refusal = code;
}

static bool
is_refused(struct err *err)
{
	enum err_code code = refusal;

	refusal = ERR_OK;
	if (code)
		err_set(err, code, "refused by the test");
	return code;
}

/* --- requests --- */

static void
read_body(const struct http_body *body)
{
	size_t piece = read_by > 0 ? read_by : FAKE_BODY_MAX;
	size_t n;

	assert_true(body->len < FAKE_BODY_MAX);
	do {
		size_t room = FAKE_BODY_MAX - 1 - request.body_len;

		n = body->read(body->arg, request.body + request.body_len,
		    room < piece ? room : piece);
		request.body_len += n;
	} while (n > 0);
	assert_int_equal(request.body_len, body->len);
}

static void
write_headers(const struct http_request *req)
{
	size_t len = 0;

	assert_true(req->nheader <= HTTP_HEADERS_MAX);
	request.headers[0] = '\0';
	for (size_t i = 0; i < req->nheader; i++) {
		len += (size_t)snprintf(request.headers + len, sizeof request.headers - len,
		    "%s: %s\n", req->header[i].name, req->header[i].value);
		assert_true(len < sizeof request.headers);
	}
}

enum err_code
http_call_start(struct http_loop *hl, const struct http_request *req, http_done_fn *done, void *arg,
    struct http_call **out, struct err *err)
{
	struct slice bearer = req->bearer ? secret_get(req->bearer) : (struct slice){ NULL, 0 };

	(void)hl;
	if (is_refused(err))
		return err->code;
	assert_null(call.done);
	assert_null(wait.done);
	request.number++;
	request.method = req->method;
	request.answer_max = req->answer_max;
	assert_true(
	    snprintf(request.url, sizeof request.url, "%s", req->url) < (int)sizeof request.url);
	assert_true(snprintf(request.bearer, sizeof request.bearer, SLICE_FMT, SLICE_ARG(bearer)) <
	    (int)sizeof request.bearer);
	write_headers(req);
	request.bearer_header = req->bearer_header;
	request.tls = req->tls;
	request.body_len = req->text.len;
	assert_true(req->text.len < FAKE_BODY_MAX);
	memcpy(request.body, req->text.ptr ? req->text.ptr : "", req->text.len);
	if (req->body)
		read_body(req->body);
	request.body[request.body_len] = '\0';
	skipped = false;
	call = (struct http_call){ done, arg, false, NULL };
	*out = &call;
	return ERR_OK;
}

enum err_code
http_call_skip(struct http_loop *hl, http_done_fn *done, void *arg, struct http_call **out,
    struct err *err)
{
	(void)hl;
	if (is_refused(err))
		return err->code;
	assert_null(call.done);
	assert_null(wait.done);
	skipped = true;
	call = (struct http_call){ done, arg, false, NULL };
	*out = &call;
	return ERR_OK;
}

void
http_call_cancel(struct http_call *c)
{
	assert_ptr_equal(c, &call);
	assert_non_null(call.done);
	call.cancelled = true;
}

/* The value in "Name: value\n" lines. */
static struct slice
find_header(const char *headers, const char *name)
{
	struct slice value = { NULL, 0 };

	while (headers && *headers) {
		const char *end = strchr(headers, '\n');
		size_t n = strlen(name);

		assert_non_null(end);
		if (strncasecmp(headers, name, n) == 0 && headers[n] == ':') {
			value = (struct slice){ headers + n + 1, (size_t)(end - headers) - n - 1 };
			break;
		}
		headers = end + 1;
	}
	return slice_trim(value);
}

struct slice
http_response_header(const struct http_response *rsp, const char *name)
{
	assert_ptr_equal(rsp->call, &call);
	return find_header(call.headers, name);
}

const struct fake_request *
partner_fake_request(void)
{
	return &request;
}

bool
partner_fake_has_request(void)
{
	return call.done && !skipped;
}

bool
partner_fake_is_skipped(void)
{
	return call.done && skipped;
}

void
partner_fake_turn(void)
{
	http_done_fn *done = call.done;

	assert_true(partner_fake_is_skipped());
	assert_false(call.cancelled);
	call.done = NULL;
	done(call.arg, NULL, NULL);
}

bool
partner_fake_is_cancelled(void)
{
	return call.cancelled || wait.cancelled;
}

void
partner_fake_assert_header(const char *name, const char *want)
{
	struct slice value = find_header(request.headers, name);
	char text[512];

	(void)snprintf(text, sizeof text, SLICE_FMT, SLICE_ARG(value));
	assert_string_equal(text, want ? want : "");
}

void
partner_fake_answer(unsigned status, const char *headers, struct slice body)
{
	struct http_response rsp = { status, body, -1, &call };
	http_done_fn *done = call.done;
	uint64_t seconds;

	assert_non_null(done);
	assert_false(call.cancelled || skipped);
	if (slice_to_u64(find_header(headers, "Retry-After"), 1000000, &seconds))
		rsp.retry_after_ms = (int64_t)seconds * 1000;
	call.done = NULL;
	call.headers = headers;
	done(call.arg, &rsp, NULL);
}

void
partner_fake_answer_text(unsigned status, const char *headers, const char *body)
{
	partner_fake_answer(status, headers, slice_of(body));
}

void
partner_fake_fail(enum err_code code, const char *msg)
{
	http_done_fn *done = call.done;
	struct err err;

	assert_non_null(done);
	assert_int_equal(call.cancelled, code == ERR_CANCELLED);
	err_set(&err, code, "%s", msg);
	call.done = NULL;
	done(call.arg, NULL, &err);
}

/* --- tokens --- */

void
partner_fake_token(const char *token)
{
	struct err err;

	secret_free(tokens.cached);
	tokens.cached = NULL;
	if (token)
		assert_int_equal(secret_new(token, strlen(token), &tokens.cached, &err), ERR_OK);
}

const struct secret *
token_source_cached(struct token_source *ts)
{
	return ts->cached;
}

enum err_code
token_source_get(struct token_source *ts, const struct secret *secret, token_fn *done, void *arg,
    struct token_wait **out, struct err *err)
{
	struct slice text = { NULL, 0 };

	(void)ts;
	if (is_refused(err))
		return err->code;
	assert_null(call.done);
	assert_null(wait.done);
	if (secret)
		text = secret_get(secret);
	(void)snprintf(refused, sizeof refused, SLICE_FMT, SLICE_ARG(text));
	wait = (struct token_wait){ done, arg, false };
	*out = &wait;
	return ERR_OK;
}

void
token_wait_cancel(struct token_wait *w)
{
	assert_ptr_equal(w, &wait);
	assert_non_null(wait.done);
	wait.cancelled = true;
}

bool
partner_fake_waits(void)
{
	return wait.done;
}

const char *
partner_fake_refused(void)
{
	return refused;
}

void
partner_fake_give_token(const char *token)
{
	struct token_result result = { .retry_after_ms = -1, .advice = "" };
	token_fn *done = wait.done;

	assert_non_null(done);
	assert_false(wait.cancelled);
	partner_fake_token(token);
	result.access = tokens.cached;
	wait.done = NULL;
	done(wait.arg, &result, NULL);
}

void
partner_fake_give_no_token(enum token_trouble trouble, unsigned aadsts, int64_t retry_after_ms,
    enum err_code code)
{
	struct token_result result = {
		.trouble = trouble,
		.aadsts = aadsts,
		.retry_after_ms = retry_after_ms,
		.advice = "advice of the token",
	};
	token_fn *done = wait.done;
	struct err err;

	assert_non_null(done);
	assert_int_equal(wait.cancelled, code == ERR_CANCELLED);
	err_set(&err, code, "message of the token");
	wait.done = NULL;
	done(wait.arg, &result, &err);
}

/* --- batches --- */

struct batch *
partner_fake_batch(const char *tag)
{
	struct batch *b = NULL;
	struct err err;

	assert_int_equal(batch_new(&(struct batch_head){ .id = 7,
	                               .customer = slice_of("contoso"),
	                               .tenant = slice_of(FAKE_TENANT),
	                               .tag = slice_of(tag) },
	                     &b, &err),
	    ERR_OK);
	memcpy(b->request_id, FAKE_REQUEST_ID, GUID_SIZE);
	memcpy(b->correlation_id, FAKE_CORRELATION_ID, GUID_SIZE);
	return b;
}

static struct slice
slice_or_none(const char *text)
{
	return text ? slice_of(text) : (struct slice){ NULL, 0 };
}

void
partner_fake_add(struct batch *b, const char *serial, const char *product_id,
    const char *manufacturer, const char *model, const char *hash, uint32_t hash_len)
{
	struct batch_device d = {
		.id = (int64_t)b->ndevice + 1,
		.serial = slice_or_none(serial),
		.product_id = slice_or_none(product_id),
		.manufacturer = slice_or_none(manufacturer),
		.model = slice_or_none(model),
		.hash = slice_or_none(hash),
	};
	struct err err;

	d.hash_len = hash_len > 0 ? hash_len : (uint32_t)d.hash.len;
	assert_int_equal(batch_add(b, &d, &err), ERR_OK);
}
