/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(a) (sizeof(a) / sizeof(a)[0])

enum { AT_UNIX_MS = 1000 };

static struct log_record
record_of(const struct log_field *field, size_t n)
{
	return (struct log_record){
		.level = LOG_LEVEL_WARNING,
		.event = "batch-delayed",
		.id = "00112233445566778899aabbccddeeff",
		.message = "batch delayed",
		.field = field,
		.nfield = n,
	};
}

static void
assert_bytes(const char *got, size_t len, const char *want)
{
	assert_int_equal(len, strlen(want));
	assert_memory_equal(got, want, len);
}

static void
test_forms(void **state)
{
	const struct log_field field[] = {
		{ .name = "customer", .value = slice_of("contoso") },
		{ .name = "error", .value = slice_of("no route") },
	};
	struct log_record r = record_of(field, LENGTH(field));
	struct log_record trace = { .level = LOG_LEVEL_TRACE, .message = "a -> \"b\\\"\n" };
	char out[LOG_LINE_MAX];

	(void)state;
	assert_bytes(out, log_text_short(&r, false, out),
	    "warning: batch delayed customer=contoso error=\"no route\"\n");
	assert_bytes(out, log_text_short(&r, true, out),
	    "\x1b[1;33mwarning:\x1b[0m batch delayed customer=contoso error=\"no route\"\n");
	assert_bytes(out, log_text_logfmt(&r, AT_UNIX_MS, out),
	    "ts=1970-01-01T00:00:01Z level=warning event=batch-delayed msg=\"batch delayed\" "
	    "customer=contoso error=\"no route\"\n");
	assert_bytes(out, log_text_plain(&r, out),
	    "batch delayed customer=contoso error=\"no route\"");
	assert_bytes(out, log_text_short(&trace, false, out), "trace: a -> \"b\\\"\\n\n");
	assert_bytes(out, log_text_logfmt(&trace, AT_UNIX_MS, out),
	    "ts=1970-01-01T00:00:01Z level=trace msg=\"a -> \\\"b\\\\\\\"\\n\"\n");
}

static void
test_values(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		const char *want;  /* in a line */
		const char *lines; /* with line ends */
	} tc[] = {
		{ "plain", { "abc", 3 }, "abc", "abc" },
		{ "empty", { "", 0 }, "\"\"", "" },
		{ "a blank", { "a b", 3 }, "\"a b\"", "a b" },
		{ "an equals sign", { "a=b", 3 }, "\"a=b\"", "a=b" },
		{ "a quote", { "a\"b", 3 }, "\"a\\\"b\"", "a\"b" },
		{ "a backslash", { "a\\", 2 }, "\"a\\\\\"", "a\\" },
		{ "a forged field", { "x\" level=error y=\"", 18 }, "\"x\\\" level=error y=\\\"\"",
		    "x\" level=error y=\"" },
		{ "a forged line", { "x\nerror: forged\r\n", 17 }, "\"x\\nerror: forged\\r\\n\"",
		    "x\nerror: forged\xef\xbf\xbd\n" },
		{ "a tab", { "\t", 1 }, "\"\\t\"", "\t" },
		{ "an escape sequence", { "\x1b[2J\x7f", 5 }, "\"\\u001b[2J\\u007f\"",
		    "\xef\xbf\xbd[2J\xef\xbf\xbd" },
		{ "a NUL", { "a\0b", 3 }, "\"a\\u0000b\"", "a\xef\xbf\xbd\x62" },
		{ "C1 controls", { "\xc2\x85\xc2\x9b", 4 }, "\"\\u0085\\u009b\"",
		    "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "writing turned round", { "a\xe2\x80\xae\x62", 5 }, "\"a\\u202eb\"",
		    "a\xef\xbf\xbd\x62" },
		{ "a line separator", { "a\xe2\x80\xa8\x62", 5 }, "\"a\\u2028b\"",
		    "a\xef\xbf\xbd\x62" },
		{ "other UTF-8", { "Gr\xc3\x9c\xc3\x9f\xf0\x9f\x92\xbb", 10 },
		    "Gr\xc3\x9c\xc3\x9f\xf0\x9f\x92\xbb", "Gr\xc3\x9c\xc3\x9f\xf0\x9f\x92\xbb" },
		{ "not UTF-8", { "a\xff\xc0\xaf", 4 }, "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
		    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "ends inside a character", { "a\xe2\x82", 3 }, "\"a\xef\xbf\xbd\xef\xbf\xbd\"",
		    "a\xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct log_field field = { .name = "k", .value = tc[i].in };
		const struct log_record r = { .message = "m", .field = &field, .nfield = 1 };
		char out[LOG_LINE_MAX];
		size_t len;

		print_message("  %s\n", tc[i].name);
		len = log_text_plain(&r, out);
		assert_memory_equal(out, "m k=", 4);
		assert_bytes(out + 4, len - 4, tc[i].want);
		assert_bytes(out, log_text_lines(tc[i].in, out), tc[i].lines);
	}
}

static size_t
count(const char *text, size_t len, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == c;
	return n;
}

/* Ten kilobytes, of what takes least room in a line and of what takes most. */
static void
test_long_values(void **state)
{
	static const struct {
		const char *name;
		char byte;
		size_t nfield;
		size_t want;   /* fields that are shown */
		size_t length; /* of such a value in the line */
	} tc[] = {
		{ "one", 'x', 1, 1, LOG_VALUE_MAX },
		{ "one of controls", '\x01', 1, 0, 0 },
		{ "one of quotes", '"', 1, 1, (size_t)2 * LOG_VALUE_MAX },
		{ "one of broken UTF-8", '\xff', 1, 1, (size_t)3 * LOG_VALUE_MAX },
		{ "as many as there may be", 'x', LOG_FIELDS_MAX, 5, LOG_VALUE_MAX },
		{ "of quotes", '"', LOG_FIELDS_MAX, 2, (size_t)2 * LOG_VALUE_MAX },
	};
	static char big[10 * 1024];

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct log_field field[LOG_FIELDS_MAX];
		struct log_record r = record_of(field, tc[i].nfield);
		char out[LOG_LINE_MAX];
		size_t len;

		print_message("  %s\n", tc[i].name);
		memset(big, tc[i].byte, sizeof big);
		for (size_t k = 0; k < tc[i].nfield; k++)
			field[k] = (struct log_field){ .name = "k", .value = { big, sizeof big } };
		len = log_text_short(&r, false, out);
		assert_in_range(len, 1, LOG_LINE_MAX);
		assert_int_equal(count(out, len, '\n'), 1);
		assert_int_equal(out[len - 1], '\n');
		assert_int_equal(count(out, len, '='), tc[i].want);
		assert_in_range(len, tc[i].want * tc[i].length, LOG_LINE_MAX);
		/* What was cut says so. */
		assert_non_null(memmem(out, len, "\xe2\x80\xa6", 3));
		assert_in_range(log_text_logfmt(&r, AT_UNIX_MS, out), 1, LOG_LINE_MAX);
		assert_in_range(log_text_plain(&r, out), 1, LOG_LINE_MAX - 1);
		assert_in_range(log_text_lines(field[0].value, out), LOG_VALUE_MAX, LOG_LINE_MAX);
	}
}

/* Of a message that takes more than a line something is shown, its quote is closed, and it says so. */
static void
test_long_message(void **state)
{
	static char message[LOG_VALUE_MAX + 1];
	const struct log_field field = { .name = "k", .value = slice_of("v") };
	struct log_record r = record_of(&field, 1);
	char out[LOG_LINE_MAX];
	size_t len;

	(void)state;
	memset(message, '\x01', sizeof message - 1);
	r.message = message;
	len = log_text_logfmt(&r, AT_UNIX_MS, out);
	assert_in_range(len, LOG_LINE_MAX - 64, LOG_LINE_MAX);
	assert_int_equal(count(out, len, '"'), 2);
	assert_memory_equal(out + len - 10, "1\xe2\x80\xa6\" \xe2\x80\xa6\n", 10);
	len = log_text_plain(&r, out);
	assert_in_range(len, LOG_LINE_MAX - 64, LOG_LINE_MAX - 1);
	assert_memory_equal(out + len - 8, "1\xe2\x80\xa6 \xe2\x80\xa6", 8);
}

/* All bytes in pairs: a line stays one line, and its quotes stay balanced. */
static void
test_all_pairs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256 * 256; i++) {
		const char pair[] = { (char)(i >> 8), (char)(i & 0xff) };
		const struct log_field field[] = {
			{ .name = "k", .value = { pair, 2 } },
			{ .name = "end", .value = { "1", 1 } },
		};
		struct log_record r = record_of(field, LENGTH(field));
		char out[LOG_LINE_MAX];
		size_t len = log_text_logfmt(&r, AT_UNIX_MS, out);
		bool quoted = false;

		for (size_t k = 0; k + 1 < len; k++) {
			unsigned char c = (unsigned char)out[k];

			assert_in_range(c, ' ', 0xf4);
			assert_true(c != 0x7f);
			if (quoted && c == '\\')
				k++;
			else if (c == '"')
				quoted = !quoted;
		}
		assert_false(quoted);
		assert_memory_equal(out + len - 7, " end=1\n", 7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_all_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
