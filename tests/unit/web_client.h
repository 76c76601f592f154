/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"

/*
 * Somebody at the other end of our server, on the same loop: what is sent and awaited runs the loop
 * meanwhile. Mistakes, and a server that is silent for too long, fail the test that runs.
 */
struct web_client {
	uv_loop_t *loop;
	int fd;
	struct buf got; /* all that came */
	bool ended;     /* the server has closed the connection */
};

/* socket: the path of a Unix socket; NULL: port of 127.0.0.1. */
void web_client_open(struct web_client *c, uv_loop_t *loop, const char *socket, uint16_t port);
void web_client_send(struct web_client *c, const char *text);

/* Until text has come. */
void web_client_await(struct web_client *c, const char *text);

/* Until the server has closed the connection. */
void web_client_await_end(struct web_client *c);
void web_client_close(struct web_client *c);

/* One request on a connection of its own; the caller ends *answer. */
void web_client_ask(uv_loop_t *loop, const char *socket, uint16_t port, const char *request,
    struct buf *answer);

/* The answer's status and body. */
unsigned web_client_status(const struct buf *answer);
const char *web_client_body(const struct buf *answer);

/* Runs the loop until *flag is set, or nothing is left to do. */
void web_client_run_until(uv_loop_t *loop, const bool *flag);

/* Runs the loop until nothing is left in it, and closes it. */
void web_client_end_loop(uv_loop_t *loop);
