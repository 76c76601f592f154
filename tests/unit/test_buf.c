/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"

static void
assert_holds(const struct buf *b, const char *want)
{
	assert_int_equal(b->len, strlen(want));
	assert_string_equal(b->ptr, want);
	assert_true(slice_eq(buf_slice(b), slice_of(want)));
}

static void
test_appends(void **state)
{
	struct err err = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_null(b.ptr);
	buf_add(&b, NULL, 0);
	buf_add_slice(&b, (struct slice){ NULL, 0 });
	assert_null(b.ptr);
	buf_add(&b, "a\0b", 2);
	buf_add_char(&b, 'c');
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.ptr, "a\0c", 4);
	buf_reset(&b);
	assert_holds(&b, "");
	buf_add_slice(&b, slice_head(slice_of("slice"), 3));
	buf_add_str(&b, "-str-");
	buf_addf(&b, "%d%%%s", 42, "");
	assert_holds(&b, "sli-str-42%");
	assert_int_equal(buf_check(&b, &err), ERR_OK);
	assert_int_equal(err.code, ERR_OK);
	buf_done(&b);
	assert_null(b.ptr);
	buf_add_str(&b, "again");
	assert_holds(&b, "again");
	buf_done(&b);
}

static void
test_grows(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%04d", i);
	assert_int_equal(b.len, 4000);
	assert_memory_equal(b.ptr + 3996, "0999", 5);
	assert_true(b.cap > b.len && b.cap <= 2 * b.len + 64);
	buf_done(&b);
}

static void
test_reserve(void **state)
{
	const char *before;
	struct buf b;

	(void)state;
	buf_init(&b, 200);
	assert_true(buf_reserve(&b, 0));
	assert_holds(&b, "");
	assert_true(buf_reserve(&b, 150));
	before = b.ptr;
	for (int i = 0; i < 150; i++)
		buf_add_char(&b, 'x');
	assert_ptr_equal(b.ptr, before);
	assert_true(buf_reserve(&b, 10));
	assert_int_equal(b.cap, 201);
	assert_true(buf_reserve(&b, 50));
	assert_false(buf_reserve(&b, 51));
	assert_int_equal(b.failed, ERR_LIMIT);
	assert_false(buf_reserve(&b, 0));
	buf_done(&b);
	buf_init(&b, SIZE_MAX);
	assert_false(buf_reserve(&b, SIZE_MAX));
	assert_int_equal(b.failed, ERR_LIMIT);
	buf_done(&b);
}

static void
test_ceiling(void **state)
{
	static const struct {
		const char *name;
		size_t max;
		const char *text;
		bool fits;
	} tc[] = {
		{ "one byte", 1, "a", true },
		{ "one too many", 1, "ab", false },
		{ "exactly", 70,
		    "1234567890123456789012345678901234567890123456789012345678901234567890",
		    true },
		{ "by one", 69,
		    "1234567890123456789012345678901234567890123456789012345678901234567890",
		    false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct err err = { 0 };
		char want[64];
		struct buf b;

		print_message("  %s\n", tc[i].name);
		buf_init(&b, tc[i].max);
		buf_add_str(&b, tc[i].text);
		if (tc[i].fits) {
			assert_holds(&b, tc[i].text);
			assert_int_equal(b.cap <= tc[i].max + 1 || b.cap == 64, true);
			buf_add_char(&b, '!');
		}
		assert_int_equal(b.len, tc[i].fits ? tc[i].max : 0);
		assert_int_equal(buf_check(&b, &err), ERR_LIMIT);
		assert_int_equal(err.code, ERR_LIMIT);
		(void)snprintf(want, sizeof want, "longer than %zu bytes", tc[i].max);
		assert_string_equal(err.msg, want);
		buf_done(&b);
	}
}

static void
test_stays_failed(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	buf_add_str(&b, "12345");
	buf_addf(&b, "%d", 6789);
	buf_add_char(&b, 'x');
	buf_add_str(&b, "");
	assert_holds(&b, "12345");
	assert_int_equal(b.failed, ERR_LIMIT);
	buf_reset(&b);
	assert_int_equal(b.failed, ERR_OK);
	buf_add_str(&b, "12345678");
	assert_holds(&b, "12345678");
	buf_add_char(&b, '9');
	assert_null(buf_take(&b));
	assert_null(b.ptr);
	assert_int_equal(b.failed, ERR_OK);
}

/* A wide character that the C locale cannot show makes printf fail. */
static void
test_unprintable(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_add_str(&b, "kept");
	buf_addf(&b, "lost %ls", L"\u20ac");
	assert_holds(&b, "kept");
	assert_int_equal(b.failed, ERR_LIMIT);
	buf_done(&b);
}

static void
test_take(void **state)
{
	struct buf b;
	char *s;

	(void)state;
	buf_init(&b, 100);
	buf_reset(&b);
	s = buf_take(&b);
	assert_string_equal(s, "");
	free(s);
	buf_add_str(&b, "mine");
	s = buf_take(&b);
	assert_string_equal(s, "mine");
	assert_null(b.ptr);
	assert_int_equal(b.len, 0);
	free(s);
}

static void
try_to_build(void *arg)
{
	struct err err = { 0 };
	enum err_code rc;
	struct buf b;
	char *s;

	(void)arg;
	buf_init(&b, 1000);
	for (int i = 0; i < 50; i++)
		buf_addf(&b, "%010d", i);
	rc = buf_check(&b, &err);
	if (alloc_fault_hit()) {
		assert_int_equal(rc, ERR_NOMEM);
		assert_int_equal(err.code, ERR_NOMEM);
		assert_string_equal(err.msg, "out of memory");
		assert_true(b.len % 10 == 0 && b.len < 500);
		assert_true(b.ptr == NULL || b.ptr[b.len] == '\0');
		assert_null(buf_take(&b));
		return;
	}
	assert_int_equal(rc, ERR_OK);
	assert_int_equal(b.len, 500);
	s = buf_take(&b);
	assert_memory_equal(s + 490, "0000000049", 11);
	free(s);
}

static void
test_memory_runs_out(void **state)
{
	struct buf b;

	(void)state;
	assert_int_equal(alloc_fault_sweep(try_to_build, NULL), 4); /* 64, 128, 256, 512 bytes */
	buf_init(&b, 10);
	alloc_fault_arm(1);
	assert_null(buf_take(&b));
	alloc_fault_arm(1);
	buf_add_char(&b, 'x');
	buf_addf(&b, "%ls", L"\u20ac");
	assert_int_equal(b.failed, ERR_NOMEM); /* the first failure */
	alloc_fault_arm(0);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_stays_failed),
		cmocka_unit_test(test_unprintable),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
