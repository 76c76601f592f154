/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log_text.h"

#define LENGTH(a) (sizeof(a) / sizeof(a)[0])

static struct log_fold fold;

static int
begin(void **state)
{
	(void)state;
	memset(&fold, 0, sizeof fold);
	return 0;
}

/* Says n times that something is wrong with a customer; how many passed. */
static unsigned
complain(const char *event, const char *customer, unsigned n, uint64_t now_ms)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < n; i++) {
		char attempt[16];
		struct log_field field[] = {
			{ .name = "attempt", .value = { attempt, 0 }, .varies = true },
			{ .name = "customer", .value = slice_of(customer) },
		};
		const struct log_record r = {
			.level = LOG_LEVEL_WARNING,
			.event = event,
			.message = "wrong",
			.field = field,
			.nfield = LENGTH(field),
		};

		field[0].value.len = (size_t)snprintf(attempt, sizeof attempt, "%u", i);
		passed += log_fold_pass(&fold, &r, now_ms);
		memset(attempt, 'x', sizeof attempt); /* nothing of the record is needed any more */
	}
	return passed;
}

static void
assert_taken(uint64_t now_ms, bool all, const char *want)
{
	char line[LOG_LINE_MAX];
	struct log_record r;

	assert_true(log_fold_take(&fold, now_ms, all, &r));
	assert_int_equal(log_text_short(&r, false, line), strlen(want));
	assert_memory_equal(line, want, strlen(want));
}

static void
assert_nothing(uint64_t now_ms, bool all)
{
	struct log_record r;

	assert_false(log_fold_take(&fold, now_ms, all, &r));
}

static void
test_the_same(void **state)
{
	const uint64_t end_ms = 7 + LOG_FOLD_WINDOW_MS;

	(void)state;
	assert_int_equal(complain("delayed", "contoso", LOG_FOLD_LINES, 7), LOG_FOLD_LINES);
	assert_int_equal(log_fold_due_ms(&fold), UINT64_MAX);
	assert_nothing(end_ms, true);
	assert_int_equal(complain("delayed", "contoso", 117, end_ms - 1), 0);
	assert_int_equal(log_fold_due_ms(&fold), end_ms);
	assert_nothing(end_ms - 1, false);
	assert_taken(end_ms, false, "warning: wrong customer=contoso repeated=117\n");
	assert_nothing(end_ms, true);
	assert_int_equal(complain("delayed", "contoso", LOG_FOLD_LINES + 1, end_ms),
	    LOG_FOLD_LINES);
	assert_taken(end_ms, true, "warning: wrong customer=contoso repeated=1\n");
}

static void
test_seldom(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(
		    complain("delayed", "contoso", 1, (uint64_t)i * LOG_FOLD_WINDOW_MS), 1);
	assert_nothing(UINT64_MAX, true);
}

static void
test_others(void **state)
{
	const struct log_record trace = { .level = LOG_LEVEL_TRACE, .message = "t" };
	const struct log_record info = { .level = LOG_LEVEL_INFO, .event = "e", .message = "m" };

	(void)state;
	assert_int_equal(complain("delayed", "contoso", 9, 0), LOG_FOLD_LINES);
	assert_int_equal(complain("delayed", "fabrikam", 9, 0), LOG_FOLD_LINES);
	assert_int_equal(complain("held", "contoso", 9, 0), LOG_FOLD_LINES);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(log_fold_pass(&fold, &trace, 0));
		assert_true(log_fold_pass(&fold, &info, 0));
	}
	assert_taken(0, true, "warning: wrong customer=contoso repeated=4\n");
	assert_taken(0, true, "warning: wrong customer=fabrikam repeated=4\n");
	assert_taken(0, true, "warning: wrong customer=contoso repeated=4\n");
	assert_nothing(0, true);
}

/* More kinds than are remembered: what is kept back stays, others pass. */
static void
test_many_kinds(void **state)
{
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 10 * LOG_FOLD_SLOTS; i++) {
		(void)snprintf(name, sizeof name, "quiet-%u", i);
		assert_int_equal(complain("delayed", name, 1, i), 1);
	}
	for (unsigned i = 0; i < 2 * LOG_FOLD_SLOTS; i++) {
		(void)snprintf(name, sizeof name, "loud-%u", i);
		assert_int_equal(complain("delayed", name, 9, 1000),
		    i < LOG_FOLD_SLOTS ? LOG_FOLD_LINES : 9);
	}
	for (unsigned i = 0; i < LOG_FOLD_SLOTS; i++) {
		struct log_record r;

		assert_true(log_fold_take(&fold, 1000, true, &r));
		assert_string_equal(r.field[r.nfield - 1].name, LOG_REPEATED);
	}
	assert_nothing(1000, true);
}

/* All fields, and more text than is remembered: what fits is told again, and the number always. */
static void
test_large(void **state)
{
	static char big[LOG_FOLD_TEXT_MAX];
	struct log_field field[LOG_FIELDS_MAX];
	const struct log_record r = {
		.level = LOG_LEVEL_ERROR,
		.event = "e",
		.message = "m",
		.field = field,
		.nfield = LOG_FIELDS_MAX,
	};
	struct log_record told;

	(void)state;
	memset(big, 'x', sizeof big);
	for (size_t i = 0; i < LOG_FIELDS_MAX; i++)
		field[i] = (struct log_field){ .name = "k", .value = { big, 1 } };
	field[1].value.len = sizeof big;
	for (unsigned i = 0; i < LOG_FOLD_LINES; i++)
		assert_true(log_fold_pass(&fold, &r, 0));
	assert_false(log_fold_pass(&fold, &r, 0));
	assert_true(log_fold_take(&fold, 0, true, &told));
	assert_int_equal(told.nfield, LOG_FIELDS_MAX);
	assert_string_equal(told.field[LOG_FIELDS_MAX - 1].name, LOG_REPEATED);
	assert_int_equal(told.field[1].value.len, 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = {
		TEST(test_the_same),
		TEST(test_seldom),
		TEST(test_others),
		TEST(test_many_kinds),
		TEST(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
