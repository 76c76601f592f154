/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/report_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BOLD "\033[1m"
#define RED "\033[1;31m"
#define YELLOW "\033[1;33m"
#define CYAN "\033[1;36m"
#define NORMAL "\033[0m"

/* A report into memory. */
struct sheet {
	struct report_text report;
	FILE *stream;
	char *text;
	size_t len;
};

static void
sheet_open(struct sheet *s, bool colour, bool all)
{
	s->stream = open_memstream(&s->text, &s->len);
	assert_non_null(s->stream);
	report_text_init(&s->report, s->stream, colour, all);
}

/* Compares what was written since the sheet was opened, and closes it. */
static void
sheet_close(struct sheet *s, const char *want)
{
	assert_int_equal(fclose(s->stream), 0);
	assert_string_equal(s->text, want);
	free(s->text);
}

static struct finding
finding_of(enum finding_code code, uint64_t line)
{
	return (struct finding){
		.code = code,
		.severity = finding_info(code)->severity,
		.line = line,
		.message = slice_of("why"),
		.advice = slice_of("what now"),
	};
}

static void
exact_lines(void **state)
{
	static const struct {
		const char *name;
		enum finding_code code;
		uint64_t line;
		const char *column;
		const char *plain;
		const char *coloured;
	} tc[] = {
		{ "error", FINDING_HASH_TRUNCATED, 3, "Hardware Hash",
		    "a.csv:3: error: Hardware Hash: why (hash-truncated)\n    what now\n",
		    BOLD "a.csv" NORMAL ":3: " RED "error" NORMAL
		         ": Hardware Hash: why (hash-truncated)\n    what now\n" },
		{ "warning", FINDING_WHITESPACE, UINT64_MAX, NULL,
		    "a.csv:18446744073709551615: warning: why (whitespace)\n    what now\n",
		    BOLD "a.csv" NORMAL ":18446744073709551615: " YELLOW "warning" NORMAL
		         ": why (whitespace)\n    what now\n" },
		{ "info", FINDING_DUPLICATE, 1, NULL,
		    "a.csv:1: info: why (duplicate)\n    what now\n",
		    BOLD "a.csv" NORMAL ":1: " CYAN "info" NORMAL
		         ": why (duplicate)\n    what now\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0] * 2; i++) {
		size_t k = i / 2;
		bool colour = i % 2;
		struct finding f = finding_of(tc[k].code, tc[k].line);
		struct sheet s;

		f.column = tc[k].column;
		sheet_open(&s, colour, false);
		report_text_finding(&s.report, 0, "a.csv", &f);
		report_text_end(&s.report);
		sheet_close(&s, colour ? tc[k].coloured : tc[k].plain);
	}
}

static void
hostile_text(void **state)
{
	struct finding f = finding_of(FINDING_CONFLICT, 1);
	struct sheet s;

	(void)state;
	f.message = (struct slice){ "a\0b\033[2J\xff\nforged:1: error", 24 };
	f.advice = slice_of("c\xe2\x80\xae\rd\xc2\x9b");
	sheet_open(&s, false, false);
	report_text_finding(&s.report, 0, "x\n\033]0;y\a\xc0.csv", &f);
	sheet_close(&s,
	    "x??]0;y??.csv:1: error: a?b?[2J??forged:1: error (conflict)\n"
	    "    c??d?\n");
}

/* --- not more than FINDINGS_SHOWN of a kind --------------------------------------------------- */

struct repeated {
	uint32_t list;
	enum finding_code code;
	unsigned times;
};

static const char *const path_of[] = { "a.csv", "b.csv", "c.csv" };

static void
add_repeated(struct report_text *r, const struct repeated *step)
{
	struct finding f = finding_of(step->code, step->list + 1);

	for (unsigned i = 0; i < step->times; i++)
		report_text_finding(r, step->list, path_of[step->list], &f);
}

/* Writes how a step is to be told: the findings shown. */
static void
put_repeated(FILE *out, const struct repeated *step)
{
	for (unsigned i = 0; i < step->times; i++)
		fprintf(out, "%s:%u: %s: why (%s)\n    what now\n", path_of[step->list],
		    (unsigned)step->list + 1, severity_name(finding_info(step->code)->severity),
		    finding_info(step->code)->code);
}

static void
not_too_many_of_a_kind(void **state)
{
	enum { STEPS_MAX = 6 };
	static const struct {
		const char *name;
		struct repeated added[STEPS_MAX]; /* ends with 0 times */
		struct {
			struct repeated shown;
			const char *then;
		} want[STEPS_MAX];
		bool all;
	} tc[] = {
		{ "nothing", { { 0 } }, { { { 0 }, NULL } }, false },
		{ "as many as are shown", { { 0, FINDING_CONFLICT, 20 } },
		    { { { 0, FINDING_CONFLICT, 20 }, NULL } }, false },
		{ "one more", { { 0, FINDING_CONFLICT, 21 } },
		    { { { 0, FINDING_CONFLICT, 20 },
		        "a.csv: and 1 more (conflict); -v shows all\n" } },
		    false },
		{ "all are wanted", { { 0, FINDING_CONFLICT, 100 } },
		    { { { 0, FINDING_CONFLICT, 100 }, NULL } }, true },
		{ "all are wanted, late ones too",
		    { { 1, FINDING_CONFLICT, 30 }, { 0, FINDING_CONFLICT, 30 } },
		    { { { 1, FINDING_CONFLICT, 30 }, NULL },
		        { { 0, FINDING_CONFLICT, 30 }, NULL } },
		    true },
		{ "two kinds are counted apart",
		    { { 0, FINDING_CONFLICT, 25 }, { 0, FINDING_NOT_A_LIST, 1 },
		        { 0, FINDING_VIRTUAL_MACHINE, 22 } },
		    { { { 0, FINDING_CONFLICT, 20 }, NULL }, { { 0, FINDING_NOT_A_LIST, 1 }, NULL },
		        { { 0, FINDING_VIRTUAL_MACHINE, 20 },
		            "a.csv: and 5 more (conflict); -v shows all\n"
		            "a.csv: and 2 more (virtual-machine); -v shows all\n" } },
		    false },
		{ "each list anew", { { 0, FINDING_CONFLICT, 30 }, { 2, FINDING_CONFLICT, 21 } },
		    { { { 0, FINDING_CONFLICT, 20 },
		          "a.csv: and 10 more (conflict); -v shows all\n" },
		        { { 2, FINDING_CONFLICT, 20 },
		            "c.csv: and 1 more (conflict); -v shows all\n" } },
		    false },
		{ "late ones do not count for the list at hand",
		    { { 1, FINDING_CONFLICT, 20 }, { 0, FINDING_CONFLICT, 20 },
		        { 1, FINDING_CONFLICT, 1 } },
		    { { { 1, FINDING_CONFLICT, 20 }, NULL },
		        { { 0, FINDING_CONFLICT, 20 },
		            "b.csv: and 1 more (conflict); -v shows all\n" } },
		    false },
		{ "late ones are not left out without a word",
		    { { 2, FINDING_DUPLICATE, 1 }, { 0, FINDING_CONFLICT, 15 },
		        { 1, FINDING_CONFLICT, 15 } },
		    { { { 2, FINDING_DUPLICATE, 1 }, NULL }, { { 0, FINDING_CONFLICT, 15 }, NULL },
		        { { 1, FINDING_CONFLICT, 5 },
		            "earlier lists: and 10 more (conflict); -v shows all\n" } },
		    false },
		{ "late ones are counted anew with each list",
		    { { 1, FINDING_CONFLICT, 1 }, { 0, FINDING_CONFLICT, 20 },
		        { 2, FINDING_CONFLICT, 1 }, { 0, FINDING_CONFLICT, 20 } },
		    { { { 1, FINDING_CONFLICT, 1 }, NULL }, { { 0, FINDING_CONFLICT, 20 }, NULL },
		        { { 2, FINDING_CONFLICT, 1 }, NULL },
		        { { 0, FINDING_CONFLICT, 20 }, NULL } },
		    false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct sheet s;
		char *want;
		size_t len;
		FILE *out = open_memstream(&want, &len);

		assert_non_null(out);
		sheet_open(&s, false, tc[i].all);
		for (size_t k = 0; k < STEPS_MAX && tc[i].added[k].times; k++)
			add_repeated(&s.report, &tc[i].added[k]);
		report_text_end(&s.report);
		report_text_end(&s.report); /* nothing is told twice */
		for (size_t k = 0; k < STEPS_MAX && tc[i].want[k].shown.times; k++) {
			put_repeated(out, &tc[i].want[k].shown);
			if (tc[i].want[k].then)
				fputs(tc[i].want[k].then, out);
		}
		assert_int_equal(fclose(out), 0);
		sheet_close(&s, want);
		free(want);
	}
}

static void
coloured_and_hostile_path_of_the_rest(void **state)
{
	struct finding f = finding_of(FINDING_CONFLICT, 1);
	struct sheet s;

	(void)state;
	sheet_open(&s, true, false);
	for (int i = 0; i < 21; i++)
		report_text_finding(&s.report, 0, "a\n.csv", &f);
	report_text_end(&s.report);
	assert_int_equal(fflush(s.stream), 0);
	assert_non_null(
	    strstr(s.text, "\n" BOLD "a?.csv" NORMAL ": and 1 more (conflict); -v shows all\n"));
	(void)fclose(s.stream);
	free(s.text);
}

/* --- the table -------------------------------------------------------------------------------- */

#define PATH59 "12345678901234567890123456789012345678901234567890123456789"

static void
summary(void **state)
{
	static const struct {
		const char *name;
		struct list_summary list[2];
		size_t n;
		const char *want;
	} tc[] = {
		{ "no list", { { 0 } }, 0,
		    "\n"
		    "list   format             encoding           rows   devices   refused  duplicates\n" },
		{ "one list has no total",
		    { { .path = "a.csv",
		        .format = FORMAT_MMD,
		        .encoding = TEXT_UTF16LE,
		        .rows = 10,
		        .devices = 5,
		        .refused = 3,
		        .duplicates = 2 } },
		    1,
		    "\n"
		    "list   format             encoding           rows   devices   refused  duplicates\n"
		    "a.csv  mmd                utf-16le             10         5         3           2\n" },
		{ "two lists, of different lengths",
		    { { .path = "a",
		          .format = FORMAT_MMD,
		          .encoding = TEXT_WINDOWS_1252,
		          .rows = 999999999,
		          .devices = 999999999,
		          .refused = 1,
		          .duplicates = 0 },
		        { .path = "lists/b.csv",
		            .format = FORMAT_MMD,
		            .rows = 1,
		            .devices = 1,
		            .refused = 2,
		            .duplicates = 4000000000 } },
		    2,
		    "\n"
		    "list         format             encoding           rows   devices   refused  duplicates\n"
		    "a            mmd                windows-1252  999999999 999999999         1           0\n"
		    "lists/b.csv  mmd                utf-8                 1         1         2  4000000000\n"
		    "total                                        1000000000"
		    "1000000000         3  4000000000\n" },
		{ "longest path in line", { { .path = PATH59, .format = FORMAT_MMD } }, 1,
		    "\n"
		    "list                                                         format             "
		    "encoding           rows   devices   refused  duplicates\n" PATH59
		    "  mmd                utf-8                 0         0         0           0\n" },
		{ "longer path out of line",
		    { { .path = PATH59 "0", .format = FORMAT_MMD },
		        { .path = "a.csv", .format = FORMAT_MMD } },
		    2,
		    "\n"
		    "list   format             encoding           rows   devices   refused  duplicates\n"
		    "" PATH59
		    "0  mmd                utf-8                 0         0         0           0\n"
		    "a.csv  mmd                utf-8                 0         0         0           0\n"
		    "total                                           0         0         0           0\n" },
		{ "hostile path", { { .path = "\033[2J\n\xff", .format = FORMAT_MMD } }, 1,
		    "\n"
		    "list    format             encoding           rows   devices   refused  duplicates\n"
		    "?[2J??  mmd                utf-8                 0         0         0           0\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct sheet s;

		sheet_open(&s, true, false);
		report_text_summary(&s.report, tc[i].list, tc[i].n);
		sheet_close(&s, tc[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_lines),
		cmocka_unit_test(hostile_text),
		cmocka_unit_test(not_too_many_of_a_kind),
		cmocka_unit_test(coloured_and_hostile_path_of_the_rest),
		cmocka_unit_test(summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
