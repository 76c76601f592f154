/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/server/http_exchange.h"
#include "base/err.h"

/*
 * Tells whoever follows what happens, as server-sent events:
 *
 *	event: states    how many devices are in which state: once at the beginning, and whenever
 *	                 it has changed, at most once a second
 *	event: trail     an event of the trail, with its id, from which a follower can go on later
 *
 * Data is JSON. Memory is bounded: a follower is given no more of the trail than it takes, and one
 * that does not take what it is given is dropped. The store is asked only while somebody follows.
 * Source: sources.md#server-sent-events
 *
 * Thread: the loop's.
 */
struct event_feed;
struct store_async;
struct uv_loop_s;

enum { EVENT_FEED_FOLLOWERS_MAX = 32 };

/* Both must outlive the feed, as far as it is used. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code event_feed_new(struct uv_loop_s *loop, struct store_async *reader,
    struct event_feed **out, struct err *err);

/*
 * Answers x: with a stream, or that there are too many. after: the event behind which the trail is
 * told; -1: from now on.
 */
void event_feed_follow(struct event_feed *f, struct http_exchange *x, int64_t after);

/* Nobody follows any more. Frees the feed, then calls closed on the loop thread. */
void event_feed_close(struct event_feed *f, void (*closed)(void *arg), void *arg);
