/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

static struct oem_rate *
new_rate(size_t most, uint64_t interval_ms)
{
	struct oem_rate *r = NULL;
	struct err err;

	assert_int_equal(oem_rate_new(most, interval_ms, &r, &err), ERR_OK);
	return r;
}

static void
three_in_a_second(void **state)
{
	static const struct {
		uint64_t now_ms;
		int64_t want;
	} tc[] = {
		{ 0, 0 },
		{ 600, 0 },
		{ 900, 0 },
		{ 900, 100 },
		{ 999, 1 },
		{ 1000, 0 },
		{ 1001, 599 },
		{ 1599, 1 },
		{ 1600, 0 },
		{ 1899, 1 },
		{ 5000, 0 },
		{ 5000, 0 },
		{ 5000, 0 },
		{ 5000, 1000 },
	};
	struct oem_rate *r = new_rate(3, 1000);

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++)
		assert_int_equal(oem_rate_take(r, tc[i].now_ms), tc[i].want);
	oem_rate_free(r);
}

static void
any_number(void **state)
{
	struct oem_rate *r = new_rate(0, 1000);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(oem_rate_take(r, 7), 0);
	oem_rate_free(r);
}

static void
attempt(void *arg)
{
	struct oem_rate *r = NULL;
	struct err err;

	(void)arg;
	if (oem_rate_new(3, 1000, &r, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(r);
	}
	oem_rate_free(r);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, NULL), 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_in_a_second),
		cmocka_unit_test(any_number),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
