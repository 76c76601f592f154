/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

void __real_free(void *p);
void __wrap_free(void *p);

/* Where a secret's bytes are, until its memory is freed. */
static struct slice watched;
static bool was_wiped;

void
__wrap_free(void *p)
{
	static const char zeros[64];

	if (watched.ptr) {
		assert_true(watched.len <= sizeof zeros);
		was_wiped = memcmp(watched.ptr, zeros, watched.len) == 0;
		watched.ptr = NULL;
	}
	__real_free(p);
}

static void
test_holds_a_copy(void **state)
{
	char own[] = "pass\0word";
	struct secret *s = NULL;
	struct err err;

	(void)state;
	assert_int_equal(secret_new(own, sizeof own, &s, &err), ERR_OK);
	secret_wipe(own, sizeof own);
	assert_memory_equal(own, "\0\0\0\0\0\0\0\0\0", sizeof own);
	assert_int_equal(secret_get(s).len, sizeof own);
	assert_memory_equal(secret_get(s).ptr, "pass\0word", sizeof own);
	secret_free(s);
}

static void
test_empty(void **state)
{
	struct secret *s = NULL;
	struct err err;

	(void)state;
	assert_int_equal(secret_new(NULL, 0, &s, &err), ERR_OK);
	assert_int_equal(secret_get(s).len, 0);
	secret_free(s);
	secret_free(NULL);
}

static void
test_wiped_when_freed(void **state)
{
	struct secret *s = NULL;
	struct err err;

	(void)state;
	assert_int_equal(secret_new("0123456789abcdef0123456789abcdef", 32, &s, &err), ERR_OK);
	watched = secret_get(s);
	was_wiped = false;
	secret_free(s);
	assert_null(watched.ptr);
	assert_true(was_wiped);
}

static void
try_to_keep(void *arg)
{
	struct secret *s = arg;
	struct err err = { 0 };
	enum err_code rc = secret_new("x", 1, &s, &err);

	if (alloc_fault_hit()) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_int_equal(err.code, ERR_NOMEM);
		assert_ptr_equal(s, arg);
		return;
	}
	assert_int_equal(rc, ERR_OK);
	secret_free(s);
}

static void
test_memory_runs_out(void **state)
{
	int somewhere;
	struct secret *s = NULL;
	struct err err;

	(void)state;
	assert_int_equal(alloc_fault_sweep(try_to_keep, &somewhere), 1);
	assert_int_equal(secret_new("x", SIZE_MAX, &s, &err), ERR_NOMEM);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds_a_copy),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_wiped_when_freed),
		cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
