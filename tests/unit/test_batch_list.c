/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define X60 "123456789012345678901234567890123456789012345678901234567890"
#define X120 X60 X60

static void
one_page(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		enum page_end want;
		enum batch_found found;
		const char *shown;
	} tc[] = {
		{ "there", "{\"items\":[{\"id\":\"A\"},{\"id\":\"Contoso HQ\"}]}", PAGE_LAST,
		    BATCH_THERE, "" },
		{ "byte order mark", "\xEF\xBB\xBF{\"items\":[{\"id\":\"Contoso HQ\"}]}", PAGE_LAST,
		    BATCH_THERE, "" },
		{ "none", "{\"items\":[]}", PAGE_LAST, BATCH_NOT_THERE, "" },
		{ "others", "{\"items\":[{\"id\":\"Contoso\"},{\"id\":\"Contoso HQ \"}]}",
		    PAGE_LAST, BATCH_NOT_THERE, "" },
		{ "other case", "{\"items\":[{\"id\":\"CONTOSO hq\"}]}", PAGE_LAST,
		    BATCH_OTHER_CASE, "CONTOSO hq" },
		{ "both", "{\"items\":[{\"id\":\"contoso hq\"},{\"id\":\"Contoso HQ\"}]}",
		    PAGE_LAST, BATCH_THERE, "contoso hq" },
		{ "both, the other way round",
		    "{\"items\":[{\"id\":\"Contoso HQ\"},{\"id\":\"contoso hq\"}]}", PAGE_LAST,
		    BATCH_THERE, "" },
		{ "two of other case",
		    "{\"items\":[{\"id\":\"contoso hq\"},{\"id\":\"CONTOSO HQ\"}]}", PAGE_LAST,
		    BATCH_OTHER_CASE, "contoso hq" },
		{ "items of other kinds", "{\"items\":[7,null,\"Contoso HQ\",{\"id\":8},{}]}",
		    PAGE_LAST, BATCH_NOT_THERE, "" },
		{ "more", "{\"items\":[],\"continuationToken\":\"next\"}", PAGE_MORE,
		    BATCH_NOT_THERE, "" },
		{ "a bad token", "{\"items\":[],\"continuationToken\":\"a\\nb\"}", PAGE_BAD,
		    BATCH_NOT_THERE, "" },
		{ "no items", "{}", PAGE_BAD, BATCH_NOT_THERE, "" },
		{ "items is no array", "{\"items\":{\"id\":\"Contoso HQ\"}}", PAGE_BAD,
		    BATCH_NOT_THERE, "" },
		{ "no JSON", "<html>", PAGE_BAD, BATCH_NOT_THERE, "" },
		{ "nothing", "", PAGE_BAD, BATCH_NOT_THERE, "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		static struct batch_list l;

		print_message("  %s\n", tc[i].name);
		l = (struct batch_list){ .found = BATCH_NOT_THERE };
		assert_int_equal(batch_list_read(&l, slice_of(tc[i].body), "Contoso HQ"),
		    tc[i].want);
		assert_int_equal(l.found, tc[i].found);
		assert_string_equal(l.name, tc[i].shown);
		assert_string_equal(l.page.text, tc[i].want == PAGE_MORE ? "next" : "");
	}
}

/* A later page betters what was found, and never worsens it. */
static void
pages(void **state)
{
	static struct batch_list l;

	(void)state;
	assert_int_equal(batch_list_read(&l,
	                     slice_of("{\"items\":[{\"id\":\"hq\"}],\"continuationToken\":\"1\"}"),
	                     "HQ"),
	    PAGE_MORE);
	assert_int_equal(l.found, BATCH_OTHER_CASE);
	assert_int_equal(batch_list_read(&l,
	                     slice_of("{\"items\":[{\"id\":\"HQ\"}],\"continuationToken\":\"2\"}"),
	                     "HQ"),
	    PAGE_MORE);
	assert_int_equal(l.found, BATCH_THERE);
	assert_int_equal(batch_list_read(&l, slice_of("{\"items\":[{\"id\":\"hQ\"}]}"), "HQ"),
	    PAGE_LAST);
	assert_int_equal(l.found, BATCH_THERE);
}

static void
a_long_name_is_cut(void **state)
{
	static struct batch_list l;

	(void)state;
	assert_int_equal(batch_list_read(&l,
	                     slice_of("{\"items\":[{\"id\":\"" X120 "abcdef\xC3\xA4g\"}]}"),
	                     X120 "ABCDEF\xC3\xA4G"),
	    PAGE_LAST);
	assert_int_equal(l.found, BATCH_OTHER_CASE);
	assert_string_equal(l.name, X120 "abcdef");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_page),
		cmocka_unit_test(pages),
		cmocka_unit_test(a_long_name_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
