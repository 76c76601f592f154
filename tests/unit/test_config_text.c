/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/address.h"
#include "config/doc_writer.h"
#include "config/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void
loopback(void **state)
{
	static const struct {
		const char *host;
		bool want;
	} tc[] = {
		{ "127.0.0.1", true },
		{ "127.255.1.2", true },
		{ "::1", true },
		{ "0:0:0:0:0:0:0:1", true },
		{ "localhost", true },
		{ "", false },
		{ "128.0.0.1", false },
		{ "127.1", false },
		{ "::2", false },
		{ "::ffff:127.0.0.1", false },
		{ "localhost.example", false },
		{ "127.0.0.1.example", false },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].host);
		assert_int_equal(address_is_loopback(slice_of(tc[i].host)), tc[i].want);
	}
}

static void
host_and_port(void **state)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: refused */
		uint16_t port;
	} tc[] = {
		{ "127.0.0.1:9417", "127.0.0.1", 9417 },
		{ "a-b.example:65535", "a-b.example", 65535 },
		{ "[::1]:1", "::1", 1 },
		{ "", NULL, 0 },
		{ "localhost", NULL, 0 },
		{ "localhost:", NULL, 0 },
		{ "localhost:0", NULL, 0 },
		{ "localhost:65536", NULL, 0 },
		{ "localhost:1x", NULL, 0 },
		{ ":80", NULL, 0 },
		{ "a b:80", NULL, 0 },
		{ "::1:80", NULL, 0 },
		{ "[::1]", NULL, 0 },
		{ "[::1", NULL, 0 },
		{ "[]:1", NULL, 0 },
		{ "[::g]:1", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct slice host = slice_of("untouched");
		uint16_t port = 7;

		print_message("  %s\n", tc[i].text);
		assert_int_equal(address_split(slice_of(tc[i].text), &host, &port),
		    tc[i].host != NULL);
		assert_true(slice_eq(host, slice_of(tc[i].host ? tc[i].host : "untouched")));
		assert_int_equal(port, tc[i].host ? tc[i].port : 7);
	}
}

static void
urls(void **state)
{
	static const struct {
		const char *url;
		bool query;
		const char *want;
	} tc[] = {
		{ "https://a.example", false, NULL },
		{ "https://a.example:8443/x/y", false, NULL },
		{ "HTTPS://[2001:db8::1]/", false, NULL },
		{ "http://[::1]:80/", false, NULL },
		{ "http://127.9.9.9", false, NULL },
		{ "https://a?x=y&z=%20", true, NULL },
		{ "https://a?x", false, "holds a query" },
		{ "https://a/#x", true, "holds a fragment" },
		{ "https://u:p@a", true, "holds a user name" },
		{ "https://", false, "names no host" },
		{ "https:///x", false, "names no host" },
		{ "https://a_b", false, "names no host" },
		{ "https://a:x", false, "has a port that is none" },
		{ "https://a:99999", false, "has a port that is none" },
		{ "http://a.example", false, "is http, which is for loopback only" },
		{ "http://localhost.example", false, "is http, which is for loopback only" },
		{ "a.example", false, "does not begin with https://" },
		{ "", false, "does not begin with https://" },
		{ "https://\xc3\xa4", false, "holds characters that a URL must escape" },
		{ "https://a/ b", false, "holds characters that a URL must escape" },
		{ "https://a/<b>", false, "holds characters that a URL must escape" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const char *fault = address_url_fault(slice_of(tc[i].url), tc[i].query);

		print_message("  %s\n", tc[i].url);
		assert_string_equal(fault ? fault : "good", tc[i].want ? tc[i].want : "good");
	}
}

static void
quantities(void **state)
{
	static const struct {
		const struct unit *units;
		const char *text;
		enum unit_result want;
		uint64_t value;
		const char *shown;
	} tc[] = {
		{ unit_durations, "0s", UNIT_GOOD, 0, "0ms" },
		{ unit_durations, "1500ms", UNIT_GOOD, 1500, "1500ms" },
		{ unit_durations, "90s", UNIT_GOOD, 90000, "90s" },
		{ unit_durations, "60m", UNIT_GOOD, 3600000, "1h" },
		{ unit_durations, "24h", UNIT_GOOD, 86400000, "1d" },
		{ unit_durations, "36h", UNIT_GOOD, 129600000, "36h" },
		{ unit_sizes, "2048B", UNIT_GOOD, 2048, "2KiB" },
		{ unit_sizes, "3GiB", UNIT_GOOD, UINT64_C(3) << 30, "3GiB" },
		{ unit_durations, "5", UNIT_MISSING, 0, NULL },
		{ unit_durations, "", UNIT_BAD, 0, NULL },
		{ unit_durations, "s", UNIT_BAD, 0, NULL },
		{ unit_durations, "-1s", UNIT_BAD, 0, NULL },
		{ unit_durations, "1.5s", UNIT_BAD, 0, NULL },
		{ unit_durations, "1h30m", UNIT_BAD, 0, NULL },
		{ unit_durations, "1S", UNIT_BAD, 0, NULL },
		{ unit_sizes, "1kB", UNIT_BAD, 0, NULL },
		{ unit_sizes, "99999999999999999999B", UNIT_HUGE, 0, NULL },
		{ unit_sizes, "18446744073709551615KiB", UNIT_HUGE, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		uint64_t value = 7;
		struct buf shown;

		print_message("  %s\n", tc[i].text);
		assert_int_equal(unit_parse(tc[i].units, slice_of(tc[i].text), &value), tc[i].want);
		assert_int_equal(value, tc[i].want == UNIT_GOOD ? tc[i].value : 7);
		if (tc[i].want != UNIT_GOOD)
			continue;
		buf_init(&shown, 64);
		unit_print(tc[i].units, value, &shown);
		assert_string_equal(shown.ptr, tc[i].shown);
		buf_done(&shown);
	}
}

static void
numbers_of_yaml(void **state)
{
	static const char *const yes[] = { "0", "12", "-1", "+1", "1.5", "1.", ".5", "1e5",
		"1.5E-3", "0x1F", "0o17", ".inf", "-.INF", ".nan" };
	static const char *const no[] = { "", "-", ".", "e5", "1e", "1e+", "1x", "0x", "0xg", "0o8",
		"1_000", "12:30", "1.2.3", "inf", "24h", "2024-01-01" };

	(void)state;
	for (size_t i = 0; i < LENGTH(yes); i++) {
		print_message("  %s\n", yes[i]);
		assert_true(unit_is_yaml_number(slice_of(yes[i])));
	}
	for (size_t i = 0; i < LENGTH(no); i++) {
		print_message("  %s\n", no[i]);
		assert_false(unit_is_yaml_number(slice_of(no[i])));
	}
}

/* A document with all there is, and texts that need quotes or do not. */
static void
write_sample(enum doc_format format, struct buf *out)
{
	static const char *const text[] = { "plain-1_./x", "12", "24h", "0x1f", "1e5", "no", "a: b",
		"", "ends:", "#x", "say \"\\\"", "line\nend\x7f" };
	struct doc_writer w;

	buf_init(out, 4096);
	doc_writer_init(&w, format, out);
	doc_writer_map_open(&w);
	doc_writer_key(&w, "empty");
	doc_writer_map_open(&w);
	doc_writer_map_close(&w);
	doc_writer_key(&w, "12");
	doc_writer_literal(&w, slice_of("true"));
	doc_writer_key(&w, "list");
	doc_writer_list_open(&w);
	for (size_t i = 0; i < LENGTH(text); i++)
		doc_writer_text(&w, slice_of(text[i]));
	doc_writer_list_close(&w);
	doc_writer_key(&w, "map");
	doc_writer_map_open(&w);
	doc_writer_key(&w, "none");
	doc_writer_list_open(&w);
	doc_writer_list_close(&w);
	doc_writer_map_close(&w);
	doc_writer_map_close(&w);
}

static void
documents(void **state)
{
	struct buf got;

	(void)state;
	write_sample(DOC_YAML, &got);
	assert_string_equal(got.ptr,
	    "empty: {}\n"
	    "\"12\": true\n"
	    "list:\n"
	    "  - plain-1_./x\n"
	    "  - \"12\"\n"
	    "  - 24h\n"
	    "  - \"0x1f\"\n"
	    "  - \"1e5\"\n"
	    "  - \"no\"\n"
	    "  - \"a: b\"\n"
	    "  - \"\"\n"
	    "  - \"ends:\"\n"
	    "  - \"#x\"\n"
	    "  - \"say \\\"\\\\\\\"\"\n"
	    "  - \"line\\u000aend\\u007f\"\n"
	    "map:\n"
	    "  none: []\n");
	buf_done(&got);
	write_sample(DOC_JSON, &got);
	assert_string_equal(got.ptr,
	    "{\n"
	    "  \"empty\": {},\n"
	    "  \"12\": true,\n"
	    "  \"list\": [\n"
	    "    \"plain-1_./x\",\n"
	    "    \"12\",\n"
	    "    \"24h\",\n"
	    "    \"0x1f\",\n"
	    "    \"1e5\",\n"
	    "    \"no\",\n"
	    "    \"a: b\",\n"
	    "    \"\",\n"
	    "    \"ends:\",\n"
	    "    \"#x\",\n"
	    "    \"say \\\"\\\\\\\"\",\n"
	    "    \"line\\u000aend\\u007f\"\n"
	    "  ],\n"
	    "  \"map\": {\n"
	    "    \"none\": []\n"
	    "  }\n"
	    "}\n");
	buf_done(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback),
		cmocka_unit_test(host_and_port),
		cmocka_unit_test(urls),
		cmocka_unit_test(quantities),
		cmocka_unit_test(numbers_of_yaml),
		cmocka_unit_test(documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
