/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * curl on a libuv loop: all connections of the program. One for the life of the process, because
 * the cache of connections and of trusted certificates belongs to it. Nobody outside http/ sees curl.
 *
 * Thread: the loop's. The process has to ignore SIGPIPE: writing to a TLS connection can raise it.
 */
struct http_loop;
struct uv_loop_s;

struct http_options {
	const char *ca_file;     /* trusted certificates, PEM; NULL: the system's */
	const char *unix_socket; /* where every request goes, whatever its host; NULL: TCP */
	const char *user_agent;
	unsigned host_connections; /* at most so many to one host; 0: 8 */
	uint64_t connect_ms;       /* 0: 10 s */
	uint64_t total_ms;         /* of a request that names none; 0: 5 min */
	unsigned low_speed_s;      /* fewer than 100 bytes/s for so long: standstill; 0: 60 */
};

/* What has happened so far. */
struct http_counters {
	uint64_t calls;
	uint64_t connections; /* opened */
	uint64_t sent_bytes;
	uint64_t received_bytes;
};

/*
 * loop must outlive the object. The options' texts are copied.
 * Errors: ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code http_loop_open(struct uv_loop_s *loop, const struct http_options *opt,
    struct http_loop **out, struct err *err);

/*
 * Cancels all calls (their callbacks still run), closes all handles, frees the object and then
 * calls closed, which may be NULL, on the loop thread.
 */
void http_loop_close(struct http_loop *hl, void (*closed)(void *arg), void *arg);

struct http_counters http_loop_counters(const struct http_loop *hl);
