/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
assert_told(const struct problems *problems, const char *want)
{
	struct buf got;

	buf_init(&got, 64 * 1024);
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->item[i];

		buf_addf(&got, "%zu:%zu %s\n%s\n", p->at.line, p->at.column, p->message, p->advice);
	}
	assert_int_equal(got.failed, ERR_OK);
	assert_string_equal(got.ptr ? got.ptr : "", want);
	buf_done(&got);
}

void
config_fixture_refused(const struct config_case *tc, size_t n)
{
	static struct problems problems;
	struct err err;

	for (size_t i = 0; i < n; i++) {
		struct config untouched;
		struct config *c = &untouched;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(
		    config_parse(slice_of(tc[i].text), "", CONFIG_NO_LOOK, &c, &problems, &err),
		    ERR_FORMAT);
		assert_ptr_equal(c, &untouched);
		assert_told(&problems, tc[i].want);
	}
}

struct config *
config_fixture_parse(const char *text, const char *folder)
{
	static struct problems problems;
	struct config *c = NULL;
	struct err err;

	if (config_parse(slice_of(text), folder, CONFIG_NO_LOOK, &c, &problems, &err))
		assert_told(&problems, "");
	assert_non_null(c);
	return c;
}
