/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/tar_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
is_ustar(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		size_t whole; /* with the header, and padded */
		const char *size;
	} tc[] = {
		{ "empty", 0, 512, "00000000000" },
		{ "one byte", 1, 1024, "00000000001" },
		{ "a block", 512, 1024, "00000001000" },
		{ "a block and one byte", 513, 1536, "00000001001" },
	};
	char content[513];

	(void)state;
	memset(content, 'x', sizeof content);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		unsigned sum = 8 * ' ';
		struct buf out;

		print_message("  %s\n", tc[i].name);
		buf_init(&out, 4096);
		tar_text_add(&out, "a/b", (struct slice){ content, tc[i].len }, 01234567012);
		assert_int_equal(out.len, tc[i].whole);
		assert_string_equal(out.ptr, "a/b");
		assert_string_equal(out.ptr + 100, "0000600");
		assert_string_equal(out.ptr + 108, "0000000");
		assert_string_equal(out.ptr + 124, tc[i].size);
		assert_string_equal(out.ptr + 136, "01234567012");
		assert_memory_equal(out.ptr + 156, "0", 1);
		assert_memory_equal(out.ptr + 257, "ustar\00000", 8);
		for (size_t k = 0; k < 512; k++)
			sum += k >= 148 && k < 156 ? 0 : (unsigned char)out.ptr[k];
		for (size_t k = 0; k < 6; k++)
			sum -= (unsigned)(out.ptr[148 + k] - '0') << (3 * (5 - k));
		assert_int_equal(sum, 0);
		tar_text_end(&out);
		assert_int_equal(out.len, tc[i].whole + 1024);
		for (size_t k = 512 + tc[i].len; k < out.len; k++)
			assert_int_equal(out.ptr[k], 0);
		buf_done(&out);
	}
}

static void
too_much_stays_failed(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 600);
	tar_text_add(&out, "a", slice_of("x"), 0);
	tar_text_end(&out);
	assert_int_equal(out.failed, ERR_LIMIT);
	buf_done(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_ustar),
		cmocka_unit_test(too_much_stays_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
