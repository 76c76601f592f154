/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "config/config.h"

/*
 * Tells the outside what happens: reads the trail behind a place that the store remembers, and has
 * each event of a kind that somebody wants to know told, in order, one at a time, at least once. The
 * place moves on when an event is told, or after so many attempts given up, which is an event of its
 * own, "hook_failed", that nobody is told of.
 *
 * It asks the store only when it is told that the trail has grown, and whatever a hook does nobody
 * waits for it.
 *
 * Thread: the loop's.
 */
struct hook_queue;
struct meter;
struct http_loop;
struct store;
struct store_async;
struct uv_loop_s;

struct hook_queue_options {
	struct uv_loop_s *loop;
	struct http_loop *http;
	const struct random *random;
	const struct hook_settings *settings; /* of which on is not empty */
	const struct retry_times *retry;      /* how long to wait between attempts */
	const struct secret *secret;          /* what settings->secret refers to; NULL: none */
	struct store_async *writer;
	struct store_async *reader;
	struct meter *meter; /* NULL: nobody counts */
	int64_t position;    /* of hook_queue_begin() */
};

/*
 * Where to go on reading. Whoever begins to want to be told begins with what happens from now on; if
 * nobody wants to be told, the place is forgotten. Blocks; on the thread that has the writer.
 * Errors: the store's; *position is untouched then.
 */
MUST_USE enum err_code hook_queue_begin(struct store *s, const struct hook_settings *settings,
    int64_t *position, struct err *err);

/*
 * Goes on with what was not told yet. Everything in opt must outlive the queue.
 * Errors: ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code hook_queue_open(const struct hook_queue_options *opt,
    struct hook_queue **out, struct err *err);

/* The trail has grown. Any number of times. */
void hook_queue_wake(struct hook_queue *q);

/*
 * Tells what is there until the grace is over, but waits for no further attempt; then stops the
 * hook at work, whose event is told again at the next start. Then frees the queue and calls closed
 * on the loop thread. A second call cuts the grace short; its arguments do not count.
 */
void hook_queue_close(struct hook_queue *q, uint64_t grace_ms, void (*closed)(void *arg),
    void *arg);
