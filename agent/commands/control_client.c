/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/control_client.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "agent/tools/err_advice.h"
#include "base/buf.h"
#include "http/http_loop.h"

enum {
	ADDRESS_MAX = 16 * 1024,
	ANSWER_MAX = 1024 * 1024 * 1024, /* a few million devices */
	JSON_MAX = 64 * 1024 * 1024,
	TOTAL_MS = 60 * 60 * 1000, /* a long list is read before it is acknowledged */
};

struct client {
	struct http_loop *http;
	struct http_call *call;
	const struct byte_sink *sink;
	bool stream; /* the sink takes the answer as it comes */
	enum err_code rc;
	struct err *err;
};

/* What the agent's statuses mean here; those of http_exchange_fail(), seen from the other side. */
static enum err_code
code_of(unsigned status)
{
	switch (status) {
	case 400:
	case 405:
		return ERR_USAGE;
	case 404:
		return ERR_NOT_FOUND;
	case 409:
		return ERR_EXISTS;
	case 413:
		return ERR_LIMIT;
	case 422:
		return ERR_FORMAT;
	case 503:
		return ERR_BUSY;
	default:
		return ERR_IO;
	}
}

/* The advice is left out where the same is given with the code anyway. */
static enum err_code
take_problem(const struct http_response *rsp, struct err *err)
{
	json_t *doc = json_loadb(rsp->body.ptr ? rsp->body.ptr : "", rsp->body.len, 0, NULL);
	const char *detail = json_string_value(json_object_get(doc, "detail"));
	const char *advice = json_string_value(json_object_get(doc, "advice"));
	enum err_code code = code_of(rsp->status);

	if (!detail)
		(void)err_set(err, code, "the agent answers with status %u", rsp->status);
	else if (!advice || strcmp(advice, err_advice(code)) == 0)
		(void)err_set(err, code, "%s", detail);
	else
		(void)err_set(err, code, "%s. %s", detail, advice);
	json_decref(doc);
	return code;
}

static void
on_done(void *arg, const struct http_response *rsp, const struct err *failed)
{
	struct client *c = arg;

	if (c->rc) {
		/* The sink has had enough. */
	} else if (failed) {
		*c->err = *failed;
		c->rc = failed->code;
	} else if (rsp->status / 100 == 2) {
		c->rc = rsp->body.len ? byte_sink_put(c->sink, rsp->body, c->err) : ERR_OK;
	} else {
		c->rc = take_problem(rsp, c->err);
	}
	http_loop_close(c->http, NULL, NULL);
}

static void
on_piece(void *arg, struct slice piece)
{
	struct client *c = arg;

	if (c->rc == ERR_OK && (c->rc = byte_sink_put(c->sink, piece, c->err)))
		http_call_cancel(c->call);
}

static enum err_code
call(uv_loop_t *loop, const char *socket, const char *url, const struct control_request *req,
    struct client *c)
{
	const struct http_options opt = {
		.unix_socket = socket,
		.user_agent = "autoreg/" AUTOREG_VERSION,
	};
	const struct http_stream stream = { on_piece, c };
	const struct http_header type = { "Content-Type", req->type };
	const struct http_request request = {
		.method = req->method,
		.url = url,
		.header = &type,
		.nheader = req->type != NULL,
		.body = req->body,
		.stream = c->stream ? &stream : NULL,
		.total_ms = c->stream ? 0 : TOTAL_MS,
		.answer_max = ANSWER_MAX,
	};

	if (http_loop_open(loop, &opt, &c->http, c->err))
		return c->err->code;
	if (http_call_start(c->http, &request, on_done, c, &c->call, c->err)) {
		c->rc = c->err->code;
		http_loop_close(c->http, NULL, NULL);
	}
	(void)uv_run(loop, UV_RUN_DEFAULT);
	return c->rc;
}

static enum err_code
ask_on_loop(const char *socket, const struct control_request *req, struct client *c)
{
	struct buf url;
	uv_loop_t loop;
	int rc;

	buf_init(&url, ADDRESS_MAX);
	buf_addf(&url, "http://localhost%s", req->address);
	if (buf_check(&url, c->err)) {
		c->rc = c->err->code;
	} else if (uv_loop_init(&loop) != 0) {
		c->rc = err_set(c->err, ERR_NOMEM, "loop");
	} else {
		c->rc = call(&loop, socket, url.ptr, req, c);
		rc = uv_loop_close(&loop);
		assert(rc == 0);
	}
	buf_done(&url);
	return c->rc;
}

static enum err_code
ask(const char *socket, const struct control_request *req, struct client *c)
{
	if (access(socket, R_OK | W_OK) != 0 && errno == EACCES)
		return err_errno(c->err, EACCES, "%s", socket);
	if (ask_on_loop(socket, req, c) == ERR_CONNECT)
		return err_set(c->err, ERR_CONNECT, "no agent answers at %s", socket);
	return c->rc;
}

enum err_code
control_client_ask(const char *socket, const struct control_request *req,
    const struct byte_sink *sink, struct err *err)
{
	struct client c = { .sink = sink, .err = err };

	return ask(socket, req, &c);
}

enum err_code
control_client_follow(const char *socket, const char *address, const struct byte_sink *take,
    struct err *err)
{
	const struct control_request req = { .method = HTTP_GET, .address = address };
	struct client c = { .sink = take, .stream = true, .err = err };

	return ask(socket, &req, &c);
}

enum err_code
control_client_ask_json(const char *socket, const struct control_request *req, json_t **out,
    struct err *err)
{
	struct buf text;
	const struct byte_sink sink = { byte_sink_gather, &text };
	json_error_t at;
	enum err_code rc;

	buf_init(&text, JSON_MAX);
	rc = control_client_ask(socket, req, &sink, err);
	if (rc == ERR_OK) {
		json_t *answer = json_loadb(text.ptr ? text.ptr : "", text.len, 0, &at);

		if (answer)
			*out = answer;
		else
			rc = err_set(err, ERR_FORMAT, "the agent's answer is no JSON: %s", at.text);
	}
	buf_done(&text);
	return rc;
}
