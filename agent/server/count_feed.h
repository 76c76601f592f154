/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"
#include "base/err.h"

/*
 * Tells whoever follows how many devices are in which state: once at the beginning, and whenever it
 * has changed, at most once a second. Server-sent events: "event: states", and the numbers as JSON
 * behind "data: ". The store is asked only while somebody follows.
 * Source: sources.md#server-sent-events
 *
 * Thread: the loop's.
 */
struct count_feed;
struct store_async;
struct uv_loop_s;

enum { COUNT_FEED_FOLLOWERS_MAX = 32 };

/* Both must outlive the feed, as far as it is used. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code count_feed_new(struct uv_loop_s *loop, struct store_async *reader,
    struct count_feed **out, struct err *err);

/* Answers x: with a stream, or that there are too many. */
void count_feed_follow(struct count_feed *f, struct http_exchange *x);

/* Nobody follows any more. Frees the feed, then calls closed on the loop thread. */
void count_feed_close(struct count_feed *f, void (*closed)(void *arg), void *arg);
