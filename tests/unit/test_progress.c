/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KB UINT64_C(1000)
#define MB (1000 * KB)
#define GB (1000 * MB)
#define TB (1000 * GB)

/* A bar on a stream in memory, which is as wide as a terminal of unknown width: 80 columns. */
struct fixture {
	struct progress progress;
	struct clock clock;
	uint64_t now_ms;
	FILE *stream;
	char *text;
	size_t len;
	size_t seen; /* bytes of text that shown() has given */
};

static uint64_t
fake_mono_ms(void *arg)
{
	return *(uint64_t *)arg;
}

static int64_t
fake_unix_ms(void *arg)
{
	(void)arg;
	fail_msg("progress has no business with the wall clock");
	return 0;
}

static int
begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	if (!f)
		return -1;
	f->now_ms = 5000;
	f->clock = (struct clock){ fake_unix_ms, fake_mono_ms, &f->now_ms };
	f->stream = open_memstream(&f->text, &f->len);
	progress_init(&f->progress, f->stream, &f->clock, true);
	*state = f;
	return f->stream ? 0 : -1;
}

static int
end(void **state)
{
	struct fixture *f = *state;
	int rc = fclose(f->stream);

	free(f->text);
	free(f);
	return rc;
}

/* What was written since the last call. */
static const char *
shown(struct fixture *f)
{
	size_t from = f->seen;

	assert_int_equal(fflush(f->stream), 0);
	f->seen = f->len;
	return f->text + from;
}

static void
update(struct fixture *f, uint64_t after_ms, uint64_t done_bytes)
{
	f->now_ms += after_ms;
	progress_update(&f->progress, done_bytes);
}

static void
formats(void **state)
{
	static const struct {
		const char *name;
		uint64_t after_ms;
		uint64_t done;
		uint64_t total;
		const char *want; /* behind "a.csv" */
	} tc[] = {
		{ "as in the manual", 1000, 1290 * MB, 3000 * MB,
		    "  [#####     ] 43 %  1.3 GB of 3.0 GB  1.3 GB/s  2 s left" },
		{ "nothing done", 1000, 0, 400 * MB, "  [          ] 0 %  0 B of 400 MB" },
		{ "just begun", 1000, 4 * MB, 400 * MB,
		    "  [#         ] 1 %  4.0 MB of 400 MB  4.0 MB/s  99 s left" },
		{ "a cell exactly", 1000, 40 * MB, 400 * MB,
		    "  [#         ] 10 %  40 MB of 400 MB  40 MB/s  9 s left" },
		{ "nearly done", 1000, 399 * MB, 400 * MB,
		    "  [##########] 99 %  399 MB of 400 MB  399 MB/s  1 s left" },
		{ "done", 1000, 400 * MB, 400 * MB,
		    "  [##########] 100 %  400 MB of 400 MB  400 MB/s  0 s left" },
		{ "unknown size", 1000, 172 * MB, 0, "  172 MB  172 MB/s" },
		{ "grown meanwhile", 1000, 500 * MB, 400 * MB, "  500 MB  500 MB/s" },
		{ "bytes", 1000, 999, 0, "  999 B  999 B/s" },
		{ "few bytes", 1000, 9, 0, "  9 B  9 B/s" },
		{ "one kilobyte", 1000, 1000, 0, "  1.0 kB  1.0 kB/s" },
		{ "rounded up to one place less", 1000, 9960, 0, "  10 kB  10 kB/s" },
		{ "rounded up to the next unit", 1000, 999600, 0, "  1.0 MB  1.0 MB/s" },
		{ "terabytes", 1000000, 2 * TB, 0, "  2.0 TB  2.0 GB/s" },
		{ "the most there is", 1000, UINT64_MAX, UINT64_MAX,
		    "  [##########] 100 %  18 EB of 18 EB  18 EB/s  0 s left" },
		{ "minutes", 1000, 1 * MB, 121 * MB,
		    "  [          ] 0 %  1.0 MB of 121 MB  1.0 MB/s  2 min left" },
		{ "minutes begun", 1000, 1 * MB, 122 * MB,
		    "  [          ] 0 %  1.0 MB of 122 MB  1.0 MB/s  3 min left" },
		{ "hours", 1000, 1 * MB, 7201 * MB,
		    "  [          ] 0 %  1.0 MB of 7.2 GB  1.0 MB/s  2 h left" },
		{ "long ago", 2000, 10 * MB, 40 * MB,
		    "  [###       ] 25 %  10 MB of 40 MB  5.0 MB/s  6 s left" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const char *line;

		print_message("  %s\n", tc[i].name);
		progress_begin(&f->progress, "a.csv", tc[i].total);
		update(f, tc[i].after_ms, tc[i].done);
		line = shown(f);
		assert_memory_equal(line, "a.csv", 5);
		assert_string_equal(line + 5, tc[i].want);
		progress_end(&f->progress);
		(void)shown(f);
	}
}

static void
quick_jobs_show_nothing(void **state)
{
	struct fixture *f = *state;

	progress_begin(&f->progress, "a.csv", 10);
	update(f, 0, 1);
	update(f, 999, 9);
	assert_string_equal(shown(f), "");
	progress_clear(&f->progress);
	progress_end(&f->progress);
	assert_string_equal(shown(f), "");
}

/* The second counts for the job, not for each of its parts. */
static void
many_quick_parts_are_shown(void **state)
{
	struct fixture *f = *state;

	progress_begin(&f->progress, "a.csv", 10);
	update(f, 900, 10);
	progress_begin(&f->progress, "b.csv", 10);
	update(f, 99, 5);
	assert_string_equal(shown(f), "");
	update(f, 1, 5);
	assert_string_equal(shown(f), "b.csv  [#####     ] 50 %  5 B of 10 B  50 B/s  1 s left");
	progress_begin(&f->progress, "c.csv", 10);
	assert_string_equal(shown(f), "");
}

static void
a_rate_takes_time(void **state)
{
	struct fixture *f = *state;

	f->now_ms += 2000;
	progress_begin(&f->progress, "a.csv", 10);
	update(f, 99, 5);
	assert_string_equal(shown(f), "a.csv  [#####     ] 50 %  5 B of 10 B");
}

static void
draws_ten_times_a_second_at_most(void **state)
{
	struct fixture *f = *state;
	unsigned drawn = 0;

	progress_begin(&f->progress, "a.csv", 0);
	update(f, 1000, 1);
	assert_string_not_equal(shown(f), "");
	for (unsigned ms = 1; ms <= 1000; ms++) {
		update(f, 1, 1);
		if (shown(f)[0] != '\0')
			drawn++;
	}
	assert_int_equal(drawn, 10);
}

static void
clears_the_line(void **state)
{
	struct fixture *f = *state;

	progress_begin(&f->progress, "a.csv", 0);
	update(f, 1000, 1);
	assert_string_equal(shown(f), "a.csv  1 B  1 B/s");
	progress_clear(&f->progress);
	assert_string_equal(shown(f), "\r                 \r");
	progress_clear(&f->progress);
	assert_string_equal(shown(f), "");
	update(f, 99, 2);
	assert_string_equal(shown(f), "");
	update(f, 1, 2);
	assert_string_equal(shown(f), "a.csv  2 B  2 B/s");
	update(f, 100, 3);
	assert_string_equal(shown(f), "\r                 \ra.csv  3 B  2 B/s");
	progress_end(&f->progress);
	assert_string_equal(shown(f), "\r                 \r");
}

static void
long_names_lose_their_beginning(void **state)
{
	static const struct {
		const char *name;
		const char *want;
	} tc[] = {
		{ "/srv/lists/contoso/2025-03-04/suppliers/fabrikam/laptops/second-delivery.csv",
		    "oso/2025-03-04/suppliers/fabrikam/laptops/second-delivery.csv" },
		{ "ab\u20ac0123456789012345678901234567890123456789012345678901234567",
		    "\u20ac0123456789012345678901234567890123456789012345678901234567" },
		/* A character that does not fit goes as a whole. */
		{ "\u20ac012345678901234567890123456789012345678901234567890123456789",
		    "012345678901234567890123456789012345678901234567890123456789" },
		{ "a\033[2J.csv", "a?[2J.csv" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char want[128];

		print_message("  %s\n", tc[i].want);
		(void)snprintf(want, sizeof want, "%s  100 MB  100 MB/s", tc[i].want);
		progress_begin(&f->progress, tc[i].name, 0);
		update(f, 1000, 100 * MB);
		assert_string_equal(shown(f), want);
		progress_end(&f->progress);
		(void)shown(f);
	}
}

static void
disabled_shows_nothing(void **state)
{
	struct fixture *f = *state;

	progress_init(&f->progress, f->stream, &f->clock, false);
	progress_begin(&f->progress, "a.csv", 10);
	update(f, 5000, 5);
	progress_end(&f->progress);
	assert_string_equal(shown(f), "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(formats, begin, end),
		cmocka_unit_test_setup_teardown(quick_jobs_show_nothing, begin, end),
		cmocka_unit_test_setup_teardown(many_quick_parts_are_shown, begin, end),
		cmocka_unit_test_setup_teardown(a_rate_takes_time, begin, end),
		cmocka_unit_test_setup_teardown(draws_ten_times_a_second_at_most, begin, end),
		cmocka_unit_test_setup_teardown(clears_the_line, begin, end),
		cmocka_unit_test_setup_teardown(long_names_lose_their_beginning, begin, end),
		cmocka_unit_test_setup_teardown(disabled_shows_nothing, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
