/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static int64_t
fake_unix_ms(void *arg)
{
	return *(const int64_t *)arg * 1000 + 7;
}

static uint64_t
fake_mono_ms(void *arg)
{
	return (uint64_t) * (const int64_t *)arg * 1000;
}

static void
test_own_clock(void **state)
{
	int64_t now = 1700000000;
	struct clock c = { fake_unix_ms, fake_mono_ms, &now };

	(void)state;
	assert_int_equal(clock_unix_ms(&c), 1700000000007);
	assert_int_equal(clock_unix_s(&c), 1700000000);
	assert_int_equal(clock_mono_ms(&c), 1700000000000);
	now++;
	assert_int_equal(clock_unix_s(&c), 1700000001);
}

/* The readings of the machine's clock stand between two that are taken around them. */
static void
test_system_clock(void **state)
{
	const struct clock *c = clock_system();
	struct timespec before, after;
	uint64_t ms;

	(void)state;
	assert_ptr_equal(c, clock_system());
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &before), 0);
	assert_in_range(clock_unix_s(c), before.tv_sec, before.tv_sec + 3600);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	ms = clock_mono_ms(c);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	assert_in_range(ms, before.tv_sec * 1000 + before.tv_nsec / 1000000,
	    after.tv_sec * 1000 + after.tv_nsec / 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_clock),
		cmocka_unit_test(test_system_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
