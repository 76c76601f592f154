/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/server/http_access.h"
#include "agent/server/http_exchange.h"
#include "base/err.h"

/*
 * The agent's HTTP server on a libuv loop: over TCP it only answers questions, over a Unix socket it
 * takes orders as well. Nobody outside of http_server.c, http_exchange.c, http_visitor.c and
 * header_check.c sees libmicrohttpd.
 *
 * Who may ask over TCP an http_access says; on the Unix socket root, the user who runs us, and the
 * members of the file's group may.
 *
 * Whoever takes long holds nothing but a connection, of which there are only so many to one address:
 * a request that is not whole in time, and an answer that is not taken, end it; bodies go to files,
 * and over TCP there are none.
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
	const char *host;           /* NULL: no TCP */
	uint16_t port;              /* 0: any that is free */
	struct http_access *access; /* over TCP, where it is never NULL; held while it is needed */
	const char *socket;
	int tcp_fd;                     /* sockets that listen there already, and whose files are */
	int socket_fd;                  /* not ours; 0: none */
	const char *folder;             /* for what is too large for memory */
	const struct http_route *route; /* ends with a NULL path; over TCP only those with GET */
	void *arg;                      /* of the handlers */
	uint64_t upload_max;            /* bytes; 0: HTTP_UPLOAD_MAX */
	unsigned connections;           /* at a time, over each of the two; 0: 64 */
	unsigned idle_s;                /* an idle connection is closed; 0: 15 */
	unsigned request_s; /* as is one that has not brought all headers of one by then; 0: 30 */
};

enum { HTTP_UPLOAD_MAX = 64 * 1024 * 1024 };

/*
 * All that opt points to must outlive the server; loop as well.
 * The sockets are taken over, also on error. Errors: ERR_BUSY (somebody answers there), ERR_EXISTS (it
 * is no socket), ERR_USAGE (a socket listens elsewhere), ERR_IO, ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code http_server_open(struct uv_loop_s *loop,
    const struct http_server_options *opt, struct http_server **out, struct err *err);

/*
 * From now on this one says who may ask over TCP, and is held. If it says anything else than the old
 * one, connections that came by that end with the answer that they wait for, and streams at once.
 * Errors: ERR_USAGE (one has TLS, the other has not); nothing has changed then.
 */
MUST_USE enum err_code http_server_set_access(struct http_server *s, struct http_access *access,
    struct err *err);

/* Over TCP. */
uint16_t http_server_port(const struct http_server *s);

/* Who may ask over TCP, as it stands now; NULL: nobody is listened to there. Borrowed. */
const struct http_access *http_server_access(const struct http_server *s);

/*
 * Takes no more requests, ends the streams, waits until the handlers have answered, frees the object
 * and then calls closed (may be NULL) on the loop thread, never inside close.
 */
void http_server_close(struct http_server *s, void (*closed)(void *arg), void *arg);
