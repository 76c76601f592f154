/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_text.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/rfc3339.h"
#include "base/utf8.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What is put has to leave room for the ellipsis of a cut line, and for the line end. */
enum { ROOM = LOG_LINE_MAX - (int)sizeof " " ELLIPSIS };

/* A character in front of this leaves room for the ellipsis of a cut text, and for its quote. */
enum { SHOWN_END = ROOM - (int)sizeof "\\uXXXX" ELLIPSIS "\"" };

struct line {
	char *out;
	size_t len;
	bool full;
};

static void
put_slice(struct line *l, struct slice s)
{
	if (s.len > ROOM - l->len)
		l->full = true;
	if (l->full)
		return;
	memcpy(l->out + l->len, s.ptr, s.len);
	l->len += s.len;
}

static void
put(struct line *l, const char *s)
{
	put_slice(l, slice_of(s));
}

static bool
is_plain(int32_t c)
{
	return c > ' ' && c != '"' && c != '\\' && c != '=' && !utf8_drives_terminal(c);
}

static bool
needs_quotes(struct slice value)
{
	bool plain = value.len > 0 && value.len <= LOG_VALUE_MAX;

	while (plain && value.len > 0)
		plain = is_plain(utf8_take(&value));
	return !plain;
}

/* c: the character that these bytes are; -1: none. */
static void
put_character(struct line *l, int32_t c, struct slice bytes, bool quoted)
{
	char escape[] = "\\uXXXX";

	if (c < 0) {
		put(l, REPLACEMENT);
	} else if (c == '\n' || c == '\r' || c == '\t') {
		put(l, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
	} else if (utf8_drives_terminal(c)) {
		(void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c & 0xffff);
		put(l, escape);
	} else {
		if (quoted && (c == '"' || c == '\\'))
			put(l, "\\");
		put_slice(l, bytes);
	}
}

/* False: there is more of it than fits into the line. */
static bool
put_shown(struct line *l, struct slice text, bool quoted)
{
	struct slice rest = text;

	while (rest.len > 0 && text.len - rest.len < LOG_VALUE_MAX && l->len < SHOWN_END) {
		struct slice at = rest;
		int32_t c = utf8_take(&rest);

		put_character(l, c, slice_head(at, at.len - rest.len), quoted);
	}
	if (rest.len > 0)
		put(l, ELLIPSIS);
	return rest.len == 0 || text.len - rest.len >= LOG_VALUE_MAX;
}

static bool
put_field(struct line *l, const char *name, struct slice value)
{
	bool quoted = needs_quotes(value);
	bool fits;

	if (l->len > 0)
		put(l, " ");
	put(l, name);
	put(l, quoted ? "=\"" : "=");
	fits = put_shown(l, value, quoted);
	put(l, quoted ? "\"" : "");
	return fits;
}

static void
put_fields(struct line *l, const struct log_record *r)
{
	assert(r->nfield <= LOG_FIELDS_MAX);
	for (size_t i = 0; i < r->nfield && !l->full; i++) {
		size_t before = l->len;

		if (put_field(l, r->field[i].name, r->field[i].value) && !l->full)
			continue;
		l->full = true;
		l->len = before;
		memcpy(l->out + l->len, " " ELLIPSIS, sizeof " " ELLIPSIS - 1);
		l->len += sizeof " " ELLIPSIS - 1;
	}
}

static size_t
end_line(struct line *l)
{
	l->out[l->len++] = '\n';
	return l->len;
}

/* As people know it from compilers. Source: sources.md#terminal-colour */
static const char *
colour_of(enum log_level level)
{
	static const char *const colour[] = {
		[LOG_LEVEL_ERROR] = "\x1b[1;31m",
		[LOG_LEVEL_WARNING] = "\x1b[1;33m",
		[LOG_LEVEL_INFO] = "\x1b[1m",
		[LOG_LEVEL_TRACE] = "\x1b[2m",
	};

	return colour[level];
}

size_t
log_text_short(const struct log_record *r, bool colour, char out[LOG_LINE_MAX])
{
	struct line l = { .out = out };

	if (colour)
		put(&l, colour_of(r->level));
	put(&l, log_level_name(r->level));
	put(&l, colour ? ":\x1b[0m " : ": ");
	(void)put_shown(&l, slice_of(r->message), false);
	put_fields(&l, r);
	return end_line(&l);
}

size_t
log_text_logfmt(const struct log_record *r, int64_t unix_ms, char out[LOG_LINE_MAX])
{
	struct line l = { .out = out };
	char ts[RFC3339_SIZE];

	(void)put_field(&l, "ts", slice_of(rfc3339_format(unix_ms, ts)));
	(void)put_field(&l, "level", slice_of(log_level_name(r->level)));
	if (r->event)
		(void)put_field(&l, "event", slice_of(r->event));
	(void)put_field(&l, "msg", slice_of(r->message));
	put_fields(&l, r);
	return end_line(&l);
}

size_t
log_text_plain(const struct log_record *r, char out[LOG_LINE_MAX])
{
	struct line l = { .out = out };

	(void)put_shown(&l, slice_of(r->message), false);
	put_fields(&l, r);
	return l.len;
}

size_t
log_text_lines(struct slice value, char out[LOG_LINE_MAX])
{
	struct line l = { .out = out };
	struct slice rest = value;

	while (rest.len > 0 && value.len - rest.len < LOG_VALUE_MAX) {
		struct slice at = rest;
		int32_t c = utf8_take(&rest);
		bool good = c >= 0 && (c == '\n' || c == '\t' || !utf8_drives_terminal(c));

		put_slice(&l, good ? slice_head(at, at.len - rest.len) : slice_of(REPLACEMENT));
	}
	if (rest.len > 0)
		put_slice(&l, slice_of(ELLIPSIS));
	return l.len;
}
