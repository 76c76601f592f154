/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/secret_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/free_watch.h"

static void
never_moves(void **state)
{
	struct secret *s = NULL;
	struct err err;
	struct buf b;
	const char *first;

	(void)state;
	free_watch("SECRET");
	secret_text_init(&b, 1000);
	first = b.ptr;
	assert_non_null(first);
	for (size_t i = 0; i < 125; i++)
		buf_add_str(&b, "SECRET, ");
	assert_ptr_equal(b.ptr, first);
	assert_int_equal(secret_text_take(&b, &s, &err), ERR_OK);
	assert_null(b.ptr);
	assert_int_equal(secret_get(s).len, 1000);
	assert_memory_equal(secret_get(s).ptr, "SECRET, SECRET, ", 16);
	secret_free(s);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
}

static void
too_long(void **state)
{
	struct secret *s = NULL;
	struct err err;
	struct buf b;

	(void)state;
	free_watch("SECRET");
	secret_text_init(&b, 8);
	buf_add_str(&b, "SECRET");
	buf_add_str(&b, "SECRET");
	assert_int_equal(secret_text_take(&b, &s, &err), ERR_LIMIT);
	assert_string_equal(err.msg, "longer than 8 bytes");
	assert_null(s);
	assert_null(b.ptr);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
}

static void
dropped(void **state)
{
	struct buf b;

	(void)state;
	free_watch("SECRET");
	secret_text_init(&b, 8);
	buf_add_str(&b, "SECRET");
	secret_text_done(&b);
	secret_text_done(&b);
	assert_int_equal(free_watch_seen(), 0);
	free_watch(NULL);
}

static void
try_it(void *arg)
{
	struct secret *s = arg;
	struct err err;
	struct buf b;
	enum err_code rc;

	secret_text_init(&b, 8);
	buf_add_str(&b, "SECRET");
	rc = secret_text_take(&b, &s, &err);
	if (alloc_fault_hit()) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_ptr_equal(s, arg);
		return;
	}
	assert_int_equal(rc, ERR_OK);
	secret_free(s);
}

static void
memory_runs_out(void **state)
{
	int somewhere;

	(void)state;
	assert_int_equal(alloc_fault_sweep(try_it, &somewhere), 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_moves),
		cmocka_unit_test(too_long),
		cmocka_unit_test(dropped),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
