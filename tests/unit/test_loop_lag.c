/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/meter/loop_lag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <uv.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

static const uint64_t bounds[] = { 1000 };

static void
each_round_is_measured_and_none_is_made(void **state)
{
	struct histogram h;
	struct loop_lag *l;
	uv_loop_t loop;

	(void)state;
	histogram_init(&h, bounds, 1);
	assert_int_equal(uv_loop_init(&loop), 0);
	l = loop_lag_new(&loop, &h);
	assert_non_null(l);
	for (int i = 0; i < 5; i++)
		assert_int_equal(uv_run(&loop, UV_RUN_NOWAIT), 0); /* nothing keeps it alive */
	assert_int_equal(histogram_up_to(&h, 1), 0); /* a loop that is not alive has no rounds */
	loop_lag_close(l);
	loop_lag_close(NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
on_idle(uv_idle_t *idle)
{
	unsigned *left = idle->data;

	if (--*left == 0)
		uv_close((uv_handle_t *)idle, NULL);
}

static void
rounds_of_a_busy_loop(void **state)
{
	unsigned left = 5;
	struct histogram h;
	struct loop_lag *l;
	uv_idle_t idle;
	uv_loop_t loop;

	(void)state;
	histogram_init(&h, bounds, 1);
	assert_int_equal(uv_loop_init(&loop), 0);
	l = loop_lag_new(&loop, &h);
	(void)uv_idle_init(&loop, &idle);
	idle.data = &left;
	(void)uv_idle_start(&idle, on_idle);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(histogram_up_to(&h, 1), 4); /* the first has no beginning */
	loop_lag_close(l);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
try_new(void *arg)
{
	struct histogram h;
	struct loop_lag *l = loop_lag_new(arg, &h);

	assert_int_equal(l == NULL, alloc_fault_hit());
	loop_lag_close(l);
	(void)uv_run(arg, UV_RUN_DEFAULT);
}

static void
without_memory_nothing_is_measured(void **state)
{
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_true(alloc_fault_sweep(try_new, &loop) > 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_round_is_measured_and_none_is_made),
		cmocka_unit_test(rounds_of_a_busy_loop),
		cmocka_unit_test(without_memory_nothing_is_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
