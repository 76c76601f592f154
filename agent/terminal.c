/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool
terminal_is(FILE *stream)
{
	return isatty(fileno(stream)) == 1;
}

bool
terminal_wants_colour(FILE *stream)
{
	const char *never = getenv("NO_COLOR");
	const char *always = getenv("CLICOLOR_FORCE");
	const char *term = getenv("TERM");

	if (never && never[0] != '\0')
		return false;
	if (always && always[0] != '\0' && strcmp(always, "0") != 0)
		return true;
	return terminal_is(stream) && !(term && strcmp(term, "dumb") == 0);
}

unsigned
terminal_width(FILE *stream)
{
	struct winsize size;

	if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return TERMINAL_WIDTH_DEFAULT;
	return size.ws_col;
}

/*
 * Decodes the first character of s, which is not empty. Returns its length, or 0 if there is no
 * well-formed UTF-8: overlong forms, surrogates and what lies beyond U+10FFFF are not.
 */
static size_t
utf8_decode(struct slice s, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* by length */
	const unsigned char first = (unsigned char)s.ptr[0];
	size_t len = first < 0x80 ? 1
	    : first < 0xc0        ? 0
	    : first < 0xe0        ? 2
	    : first < 0xf0        ? 3
	    : first < 0xf8        ? 4
	                          : 0;
	uint32_t c;

	if (len == 0 || len > s.len)
		return 0;
	c = len == 1 ? first : first & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)s.ptr[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (next & 0x3f);
	}
	if (c < least[len] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	*out = c;
	return len;
}

static bool
drives_terminal(uint32_t c)
{
	bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
	bool mark = c == 0x61c || c == 0x200e || c == 0x200f;
	bool embedding = c >= 0x202a && c <= 0x202e;
	bool isolate = c >= 0x2066 && c <= 0x2069;

	return control || mark || embedding || isolate;
}

void
terminal_put(FILE *stream, struct slice text)
{
	size_t done = 0; /* bytes written or replaced; those up to `at` are harmless */
	size_t at = 0;

	if (text.len == 0)
		return;
	while (at < text.len) {
		uint32_t c;
		size_t len = utf8_decode((struct slice){ text.ptr + at, text.len - at }, &c);

		if (len > 0 && !drives_terminal(c)) {
			at += len;
			continue;
		}
		(void)fwrite(text.ptr + done, 1, at - done, stream);
		(void)putc('?', stream);
		at += len > 0 ? len : 1;
		done = at;
	}
	(void)fwrite(text.ptr + done, 1, at - done, stream);
}
