/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <string.h>

static enum log_level most_wanted = LOG_LEVEL_INFO;
static FILE *chosen_sink; /* NULL: stderr, which is no constant and cannot stand here */

void
log_set(enum log_level most, FILE *sink)
{
	most_wanted = most;
	chosen_sink = sink;
}

/* How many bytes of the terminated text s are a control character: 0 if it begins with another. */
static int
control_bytes(const char *s)
{
	unsigned char c = (unsigned char)s[0];
	unsigned char next = (unsigned char)s[1];

	if (c < 0x20 || c == 0x7f)
		return 1;
	return c == 0xc2 && next >= 0x80 && next < 0xa0 ? 2 : 0; /* U+0080 to U+009F in UTF-8 */
}

static void
hide_controls(char *s)
{
	while (*s) {
		int n = control_bytes(s);

		if (n == 0)
			s++;
		while (n-- > 0)
			*s++ = '?';
	}
}

/* The line is written at once, so that lines of several threads do not mix. */
static void __attribute__((format(printf, 3, 0)))
log_line(enum log_level level, const char *name, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX];
	FILE *sink = chosen_sink ? chosen_sink : stderr;
	size_t len;

	if (level > most_wanted)
		return;
	len = (size_t)snprintf(line, sizeof line, "%s: ", name);
	if (vsnprintf(line + len, sizeof line - len, fmt, ap) < 0)
		line[len] = '\0';
	hide_controls(line);
	len = strlen(line);
	line[len++] = '\n'; /* where the NUL was */
	(void)fwrite(line, 1, len, sink);
	(void)fflush(sink);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_ERROR, "error", fmt, ap);
	va_end(ap);
}

void
log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_WARNING, "warning", fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_INFO, "info", fmt, ap);
	va_end(ap);
}

void
log_trace(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_TRACE, "trace", fmt, ap);
	va_end(ap);
}
