/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/tools/spill.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * A request that somebody has sent us, and its answer. A handler is called once all of the request is
 * there, and must answer exactly once: at once or later, on the loop's thread. Until then the exchange
 * and its texts stay, even if the client has gone; afterwards it must not be touched, unless it is
 * a stream.
 */
struct http_exchange;

/* A part of the path, decoded, counted from 0: of "/v1/lists/7" part 2 is "7". The route has it. */
const char *http_exchange_segment(const struct http_exchange *x, size_t i);

/* Decoded; NULL: it was not given. */
const char *http_exchange_parameter(const struct http_exchange *x, const char *name);

/* A header of the request; NULL: it is not there. Case does not count. */
const char *http_exchange_header(const struct http_exchange *x, const char *name);

/* What becomes of a body. */
enum http_body_kind {
	HTTP_BODY_NONE,  /* it is not looked at */
	HTTP_BODY_FILE,  /* http_exchange_upload() */
	HTTP_BODY_SPILL, /* http_exchange_body(): mostly short */
};

/* The file that holds the body; may be moved away, else it is removed after the answer. */
const char *http_exchange_upload(const struct http_exchange *x);

/* The body, which may be taken out of it. */
struct spill *http_exchange_body(struct http_exchange *x);

/* Who is at the other end of the Unix socket; NULL over TCP. */
const struct ucred *http_exchange_peer(const struct http_exchange *x);

/*
 * Answers with what is in body, which is empty afterwards and still has to be ended. type: static. If
 * the body cannot be sent, the answer is a problem.
 */
void http_exchange_answer(struct http_exchange *x, unsigned status, const char *type,
    struct spill *body);

/* Answers with a short text. */
void http_exchange_text(struct http_exchange *x, unsigned status, const char *type,
    struct slice text);

/* Answers with a document, which is taken over; NULL, which is want of memory, makes it a problem. */
void http_exchange_json(struct http_exchange *x, unsigned status, json_t *doc);

/*
 * Answers with a problem document, of which doc has the members of its own; taken over, as above.
 */
void http_exchange_problem(struct http_exchange *x, unsigned status, json_t *doc);

/*
 * Answers with a problem document: why, and what to do about it.
 * Source: sources.md#problem-details
 */
void http_exchange_refuse(struct http_exchange *x, unsigned status, const struct err *why);

/* The same, with the status that goes with the code. */
void http_exchange_fail(struct http_exchange *x, const struct err *why);

/*
 * Answers with a stream: what is pushed is sent as it comes. gone runs exactly once, on the loop's
 * thread: the stream has ended, because the client hung up or did not keep up, or because the
 * server closes. The exchange is gone then.
 */
enum { HTTP_STREAM_BEHIND_MAX = 64 * 1024 };

typedef void http_gone_fn(void *arg, struct http_exchange *x);
void http_exchange_stream(struct http_exchange *x, const char *type, http_gone_fn *gone, void *arg);
void http_exchange_push(struct http_exchange *x, struct slice bytes);

/* Bytes that were pushed and not yet sent. */
size_t http_exchange_behind(const struct http_exchange *x);

/* ---- For http_server.c alone --------------------------------------------------------------------- */

struct MHD_Connection;

/* What the exchanges of one listening socket share. */
struct http_exchange_home {
	const char *folder;  /* for uploads, and answers that are long */
	uint64_t upload_max; /* bytes */
	bool over_tcp;
	bool closing;
	unsigned unanswered;           /* whose handler was called */
	struct http_exchange *streams; /* all of them */
	void *arg;
	void (*wake)(void *arg); /* MHD has something to do */
};

/* uri: as it came. NULL: no memory. */
struct http_exchange *http_exchange_new(struct http_exchange_home *home, const char *uri);

/* Have the headers not been looked at yet? */
bool http_exchange_is_new(const struct http_exchange *x);

/*
 * The headers are there: from now on it may be answered. Returns what is wrong with the address, or
 * NULL.
 */
const struct err *http_exchange_meet(struct http_exchange *x, struct MHD_Connection *connection);

/* The methods that the answer names as allowed; static. */
void http_exchange_allow(struct http_exchange *x, const char *methods);

bool http_exchange_matches(const struct http_exchange *x, const char *pattern);

/* A parameter that is not among the words of known, which blanks separate; NULL: there is none. */
const char *http_exchange_stranger(const struct http_exchange *x, const char *known);

/* Who will handle it, and where its body goes. May answer: that it cannot. */
typedef void http_handler_fn(void *arg, struct http_exchange *x);
void http_exchange_accept(struct http_exchange *x, http_handler_fn *handler,
    enum http_body_kind body);

/* A piece of the body. False: it is too much, and the connection is to be closed. */
bool http_exchange_take(struct http_exchange *x, struct slice piece);

/*
 * Nothing more of the body comes, or the connection was resumed: has it handled, if it was not, then
 * sends the answer, if there is one, or waits for it. False: close the connection.
 */
bool http_exchange_proceed(struct http_exchange *x, void *arg);

/* Sends what refuses the request, if something does. False: close the connection. */
bool http_exchange_proceed_early(struct http_exchange *x);

/* The home is closing: its streams end. */
void http_exchange_end_streams(struct http_exchange_home *home);

/* MHD is done with it. Accepts NULL. */
void http_exchange_free(struct http_exchange *x);
