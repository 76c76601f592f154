/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/look_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

static struct batch
batch_named(unsigned name, size_t ndevice)
{
	struct batch b = { .id = (int64_t)name / 2, .ndevice = ndevice };

	/* Two have the same number, and two others the same id. */
	(void)snprintf(b.correlation_id, sizeof b.correlation_id, "%u", (name + 1) / 2);
	return b;
}

static void
keep(struct look_memory *m, unsigned name, unsigned pages)
{
	const struct batch b = batch_named(name, 1);
	const struct look_progress p = { .page.pages = pages, .there = calloc(1, sizeof(bool)) };

	assert_non_null(p.there);
	look_memory_keep(m, &b, &p);
}

/* The pages of what is kept; 0: nothing is. */
static unsigned
take(struct look_memory *m, unsigned name, size_t ndevice)
{
	const struct batch b = batch_named(name, ndevice);
	struct look_progress p = { .nthere = 7 };

	if (!look_memory_take(m, &b, &p)) {
		assert_int_equal(p.nthere, 7); /* untouched */
		return 0;
	}
	free(p.there);
	return p.page.pages;
}

static void
each_is_handed_out_once(void **state)
{
	struct look_memory *m;
	struct err err;

	(void)state;
	assert_int_equal(look_memory_new(&m, &err), ERR_OK);
	assert_int_equal(take(m, 1, 1), 0);
	keep(m, 1, 11);
	keep(m, 2, 22);
	assert_int_equal(take(m, 1, 1), 11);
	assert_int_equal(take(m, 1, 1), 0);
	assert_int_equal(take(m, 2, 3), 0); /* another number of devices: it tells nothing */
	assert_int_equal(take(m, 2, 1), 0);
	look_memory_free(m);
	look_memory_free(NULL);
}

static void
the_oldest_makes_room(void **state)
{
	struct look_memory *m;
	struct err err;

	(void)state;
	assert_int_equal(look_memory_new(&m, &err), ERR_OK);
	for (unsigned i = 0; i <= LOOK_MEMORY_MAX; i++)
		keep(m, i, i + 1);
	assert_int_equal(take(m, 0, 1), 0);
	assert_int_equal(take(m, 1, 1), 2);
	assert_int_equal(take(m, LOOK_MEMORY_MAX, 1), LOOK_MEMORY_MAX + 1);
	look_memory_free(m);
}

static void
memory_runs_out(void **state)
{
	struct look_memory *m = NULL;
	struct err err;

	(void)state;
	alloc_fault_arm(1);
	assert_int_equal(look_memory_new(&m, &err), ERR_NOMEM);
	alloc_fault_arm(0);
	assert_null(m);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_handed_out_once),
		cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
