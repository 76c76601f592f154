/* SPDX-License-Identifier: Apache-2.0 */
#include "base/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
texts(void **state)
{
	static const struct {
		struct slice text;
		const char *want;
	} tc[] = {
		{ { "", 0 }, "" },
		{ { NULL, 0 }, "" },
		{ { "AZaz09-._~", 10 }, "AZaz09-._~" },
		{ { "a b/c?d#e%f+g", 13 }, "a%20b%2Fc%3Fd%23e%25f%2Bg" },
		{ { "@[`{", 4 }, "%40%5B%60%7B" },
		{ { "\xC3\xA9\0\xFF", 4 }, "%C3%A9%00%FF" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf b;

		buf_init(&b, 100);
		buf_add_char(&b, '>');
		percent_add(&b, tc[i].text);
		assert_string_equal(b.ptr + 1, tc[i].want);
		buf_done(&b);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
