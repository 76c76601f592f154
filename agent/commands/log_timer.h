/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <uv.h>

/*
 * Has the log say in time what it keeps back (log_flush()). It wakes the loop only while something is
 * kept back. In the caller's memory; thread: the loop's.
 */
struct log_timer {
	uv_async_t wake;
	uv_timer_t timer;
};

void log_timer_open(struct log_timer *t, uv_loop_t *loop);

/* The memory may go when the loop has closed the handles. */
void log_timer_close(struct log_timer *t);
