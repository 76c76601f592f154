/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log_fold.h"
#include "base/log_text.h"
#include "tests/unit/log_catch.h"

enum { SAID_MAX = 64 * 1024 };

static struct {
	struct buf said;
	bool deaf; /* the sink takes nothing */
	uint64_t now_ms;
	unsigned woken;
} it;

static uint64_t
now_ms(void *arg)
{
	(void)arg;
	return it.now_ms;
}

static const struct clock clock_of_test = { .mono_ms = now_ms };

static bool
hear(void *arg, const struct log_record *r)
{
	char line[LOG_LINE_MAX];

	(void)arg;
	if (!it.deaf)
		buf_add(&it.said, line, log_text_short(r, false, line));
	return !it.deaf;
}

static void
on_kept(void *arg)
{
	(*(unsigned *)arg)++;
}

static int
enter(void **state)
{
	(void)state;
	it.deaf = false;
	it.now_ms = 1000;
	it.woken = 0;
	buf_init(&it.said, SAID_MAX);
	log_set(&(struct log_options){
	    .most = LOG_LEVEL_INFO,
	    .sink = { .write = hear },
	    .clock = &clock_of_test,
	    .lost = { .level = LOG_LEVEL_WARNING, .event = "lines-lost", .message = "lost" },
	});
	log_watch(on_kept, &it.woken);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	(void)log_flush(true);
	log_watch(NULL, NULL);
	log_set(&(struct log_options){ .most = LOG_LEVEL_INFO });
	buf_done(&it.said);
	return 0;
}

static void
assert_said(const char *want)
{
	assert_string_equal(it.said.ptr ? it.said.ptr : "", want);
	buf_reset(&it.said);
}

static void
say(enum log_level level, const char *message)
{
	log_write(&(struct log_record){ .level = level, .event = message, .message = message });
}

static void
test_levels(void **state)
{
	static const struct {
		enum log_level most;
		const char *want;
	} tc[] = {
		{ LOG_LEVEL_ERROR, "error: e\n" },
		{ LOG_LEVEL_WARNING, "error: e\nwarning: w\n" },
		{ LOG_LEVEL_INFO, "error: e\nwarning: w\ninfo: i\n" },
		{ LOG_LEVEL_TRACE, "error: e\nwarning: w\ninfo: i\ntrace: t=4\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		log_catch_begin(tc[i].most);
		say(LOG_LEVEL_ERROR, "e");
		say(LOG_LEVEL_WARNING, "w");
		say(LOG_LEVEL_INFO, "i");
		log_trace("t=%d", 4);
		assert_string_equal(log_catch_end(), tc[i].want);
	}
}

/* A wide character that the C locale cannot show makes printf fail. */
static void
test_unprintable(void **state)
{
	(void)state;
	log_catch_begin(LOG_LEVEL_TRACE);
	log_trace("lost %ls", L"\u20ac");
	assert_string_equal(log_catch_end(), "trace: \n");
}

static void
test_stderr_unless_set(void **state)
{
	char line[64];
	int saved = dup(STDERR_FILENO);
	int fd[2];

	(void)state;
	assert_true(saved >= 0);
	assert_int_equal(pipe(fd), 0);
	log_set(&(struct log_options){ .most = LOG_LEVEL_ERROR });
	assert_true(dup2(fd[1], STDERR_FILENO) >= 0);
	say(LOG_LEVEL_ERROR, "here");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(read(fd[0], line, sizeof line), strlen("error: here\n"));
	assert_memory_equal(line, "error: here\n", strlen("error: here\n"));
	(void)close(saved);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void
test_what_was_lost_is_told(void **state)
{
	(void)state;
	it.deaf = true;
	say(LOG_LEVEL_INFO, "a");
	say(LOG_LEVEL_INFO, "b");
	say(LOG_LEVEL_ERROR, "c");
	it.deaf = false;
	assert_said("");
	say(LOG_LEVEL_INFO, "d");
	assert_said("warning: lost lost=3\ninfo: d\n");
	say(LOG_LEVEL_INFO, "e");
	assert_said("info: e\n");
}

static void
say_often(const char *message, unsigned n)
{
	while (n-- > 0)
		say(LOG_LEVEL_WARNING, message);
}

static const char five[] = "warning: w\nwarning: w\nwarning: w\nwarning: w\nwarning: w\n";

static void
test_what_repeats_is_kept_back(void **state)
{
	(void)state;
	say_often("w", LOG_FOLD_LINES);
	assert_int_equal(it.woken, 0);
	assert_int_equal(log_flush(false), LOG_NOTHING_KEPT);
	it.now_ms += 10;
	say_often("w", 7);
	assert_said(five);
	assert_int_equal(it.woken, 1); /* once is enough */
	assert_int_equal(log_flush(false), LOG_FOLD_WINDOW_MS - 10);
	assert_said("");
	it.now_ms += LOG_FOLD_WINDOW_MS - 10;
	assert_int_equal(log_flush(false), LOG_NOTHING_KEPT);
	assert_said("warning: w repeated=7\n");
}

/* Nobody flushes: the next line brings it along. So does the end. */
static void
test_what_was_kept_back_comes_first(void **state)
{
	(void)state;
	say_often("w", LOG_FOLD_LINES + 1);
	it.now_ms += LOG_FOLD_WINDOW_MS;
	buf_reset(&it.said);
	say(LOG_LEVEL_INFO, "i");
	assert_said("warning: w repeated=1\ninfo: i\n");
	say_often("w", LOG_FOLD_LINES + 2);
	assert_said(five);
	assert_int_equal(log_flush(true), LOG_NOTHING_KEPT);
	assert_said("warning: w repeated=2\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(test_levels),
		TEST(test_unprintable),
		TEST(test_stderr_unless_set),
		TEST(test_what_was_lost_is_told),
		TEST(test_what_repeats_is_kept_back),
		TEST(test_what_was_kept_back_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
