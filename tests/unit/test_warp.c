/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/warp/warp.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "tests/unit/sandbox.h"

#define MINUTE_MS UINT64_C(60000)

enum { TIMERS = 5 };

struct rig {
	uv_loop_t loop;
	uv_timer_t timer[TIMERS];
	struct buf fired; /* "2 0 ": which timers, in their order */
};

static void
set_ahead(uint64_t ms)
{
	int fd = open("warp", O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, &ms, sizeof ms), sizeof ms);
	assert_int_equal(close(fd), 0);
}

static void
on_timer(uv_timer_t *timer)
{
	struct rig *r = timer->data;

	buf_addf(&r->fired, "%d ", (int)(timer - r->timer));
}

/* Time passes while a callback runs, and it does not come again in the same look. */
static void
on_timer_again(uv_timer_t *timer)
{
	on_timer(timer);
	assert_int_equal(uv_timer_start(timer, on_timer, 0, 0), 0);
}

static void
on_timer_stops_last(uv_timer_t *timer)
{
	struct rig *r = timer->data;

	on_timer(timer);
	assert_int_equal(uv_timer_stop(&r->timer[TIMERS - 1]), 0);
}

static void
open_rig(struct rig *r)
{
	set_ahead(0);
	assert_int_equal(uv_loop_init(&r->loop), 0);
	buf_init(&r->fired, 1000);
	for (size_t i = 0; i < TIMERS; i++) {
		assert_int_equal(uv_timer_init(&r->loop, &r->timer[i]), 0);
		r->timer[i].data = r;
	}
}

static void
close_rig(struct rig *r)
{
	for (size_t i = 0; i < TIMERS; i++)
		uv_close((uv_handle_t *)&r->timer[i], NULL);
	assert_int_equal(uv_run(&r->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	buf_done(&r->fired);
}

static void
run_until_fired(struct rig *r, const char *want)
{
	while (r->fired.len < strlen(want))
		assert_true(uv_run(&r->loop, UV_RUN_ONCE) || r->fired.len >= strlen(want));
	assert_int_equal(r->fired.len, strlen(want));
	assert_memory_equal(r->fired.ptr, want, r->fired.len);
}

static void
start(struct rig *r, size_t i, uv_timer_cb cb, uint64_t ms, uint64_t repeat_ms)
{
	assert_int_equal(uv_timer_start(&r->timer[i], cb, ms, repeat_ms), 0);
	assert_true(uv_is_active((uv_handle_t *)&r->timer[i]));
}

static void
test_clocks_move_together(void **state)
{
	const struct clock *c = clock_system();
	int64_t unix_ms = clock_unix_ms(c);
	uint64_t mono_ms = clock_mono_ms(c);

	(void)state;
	set_ahead(90 * MINUTE_MS);
	assert_int_equal(warp_ms(), 90 * MINUTE_MS);
	assert_in_range(clock_unix_ms(c) - unix_ms, 90 * MINUTE_MS, 91 * MINUTE_MS);
	assert_in_range(clock_mono_ms(c) - mono_ms, 90 * MINUTE_MS, 91 * MINUTE_MS);
	set_ahead(0);
}

static void
test_order(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	start(&r, 0, on_timer, 50 * MINUTE_MS, 0);
	start(&r, 1, on_timer, 10 * MINUTE_MS, 0);
	start(&r, 2, on_timer, 3 * 60 * MINUTE_MS, 0);
	start(&r, 3, on_timer, 10 * MINUTE_MS, 0);
	start(&r, 4, on_timer, 0, 0);
	run_until_fired(&r, "4 ");
	set_ahead(60 * MINUTE_MS);
	run_until_fired(&r, "4 1 3 0 ");
	assert_false(uv_is_active((uv_handle_t *)&r.timer[1]));
	assert_true(uv_is_active((uv_handle_t *)&r.timer[2]));
	set_ahead(200 * MINUTE_MS);
	run_until_fired(&r, "4 1 3 0 2 ");
	close_rig(&r);
}

static void
test_repeat_and_stop(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	start(&r, 0, on_timer, MINUTE_MS, 10 * MINUTE_MS);
	start(&r, 1, on_timer_again, 2 * MINUTE_MS, 0);
	start(&r, 2, on_timer, MINUTE_MS, 0);
	start(&r, 3, on_timer_stops_last, 3 * MINUTE_MS, 0);
	start(&r, 4, on_timer, 4 * MINUTE_MS, 0);
	assert_int_equal(uv_timer_stop(&r.timer[2]), 0);
	assert_false(uv_is_active((uv_handle_t *)&r.timer[2]));
	set_ahead(60 * MINUTE_MS);
	run_until_fired(&r, "0 1 3 1 ");
	set_ahead(80 * MINUTE_MS);
	run_until_fired(&r, "0 1 3 1 0 ");
	close_rig(&r);
}

static void
test_loop_time(void **state)
{
	struct rig r;
	uint64_t before;

	(void)state;
	open_rig(&r);
	before = uv_now(&r.loop);
	set_ahead(MINUTE_MS);
	assert_int_equal(uv_now(&r.loop) - before, MINUTE_MS);
	close_rig(&r);
}

/* Nothing happens on these streams; without a look at the time this would never return. */
static void
test_poll_returns(void **state)
{
	(void)state;
	assert_int_equal(poll(NULL, 0, -1), 0);
	assert_int_equal(poll(NULL, 0, (int)(60 * MINUTE_MS)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks_move_together),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_repeat_and_stop),
		cmocka_unit_test(test_loop_time),
		cmocka_unit_test(test_poll_returns),
	};
	void *sandbox = NULL;
	int failed;

	if (sandbox_enter(&sandbox) != 0)
		return 1;
	set_ahead(0);
	(void)setenv("AUTOREG_WARP", "warp", 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)sandbox_leave(&sandbox);
	return failed;
}
