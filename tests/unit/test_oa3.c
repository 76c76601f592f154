/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/oa3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DECLARATION "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
#define KEY "QQQQQ-WWWWW-EEEEE-RRRRR-TTTTT"

static void
good(void **state)
{
	static const struct {
		const char *name;
		const char *xml;
		const char *product_id;
		const char *hash;
		bool had_product_key;
	} tc[] = {
		{ "all of it",
		    DECLARATION "<Key>\r\n<ProductKey>" KEY
		                "</ProductKey>\r\n<ProductKeyID>1234567890123</ProductKeyID>"
		                "<ProductKeyState>0</ProductKeyState>"
		                "<HardwareHash>T0EB</HardwareHash></Key>\r\n",
		    "1234567890123", "T0EB", true },
		{ "without a key",
		    "<Key><ProductKeyID>1</ProductKeyID><HardwareHash>T0</HardwareHash></Key>", "1",
		    "T0", false },
		{ "empty key",
		    "<Key><ProductKey> \n</ProductKey><HardwareHash>T0</HardwareHash></Key>", "",
		    "T0", false },
		{ "nothing in it", "<Key/>", "", "", false },
		{ "unknown elements", "<Key><Other><HardwareHash>no</HardwareHash></Other></Key>",
		    "", "", false },
		{ "trimmed, in parts",
		    "<Key><HardwareHash>\n T0<!-- -->EB&#43;<![CDATA[/]]> \n</HardwareHash></Key>",
		    "", "T0EB+/", false },
		{ "element inside",
		    "<Key><HardwareHash>T0<ProductKey>" KEY "</ProductKey>EB</HardwareHash></Key>",
		    "", "T0EB", false },
		{ "declared as UTF-16, decoded before",
		    "<?xml version=\"1.0\" encoding=\"utf-16\"?>"
		    "<Key><ProductKeyID>é</ProductKeyID></Key>",
		    "é", "", false },
		{ "many attributes",
		    "<Key a='' b='' c='' d='' e='' f='' g='' h='' i='' j='' k='' l='' m='' n=''"
		    " o='' p='' q='' r='' s=''/>",
		    "", "", false },
		{ "built-in entities", "<Key><ProductKeyID>&lt;&amp;&gt;</ProductKeyID></Key>",
		    "<&>", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct oa3_report r;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(oa3_parse(slice_of(tc[i].xml), &r, &err), ERR_OK);
		assert_true(slice_eq(buf_slice(&r.product_id), slice_of(tc[i].product_id)));
		assert_true(slice_eq(buf_slice(&r.hash), slice_of(tc[i].hash)));
		assert_int_equal(r.had_product_key, tc[i].had_product_key);
		oa3_report_done(&r);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *name;
		const char *xml;
		const char *msg;
	} tc[] = {
		{ "nothing", "", "line 1, column 1: no element found" },
		{ "no XML", "Serial,Hash\n", "line 1, column 1: syntax error" },
		{ "cut off", "<Key>\n<HardwareHash>T0", "line 2, column 17: no element found" },
		{ "other root", "<key/>", "line 1, column 7: the root element is not Key" },
		{ "key as a root", "<" KEY "/>", "line 1, column 33: the root element is not Key" },
		{ "document type", "<!DOCTYPE Key><Key/>", "line 1, column 14: a document type" },
		{ "entities",
		    "<!DOCTYPE Key [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]>\n"
		    "<Key><HardwareHash>&b;</HardwareHash></Key>",
		    "line 1, column 15: a document type" },
		{ "external entity",
		    "<!DOCTYPE Key [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
		    "<Key><HardwareHash>&a;</HardwareHash></Key>",
		    "line 1, column 15: a document type" },
		{ "undeclared entity", "<Key>&a;</Key>", "line 1, column 6: undefined entity" },
		{ "hash twice", "<Key><HardwareHash/>\n<HardwareHash/></Key>",
		    "line 2, column 16: the same element twice" },
		{ "not UTF-8", "<Key>\xE9</Key>",
		    "line 1, column 6: not well-formed (invalid token)" },
		{ "bad behind a key", "<Key><ProductKey>" KEY "</Product></Key>",
		    "line 1, column 49: mismatched tag" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct oa3_report r, before;
		struct err err;

		print_message("  %s\n", tc[i].name);
		memset(&r, 0x99, sizeof r);
		before = r;
		assert_int_equal(oa3_parse(slice_of(tc[i].xml), &r, &err), ERR_FORMAT);
		assert_string_equal(err.msg, tc[i].msg);
		assert_memory_equal(&r, &before, sizeof r);
	}
}

static void
limits(void **state)
{
	static const char begin[] = "<Key><HardwareHash>";
	static const char end[] = "</HardwareHash></Key>";
	static char xml[OA3_MAX + 1];
	size_t hash = OA3_MAX - strlen(begin) - strlen(end);
	struct oa3_report r = { .had_product_key = true };
	struct err err;

	(void)state;
	memset(xml, 'A', sizeof xml);
	memcpy(xml, begin, strlen(begin));
	memcpy(xml + OA3_MAX - strlen(end), end, strlen(end));
	xml[OA3_MAX] = '\n';
	assert_int_equal(oa3_parse((struct slice){ xml, OA3_MAX + 1 }, &r, &err), ERR_LIMIT);
	assert_string_equal(err.msg, "longer than 262144 bytes");
	assert_null(r.hash.ptr);
	assert_true(r.had_product_key);
	assert_int_equal(oa3_parse((struct slice){ xml, OA3_MAX }, &r, &err), ERR_OK);
	assert_int_equal(r.hash.len, hash);
	oa3_report_done(&r);

	r = (struct oa3_report){ .had_product_key = false };
	oa3_report_done(&r);
}

static void
looks_like(void **state)
{
	static const struct {
		const char *head;
		bool yes;
	} tc[] = {
		{ "<Key>", true },
		{ "<Key/>", true },
		{ "<Key a='b'>", true },
		{ "\r\n" DECLARATION "\r\n<!-- made by a tool -->\n<Key\n>", true },
		{ "", false },
		{ "<Key", false },
		{ "<Keys>", false },
		{ "<key>", false },
		{ "<ProductKey>", false },
		{ "<?xml version=\"1.0\"", false },
		{ "<!-- <Key> ", false },
		{ "<!--><Key>--><Key>", true }, /* the first only begins a comment */
		{ "<!--><Key>", false },
		{ "<!DOCTYPE Key><Key>", false },
		{ "Key,Serial", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].head);
		assert_int_equal(oa3_looks_like(slice_of(tc[i].head)), tc[i].yes);
	}
	assert_false(oa3_looks_like((struct slice){ NULL, 0 }));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(looks_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
