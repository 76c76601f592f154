/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

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

void
terminal_put(FILE *stream, struct slice text)
{
	struct slice rest = text;
	size_t done = 0; /* bytes written or replaced */

	if (text.len == 0)
		return;
	while (rest.len > 0) {
		size_t at = text.len - rest.len;
		int32_t c = utf8_take(&rest);

		if (c >= 0 && !utf8_drives_terminal(c))
			continue;
		(void)fwrite(text.ptr + done, 1, at - done, stream);
		(void)putc('?', stream);
		done = text.len - rest.len;
	}
	(void)fwrite(text.ptr + done, 1, text.len - done, stream);
}
