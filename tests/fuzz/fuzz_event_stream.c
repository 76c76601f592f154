/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/commands/event_stream.h"

/* However the bytes come in pieces, the events are the same. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
	struct buf text;
};

static enum err_code
on_event(void *arg, struct slice name, struct slice data, struct err *err)
{
	struct heard *h = arg;

	assert(name.len > 0);
	assert(!memchr(name.ptr, '\n', name.len));
	buf_add_slice(&h->text, name);
	buf_add_char(&h->text, '\0');
	buf_add_slice(&h->text, data);
	buf_add_char(&h->text, '\0');
	return buf_check(&h->text, err);
}

static void
hear(struct slice bytes, size_t piece, struct heard *h)
{
	struct event_stream s;
	struct err err;
	enum err_code rc = ERR_OK;

	buf_init(&h->text, 4 * EVENT_STREAM_MAX);
	event_stream_init(&s, on_event, h);
	while (bytes.len > 0 && rc == ERR_OK) {
		struct slice head = slice_head(bytes, piece);

		rc = event_stream_put(&s, head, &err);
		bytes = slice_from(bytes, head.len);
	}
	event_stream_done(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice bytes = { (const char *)data, size };
	struct heard whole, byte;

	hear(bytes, size, &whole);
	hear(bytes, 1, &byte);
	assert(slice_eq(buf_slice(&whole.text), buf_slice(&byte.text)));
	buf_done(&whole.text);
	buf_done(&byte.text);
	return 0;
}
