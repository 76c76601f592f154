/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/event_stream.h"

#include <string.h>

void
event_stream_init(struct event_stream *s, event_stream_fn *fn, void *arg)
{
	*s = (struct event_stream){ .fn = fn, .arg = arg };
	buf_init(&s->line, EVENT_STREAM_MAX);
	buf_init(&s->name, EVENT_STREAM_MAX);
	buf_init(&s->data, EVENT_STREAM_MAX);
}

static void
begin_event(struct event_stream *s)
{
	buf_reset(&s->name);
	buf_reset(&s->data);
	s->has_data = false;
}

/* An event without data is none. */
static enum err_code
end_event(struct event_stream *s, struct err *err)
{
	enum err_code rc = ERR_OK;

	if (s->has_data)
		rc = s->fn(s->arg, s->name.len ? buf_slice(&s->name) : slice_of("message"),
		    buf_slice(&s->data), err);
	begin_event(s);
	return rc;
}

static enum err_code
add_field(struct event_stream *s, struct slice name, struct slice value, struct err *err)
{
	if (slice_eq(name, slice_of("event"))) {
		buf_reset(&s->name);
		buf_add_slice(&s->name, value);
	} else if (slice_eq(name, slice_of("data"))) {
		if (s->has_data)
			buf_add_char(&s->data, '\n');
		buf_add_slice(&s->data, value);
		s->has_data = true;
	}
	return buf_check(&s->name, err) ? err->code : buf_check(&s->data, err);
}

/* "name: value", "name:value", "name", or ":" and a comment, whose name is empty. */
static enum err_code
take_line(struct event_stream *s, struct slice line, struct err *err)
{
	const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
	size_t n = colon ? (size_t)(colon - line.ptr) : line.len;
	struct slice value = slice_from(line, n + (colon ? 1 : 0));

	if (line.len == 0)
		return end_event(s, err);
	if (value.len > 0 && value.ptr[0] == ' ')
		value = slice_from(value, 1);
	return add_field(s, slice_head(line, n), value, err);
}

static enum err_code
end_line(struct event_stream *s, struct err *err)
{
	enum err_code rc = buf_check(&s->line, err);

	if (rc == ERR_OK)
		rc = take_line(s, buf_slice(&s->line), err);
	buf_reset(&s->line);
	return rc;
}

/* A line ends with CR, LF or both. */
enum err_code
event_stream_put(void *arg, struct slice bytes, struct err *err)
{
	struct event_stream *s = arg;

	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.ptr[i];
		bool half = c == '\n' && s->after_cr;

		s->after_cr = c == '\r';
		if (half)
			continue;
		if (c != '\n' && c != '\r')
			buf_add_char(&s->line, c);
		else if (end_line(s, err))
			return err->code;
	}
	return buf_check(&s->line, err);
}

void
event_stream_reset(struct event_stream *s)
{
	begin_event(s);
	buf_reset(&s->line);
	s->after_cr = false;
}

void
event_stream_done(struct event_stream *s)
{
	buf_done(&s->line);
	buf_done(&s->name);
	buf_done(&s->data);
}
