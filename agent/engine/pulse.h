/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Whether the agent lives, and not merely its loop: the threads of the store answer, requests end in
 * their time, and what is due is taken. A part that gives no sign of life for PULSE_SILENT_MAX beats
 * in a row is dead.
 *
 * Beats are counted, and not the time between them: a process that was stopped for an hour, a
 * machine that slept, or a clock that was set have missed one beat.
 *
 * Thread: the loop's.
 */
struct dispatch;
struct http_loop;
struct store_async;

enum { PULSE_SILENT_MAX = 3 };

enum pulse_part { PULSE_WRITER, PULSE_READER, PULSE_REQUESTS, PULSE_QUEUE, NPULSE_PART };

struct pulse {
	struct pulse_thread {
		bool asked; /* it has not answered yet */
	} thread[PULSE_READER + 1];
	unsigned silent[NPULSE_PART]; /* beats in a row */
};

struct pulse_parts {
	struct store_async *writer;
	struct store_async *reader;
	const struct http_loop *http;
	struct dispatch *dispatch; /* NULL: there is none at the moment */
};

/*
 * One beat. p: zeroed before the first; the stores answer into it until they are closed. NULL: the
 * agent lives. Else what does not, as the beginning of a sentence; static.
 */
const char *pulse_beat(struct pulse *p, const struct pulse_parts *parts);
