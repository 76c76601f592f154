/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/report_json.h"

#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { DOCUMENT_MAX = 64 * 1024 };

/* Standard output goes into a file during a test. */
struct paper {
	FILE *file;
	int real_stdout;
};

static int
take_stdout(void **state)
{
	static struct paper paper;

	(void)fflush(stdout);
	paper.file = tmpfile();
	paper.real_stdout = dup(STDOUT_FILENO);
	*state = &paper;
	return !paper.file || dup2(fileno(paper.file), STDOUT_FILENO) < 0;
}

static int
give_stdout_back(void **state)
{
	struct paper *paper = *state;

	(void)fflush(stdout);
	clearerr(stdout);
	(void)dup2(paper->real_stdout, STDOUT_FILENO);
	return close(paper->real_stdout) | fclose(paper->file);
}

/* What was printed since the last time, terminated. */
static const char *
printed(struct paper *paper)
{
	static char text[DOCUMENT_MAX];
	size_t len;

	assert_int_equal(fflush(stdout), 0);
	rewind(paper->file);
	len = fread(text, 1, sizeof text - 1, paper->file);
	text[len] = '\0';
	assert_int_equal(strlen(text), len);
	rewind(paper->file);
	assert_int_equal(ftruncate(fileno(paper->file), 0), 0);
	return text;
}

static struct finding_log *
new_log(void)
{
	struct finding_log *log = NULL;
	struct err err;

	assert_int_equal(finding_log_new(&log, &err), ERR_OK);
	return log;
}

static void
add(struct finding_log *log, uint32_t list, const struct finding *f)
{
	struct err err;

	assert_int_equal(finding_log_add(log, list, f, &err), ERR_OK);
}

/* Compares the document with what it should be, which has to be JSON, too. */
static void
assert_document(struct paper *paper, const struct list_summary *s, size_t n,
    struct finding_log *log, const char *want)
{
	json_error_t where;
	json_t *doc;
	struct err err;

	assert_int_equal(report_json(s, n, log, &err), ERR_OK);
	assert_string_equal(printed(paper), want);
	doc = json_loads(want, JSON_REJECT_DUPLICATES, &where);
	assert_non_null(doc);
	assert_int_equal(json_array_size(json_object_get(doc, "lists")), n);
	json_decref(doc);
}

static void
no_list(void **state)
{
	struct finding_log *log = new_log();

	assert_document(*state, NULL, 0, log,
	    "{\"lists\":[],\"devices\":0,\"refused\":0,\"duplicates\":0}\n");
	finding_log_free(log);
}

static void
lists_without_findings(void **state)
{
	static const struct list_summary list[] = {
		{ .path = "a.csv",
		    .format = FORMAT_MMD,
		    .encoding = TEXT_UTF16LE,
		    .delimiter = ';',
		    .rows = 10,
		    .devices = 5,
		    .refused = 3,
		    .duplicates = 2 },
		{ .path = "b.csv",
		    .format = FORMAT_MMD,
		    .encoding = TEXT_WINDOWS_1252,
		    .delimiter = '\t',
		    .rows = INT64_MAX - 5,
		    .devices = INT64_MAX - 5 },
		{ .path = "c.csv", .format = FORMAT_MMD, .encoding = TEXT_UTF8 },
	};
	struct finding_log *log = new_log();

	assert_document(*state, list, 3, log,
	    "{\"lists\":["
	    "{\"file\":\"a.csv\",\"format\":\"mmd\",\"encoding\":\"utf-16le\",\"delimiter\":\";\","
	    "\"rows\":10,\"devices\":5,\"refused\":3,\"duplicates\":2,\"findings\":[]},"
	    "{\"file\":\"b.csv\",\"format\":\"mmd\",\"encoding\":\"windows-1252\","
	    "\"delimiter\":\"\\t\",\"rows\":9223372036854775802,"
	    "\"devices\":9223372036854775802,\"refused\":0,\"duplicates\":0,\"findings\":[]},"
	    "{\"file\":\"c.csv\",\"format\":\"mmd\",\"encoding\":\"utf-8\",\"delimiter\":null,"
	    "\"rows\":0,\"devices\":0,\"refused\":0,\"duplicates\":0,\"findings\":[]}],"
	    "\"devices\":9223372036854775807,\"refused\":3,\"duplicates\":2}\n");
	finding_log_free(log);
}

#define COUNTS "\"delimiter\":\",\",\"rows\":0,\"devices\":0,\"refused\":0,\"duplicates\":0"

/* With a late one on the first list, behind its own. */
static void
findings(void **state)
{
	static const struct list_summary list[] = {
		{ .path = "a.csv", .format = FORMAT_MMD, .encoding = TEXT_UTF8, .delimiter = ',' },
		{ .path = "b.csv", .format = FORMAT_MMD, .encoding = TEXT_UTF8, .delimiter = ',' },
	};
	const struct finding truncated = {
		.code = FINDING_HASH_TRUNCATED,
		.severity = SEVERITY_ERROR,
		.line = 3,
		.column = "Hardware Hash",
		.message = slice_of("cut"),
		.advice = slice_of("ask"),
		.serial = slice_of("S1"),
	};
	const struct finding empty = { .code = FINDING_WHITESPACE, .severity = SEVERITY_WARNING };
	const struct finding conflict = {
		.code = FINDING_CONFLICT,
		.severity = SEVERITY_ERROR,
		.line = 1,
		.message = slice_of("same device"),
	};
	struct finding_log *log = new_log();

	add(log, 0, &truncated);
	add(log, 0, &empty);
	add(log, 1, &empty);
	add(log, 0, &conflict);
	assert_document(*state, list, 2, log,
	    "{\"lists\":[{\"file\":\"a.csv\",\"format\":\"mmd\",\"encoding\":\"utf-8\"," COUNTS
	    ",\"findings\":["
	    "{\"line\":3,\"column\":\"Hardware Hash\",\"severity\":\"error\","
	    "\"code\":\"hash-truncated\",\"message\":\"cut\",\"advice\":\"ask\",\"serial\":\"S1\"},"
	    "{\"line\":0,\"column\":null,\"severity\":\"warning\",\"code\":\"whitespace\","
	    "\"message\":\"\",\"advice\":\"\",\"serial\":null},"
	    "{\"line\":1,\"column\":null,\"severity\":\"error\",\"code\":\"conflict\","
	    "\"message\":\"same device\",\"advice\":\"\",\"serial\":null}]},"
	    "{\"file\":\"b.csv\",\"format\":\"mmd\",\"encoding\":\"utf-8\"," COUNTS
	    ",\"findings\":["
	    "{\"line\":0,\"column\":null,\"severity\":\"warning\",\"code\":\"whitespace\","
	    "\"message\":\"\",\"advice\":\"\",\"serial\":null}]}],"
	    "\"devices\":0,\"refused\":0,\"duplicates\":0}\n");
	finding_log_free(log);
}

/* Every byte there is comes out as text that can be read, and cannot leave its string. */
static void
hostile_bytes(void **state)
{
	static const struct {
		const char *name;
		struct slice text;
		const char *want;
	} tc[] = {
		{ "quotes", { "a\"b\\c/", 6 }, "a\\\"b\\\\c/" },
		{ "end of the document", { "\"}]}\n{", 6 }, "\\\"}]}?{" },
		{ "NUL", { "a\0b", 3 }, "a?b" },
		{ "controls", { "\x01\x1b[2J\r\n\t\x7f", 9 }, "??[2J????" },
		{ "C1", { "\xc2\x9b", 2 }, "?" },
		{ "accents", { "é€😀", 9 }, "é€😀" },
		{ "not UTF-8", { "\xff\xc3,", 3 }, "??," },
		{ "half a character", { "a\xe2\x82", 3 }, "a??" },
		{ "overlong", { "\xc0\xaf", 2 }, "??" },
		{ "lone surrogate", { "\xed\xa0\x80", 3 }, "???" },
		{ "direction of writing", { "\xe2\x80\xae", 3 }, "?" },
		{ "noncharacter", { "\xef\xbf\xbf", 3 }, "\xef\xbf\xbf" },
	};

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct list_summary list = { .path = "\"\n\xff.csv",
			.format = FORMAT_MMD,
			.delimiter = ',' };
		struct finding f = { .code = FINDING_CONFLICT,
			.message = tc[i].text,
			.advice = tc[i].text,
			.serial = tc[i].text };
		struct finding_log *log = new_log();
		char want[1024];

		add(log, 0, &f);
		(void)snprintf(want, sizeof want,
		    "{\"lists\":[{\"file\":\"\\\"??.csv\",\"format\":\"mmd\",\"encoding\":\"utf-8\"," COUNTS
		    ",\"findings\":[{\"line\":0,\"column\":null,\"severity\":\"error\","
		    "\"code\":\"conflict\",\"message\":\"%s\",\"advice\":\"%s\",\"serial\":\"%s\"}]}],"
		    "\"devices\":0,\"refused\":0,\"duplicates\":0}\n",
		    tc[i].want, tc[i].want, tc[i].want);
		assert_document(*state, &list, 1, log, want);
		finding_log_free(log);
	}
}

/* Errors of the log are handed on. */
static void
log_that_cannot_be_read(void **state)
{
	static const char large[32 * 1024] = { 0 };
	struct list_summary list = { .path = "a.csv", .format = FORMAT_MMD, .delimiter = ',' };
	struct finding f = { .code = FINDING_CONFLICT, .message = { large, sizeof large } };
	struct finding_log *log = new_log();
	struct err err;

	(void)state;
	add(log, 0, &f);
	assert_int_equal(report_json(&list, 1, log, &err), ERR_LIMIT);
	finding_log_free(log);
}

/* Until the buffer is full, a failed write shows when stdout is flushed; then it is told here. */
static void
nobody_can_read_it(void **state)
{
	struct list_summary list = { .path = "a.csv", .format = FORMAT_MMD, .delimiter = ',' };
	struct finding f = { .code = FINDING_CONFLICT };
	struct finding_log *log = new_log();
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err;
	enum err_code rc;

	(void)state;
	for (int i = 0; i < 10000; i++)
		add(log, 0, &f);
	assert_int_equal(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(full);
	rc = report_json(&list, 1, log, &err);
	assert_int_equal(rc, ERR_IO);
	assert_string_equal(err.msg, "the JSON document cannot be written");
	finding_log_free(log);
}

static size_t allocations_left;

static void *
scarce_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

/* Wherever the memory ends, there is an error, and not the rest of a document. */
static void
no_memory(void **state)
{
	struct list_summary list = { .path = "a.csv", .format = FORMAT_MMD, .delimiter = ',' };
	struct finding f = { .code = FINDING_CONFLICT, .message = slice_of("m") };
	enum err_code rc = ERR_NOMEM;
	size_t most;

	for (most = 0; rc != ERR_OK; most++) {
		struct finding_log *log = new_log();
		struct err err = { 0 };
		const char *text;

		add(log, 0, &f);
		allocations_left = most;
		json_set_alloc_funcs(scarce_malloc, free);
		rc = report_json(&list, 1, log, &err);
		json_set_alloc_funcs(malloc, free);
		assert_int_equal(rc, err.code);
		text = printed(*state);
		assert_true((rc == ERR_OK) == (strchr(text, '\n') != NULL));
		finding_log_free(log);
	}
	assert_true(most > 8);
}

int
main(void)
{
#define ON_PAPER(test) cmocka_unit_test_setup_teardown(test, take_stdout, give_stdout_back)
	const struct CMUnitTest tests[] = {
		ON_PAPER(no_list),
		ON_PAPER(lists_without_findings),
		ON_PAPER(findings),
		ON_PAPER(hostile_bytes),
		ON_PAPER(log_that_cannot_be_read),
		ON_PAPER(nobody_can_read_it),
		ON_PAPER(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
