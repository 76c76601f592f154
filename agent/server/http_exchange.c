/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/http_exchange.h"

#include <assert.h>
#include <jansson.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/server/socket_peer.h"
#include "agent/tools/err_advice.h"
#include "agent/tools/json_out.h"
#include "agent/tools/request_target.h"
#include "agent/tools/temp_file.h"

enum { PIECE_BYTES = 16 * 1024, DOCUMENT_MAX = 16 * 1024 * 1024 };

/*
 *   NEW --> READING --> HANDLING --> ANSWERED --> SENDING <--> IDLE
 *              |           |            ^
 *              |           +--WAITING --+
 *              +------- refused --------+
 *
 * WAITING and IDLE (a stream that has nothing to say) are suspended: MHD does not look at the
 * connection until it is resumed, not even to see that the client has gone.
 */
enum state { NEW, READING, HANDLING, WAITING, ANSWERED, SENDING, IDLE };

struct http_exchange {
	struct http_exchange_home *home;
	struct MHD_Connection *connection;
	enum state state;
	struct request_target target;
	struct err bad; /* what is wrong with the target, or later with the upload */
	bool has_peer;
	struct ucred peer;

	http_handler_fn *handler;
	uint64_t received; /* bytes of the body */
	enum http_body_kind kind;
	struct temp_file *upload;
	struct spill body;

	const char *allow; /* what a 405 names; NULL: nothing */
	unsigned status;
	struct MHD_Response *response; /* NULL although answered: there was no memory for it */

	/* A stream, if gone is not NULL. */
	struct buf behind; /* what was pushed and not yet sent */
	bool ending;       /* nothing more of it is sent */
	http_gone_fn *gone;
	void *gone_arg;
	struct http_exchange *next_stream;
};

/* --- what a handler asks --- */

const char *
http_exchange_segment(const struct http_exchange *x, size_t i)
{
	assert(i < x->target.nsegment);
	return x->target.segment[i];
}

const char *
http_exchange_parameter(const struct http_exchange *x, const char *name)
{
	return request_target_parameter(&x->target, name);
}

const char *
http_exchange_header(const struct http_exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *
http_exchange_upload(const struct http_exchange *x)
{
	return temp_file_path(x->upload);
}

struct spill *
http_exchange_body(struct http_exchange *x)
{
	assert(x->kind == HTTP_BODY_SPILL);
	return &x->body;
}

const struct ucred *
http_exchange_peer(const struct http_exchange *x)
{
	return x->has_peer ? &x->peer : NULL;
}

/* --- answers --- */

/* The one place where a connection is taken up again. */
static void
resume(struct http_exchange *x, enum state next)
{
	x->state = next;
	MHD_resume_connection(x->connection);
	x->home->wake(x->home->arg);
}

/* response is taken over; NULL: no memory. */
static void
answer(struct http_exchange *x, unsigned status, const char *type, struct MHD_Response *response)
{
	static const char *const header[][2] = {
		{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy",
		    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
		    "form-action 'none'; frame-ancestors 'none'" },
	};
	bool was_handled = x->state == HANDLING || x->state == WAITING;

	assert(was_handled || x->state == READING);
	for (size_t i = 0; response && i < sizeof header / sizeof header[0]; i++)
		(void)MHD_add_response_header(response, header[i][0], header[i][1]);
	if (response)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	/*
	 * One guess at the token a connection makes guessing slow. What was so garbled that nobody
	 * handles it may go on so.
	 */
	if (response &&
	    (status == MHD_HTTP_UNAUTHORIZED || (status == MHD_HTTP_BAD_REQUEST && !was_handled)))
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (response && status == MHD_HTTP_UNAUTHORIZED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
		    "Bearer realm=\"autoreg\"");
	if (response && x->allow)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, x->allow);
	x->status = status;
	x->response = response;
	if (was_handled)
		x->home->unanswered--;
	if (x->state == WAITING)
		resume(x, ANSWERED);
	else
		x->state = ANSWERED;
}

/* Takes the text over. */
static struct MHD_Response *
text_response(struct buf *text)
{
	size_t len = text->len;
	char *bytes = buf_take(text);
	struct MHD_Response *r;

	r = bytes ? MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE) : NULL;
	if (!r)
		free(bytes);
	return r;
}

/* Takes the file over. */
static struct MHD_Response *
file_response(int fd)
{
	struct MHD_Response *r = NULL;
	off_t len = lseek(fd, 0, SEEK_END);

	if (len >= 0)
		r = MHD_create_response_from_fd64((uint64_t)len, fd);
	if (!r)
		(void)close(fd);
	return r;
}

void
http_exchange_answer(struct http_exchange *x, unsigned status, const char *type, struct spill *body)
{
	struct err err;
	int fd;

	if (spill_take(body, &fd, &err))
		http_exchange_fail(x, &err);
	else
		answer(x, status, type, fd >= 0 ? file_response(fd) : text_response(&body->text));
}

void
http_exchange_text(struct http_exchange *x, unsigned status, const char *type, struct slice text)
{
	struct buf copy;

	buf_init(&copy, SIZE_MAX);
	buf_add_slice(&copy, text);
	answer(x, status, type, text_response(&copy));
}

static enum err_code
answer_json(struct http_exchange *x, unsigned status, const char *type, json_t *doc,
    struct err *err)
{
	struct buf text;

	buf_init(&text, DOCUMENT_MAX);
	if (json_out_add(&text, doc, err)) {
		buf_done(&text);
		return err->code;
	}
	buf_add_char(&text, '\n');
	answer(x, status, type, text_response(&text));
	return ERR_OK;
}

void
http_exchange_json(struct http_exchange *x, unsigned status, json_t *doc)
{
	struct err err;

	if (answer_json(x, status, "application/json", doc, &err))
		http_exchange_fail(x, &err);
}

void
http_exchange_problem(struct http_exchange *x, unsigned status, json_t *doc)
{
	json_t *whole = json_pack("{s:s, s:s, s:i}", "type", "about:blank", "title",
	    MHD_get_reason_phrase_for(status), "status", (int)status);
	struct err err;

	if (json_object_update_new(whole, doc) != 0) {
		json_decref(whole);
		whole = NULL;
	}
	if (answer_json(x, status, "application/problem+json", whole, &err))
		http_exchange_text(x, status, "text/plain", slice_of("out of memory\n"));
}

void
http_exchange_refuse(struct http_exchange *x, unsigned status, const struct err *why)
{
	http_exchange_problem(x, status,
	    json_pack("{s:o, s:s}", "detail", json_out_text(slice_of(why->msg)), "advice",
	        err_advice(why->code)));
}

void
http_exchange_fail(struct http_exchange *x, const struct err *why)
{
	static const unsigned status[] = {
		[ERR_FORMAT] = MHD_HTTP_BAD_REQUEST,
		[ERR_USAGE] = MHD_HTTP_BAD_REQUEST,
		[ERR_NOT_FOUND] = MHD_HTTP_NOT_FOUND,
		[ERR_EXISTS] = MHD_HTTP_CONFLICT,
		[ERR_NOMEM] = MHD_HTTP_SERVICE_UNAVAILABLE,
		[ERR_LIMIT] = MHD_HTTP_SERVICE_UNAVAILABLE,
		[ERR_BUSY] = MHD_HTTP_SERVICE_UNAVAILABLE,
		[ERR_CANCELLED] = MHD_HTTP_SERVICE_UNAVAILABLE,
	};
	bool known = (size_t)why->code < sizeof status / sizeof status[0] && status[why->code];

	http_exchange_refuse(x, known ? status[why->code] : MHD_HTTP_INTERNAL_SERVER_ERROR, why);
}

/* --- streams --- */

/* MHD asks for more; 0 only when suspended, or it would ask again at once. */
static ssize_t
on_more(void *arg, uint64_t sent, char *out, size_t max)
{
	struct http_exchange *x = arg;
	size_t n = x->behind.len < max ? x->behind.len : max;

	(void)sent;
	if (x->home->closing || x->ending || x->behind.failed)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0) {
		x->state = IDLE;
		MHD_suspend_connection(x->connection);
		return 0;
	}
	memcpy(out, x->behind.ptr, n);
	memmove(x->behind.ptr, x->behind.ptr + n, x->behind.len - n);
	x->behind.len -= n;
	return (ssize_t)n;
}

void
http_exchange_stream(struct http_exchange *x, const char *type, http_gone_fn *gone, void *arg)
{
	buf_init(&x->behind, HTTP_STREAM_BEHIND_MAX);
	x->gone = gone;
	x->gone_arg = arg;
	x->next_stream = x->home->streams;
	x->home->streams = x;
	answer(x, MHD_HTTP_OK, type,
	    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, on_more, x, NULL));
}

/* Who does not keep up has failed the buffer by that, which ends the stream. */
void
http_exchange_push(struct http_exchange *x, struct slice bytes)
{
	buf_add_slice(&x->behind, bytes);
	if (x->state == IDLE)
		resume(x, SENDING);
}

size_t
http_exchange_behind(const struct http_exchange *x)
{
	return x->behind.len;
}

void
http_exchange_end_streams(struct http_exchange_home *home)
{
	for (struct http_exchange *x = home->streams; x; x = x->next_stream) {
		x->ending = true;
		if (x->state == IDLE)
			resume(x, SENDING);
	}
}

static void
forget_stream(struct http_exchange *x)
{
	struct http_exchange **at = &x->home->streams;

	while (*at != x)
		at = &(*at)->next_stream;
	*at = x->next_stream;
	x->gone(x->gone_arg, x);
}

/* --- its way through the server --- */

struct http_exchange *
http_exchange_new(struct http_exchange_home *home, const char *uri)
{
	struct http_exchange *x = calloc(1, sizeof *x);

	if (!x)
		return NULL;
	x->home = home;
	x->bad.code =
	    request_target_parse(uri, &x->target, &x->bad); /* told when it can be answered */
	return x;
}

bool
http_exchange_is_new(const struct http_exchange *x)
{
	return x->state == NEW;
}

const struct err *
http_exchange_meet(struct http_exchange *x, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;

	x->connection = connection;
	x->state = READING;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	x->has_peer = !x->home->over_tcp && socket_peer_read(info->connect_fd, &x->peer);
	return x->bad.code ? &x->bad : NULL;
}

void
http_exchange_allow(struct http_exchange *x, const char *methods)
{
	x->allow = methods;
}

bool
http_exchange_matches(const struct http_exchange *x, const char *pattern)
{
	return request_target_matches(&x->target, pattern);
}

static bool
is_word_of(const char *words, const char *word)
{
	size_t len = strlen(word);

	while (*words != '\0') {
		size_t n = strcspn(words, " ");

		if (n == len && memcmp(words, word, n) == 0)
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

const char *
http_exchange_stranger(const struct http_exchange *x, const char *known)
{
	for (size_t i = 0; i < x->target.nparameter; i++) {
		if (!is_word_of(known, x->target.parameter[i].name))
			return x->target.parameter[i].name;
	}
	return NULL;
}

void
http_exchange_accept(struct http_exchange *x, http_handler_fn *handler, enum http_body_kind body)
{
	struct err err;

	x->handler = handler;
	x->kind = body;
	if (body == HTTP_BODY_SPILL)
		spill_init(&x->body, x->home->folder);
	if (body == HTTP_BODY_FILE && temp_file_open(x->home->folder, &x->upload, &err))
		http_exchange_fail(x, &err);
}

/* MHD takes no answer before the body has ended: until then what is wrong has to wait. */
bool
http_exchange_take(struct http_exchange *x, struct slice piece)
{
	x->received += piece.len;
	if (x->received > x->home->upload_max)
		return false;
	if (x->upload && !x->bad.code)
		x->bad.code = temp_file_add(x->upload, piece, &x->bad);
	if (x->kind == HTTP_BODY_SPILL && !x->bad.code)
		x->bad.code = spill_add(&x->body, piece, &x->bad);
	return true;
}

static void
handle(struct http_exchange *x, void *arg)
{
	if (x->upload && !x->bad.code)
		x->bad.code = temp_file_close(x->upload, &x->bad);
	if (x->bad.code) {
		http_exchange_fail(x, &x->bad);
		return;
	}
	x->state = HANDLING;
	x->home->unanswered++;
	x->handler(arg, x);
}

static bool
send_answer(struct http_exchange *x)
{
	struct MHD_Response *r = x->response;
	bool queued;

	x->state = SENDING;
	x->response = NULL;
	if (!r)
		return false;
	queued = MHD_queue_response(x->connection, x->status, r) == MHD_YES;
	MHD_destroy_response(r);
	return queued;
}

bool
http_exchange_proceed(struct http_exchange *x, void *arg)
{
	if (x->state == READING)
		handle(x, arg);
	if (x->state == HANDLING) {
		x->state = WAITING;
		MHD_suspend_connection(x->connection);
		return true;
	}
	return x->state == ANSWERED && send_answer(x);
}

bool
http_exchange_proceed_early(struct http_exchange *x)
{
	return x->state == ANSWERED ? send_answer(x) : true;
}

void
http_exchange_free(struct http_exchange *x)
{
	if (!x)
		return;
	if (x->gone)
		forget_stream(x);
	if (x->response)
		MHD_destroy_response(x->response);
	buf_done(&x->behind);
	temp_file_free(x->upload);
	spill_done(&x->body);
	request_target_done(&x->target);
	free(x);
}
