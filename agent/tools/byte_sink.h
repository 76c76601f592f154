/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* Where a document goes piece by piece, so that nobody has to hold all of it. */
typedef enum err_code byte_sink_fn(void *arg, struct slice bytes, struct err *err);

struct byte_sink {
	byte_sink_fn *put;
	void *arg;
};

MUST_USE static inline enum err_code
byte_sink_put(const struct byte_sink *sink, struct slice bytes, struct err *err)
{
	return sink->put(sink->arg, bytes, err);
}

/* A byte_sink_fn: appends to the struct buf that arg is. */
static inline enum err_code
byte_sink_gather(void *arg, struct slice bytes, struct err *err)
{
	struct buf *text = arg;

	buf_add_slice(text, bytes);
	return buf_check(text, err);
}
