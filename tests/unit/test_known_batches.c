/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/known_batches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/alloc_fault.h"

static void
remembers(void **state)
{
	struct known_batches *k = NULL;
	struct err err;

	(void)state;
	assert_int_equal(known_batches_new(&k, &err), ERR_OK);
	assert_false(known_batches_has(k, "t", "a"));
	known_batches_add(k, "t", "a");
	known_batches_add(k, "t", "a");
	known_batches_add(k, "t", "b");
	known_batches_add(k, "u", "a");
	assert_true(known_batches_has(k, "t", "a"));
	assert_false(known_batches_has(k, "t", "A"));
	assert_false(known_batches_has(k, "u", "b"));
	known_batches_forget(k, "t", "a");
	known_batches_forget(k, "t", "none");
	assert_false(known_batches_has(k, "t", "a"));
	assert_true(known_batches_has(k, "t", "b"));
	assert_true(known_batches_has(k, "u", "a"));
	known_batches_free(k);
	known_batches_free(NULL);
}

static void
is_bounded(void **state)
{
	struct known_batches *k = NULL;
	char name[16];
	struct err err;

	(void)state;
	assert_int_equal(known_batches_new(&k, &err), ERR_OK);
	for (unsigned i = 0; i <= KNOWN_BATCHES_MAX; i++) {
		(void)snprintf(name, sizeof name, "%u", i);
		known_batches_add(k, "t", name);
		assert_int_equal(known_batches_has(k, "t", name), i < KNOWN_BATCHES_MAX);
	}
	known_batches_forget(k, "t", "0");
	known_batches_add(k, "t", "new");
	assert_true(known_batches_has(k, "t", "new"));
	known_batches_free(k);
}

static void
attempt(void *arg)
{
	struct known_batches *k = NULL;
	struct err err;

	(void)arg;
	if (known_batches_new(&k, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(k);
		return;
	}
	known_batches_add(k, "t", "a");
	known_batches_free(k);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(attempt, NULL) >= 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
