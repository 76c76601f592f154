/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/progress.h"

#include <string.h>

#include "agent/tools/terminal.h"
#include "base/buf.h"
#include "base/slice.h"

enum {
	QUICK_MS = 1000, /* a job that takes less shows nothing */
	REDRAW_MS = 100,
	RATE_MS = 100, /* before that a rate says nothing */
	BAR_CELLS = 10,
	FIGURES_MAX = 160,
};

void
progress_init(struct progress *p, FILE *stream, const struct clock *clock, bool enabled)
{
	*p = (struct progress){
		.stream = stream,
		.clock = clock,
		.enabled = enabled,
		.draw_ms = clock_mono_ms(clock) + QUICK_MS,
	};
}

void
progress_begin(struct progress *p, const char *name, uint64_t total_bytes)
{
	p->name = name;
	p->total = total_bytes;
	p->begun_ms = clock_mono_ms(p->clock);
}

/* A cell is filled as soon as it has begun. */
static void
add_bar(struct buf *line, double share)
{
	int percent = (int)(share * 100);
	int cells = (percent * BAR_CELLS + 99) / 100;

	buf_addf(line, "  [%-*.*s] %d %%", BAR_CELLS, cells, "##########", percent);
}

/* Three digits, with a place after the point where there is only one before it. */
static void
add_bytes(struct buf *line, double bytes)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t u = 0;

	for (; bytes >= 999.5 && u + 1 < sizeof unit / sizeof unit[0]; u++)
		bytes /= 1000;
	buf_addf(line, "%.*f %s", u > 0 && bytes < 9.95 ? 1 : 0, bytes, unit[u]);
}

/* Rounded up: as long as anything is left, "0 s left" would be a lie. */
static void
add_left(struct buf *line, double seconds)
{
	const double almost_half = 0.499;

	if (seconds <= 99)
		buf_addf(line, "  %.0f s left", seconds + almost_half);
	else if (seconds <= 99 * 60)
		buf_addf(line, "  %.0f min left", seconds / 60 + almost_half);
	else
		buf_addf(line, "  %.0f h left", seconds / 3600 + almost_half);
}

/* All of the line but the name. */
static void
add_figures(struct buf *line, const struct progress *p, uint64_t done_bytes, uint64_t now_ms)
{
	/* A file may grow while it is read: from then on nobody knows its size. */
	bool sized = p->total > 0 && done_bytes <= p->total;
	uint64_t elapsed_ms = now_ms - p->begun_ms;
	double done = (double)done_bytes;
	double total = (double)p->total;
	double rate = elapsed_ms < RATE_MS ? 0 : done * 1000 / (double)elapsed_ms;

	if (sized)
		add_bar(line, done / total);
	buf_add_str(line, "  ");
	add_bytes(line, done);
	if (sized) {
		buf_add_str(line, " of ");
		add_bytes(line, total);
	}
	if (rate > 0) {
		buf_add_str(line, "  ");
		add_bytes(line, rate);
		buf_add_str(line, "/s");
		if (sized)
			add_left(line, (total - done) / rate);
	}
}

/* A name's end tells more than its beginning. No character takes more columns than bytes. */
static struct slice
name_end(const char *name, size_t room)
{
	struct slice s = slice_of(name);

	while (s.len > room || (s.len > 0 && ((unsigned char)s.ptr[0] & 0xc0) == 0x80)) {
		s.ptr++;
		s.len--;
	}
	return s;
}

/* A line as wide as the terminal would wrap, and could not be cleared any more. */
static void
draw(struct progress *p, struct slice figures)
{
	size_t width = terminal_width(p->stream) - 1;
	struct slice fitting = slice_head(figures, width);
	struct slice name = name_end(p->name, width - fitting.len);
	size_t columns = name.len + fitting.len;

	progress_clear(p);
	terminal_put(p->stream, name);
	fprintf(p->stream, SLICE_FMT, SLICE_ARG(fitting));
	fflush(p->stream);
	p->shown = columns;
}

void
progress_update(struct progress *p, uint64_t done_bytes)
{
	struct buf figures;
	uint64_t now_ms;

	if (!p->enabled)
		return;
	now_ms = clock_mono_ms(p->clock);
	if (now_ms < p->draw_ms)
		return;
	p->draw_ms = now_ms + REDRAW_MS;
	buf_init(&figures, FIGURES_MAX);
	add_figures(&figures, p, done_bytes, now_ms);
	if (figures.failed == ERR_OK)
		draw(p, buf_slice(&figures));
	buf_done(&figures);
}

/* By overwriting: that works on terminals that know no escape sequences, too. */
void
progress_clear(struct progress *p)
{
	if (p->shown == 0)
		return;
	fprintf(p->stream, "\r%*s\r", (int)p->shown, "");
	fflush(p->stream);
	p->shown = 0;
}

void
progress_end(struct progress *p)
{
	progress_clear(p);
	p->name = NULL;
}
