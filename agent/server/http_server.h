/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/server/http_exchange.h"
#include "base/err.h"

/*
 * The agent's HTTP server on a libuv loop: over TCP on a loopback address it only answers questions,
 * over a Unix socket it takes orders as well. Nobody outside http_server.c and http_exchange.c sees
 * libmicrohttpd.
 *
 * Over TCP the Host header must name this machine, so that no web page can ask through a browser.
 * On the Unix socket the file's mode says who may come in.
 *
 * Thread: the loop's. Uploads are written to files from there.
 */
struct http_server;
struct uv_loop_s;

enum http_verb { HTTP_VERB_GET, HTTP_VERB_POST };

struct http_route {
	enum http_verb verb; /* HEAD is answered as GET is */
	const char *path;    /* "/v1/lists/{}/report"; {} is any segment */
	const char *known;   /* its parameters, separated by blanks; NULL: none */
	enum http_body_kind body;
	http_handler_fn *handler;
};

struct http_server_options {
	const char *host; /* NULL: no TCP */
	uint16_t port;    /* 0: any that is free */
	const char *socket;
	const char *folder;             /* for what is too large for memory */
	const struct http_route *route; /* ends with a NULL path; over TCP only those with GET */
	void *arg;                      /* of the handlers */
	uint64_t upload_max;            /* bytes; 0: HTTP_UPLOAD_MAX */
	unsigned connections;           /* at a time, over each of the two; 0: 64 */
	unsigned idle_s;                /* an idle connection is closed; 0: 15 */
};

enum { HTTP_UPLOAD_MAX = 64 * 1024 * 1024 };

/*
 * All that opt points to must outlive the server; loop as well.
 * Errors: ERR_EXISTS (somebody answers there), ERR_IO, ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code http_server_open(struct uv_loop_s *loop,
    const struct http_server_options *opt, struct http_server **out, struct err *err);

/* Over TCP. */
uint16_t http_server_port(const struct http_server *s);

/*
 * Takes no more requests, ends the streams, waits until the handlers have answered, frees the object
 * and then calls closed (may be NULL) on the loop thread, never inside close.
 */
void http_server_close(struct http_server *s, void (*closed)(void *arg), void *arg);
