/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/unit_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/engine/agent.h"
#include "agent/intake/unit_text.h"
#include "agent/server/unit_answer_json.h"
#include "agent/tools/json_out.h"
#include "base/buf.h"

enum { HTTP_OK = 200, WINDOW = 64, ANSWER_MAX = 16 * 1024 };

/*
 *   SENDING ---> ENDING ---> gone
 *
 * While it is SENDING, the window is kept full; ENDING waits for those in it.
 */
struct unit_stream {
	struct agent *agent;
	struct http_exchange *x;
	int fd;          /* of the body; -1: text is all of it */
	struct buf text; /* what was read and not yet taken */
	size_t at;       /* where its next line begins */
	bool skipping;   /* the rest of a line that was too long */
	bool sending;
	unsigned under_way;
	struct spill answers;
	struct err failure; /* nothing more can be told; ERR_OK: none */
};

/* --- lines --------------------------------------------------------------------------------------------- */

/* False: there is no more. */
static bool
read_more(struct unit_stream *s)
{
	char piece[16 * 1024];
	ssize_t n;

	if (s->fd < 0)
		return false;
	n = read(s->fd, piece, sizeof piece);
	if (n < 0)
		(void)err_errno(&s->failure, errno, "the units cannot be read");
	if (n <= 0)
		return false;
	if (s->at > 0) {
		s->text.len -= s->at;
		memmove(s->text.ptr, s->text.ptr + s->at, s->text.len);
		s->at = 0;
	}
	buf_add(&s->text, piece, (size_t)n);
	s->failure.code = buf_check(&s->text, &s->failure);
	return s->failure.code == ERR_OK;
}

/* The next line without its end; a last one may have none. False: there is no more. */
static bool
next_line(struct unit_stream *s, struct slice *line)
{
	for (;;) {
		struct slice rest = { s->text.ptr + s->at, s->text.len - s->at };
		const char *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
		bool skipped = s->skipping;

		*line = slice_head(rest, end ? (size_t)(end - rest.ptr) : rest.len);
		if (!end && rest.len <= UNIT_TEXT_MAX && read_more(s))
			continue;
		s->at += line->len + (end != NULL);
		s->skipping = !end && rest.len > UNIT_TEXT_MAX;
		if (!skipped)
			return (end || rest.len > 0) && !s->failure.code;
		if (!end && rest.len == 0)
			return false;
	}
}

/* --- units --------------------------------------------------------------------------------------------- */

static void
end(struct unit_stream *s)
{
	if (s->failure.code)
		http_exchange_fail(s->x, &s->failure);
	else
		http_exchange_answer(s->x, HTTP_OK, "application/x-ndjson", &s->answers);
	if (s->fd >= 0)
		(void)close(s->fd);
	buf_done(&s->text);
	spill_done(&s->answers);
	free(s);
}

static void
fail(struct unit_stream *s, const struct err *err)
{
	if (!s->failure.code)
		s->failure = *err;
	s->sending = false;
}

static void
tell(struct unit_stream *s, const struct unit_answer *answer)
{
	struct buf line;
	struct err err;

	buf_init(&line, ANSWER_MAX);
	if (json_out_add(&line, unit_answer_json(answer), &err)) {
		fail(s, &err);
	} else {
		buf_add_char(&line, '\n');
		if (buf_check(&line, &err) || spill_add(&s->answers, buf_slice(&line), &err))
			fail(s, &err);
	}
	buf_done(&line);
}

static void fill(struct unit_stream *s);

static void
on_unit(void *arg, const struct unit_answer *answer, const struct err *err)
{
	struct unit_stream *s = arg;

	s->under_way--;
	if (err)
		fail(s, err);
	else
		tell(s, answer);
	fill(s);
}

static void
fill(struct unit_stream *s)
{
	const char *customer = http_exchange_parameter(s->x, "customer");
	struct slice line;
	struct err err;

	while (s->sending && s->under_way < WINDOW) {
		if (!next_line(s, &line)) {
			s->sending = false;
		} else if (line.len <= UNIT_TEXT_MAX && slice_trim(line).len == 0) {
			continue;
		} else if (agent_take_unit(s->agent, line, customer, on_unit, s, &err)) {
			fail(s, &err);
		} else {
			s->under_way++;
		}
	}
	if (!s->sending && s->under_way == 0)
		end(s);
}

void
unit_stream_start(struct agent *agent, struct http_exchange *x, const char *folder)
{
	struct unit_stream *s = calloc(1, sizeof *s);
	struct spill *body = http_exchange_body(x);
	struct err err;

	if (!s) {
		http_exchange_fail(x, &(struct err){ ERR_NOMEM, "out of memory" });
		return;
	}
	if (spill_take(body, &s->fd, &err)) {
		free(s);
		http_exchange_fail(x, &err);
		return;
	}
	s->agent = agent;
	s->x = x;
	s->sending = true;
	s->text = body->text; /* all of it, or nothing */
	body->text = (struct buf){ .ptr = NULL };
	if (s->fd >= 0 && lseek(s->fd, 0, SEEK_SET) != 0)
		fail(s, &(struct err){ ERR_IO, "the units cannot be read" });
	spill_init(&s->answers, folder);
	fill(s);
}
