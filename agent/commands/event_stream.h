/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * Takes server-sent events apart as they come, in pieces of any size. Memory: one event.
 * Source: sources.md#server-sent-events
 */
enum { EVENT_STREAM_MAX = 1024 * 1024 };

/* name: "message" if it has none; data: of several lines, with line ends between them. Borrowed. */
typedef enum err_code event_stream_fn(void *arg, struct slice name, struct slice data,
    struct err *err);

struct event_stream {
	event_stream_fn *fn;
	void *arg;
	struct buf line; /* what has come of it */
	struct buf name;
	struct buf data;
	bool has_data;
	bool after_cr; /* a line feed now is half of the last line end */
};

void event_stream_init(struct event_stream *s, event_stream_fn *fn, void *arg);

/*
 * A byte_sink_fn; arg is the struct event_stream. fn is called for each event that is whole by now.
 * Errors: ERR_LIMIT (a line or an event above EVENT_STREAM_MAX), ERR_NOMEM, those of fn.
 */
MUST_USE enum err_code event_stream_put(void *arg, struct slice bytes, struct err *err);

/* The next bytes are those of another stream: what has come of an event is forgotten. */
void event_stream_reset(struct event_stream *s);

void event_stream_done(struct event_stream *s);
