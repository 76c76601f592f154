/* SPDX-License-Identifier: Apache-2.0 */
#include "config/doc_writer.h"

#include <assert.h>
#include <string.h>

void
doc_writer_init(struct doc_writer *w, enum doc_format format, struct buf *out)
{
	*w = (struct doc_writer){ .out = out, .format = format };
}

static void
new_line(struct doc_writer *w)
{
	unsigned levels = w->depth;

	if (w->format == DOC_YAML)
		levels--; /* the outermost map has no brackets to be inside of */
	if (w->out->len > 0)
		buf_add_char(w->out, '\n');
	for (unsigned i = 0; i < levels; i++)
		buf_add_str(w->out, "  ");
}

/* Where a key, or an item of a list, begins. */
static void
begin(struct doc_writer *w)
{
	if (w->depth == 0)
		return;
	if (w->format == DOC_JSON && !w->empty)
		buf_add_char(w->out, ',');
	new_line(w);
	w->empty = false;
}

static void
begin_value(struct doc_writer *w)
{
	bool yaml = w->format == DOC_YAML;

	if (!w->has_key) {
		begin(w);
		if (yaml)
			buf_add_str(w->out, "- ");
	} else if (yaml) {
		buf_add_char(w->out, ' ');
	}
	w->has_key = false;
}

static void
open_bracket(struct doc_writer *w, char bracket)
{
	if (w->format == DOC_JSON) {
		begin_value(w);
		buf_add_char(w->out, bracket);
	}
	w->has_key = false;
	w->depth++;
	w->empty = true;
}

static void
close_bracket(struct doc_writer *w, const char *brackets)
{
	assert(w->depth > 0 && !w->has_key);
	w->depth--;
	if (w->format == DOC_JSON) {
		if (!w->empty)
			new_line(w);
		buf_add_char(w->out, brackets[1]);
	} else if (w->empty) {
		buf_addf(w->out, w->depth > 0 ? " %s" : "%s", brackets);
	}
	w->empty = false;
	if (w->depth == 0)
		buf_add_char(w->out, '\n');
}

void
doc_writer_map_open(struct doc_writer *w)
{
	open_bracket(w, '{');
}

void
doc_writer_map_close(struct doc_writer *w)
{
	close_bracket(w, "{}");
}

void
doc_writer_list_open(struct doc_writer *w)
{
	open_bracket(w, '[');
}

void
doc_writer_list_close(struct doc_writer *w)
{
	close_bracket(w, "[]");
}

/* A text in double quotes, which YAML reads as JSON does. */
static void
put_quoted(struct doc_writer *w, struct slice text)
{
	buf_add_char(w->out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < 0x20 || c == 0x7f) {
			buf_addf(w->out, "\\u%04x", (unsigned)c);
			continue;
		}
		if (c == '"' || c == '\\')
			buf_add_char(w->out, '\\');
		buf_add_char(w->out, (char)c);
	}
	buf_add_char(w->out, '"');
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Words that some reader of YAML does not take for text. */
static bool
is_reserved(struct slice s)
{
	static const char *const word[] = { "null", "true", "false", "yes", "no", "on", "off", "y",
		"n" };

	for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
		if (slice_eq_nocase(s, slice_of(word[i])))
			return true;
	}
	return false;
}

/* Would every reader of YAML take it for this text without quotes? When in doubt, no. */
static bool
is_plain(struct slice s)
{
	size_t digits = 0;

	while (digits < s.len && is_digit(s.ptr[digits]))
		digits++;
	if (s.len == 0 || is_reserved(s) || s.ptr[s.len - 1] == ':')
		return false;
	if (digits > 0) { /* 30s, but neither 12 nor 1e5 nor 0x1f nor 12:30 */
		for (size_t i = digits; i < s.len; i++) {
			if (!is_letter(s.ptr[i]))
				return false;
		}
		return digits < s.len && s.ptr[0] != '0';
	}
	if (!is_letter(s.ptr[0]) && s.ptr[0] != '/')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_letter(s.ptr[i]) && !is_digit(s.ptr[i]) && !strchr("_./:-", s.ptr[i]))
			return false;
	}
	return true;
}

static void
put_text(struct doc_writer *w, struct slice text)
{
	if (w->format == DOC_YAML && is_plain(text))
		buf_add_slice(w->out, text);
	else
		put_quoted(w, text);
}

void
doc_writer_key(struct doc_writer *w, const char *key)
{
	assert(!w->has_key);
	begin(w);
	put_text(w, slice_of(key));
	buf_add_str(w->out, w->format == DOC_JSON ? ": " : ":");
	w->has_key = true;
}

void
doc_writer_text(struct doc_writer *w, struct slice text)
{
	begin_value(w);
	put_text(w, text);
}

void
doc_writer_literal(struct doc_writer *w, struct slice word)
{
	begin_value(w);
	buf_add_slice(w->out, word);
}
