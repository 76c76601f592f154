/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/request_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* "a|b ? n=v m=w" */
static void
show(const struct request_target *t, struct buf *out)
{
	buf_init(out, 4096);
	for (size_t i = 0; i < t->nsegment; i++)
		buf_addf(out, "%s%s", i > 0 ? "|" : "", t->segment[i]);
	for (size_t i = 0; i < t->nparameter; i++)
		buf_addf(out, "%s%s=%s", i > 0 ? " " : " ? ", t->parameter[i].name,
		    t->parameter[i].value);
	buf_add_str(out, ".");
}

static void
parses(void **state)
{
	static const struct {
		const char *name;
		const char *uri;
		const char *want;
	} tc[] = {
		{ "root", "/", "." },
		{ "segments", "/a/b", "a|b." },
		{ "empty segments", "/a//", "a||." },
		{ "escapes", "/a%2Fb/%25%41%7e", "a/b|%A~." },
		{ "UTF-8", "/%C3%A4", "\xC3\xA4." },
		{ "parameters", "/a?x=1&y=2", "a ? x=1 y=2." },
		{ "escaped separators", "/a?x=1%262%3D3&y=%3F", "a ? x=1&2=3 y=?." },
		{ "plus is plus", "/a+b?x=c+d", "a+b ? x=c+d." },
		{ "no value", "/a?x&y=", "a ? x= y=." },
		{ "value with equals", "/a?x=y=z", "a ? x=y=z." },
		{ "empty pairs", "/a?&&x=1&", "a ? x=1." },
		{ "empty query", "/?", "." },
		{ "as deep as can be", "/1/2/3/4/5/6/7/8", "1|2|3|4|5|6|7|8." },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct request_target t;
		struct buf got;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(request_target_parse(tc[i].uri, &t, &err), ERR_OK);
		show(&t, &got);
		assert_string_equal(got.ptr, tc[i].want);
		buf_done(&got);
		request_target_done(&t);
	}
}

static void
refuses(void **state)
{
	static const struct {
		const char *name;
		const char *uri;
		enum err_code want;
		const char *msg;
	} tc[] = {
		{ "nothing", "", ERR_FORMAT, "no path" },
		{ "a whole URL", "http://x/", ERR_FORMAT, "no path" },
		{ "only a query", "?x=1", ERR_FORMAT, "no path" },
		{ "half an escape", "/a%4", ERR_FORMAT, "bad escape" },
		{ "an escape at the end", "/a%", ERR_FORMAT, "bad escape" },
		{ "no digits", "/%zz", ERR_FORMAT, "bad escape in the address: %zz" },
		{ "NUL", "/a%00b", ERR_FORMAT, "bad escape" },
		{ "bad escape in a value", "/a?x=%", ERR_FORMAT, "bad escape" },
		{ "twice", "/a?x=1&x=2", ERR_FORMAT, "x is given twice" },
		{ "too deep", "/1/2/3/4/5/6/7/8/9", ERR_LIMIT, "too deep" },
		{ "too many", "/?a=&b=&c=&d=&e=&f=&g=&h=&i=&j=&k=&l=&m=&n=&o=&p=&q=", ERR_LIMIT,
		    "too many" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct request_target t = { .nsegment = 99 };
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(request_target_parse(tc[i].uri, &t, &err), tc[i].want);
		assert_non_null(strstr(err.msg, tc[i].msg));
		assert_int_equal(t.nsegment, 99);
	}
}

static void
matches(void **state)
{
	static const struct {
		const char *uri;
		const char *pattern;
		bool want;
	} tc[] = {
		{ "/", "/", true },
		{ "/a", "/", false },
		{ "/", "/a", false },
		{ "/a/b", "/a/b", true },
		{ "/a/b", "/a", false },
		{ "/a", "/a/b", false },
		{ "/a/anything%2Fat/c", "/a/{}/c", true },
		{ "/a/x/d", "/a/{}/c", false },
		{ "/a", "/{}", true },
		{ "/A", "/a", false },
		{ "/%61", "/a", true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct request_target t;
		struct err err;

		print_message("  %s %s\n", tc[i].uri, tc[i].pattern);
		assert_int_equal(request_target_parse(tc[i].uri, &t, &err), ERR_OK);
		assert_int_equal(request_target_matches(&t, tc[i].pattern), tc[i].want);
		request_target_done(&t);
	}
}

/* What was escaped comes back as it was. */
static void
escapes(void **state)
{
	char all[256];
	struct request_target t;
	struct buf uri;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	buf_init(&uri, 4096);
	buf_add_char(&uri, '/');
	request_target_escape(&uri, slice_of(all));
	buf_add_str(&uri, "?x=");
	request_target_escape(&uri, slice_of(all));
	assert_int_equal(request_target_parse(uri.ptr, &t, &err), ERR_OK);
	assert_int_equal(t.nsegment, 1);
	assert_string_equal(t.segment[0], all);
	assert_string_equal(request_target_parameter(&t, "x"), all);
	assert_null(request_target_parameter(&t, "y"));
	request_target_done(&t);
	buf_reset(&uri);
	request_target_escape(&uri, slice_of("aZ09-._~ /+%"));
	assert_string_equal(uri.ptr, "aZ09-._~%20%2F%2B%25");
	buf_done(&uri);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(matches),
		cmocka_unit_test(escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
