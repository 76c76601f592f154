/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log_text.h"
#include "base/slice.h"
#include "base/utf8.h"
#include "tests/fuzz/log_values.h"

#define ELLIPSIS "\xe2\x80\xa6"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Of the input: the message up to the first NUL, then values, each up to a byte 0x1e. All may be hostile,
 * and what reads the log has to be able to rely on lines and on what stands between quotes.
 */
enum { COPY_MAX = LOG_VALUE_MAX * UTF8_MAX };

/* --- what a reader sees --- */

static void
check_harmless(struct slice text, bool lines)
{
	while (text.len > 0) {
		int32_t c = utf8_take(&text);

		assert(c >= 0);
		assert(!utf8_drives_terminal(c) || (lines && (c == '\n' || c == '\t')));
	}
}

/* One line, and nothing in it but text. */
static struct slice
check_line(const char *out, size_t len)
{
	struct slice line = { out, len - 1 };

	assert(len >= 1 && len <= LOG_LINE_MAX && out[len - 1] == '\n');
	check_harmless(line, false);
	return line;
}

static bool
take_text(struct slice *s, const char *text)
{
	size_t len = strlen(text);

	if (s->len < len || memcmp(s->ptr, text, len) != 0)
		return false;
	*s = slice_from(*s, len);
	return true;
}

static unsigned
take_hex(struct slice *s)
{
	unsigned n = 0;

	assert(s->len >= 4);
	for (int i = 0; i < 4; i++) {
		char c = s->ptr[i];

		assert((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
		n = n * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*s = slice_from(*s, 4);
	return n;
}

static size_t
take_escape(struct slice *s, char out[UTF8_MAX])
{
	char c = s->len > 0 ? *s->ptr : '\0';

	assert(s->len > 0);
	*s = slice_from(*s, 1);
	if (c == 'u')
		return utf8_put(out, take_hex(s));
	assert(c == 'n' || c == 'r' || c == 't' || c == '"' || c == '\\');
	*out = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
	return 1;
}

/* name=value, as logfmt is read; the value as it was before it was escaped. */
static size_t
take_field(struct slice *line, const char *want, char out[COPY_MAX])
{
	bool quoted;
	size_t n = 0;

	assert(take_text(line, want) && take_text(line, "="));
	quoted = take_text(line, "\"");
	while (line->len > 0 && *line->ptr != (quoted ? '"' : ' ')) {
		char c = *line->ptr;

		assert(n + UTF8_MAX <= COPY_MAX);
		*line = slice_from(*line, 1);
		if (quoted && c == '\\') {
			n += take_escape(line, out + n);
		} else {
			assert(quoted || (c != '"' && c != '=' && c != '\\'));
			out[n++] = c;
		}
	}
	assert(!quoted || take_text(line, "\""));
	return n;
}

/* Escaped it was more than the line takes. */
static bool
is_cut(struct slice value, const char *got, size_t len)
{
	const size_t shown = len - strlen(ELLIPSIS);

	return len > strlen(ELLIPSIS) && memcmp(got + shown, ELLIPSIS, strlen(ELLIPSIS)) == 0 &&
	    shown < value.len && 6 * value.len > LOG_LINE_MAX / 2 &&
	    memcmp(got, value.ptr, shown) == 0;
}

/* What is short and well formed comes back as it was. */
static void
check_value(struct slice value, const char *got, size_t len)
{
	struct slice rest = value;

	if (value.len > LOG_VALUE_MAX)
		return;
	while (rest.len > 0) {
		if (utf8_take(&rest) < 0)
			return;
	}
	if (!is_cut(value, got, len))
		assert(len == value.len && (len == 0 || memcmp(got, value.ptr, len) == 0));
}

static void
check_logfmt(const struct log_record *r, const char *out, size_t len)
{
	struct slice line = check_line(out, len);
	char value[COPY_MAX];

	(void)take_field(&line, "ts", value);
	assert(take_text(&line, " "));
	(void)take_field(&line, "level", value);
	assert(take_text(&line, " "));
	check_value(slice_of(r->message), value, take_field(&line, "msg", value));
	for (size_t i = 0; i < r->nfield && line.len > 0; i++) {
		assert(take_text(&line, " "));
		if (take_text(&line, ELLIPSIS))
			break; /* the others did not fit */
		check_value(r->field[i].value, value, take_field(&line, r->field[i].name, value));
	}
	assert(line.len == 0);
}

/* --- the whole --- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[LOG_LINE_MAX];
	struct log_field field[LOG_FIELDS_MAX];
	char *text = malloc(size + 1);
	struct log_record r = { .level = LOG_LEVEL_ERROR, .field = field };
	size_t len;

	assert(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	len = strlen(text);
	r.message = text;
	r.nfield = len < size
	    ? log_values_split((struct slice){ text + len + 1, size - len - 1 }, field)
	    : 0;

	check_logfmt(&r, out, log_text_logfmt(&r, 0, out));
	(void)check_line(out, log_text_short(&r, false, out));
	len = log_text_plain(&r, out);
	assert(len < LOG_LINE_MAX);
	check_harmless((struct slice){ out, len }, false);
	for (size_t i = 0; i < r.nfield; i++) {
		len = log_text_lines(field[i].value, out);
		assert(len <= LOG_LINE_MAX);
		check_harmless((struct slice){ out, len }, true);
	}
	free(text);
	return 0;
}
