/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/page_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
one_step(void **state)
{
	static char longest[PAGE_TOKEN_SIZE + 1];
	static const struct {
		const char *name;
		const char *before;
		const char *next;
		enum page_end want;
	} tc[] = {
		{ "none", "", "", PAGE_LAST },
		{ "none after some", "a", "", PAGE_LAST },
		{ "the first", "", "b3BhcXVl-_/+=.~!", PAGE_MORE },
		{ "another", "a", "b", PAGE_MORE },
		{ "the same again", "a", "a", PAGE_BAD },
		{ "a line end", "", "a\nb", PAGE_BAD },
		{ "a carriage return", "", "a\rb", PAGE_BAD },
		{ "a blank", "", "a b", PAGE_BAD },
		{ "beyond ASCII", "", "a\xC3\xA4", PAGE_BAD },
		{ "delete", "", "a\x7f", PAGE_BAD },
		{ "longest", "", longest + 1, PAGE_MORE },
		{ "too long", "", longest, PAGE_BAD },
	};

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		static struct page_token p;
		const char *text = tc[i].want == PAGE_MORE ? tc[i].next : tc[i].before;

		print_message("  %s\n", tc[i].name);
		p = (struct page_token){ .pages = 0 };
		memcpy(p.text, tc[i].before, strlen(tc[i].before));
		assert_int_equal(page_token_advance(&p, slice_of(tc[i].next)), tc[i].want);
		assert_string_equal(p.text, text);
	}
}

static void
without_end(void **state)
{
	static struct page_token p;
	unsigned n = 0;

	(void)state;
	while (page_token_advance(&p, slice_of(n % 2 ? "a" : "b")) == PAGE_MORE)
		n++;
	assert_int_equal(n, PAGE_TOKENS_MAX - 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_step),
		cmocka_unit_test(without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
