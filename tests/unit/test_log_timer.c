/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/log_timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/log_fold.h"

static uint64_t mono_ms;
static unsigned lines;
static uv_timer_cb timer_fn;
static uint64_t timer_ms;

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t ms, uint64_t again_ms);

int
__wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t ms, uint64_t again_ms)
{
	(void)timer;
	assert_int_equal(again_ms, 0);
	timer_fn = fn;
	timer_ms = ms;
	return 0;
}

static uint64_t
now_ms(void *arg)
{
	(void)arg;
	return mono_ms;
}

static bool
count_line(void *arg, const struct log_record *r)
{
	(void)arg;
	(void)r;
	lines++;
	return true;
}

/* Nothing runs while nothing is kept back; then one timer, once. */
static void
test_wakes_when_needed(void **state)
{
	static const struct clock clock = { .mono_ms = now_ms };
	const struct log_record r = { .level = LOG_LEVEL_ERROR, .event = "e", .message = "m" };
	struct log_timer t;
	uv_loop_t loop;

	(void)state;
	log_set(&(struct log_options){ .sink = { .write = count_line }, .clock = &clock });
	assert_int_equal(uv_loop_init(&loop), 0);
	log_timer_open(&t, &loop);
	for (unsigned i = 0; i < LOG_FOLD_LINES; i++)
		log_write(&r);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_null(timer_fn);
	log_write(&r);
	assert_null(timer_fn); /* it may be another thread that has written */
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_non_null(timer_fn);
	assert_int_equal(timer_ms, LOG_FOLD_WINDOW_MS);
	mono_ms += LOG_FOLD_WINDOW_MS;
	timer_ms = 0;
	assert_int_equal(lines, LOG_FOLD_LINES);
	timer_fn(&t.timer);
	assert_int_equal(lines, LOG_FOLD_LINES + 1);
	assert_int_equal(timer_ms, 0); /* not again */
	log_timer_close(&t);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	for (unsigned i = 0; i < 2 * LOG_FOLD_LINES; i++)
		log_write(&r); /* who was told is gone */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wakes_when_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
