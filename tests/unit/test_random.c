/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

ssize_t __real_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags);

/* What the kernel answers, call by call: bytes (each is its number in all), or minus an errno. */
static const int *script;
static uint8_t given;

ssize_t
__wrap_getrandom(void *to, size_t len, unsigned flags)
{
	uint8_t *p = to;
	int n;

	if (!script)
		return __real_getrandom(to, len, flags);
	n = *script++;
	if (n < 0) {
		errno = -n;
		return -1;
	}
	assert_true((size_t)n <= len);
	for (int i = 0; i < n; i++)
		p[i] = ++given;
	return n;
}

static void
test_kernel_answers(void **state)
{
	static const struct {
		const char *name;
		int script[4];
		bool good;
	} tc[] = {
		{ "at once", { 8 }, true },
		{ "in pieces", { 1, 5, 2 }, true },
		{ "interrupted", { -EINTR, 3, -EINTR, 5 }, true },
		{ "no such call", { -ENOSYS }, false },
		{ "fails half-way", { 4, -EIO }, false },
	};
	static const uint8_t all[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct err err = { 0 };
		uint64_t out = 99;
		enum err_code rc;

		print_message("  %s\n", tc[i].name);
		script = tc[i].script;
		given = 0;
		rc = random_u64(random_system(), &out, &err);
		script = NULL;
		if (tc[i].good) {
			assert_int_equal(rc, ERR_OK);
			assert_memory_equal(&out, all, sizeof all);
		} else {
			assert_int_equal(rc, ERR_IO);
			assert_memory_equal(err.msg, "random numbers: ", 16);
			assert_int_equal(out, 99);
		}
	}
}

/* Four equal numbers in a row mean a broken source, not bad luck. */
static void
test_kernel(void **state)
{
	uint64_t n[4] = { 0 };
	struct err err;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(random_u64(random_system(), &n[i], &err), ERR_OK);
	assert_false(n[0] == n[1] && n[1] == n[2] && n[2] == n[3]);
}

static enum err_code
fill_with_arg(void *arg, void *out, size_t len, struct err *err)
{
	(void)err;
	memset(out, *(const uint8_t *)arg, len);
	return ERR_OK;
}

static void
test_own_source(void **state)
{
	uint8_t byte = 0xa5;
	struct random r = { fill_with_arg, &byte };
	struct err err;
	uint64_t out;

	(void)state;
	assert_int_equal(random_u64(&r, &out, &err), ERR_OK);
	assert_true(out == 0xa5a5a5a5a5a5a5a5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_answers),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_own_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
