/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/job_result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define OVER(entries) "\xEF\xBB\xBF{\"status\":\"finished\",\"devicesStatus\":[" entries "]}"
#define OK(serial) "{\"serialNumber\":\"" serial "\",\"status\":\"finished\"}"
#define BAD(serial, code) \
	"{\"serialNumber\":\"" serial \
	"\",\"status\":\"finished_with_errors\",\"errorCode\":\"" code "\"}"
#define PK(id, code) \
	"{\"productKey\":\"" id "\",\"status\":\"finished_with_errors\",\"errorCode\":\"" code "\"}"
#define ANON "{\"status\":\"finished\"}"
#define ANON_BAD(code) "{\"status\":\"finished_with_errors\",\"errorCode\":\"" code "\"}"

/* Devices by word: "S:SN-1" has a serial number, "P:1" a product id, "H" a hash alone. */
static struct batch *
batch_of(const char *devices)
{
	struct batch *b = partner_fake_batch("x");
	char word[32];

	while (*devices) {
		size_t n = strcspn(devices, " ");

		(void)snprintf(word, sizeof word, "%.*s", (int)n, devices);
		partner_fake_add(b, word[0] == 'S' ? word + 2 : NULL,
		    word[0] == 'P' ? word + 2 : NULL, NULL, NULL, "hash", 0);
		devices += n + (devices[n] == ' ');
	}
	return b;
}

/* "ok bad_hash -" */
static void
print(const struct job_result *r, size_t n, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *class = verdict_class_name(r->verdict[i].class);

		len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? " " : "",
		    class ? class : "-");
	}
}

struct result_case {
	const char *name;
	const char *devices;
	const char *body;
	const char *want; /* NULL: not over */
	size_t unmatched;
};

static void
check(const struct result_case *tc)
{
	struct batch *b = batch_of(tc->devices);
	struct job_result r;
	struct err err;
	char is[256];

	print_message("  %s\n", tc->name);
	memset(&r, '#', sizeof r);
	assert_int_equal(job_result_read(slice_of(tc->body), b, &r, &err), ERR_OK);
	assert_int_equal(r.over, tc->want != NULL);
	if (tc->want) {
		print(&r, b->ndevice, is, sizeof is);
		assert_string_equal(is, tc->want);
	} else {
		assert_null(r.verdict);
	}
	assert_int_equal(r.unmatched, tc->unmatched);
	job_result_done(&r);
	batch_free(b);
}

static void
progress(void **state)
{
	static const struct result_case tc[] = {
		{ "processing", "S:a",
		    "{\"status\":\"processing\",\"devicesStatus\":[" OK("a") "]}", NULL, 0 },
		{ "queued", "S:a", "{\"status\":\"queued\"}", NULL, 0 },
		{ "unknown", "S:a", "{\"status\":\"unknown\"}", NULL, 0 },
		{ "a word nobody knows", "S:a", "{\"status\":\"paused\"}", NULL, 0 },
		{ "no word", "S:a", "{\"status\":\"\"}", NULL, 0 },
		{ "nearly finished", "S:a", "{\"status\":\"finishe\"}", NULL, 0 },
		{ "more than finished", "S:a", "{\"status\":\"finishedd\"}", NULL, 0 },
		{ "finished", "S:a", OVER(OK("a")), "ok", 0 },
		{ "finished with errors", "S:a",
		    "{\"status\":\"finished_with_errors\",\"devicesStatus\":[" OK("a") "]}", "ok",
		    0 },
		{ "in capitals", "S:a",
		    "{\"status\":\"FinishedWithErrors\",\"devicesStatus\":[" OK("a") "]}", "ok",
		    0 },
		{ "no devices", "S:a", "{\"status\":\"finished\"}", "-", 0 },
		{ "devices null", "S:a", "{\"status\":\"finished\",\"devicesStatus\":null}", "-",
		    0 },
		{ "entries of other kinds", "S:a S:b", OVER("null,7"), "- -", 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++)
		check(&tc[i]);
}

static void
entries(void **state)
{
	static const struct {
		const char *name;
		const char *members;
		enum verdict_class want;
		int32_t code;
		const char *given;
	} tc[] = {
		{ "finished", "\"status\":\"finished\"", VERDICT_OK, 0, "" },
		{ "code 0", "\"status\":\"finished\",\"errorCode\":\"0\"", VERDICT_OK, 0, "" },
		{ "code null", "\"status\":\"finished\",\"errorCode\":null", VERDICT_OK, 0, "" },
		{ "a kind word", "\"status\":\"finished\",\"errorDescription\":\"Success\"",
		    VERDICT_OK, 0, "" },
		{ "an error although finished", "\"status\":\"finished\",\"errorCode\":\"808\"",
		    VERDICT_CLAIMED_ELSEWHERE, 808, "" },
		{ "an error by name although finished",
		    "\"status\":\"finished\",\"errorDescription\":\"HashNot4k\"", VERDICT_BAD_HASH,
		    0, "HashNot4k" },
		{ "code and name",
		    "\"status\":\"finished_with_errors\",\"errorCode\":\"808\","
		    "\"errorDescription\":\"ZtdDeviceAssignedToOtherTenant\"",
		    VERDICT_CLAIMED_ELSEWHERE, 808, "ZtdDeviceAssignedToOtherTenant" },
		{ "code as number", "\"status\":\"finished_with_errors\",\"errorCode\":812",
		    VERDICT_NOT_FOUND, 812, "" },
		{ "the name outranks the number",
		    "\"status\":\"finished_with_errors\",\"errorCode\":806,"
		    "\"errorDescription\":\"ZtdDeviceAssignedToAnotherTenant\"",
		    VERDICT_CLAIMED_ELSEWHERE, 806, "ZtdDeviceAssignedToAnotherTenant" },
		{ "already here", "\"status\":\"finished_with_errors\",\"errorCode\":\"806\"",
		    VERDICT_ALREADY_HERE, 806, "" },
		{ "an unknown code", "\"status\":\"finished_with_errors\",\"errorCode\":\"999\"",
		    VERDICT_UNEXPECTED, 999, "" },
		{ "a code that is no number",
		    "\"status\":\"finished_with_errors\",\"errorCode\":\"E_FAIL\"",
		    VERDICT_UNEXPECTED, 0, "E_FAIL" },
		{ "a code that is too large",
		    "\"status\":\"finished_with_errors\",\"errorCode\":\"2147483648\"",
		    VERDICT_UNEXPECTED, 0, "2147483648" },
		{ "a negative code", "\"status\":\"finished_with_errors\",\"errorCode\":-5",
		    VERDICT_UNEXPECTED, 0, "-5" },
		{ "errors, but none said", "\"status\":\"finished_with_errors\"",
		    VERDICT_UNEXPECTED, 0, "" },
		{ "in progress", "\"status\":\"in-progress\"", VERDICT_NONE, 0, "" },
		{ "in progress with a code", "\"status\":\"in-progress\",\"errorCode\":\"640\"",
		    VERDICT_NONE, 0, "" },
		{ "processing", "\"status\":\"processing\"", VERDICT_NONE, 0, "" },
		{ "an unknown word", "\"status\":\"stuck\"", VERDICT_NONE, 0, "" },
		{ "an unknown word with a code", "\"status\":\"stuck\",\"errorCode\":\"802\"",
		    VERDICT_BAD_HASH, 802, "" },
		{ "no word", "\"deviceId\":\"x\"", VERDICT_NONE, 0, "" },
	};
	struct batch *b = batch_of("S:a");

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct job_result r;
		char body[512];
		struct err err;

		print_message("  %s\n", tc[i].name);
		(void)snprintf(body, sizeof body, OVER("{\"serialNumber\":\"a\",\"new\":[],%s}"),
		    tc[i].members);
		assert_int_equal(job_result_read(slice_of(body), b, &r, &err), ERR_OK);
		assert_int_equal(r.verdict[0].class, tc[i].want);
		assert_int_equal(r.verdict[0].code, tc[i].code);
		assert_string_equal(r.verdict[0].name, tc[i].given);
		job_result_done(&r);
	}
	batch_free(b);
}

static void
matching(void **state)
{
	static const struct result_case tc[] = {
		{ "in another order", "S:a S:b S:c", OVER(BAD("c", "808") "," OK("a") "," OK("b")),
		    "ok ok claimed_elsewhere", 0 },
		{ "one missing", "S:a S:b", OVER(OK("b")), "- ok", 0 },
		{ "one too many", "S:a", OVER(OK("x") "," OK("a")), "ok", 1 },
		{ "exact case goes first", "S:ab S:AB", OVER(BAD("AB", "802") "," OK("ab")),
		    "ok bad_hash", 0 },
		{ "exact case goes first, also later", "S:ab S:AB",
		    OVER(BAD("Ab", "802") "," OK("ab")), "ok bad_hash", 0 },
		{ "another case", "S:Sn-1", OVER(BAD("SN-1", "812")), "not_found", 0 },
		{ "blanks around it", "S:a", OVER(OK(" a ")), "ok", 0 },
		{ "the same serial number twice, in order", "S:a S:a S:b",
		    OVER(OK("a") "," OK("b") "," BAD("a", "808")), "ok claimed_elsewhere ok", 0 },
		{ "an entry twice", "S:a", OVER(BAD("a", "808") "," OK("a")), "claimed_elsewhere",
		    1 },
		{ "by product id", "P:1 P:2", OVER(PK("2", "812")), "- not_found", 0 },
		{ "serial number before product id", "P:1 S:a",
		    OVER("{\"serialNumber\":\"a\",\"productKey\":\"1\",\"status\":\"finished\"}"),
		    "- ok", 0 },
		{ "product id if the serial number is another", "P:1",
		    OVER("{\"serialNumber\":\"a\",\"productKey\":\"1\",\"status\":\"finished\"}"),
		    "ok", 0 },
		{ "by place", "H H", OVER(ANON "," ANON_BAD("802")), "ok bad_hash", 0 },
		{ "by place, fewer entries", "H H", OVER(ANON), "- -", 1 },
		{ "by place, more entries", "H", OVER(ANON "," ANON), "-", 2 },
		{ "by place, the others in order", "S:a H S:b",
		    OVER(OK("a") "," ANON_BAD("802") "," OK("b")), "ok bad_hash ok", 0 },
		{ "by place, the others out of order", "S:a H S:b",
		    OVER(OK("b") "," ANON_BAD("802") "," OK("a")), "ok - ok", 1 },
		{ "by place, with a stranger", "S:a H", OVER(OK("x") "," ANON), "- -", 2 },
		{ "by place, also where we know the serial number", "S:a S:b",
		    OVER(ANON_BAD("808") "," OK("b")), "claimed_elsewhere ok", 0 },
		{ "empty identifiers are none", "H H",
		    OVER(
		        "{\"serialNumber\":\"\",\"productKey\":\" \",\"status\":\"finished\"}," ANON),
		    "ok ok", 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++)
		check(&tc[i]);
}

static void
no_status(void **state)
{
	static const char *const body[] = {
		"",
		"\xEF\xBB\xBF",
		"<html>",
		"[]",
		"{}",
		"{\"status\":5}",
		"{\"status\":\"finished\"",
		"[{\"status\":\"finished\"}]",
	};
	struct batch *b = batch_of("S:a");

	(void)state;
	for (size_t i = 0; i < LENGTH(body); i++) {
		struct job_result r, before;
		struct err err;

		memset(&r, '#', sizeof r);
		before = r;
		assert_int_equal(job_result_read(slice_of(body[i]), b, &r, &err), ERR_FORMAT);
		assert_int_equal(err.code, ERR_FORMAT);
		assert_memory_equal(&r, &before, sizeof r);
	}
	batch_free(b);
}

static void
attempt(void *arg)
{
	struct job_result r = { .unmatched = 99 };
	struct err err;

	if (job_result_read(slice_of(OVER(OK("b") "," OK("a"))), arg, &r, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_int_equal(r.unmatched, 99);
		assert_null(r.verdict);
	}
	job_result_done(&r);
}

static void
memory_runs_out(void **state)
{
	struct batch *b = batch_of("S:a S:b");

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, b), 6);
	batch_free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress),
		cmocka_unit_test(entries),
		cmocka_unit_test(matching),
		cmocka_unit_test(no_status),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
