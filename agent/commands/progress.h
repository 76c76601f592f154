/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"

/*
 * One line on a terminal that tells how far a long job is:
 *
 *	lists/a.csv  [#####     ] 43 %  172 MB of 400 MB  1.2 GB/s  2 s left
 *
 * Quick jobs show nothing, and no job redraws it faster than an eye can follow. The line stays
 * without a line end, so it has to be cleared before anything else is written to the terminal.
 *
 * Threads: one at a time.
 */
struct progress {
	FILE *stream;
	const struct clock *clock;
	bool enabled;
	uint64_t draw_ms;  /* not before then */
	const char *name;  /* of the present part of the job */
	uint64_t total;    /* bytes of that part, 0: nobody knows */
	uint64_t begun_ms; /* when that part began */
	size_t shown;      /* columns, at most, that hold the line; 0: none is there */
};

/* enabled: only if stream is a terminal and a person wants to see progress on it. */
void progress_init(struct progress *p, FILE *stream, const struct clock *clock, bool enabled);

/* The next part of the job; name is borrowed until the next call of this or of progress_end(). */
void progress_begin(struct progress *p, const char *name, uint64_t total_bytes);

/* As often as one likes. */
void progress_update(struct progress *p, uint64_t done_bytes);

/* Makes room for other output; the next update draws the line again. */
void progress_clear(struct progress *p);

/* The job is over. */
void progress_end(struct progress *p);
