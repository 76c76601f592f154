/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/log_timer.h"

#include <assert.h>

#include "base/log.h"

static void on_time(uv_timer_t *timer);

static void
flush(struct log_timer *t)
{
	int64_t again_ms = log_flush(false);

	if (again_ms != LOG_NOTHING_KEPT)
		(void)uv_timer_start(&t->timer, on_time, (uint64_t)again_ms, 0);
}

static void
on_time(uv_timer_t *timer)
{
	flush(timer->data);
}

static void
on_wake(uv_async_t *wake)
{
	flush(wake->data);
}

/* On any thread. */
static void
on_kept(void *arg)
{
	struct log_timer *t = arg;

	(void)uv_async_send(&t->wake);
}

void
log_timer_open(struct log_timer *t, uv_loop_t *loop)
{
	int failed = uv_async_init(loop, &t->wake, on_wake);

	assert(!failed); /* the loop has one of its own, and others need nothing more */
	(void)uv_timer_init(loop, &t->timer);
	t->wake.data = t;
	t->timer.data = t;
	log_watch(on_kept, t);
	flush(t); /* of what was kept back before anybody watched */
}

void
log_timer_close(struct log_timer *t)
{
	log_watch(NULL, NULL);
	uv_close((uv_handle_t *)&t->wake, NULL);
	uv_close((uv_handle_t *)&t->timer, NULL);
}
