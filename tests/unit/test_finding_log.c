/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/finding_log.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/buf.h"

enum { LISTS_MANY = 300, TEXTS_MAX = 16 * 1024, TOLD_MAX = 256 * 1024 };

static struct finding_log *
new_log(void)
{
	struct finding_log *log = NULL;
	struct err err;

	assert_int_equal(finding_log_new(&log, &err), ERR_OK);
	return log;
}

static void
add_line(struct finding_log *log, uint32_t list, uint64_t line)
{
	struct finding f = { .code = FINDING_CONFLICT, .line = line };
	struct err err;

	assert_int_equal(finding_log_add(log, list, &f, &err), ERR_OK);
}

/* Notes "line " for each finding. */
static enum err_code
take_line(void *arg, const struct finding *f, struct err *err)
{
	struct buf *told = arg;

	(void)err;
	buf_addf(told, "%u ", (unsigned)f->line);
	return ERR_OK;
}

static void
assert_lines(struct finding_log *log, uint32_t list, const char *want)
{
	struct buf told;
	struct err err;

	buf_init(&told, TOLD_MAX);
	assert_int_equal(finding_log_each(log, list, take_line, &told, &err), ERR_OK);
	assert_string_equal(told.len ? told.ptr : "", want);
	buf_done(&told);
}

static unsigned
open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

static void
no_finding_no_file(void **state)
{
	unsigned before = open_files();
	struct finding_log *log = new_log();

	(void)state;
	assert_lines(log, 0, "");
	assert_lines(log, 1, "");
	assert_int_equal(open_files(), before);
	finding_log_free(log);
	finding_log_free(NULL);
}

static void
files_are_closed(void **state)
{
	unsigned before = open_files();
	struct finding_log *log = new_log();

	(void)state;
	add_line(log, 1, 1);
	assert_int_equal(open_files(), before + 1);
	add_line(log, 0, 1);
	assert_int_equal(open_files(), before + 2);
	finding_log_free(log);
	assert_int_equal(open_files(), before);
}

/* Findings by list, in the order in which they came; those on earlier lists behind the others. */
static void
order(void **state)
{
	enum { LISTS = 4, ADDED_MAX = 12 };
	static const struct {
		const char *name;
		struct {
			uint32_t list;
			uint64_t line; /* 0: no more */
		} added[ADDED_MAX];
		const char *want[LISTS];
	} tc[] = {
		{ "one list", { { 0, 1 }, { 0, 5 }, { 0, 3 } }, { "1 5 3 ", "", "", "" } },
		{ "each list", { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 4 } },
		    { "1 ", "2 ", "3 ", "4 " } },
		{ "lists without", { { 1, 1 }, { 1, 2 }, { 3, 3 } }, { "", "1 2 ", "", "3 " } },
		{ "last list only", { { 3, 1 } }, { "", "", "", "1 " } },
		{ "late ones", { { 0, 1 }, { 1, 2 }, { 0, 3 }, { 1, 4 }, { 0, 5 } },
		    { "1 3 5 ", "2 4 ", "", "" } },
		{ "late ones of several lists",
		    { { 0, 1 }, { 1, 2 }, { 3, 3 }, { 1, 4 }, { 0, 5 }, { 2, 6 }, { 3, 7 },
		        { 1, 8 }, { 0, 9 } },
		    { "1 5 9 ", "2 4 8 ", "6 ", "3 7 " } },
		{ "late ones of a list that had none", { { 3, 1 }, { 0, 2 }, { 2, 3 }, { 3, 4 } },
		    { "2 ", "", "3 ", "1 4 " } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct finding_log *log = new_log();

		for (size_t k = 0; k < ADDED_MAX && tc[i].added[k].line; k++)
			add_line(log, tc[i].added[k].list, tc[i].added[k].line);
		for (uint32_t list = 0; list < LISTS; list++)
			assert_lines(log, list, tc[i].want[list]);
		finding_log_free(log);
	}
}

static void
many_lists(void **state)
{
	struct finding_log *log = new_log();

	(void)state;
	for (uint32_t list = 0; list < LISTS_MANY; list++) {
		add_line(log, list, 1);
		add_line(log, list / 2, 2); /* late, but for the first */
		add_line(log, list, 3);
	}
	assert_lines(log, 0, "1 2 3 2 ");
	for (uint32_t list = 1; list < LISTS_MANY; list++)
		assert_lines(log, list, list < LISTS_MANY / 2 ? "1 3 2 2 " : "1 3 ");
	finding_log_free(log);
}

/* --- what a finding holds --------------------------------------------------------------------- */

static void
assert_slice(struct slice got, struct slice want)
{
	assert_int_equal(got.len, want.len);
	assert_true(slice_eq(got, want));
}

static enum err_code
take_same(void *arg, const struct finding *f, struct err *err)
{
	const struct finding **want = arg;

	(void)err;
	assert_int_equal(f->code, (*want)->code);
	assert_int_equal(f->severity, (*want)->severity);
	assert_true(f->line == (*want)->line);
	assert_ptr_equal(f->column, (*want)->column);
	assert_slice(f->message, (*want)->message);
	assert_slice(f->advice, (*want)->advice);
	assert_slice(f->serial, (*want)->serial);
	(*want)++;
	return ERR_OK;
}

static void
all_of_a_finding(void **state)
{
	static char large[TEXTS_MAX];
	static const char bytes[] = "a\0b\xff\n\r\"";
	const struct finding tc[] = {
		{ .code = FINDING_HASH_CHECKSUM,
		    .severity = SEVERITY_ERROR,
		    .line = UINT64_MAX,
		    .column = "Hardware Hash",
		    .message = slice_of("message"),
		    .advice = slice_of("advice"),
		    .serial = slice_of("serial") },
		{ .code = FINDING_WHITESPACE, .severity = SEVERITY_INFO },
		{ .code = FINDING_BAD_USER,
		    .severity = SEVERITY_WARNING,
		    .line = 1,
		    .message = { "", 0 },
		    .advice = slice_of("a"),
		    .serial = { bytes, sizeof bytes } },
		{ .code = FINDING_NOT_A_LIST, .message = { large, TEXTS_MAX } },
		{ .code = FINDING_NOT_A_LIST,
		    .message = { large, TEXTS_MAX / 2 },
		    .advice = { large, TEXTS_MAX / 4 },
		    .serial = { large, TEXTS_MAX / 4 } },
		{ .code = FINDING_NOT_A_LIST, .line = 7 },
	};
	enum { N = sizeof tc / sizeof tc[0] };
	const struct finding *want = tc;
	struct finding_log *log = new_log();
	struct err err;

	(void)state;
	memset(large, 'x', sizeof large);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(finding_log_add(log, 0, &tc[i], &err), ERR_OK);
	memset(large, 'x', sizeof large);
	assert_int_equal(finding_log_each(log, 0, take_same, &want, &err), ERR_OK);
	assert_ptr_equal(want, tc + N);
	finding_log_free(log);
}

static void
texts_past_the_ceiling(void **state)
{
	static char large[TEXTS_MAX + 1];
	struct finding f = { .message = { large, sizeof large } };
	struct finding_log *log = new_log();
	struct buf told;
	struct err err;

	(void)state;
	buf_init(&told, TOLD_MAX);
	assert_int_equal(finding_log_add(log, 0, &f, &err), ERR_OK);
	assert_int_equal(finding_log_each(log, 0, take_line, &told, &err), ERR_LIMIT);
	assert_int_equal(told.len, 0);
	finding_log_free(log);
}

/* --- failures --------------------------------------------------------------------------------- */

static enum err_code
refuse_second(void *arg, const struct finding *f, struct err *err)
{
	unsigned *calls = arg;

	(void)f;
	return ++*calls == 2 ? err_set(err, ERR_FORMAT, "enough") : ERR_OK;
}

static void
error_of_the_taker(void **state)
{
	struct finding_log *log = new_log();
	unsigned calls = 0;
	struct err err;

	(void)state;
	for (uint64_t line = 1; line < 5; line++)
		add_line(log, 0, line);
	assert_int_equal(finding_log_each(log, 0, refuse_second, &calls, &err), ERR_FORMAT);
	assert_string_equal(err.msg, "enough");
	assert_int_equal(calls, 2);
	finding_log_free(log);
}

static void
no_temporary_file(void **state)
{
	struct finding_log *log = new_log();
	struct finding f = { .line = 1 };
	struct rlimit usual, none;
	struct err err;
	enum err_code rc;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	none = (struct rlimit){ 0, usual.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	rc = finding_log_add(log, 0, &f, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	assert_int_equal(rc, ERR_IO);
	assert_string_equal(err.msg, "temporary file for findings: Too many open files");
	assert_lines(log, 0, "");
	finding_log_free(log);
}

/* What is buffered is written when it is asked for, or when there is too much of it. */
static void
full_disk(void **state)
{
	static char large[TEXTS_MAX];
	struct finding f = { .message = { large, sizeof large } };
	struct finding_log *log = new_log();
	struct rlimit usual, little;
	struct err err;
	enum err_code when_asked, when_added;
	unsigned calls = 0;

	(void)state;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
	little = (struct rlimit){ 10, usual.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	add_line(log, 0, 1);
	when_asked = finding_log_each(log, 0, refuse_second, &calls, &err);
	when_added = finding_log_add(log, 1, &f, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
	assert_int_equal(when_asked, ERR_IO);
	assert_int_equal(when_added, ERR_IO);
	assert_string_equal(err.msg, "temporary file for findings: File too large");
	assert_int_equal(calls, 0);
	finding_log_free(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_finding_no_file),
		cmocka_unit_test(files_are_closed),
		cmocka_unit_test(order),
		cmocka_unit_test(many_lists),
		cmocka_unit_test(all_of_a_finding),
		cmocka_unit_test(texts_past_the_ceiling),
		cmocka_unit_test(error_of_the_taker),
		cmocka_unit_test(no_temporary_file),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
