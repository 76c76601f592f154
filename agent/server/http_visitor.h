/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/server/http_access.h"

/*
 * Who is connected to one of the server's sockets, from before the TLS handshake until the connection
 * is closed. libmicrohttpd counts an idle time anew with every byte; here it is seen how long somebody
 * takes to bring a whole request, so that nobody keeps a connection by sending little by little.
 *
 * Thread: the loop's.
 */
struct MHD_Connection;
struct http_visitor;

struct http_visitors {
	struct http_visitor *first; /* NULL: nobody is there */
};

/*
 * access: held until the visitor leaves; NULL: a Unix socket. With TLS the session gets what it shows.
 * NULL: no memory, and nothing may be answered then.
 */
struct http_visitor *http_visitor_new(struct http_visitors *all, struct MHD_Connection *connection,
    struct http_access *access, uint64_t now_ms);

/* Accepts NULL. */
void http_visitor_free(struct http_visitors *all, struct http_visitor *v);

/* All headers of a request are there; and later, its answer is out and the next may come. */
void http_visitor_asks(struct http_visitor *v);
void http_visitor_is_served(struct http_visitor *v, uint64_t now_ms);

/* Closes who has kept us waiting for a request since before that time. */
void http_visitors_hurry(const struct http_visitors *all, uint64_t before_ms);

/* Takes no more requests of anybody: who has none that is being answered goes at once. */
void http_visitors_dismiss(const struct http_visitors *all);
