/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers by warped time. Each real one runs for WARP_LOOK_MS at most and then looks whether anything
 * is due; all that is due fires then, in the order in which it became so.
 *
 * One thread: that of the loop.
 */
#include <stdlib.h>
#include <uv.h>

#include "base/clock.h"
#include "tests/warp/warp.h"

int __real_uv_timer_start(uv_timer_t *handle, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);
int __real_uv_timer_stop(uv_timer_t *handle);
void __real_uv_close(uv_handle_t *handle, uv_close_cb closed);
uint64_t __real_uv_now(const uv_loop_t *loop);
int __wrap_uv_timer_start(uv_timer_t *handle, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);
int __wrap_uv_timer_stop(uv_timer_t *handle);
void __wrap_uv_close(uv_handle_t *handle, uv_close_cb closed);
uint64_t __wrap_uv_now(const uv_loop_t *loop);

struct timer {
	struct timer *next;
	uv_timer_t *handle;
	uv_timer_cb cb;
	uint64_t due_ms;
	uint64_t repeat_ms; /* 0: once */
	uint64_t turn;      /* which start it was of all */
};

static struct timer *running;
static uint64_t turns;

static void on_look(uv_timer_t *handle);

static uint64_t
now_ms(void)
{
	return clock_mono_ms(clock_system());
}

/* Where the timer of the handle hangs, or the end of the list. */
static struct timer **
find(const uv_timer_t *handle)
{
	struct timer **at = &running;

	while (*at && (*at)->handle != handle)
		at = &(*at)->next;
	return at;
}

static void
forget(const uv_timer_t *handle)
{
	struct timer **at = find(handle);
	struct timer *t = *at;

	if (!t)
		return;
	*at = t->next;
	free(t);
}

static int
look_again(uv_timer_t *handle, uint64_t left_ms)
{
	return __real_uv_timer_start(handle, on_look,
	    left_ms < WARP_LOOK_MS ? left_ms : WARP_LOOK_MS, 0);
}

static uint64_t
later(uint64_t ms)
{
	uint64_t now = now_ms();

	return ms < UINT64_MAX - now ? now + ms : UINT64_MAX;
}

int
__wrap_uv_timer_start(uv_timer_t *handle, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
	int rc = look_again(handle, timeout);
	struct timer **at = find(handle);
	struct timer *t = *at;

	if (rc)
		return rc;
	if (!t)
		t = *at = calloc(1, sizeof *t);
	if (!t)
		abort();
	t->handle = handle;
	t->cb = cb;
	t->due_ms = later(timeout);
	t->repeat_ms = repeat;
	t->turn = ++turns;
	return 0;
}

int
__wrap_uv_timer_stop(uv_timer_t *handle)
{
	forget(handle);
	return __real_uv_timer_stop(handle);
}

void
__wrap_uv_close(uv_handle_t *handle, uv_close_cb closed)
{
	if (handle->type == UV_TIMER)
		forget((uv_timer_t *)handle);
	__real_uv_close(handle, closed);
}

uint64_t
__wrap_uv_now(const uv_loop_t *loop)
{
	return __real_uv_now(loop) + warp_ms();
}

/* The next one that is due. Those that were started after the given turn wait for another look. */
static const struct timer *
next_due(const uv_loop_t *loop, uint64_t now, uint64_t last_turn)
{
	const struct timer *first = NULL;

	for (const struct timer *t = running; t; t = t->next) {
		if (t->handle->loop != loop || t->due_ms > now || t->turn > last_turn)
			continue;
		if (!first || t->due_ms < first->due_ms ||
		    (t->due_ms == first->due_ms && t->turn < first->turn))
			first = t;
	}
	return first;
}

static void
fire(const struct timer *t)
{
	uv_timer_t *handle = t->handle;
	uv_timer_cb cb = t->cb;
	uint64_t repeat_ms = t->repeat_ms;

	(void)__wrap_uv_timer_stop(handle);
	if (repeat_ms > 0)
		(void)__wrap_uv_timer_start(handle, cb, repeat_ms, repeat_ms);
	cb(handle);
}

static void
on_look(uv_timer_t *handle)
{
	const uv_loop_t *loop = handle->loop;
	uint64_t now = now_ms();
	uint64_t last_turn = turns;
	const struct timer *t;

	while ((t = next_due(loop, now, last_turn)) != NULL)
		fire(t);
	t = *find(handle);
	if (t && !uv_is_active((const uv_handle_t *)handle))
		(void)look_again(handle, t->due_ms > now ? t->due_ms - now : 0);
}
