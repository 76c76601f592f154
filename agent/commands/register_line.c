/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/register_line.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/tools/terminal.h"

void
register_line_init(struct register_line *l, const struct options *o)
{
	l->enabled = terminal_is(stderr) && !o->json && !o->quiet && !o->no_progress;
	l->drawn = false;
}

void
register_line_clear(struct register_line *l)
{
	if (l->drawn)
		fputs("\r\033[K", stderr);
	l->drawn = false;
}

void
register_line_draw(struct register_line *l, const uint64_t states[NDEVICE_STATE])
{
	if (!l->enabled)
		return;
	register_line_clear(l);
	fprintf(stderr, "%" PRIu64 " registered, %" PRIu64 " submitted, %" PRIu64 " queued",
	    states[DEVICE_REGISTERED], states[DEVICE_SUBMITTED], states[DEVICE_QUEUED]);
	(void)fflush(stderr);
	l->drawn = true;
}

void
register_line_tell(struct register_line *l, const char *list, const char *why)
{
	register_line_clear(l);
	fputs("autoreg: ", stderr);
	terminal_put(stderr, slice_of(list));
	fputs(": ", stderr);
	terminal_put(stderr, slice_of(why));
	putc('\n', stderr);
}
