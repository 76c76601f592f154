/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <cmocka.h>

static char *text; /* what the sink has got */
static size_t text_len;
static FILE *sink;

static int
open_sink(void **state)
{
	(void)state;
	sink = open_memstream(&text, &text_len);
	return sink && fflush(sink) == 0 ? 0 : -1; /* a flush sets text and text_len */
}

static int
close_sink(void **state)
{
	(void)state;
	log_set(LOG_LEVEL_INFO, NULL);
	(void)fclose(sink);
	free(text);
	return 0;
}

static void
log_one_of_each(void)
{
	log_error("e=%d", 1);
	log_warning("w=%d", 2);
	log_info("i=%d", 3);
	log_trace("t=%d", 4);
}

static void
test_levels(void **state)
{
	static const struct {
		enum log_level most;
		const char *want;
	} tc[] = {
		{ LOG_LEVEL_ERROR, "error: e=1\n" },
		{ LOG_LEVEL_WARNING, "error: e=1\nwarning: w=2\n" },
		{ LOG_LEVEL_INFO, "error: e=1\nwarning: w=2\ninfo: i=3\n" },
		{ LOG_LEVEL_TRACE, "error: e=1\nwarning: w=2\ninfo: i=3\ntrace: t=4\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		size_t before = text_len;

		log_set(tc[i].most, sink);
		log_one_of_each();
		assert_string_equal(text + before, tc[i].want);
	}
}

static void
test_texts(void **state)
{
	static const struct {
		const char *name, *in, *want;
	} tc[] = {
		{ "empty", "", "info: \n" },
		{ "line ends", "a\nerror: forged\r\n", "info: a?error: forged??\n" },
		{ "controls", "\t\x1b[2J\x7f", "info: ??[2J?\n" },
		{ "C1 controls", "\xc2\x85\xc2\x9b.\xc2\xa0", "info: ????.\xc2\xa0\n" },
		{ "other UTF-8", "Gr\xc3\x9c\xc3\x9f", "info: Gr\xc3\x9c\xc3\x9f\n" },
		{ "ends in 0xC2", "a\xc2", "info: a\xc2\n" },
	};

	(void)state;
	log_set(LOG_LEVEL_INFO, sink);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		size_t before = text_len;

		print_message("  %s\n", tc[i].name);
		log_info("%s", tc[i].in);
		assert_string_equal(text + before, tc[i].want);
	}
}

static void
test_length(void **state)
{
	static const struct {
		const char *name;
		int len;
		size_t want;
	} tc[] = {
		{ "just fits", LOG_LINE_MAX - 7, LOG_LINE_MAX },
		{ "by one", LOG_LINE_MAX - 6, LOG_LINE_MAX },
		{ "far too long", 5000, LOG_LINE_MAX },
		{ "one shorter", LOG_LINE_MAX - 8, LOG_LINE_MAX - 1 },
	};

	(void)state;
	log_set(LOG_LEVEL_INFO, sink);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		size_t before = text_len;

		print_message("  %s\n", tc[i].name);
		log_info("%0*d", tc[i].len, 7);
		assert_int_equal(text_len - before, tc[i].want);
		assert_int_equal(text[text_len - 1], '\n');
		assert_null(memchr(text + before, '\n', tc[i].want - 1));
	}
}

/* A wide character that the C locale cannot show makes printf fail. */
static void
test_unprintable(void **state)
{
	(void)state;
	log_set(LOG_LEVEL_INFO, sink);
	log_info("lost %ls", L"\u20ac");
	assert_string_equal(text, "info: \n");
}

static void
test_stderr_unless_set(void **state)
{
	int saved = dup(STDERR_FILENO);
	FILE *f = tmpfile();
	char line[64] = "";

	(void)state;
	assert_true(saved >= 0);
	assert_non_null(f);
	log_set(LOG_LEVEL_ERROR, NULL);
	assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
	log_error("here");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	rewind(f);
	assert_non_null(fgets(line, sizeof line, f));
	(void)fclose(f);
	assert_string_equal(line, "error: here\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_levels, open_sink, close_sink),
		cmocka_unit_test_setup_teardown(test_texts, open_sink, close_sink),
		cmocka_unit_test_setup_teardown(test_length, open_sink, close_sink),
		cmocka_unit_test_setup_teardown(test_unprintable, open_sink, close_sink),
		cmocka_unit_test(test_stderr_unless_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
