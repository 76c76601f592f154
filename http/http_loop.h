/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
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
struct http_proxy;
struct uv_loop_s;

/* A request that is over, however it ended, for whoever counts. */
struct http_traffic {
	const char *api;     /* as in the request; NULL: it said nothing */
	unsigned status;     /* 0: there was no answer */
	bool cancelled;      /* by ourselves */
	const char *version; /* of HTTP: "1.1", "2"; "" if there was no answer */
	uint64_t duration_us;
	uint64_t connections; /* opened for it */
	uint64_t sent_bytes;
	uint64_t received_bytes;
};

/* Called before the request's own callback. May call nothing of http/. */
typedef void http_observe_fn(void *arg, const struct http_traffic *t);

struct http_options {
	const char *ca_file;     /* trusted certificates, PEM; NULL: the system's */
	const char *unix_socket; /* where every request goes, whatever its host; NULL: TCP */
	const char *user_agent;
	const struct http_proxy
	    *proxy;                /* NULL: as the environment has it; see http_loop_set_proxy() */
	unsigned host_connections; /* at most so many to one host; 0: 8 */
	uint64_t connect_ms;       /* 0: 10 s */
	uint64_t total_ms;         /* of a request that names none; 0: 5 min */
	unsigned low_speed_s;      /* fewer than 100 bytes/s for so long: standstill; 0: 60 */
	http_observe_fn *observe;  /* NULL: nobody counts */
	void *observer;            /* its arg */
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

/* By how much the end of a call is overdue, whose time is up; more than a moment cannot be. */
uint64_t http_loop_late_ms(const struct http_loop *hl);

/* For all requests that start from now on. Taken over; NULL: as the environment has it. */
void http_loop_set_proxy(struct http_loop *hl, struct http_proxy *proxy);

struct http_counters http_loop_counters(const struct http_loop *hl);

/* "7.88.1": of the library that is loaded; static. */
const char *http_loop_curl_version(void);

/* "3.0.15": of the TLS library that it uses; static. */
const char *http_loop_tls_version(void);
