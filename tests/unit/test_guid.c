/* SPDX-License-Identifier: Apache-2.0 */
#include "base/guid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two numbers, or fewer: then the source is dry. */
struct numbers {
	uint64_t n[2];
	size_t left;
};

static enum err_code
fill(void *arg, void *out, size_t len, struct err *err)
{
	struct numbers *from = arg;

	assert_int_equal(len, sizeof from->n[0]);
	if (from->left == 0)
		return err_set(err, ERR_IO, "dry");
	memcpy(out, &from->n[2 - from->left--], len);
	return ERR_OK;
}

static void
text_form(void **state)
{
	static const struct {
		const char *name;
		struct numbers from;
		const char *want;
	} tc[] = {
		{ "zeros", { { 0, 0 }, 2 }, "00000000-0000-4000-8000-000000000000" },
		{ "ones", { { UINT64_MAX, UINT64_MAX }, 2 },
		    "ffffffff-ffff-4fff-bfff-ffffffffffff" },
		{ "all digits", { { 0x0123456789abcdef, 0xfedcba9876543210 }, 2 },
		    "01234567-89ab-4def-bedc-ba9876543210" },
		{ "small groups", { { 0x0000000100020003, 0x0004000000000005 }, 2 },
		    "00000001-0002-4003-8004-000000000005" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct numbers from = tc[i].from;
		struct random r = { fill, &from };
		char out[GUID_SIZE];
		struct err err;

		print_message("  %s\n", tc[i].name);
		memset(out, 'x', sizeof out);
		assert_int_equal(guid_new(&r, out, &err), ERR_OK);
		assert_string_equal(out, tc[i].want);
	}
}

static void
no_randomness(void **state)
{
	(void)state;
	for (size_t left = 0; left < 2; left++) {
		struct numbers from = { { 1, 2 }, left };
		struct random r = { fill, &from };
		char out[GUID_SIZE] = "before";
		struct err err = { 0 };

		assert_int_equal(guid_new(&r, out, &err), ERR_IO);
		assert_string_equal(err.msg, "dry");
		assert_string_equal(out, "before");
	}
}

static void
two_differ(void **state)
{
	char a[GUID_SIZE], b[GUID_SIZE];
	struct err err;

	(void)state;
	assert_int_equal(guid_new(random_system(), a, &err), ERR_OK);
	assert_int_equal(guid_new(random_system(), b, &err), ERR_OK);
	assert_string_not_equal(a, b);
}

static void
forms(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} tc[] = {
		{ "22222222-2222-4222-8222-222222222222", true },
		{ "abcdefAB-CDEF-0123-4567-89abcdef0123", true },
		{ "", false },
		{ "22222222-2222-4222-8222-22222222222", false },
		{ "22222222-2222-4222-8222-2222222222222", false },
		{ "22222222-2222-4222-8222-22222222222g", false },
		{ "22222222x2222-4222-8222-222222222222", false },
		{ "2222222--2222-4222-8222-222222222222", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++)
		assert_int_equal(guid_is(slice_of(tc[i].text)), tc[i].want);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_form),
		cmocka_unit_test(no_randomness),
		cmocka_unit_test(two_differ),
		cmocka_unit_test(forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
