/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "channel/channel_answer.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/oem_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* --- results --- */

/* Ids 1 to 5; the last cannot be sent. */
static struct batch *
new_batch(void)
{
	struct batch *b = oem_fake_batch();

	partner_fake_add(b, "abc", NULL, "Fab", "M", NULL, 0);
	partner_fake_add(b, "ABC", NULL, "Fab", "M", NULL, 0);
	partner_fake_add(b, NULL, "0123456789012", NULL, NULL, NULL, 0);
	partner_fake_add(b, "777", NULL, "Fab", "M", NULL, 0);
	partner_fake_add(b, "incomplete", NULL, NULL, NULL, NULL, 0);
	return b;
}

/* A letter for each device: - nothing, o ok, h already here, c claimed, n not found, ? unexpected. */
static const char *
letters(const struct oem_results *r, size_t n, char out[16])
{
	static const char letter[NVERDICT] = {
		[VERDICT_NONE] = '-',
		[VERDICT_OK] = 'o',
		[VERDICT_ALREADY_HERE] = 'h',
		[VERDICT_CLAIMED_ELSEWHERE] = 'c',
		[VERDICT_NOT_FOUND] = 'n',
		[VERDICT_TRANSIENT] = 't',
		[VERDICT_UNEXPECTED] = '?',
	};

	for (size_t i = 0; r->verdict && i < n; i++)
		out[i] = letter[r->verdict[i].class];
	out[r->verdict ? n : 0] = '\0';
	return out;
}

#define JOB(devices) "{\"status\":\"finished\",\"devices\":[" devices "]}"
#define OK_ "\"status\":\"finished\""
#define BAD "\"status\":\"finished_with_errors\""
#define REF(n) "\"ref\":\"" #n "\""

static const char sync_bare[] = "job: {mode: sync}\nresult:\n  devices: \"\"\n  serial: /s\n"
                                "  status: /st\n  code: /c\n  ok: [OK]\n  otherwise: error\n";
static const char no_word[] = "job: {mode: async_location}\n";

static const struct result_case {
	const char *name;
	const char *sections;
	const char *body;
	enum oem_progress want;
	const char *letters;
	size_t unmatched;
} result_case[] = {
	{ "queued", NULL, "{\"status\":\"queued\",\"devices\":[]}", OEM_RUNNING, "", 0 },
	{ "byte order mark", NULL, "\xEF\xBB\xBF{\"status\":\"processing\"}", OEM_RUNNING, "", 0 },
	{ "no word", NULL, "{\"devices\":[]}", OEM_UNREADABLE, "", 0 },
	{ "word is no text", NULL, "{\"status\":{}}", OEM_UNREADABLE, "", 0 },
	{ "no json", NULL, "<html>", OEM_UNREADABLE, "", 0 },
	{ "empty", NULL, "", OEM_UNREADABLE, "", 0 },
	{ "member twice", NULL, "{\"status\":\"finished\",\"status\":\"queued\"}", OEM_UNREADABLE,
	    "", 0 },
	{ "unknown word: over", NULL, "{\"status\":\"failed\"}", OEM_OVER, "-----", 0 },
	{ "devices is no array", NULL, "{\"status\":\"finished\",\"devices\":{}}", OEM_OVER,
	    "-----", 0 },
	{ "by reference, shuffled", NULL,
	    JOB("{" REF(4) "," OK_ "},{" REF(1) "," BAD ",\"errorCode\":\"808\"},{" REF(
	        3) "," OK_ "},{" REF(2) "," OK_ "}"),
	    OEM_OVER, "cooo-", 0 },
	{ "a number as reference and code", NULL, JOB("{\"ref\":2," BAD ",\"errorCode\":808}"),
	    OEM_OVER, "-c---", 0 },
	{ "one is missing", NULL, JOB("{" REF(1) "," OK_ "}"), OEM_OVER, "o----", 0 },
	{ "references of nobody", NULL,
	    JOB("{" REF(0) "," OK_ "},{" REF(6) "," OK_ "},{" REF(-1) "," OK_
	                                                              "},{\"ref\":\"x\"," OK_ "}"),
	    OEM_OVER, "-----", 4 },
	{ "a reference that its serial contradicts", NULL,
	    JOB("{" REF(1) ",\"serialNumber\":\"777\"," OK_ "}"), OEM_OVER, "-----", 1 },
	{ "a reference in another case", NULL, JOB("{" REF(1) ",\"serialNumber\":\"aBc\"," OK_ "}"),
	    OEM_OVER, "o----", 0 },
	{ "a reference twice", NULL,
	    JOB("{" REF(1) "," OK_ "},{" REF(1) "," BAD ",\"errorCode\":\"808\"},{" REF(2) "," OK_
	                                                                                   "}"),
	    OEM_OVER, "-o---", 1 },
	{ "by serial, the exact one first", NULL,
	    JOB("{\"serialNumber\":\"aBC\"," BAD
	        ",\"errorCode\":\"812\"},{\"serialNumber\":\"abc\"," OK_ "}"),
	    OEM_OVER, "on---", 0 },
	{ "a serial as a number", NULL, JOB("{\"serialNumber\":777," OK_ "}"), OEM_OVER, "---o-",
	    0 },
	{ "by product id", NULL, JOB("{\"productKeyId\":\"0123456789012\"," OK_ "}"), OEM_OVER,
	    "--o--", 0 },
	{ "strangers", NULL, JOB("{\"serialNumber\":\"zzz\"," OK_ "}"), OEM_OVER, "-----", 1 },
	{ "by place, of those that were sent", NULL,
	    JOB("{" OK_ "},{" BAD ",\"errorCode\":\"808\"},{" OK_ "},{" OK_ "}"), OEM_OVER, "ocoo-",
	    0 },
	{ "places do not count if one is missing", NULL, JOB("{" OK_ "},{" OK_ "},{" OK_ "}"),
	    OEM_OVER, "-----", 3 },
	{ "places do not count if one is named", NULL,
	    JOB("{" REF(2) "," OK_ "},{" OK_ "},{" OK_ "},{" OK_ "}"), OEM_OVER, "-o---", 3 },
	{ "finished, but an error", NULL,
	    JOB("{" REF(1) "," OK_ ",\"errorCode\":\"808\"},{" REF(
	        2) "," OK_
	           ",\"errorName\":\"ZtdDeviceNotFound\"},{" REF(
	               3) "," OK_
	                  ",\"errorCode\":\"999\"},{" REF(
	                      4) "," OK_ ",\"errorCode\":\"0\",\"errorName\":\"Success\"}"),
	    OEM_OVER, "cn?o-", 0 },
	{ "name outranks number", NULL,
	    JOB("{" REF(1) "," BAD
	                   ",\"errorCode\":\"808\",\"errorName\":\"ZtdDeviceAlreadyAssigned\"}"),
	    OEM_OVER, "h----", 0 },
	{ "error without a word", NULL, JOB("{" REF(1) "," BAD "}"), OEM_OVER, "?----", 0 },
	{ "unknown word of a device", NULL, JOB("{" REF(1) ",\"status\":\"who knows\"}"), OEM_OVER,
	    "?----", 0 },
	{ "still pending in what is over", NULL,
	    JOB("{" REF(1) ",\"status\":\"in_progress\"},{" REF(2) "," OK_ "}"), OEM_OVER, "-o---",
	    0 },
	{ "entries of wrong shapes", NULL,
	    JOB("7,null,\"x\",[],"
	        "{" REF(1) "," OK_ "}"),
	    OEM_OVER, "o----", 4 },

	{ "no word for the job: all settled", no_word, JOB("{" REF(1) "," OK_ "}"), OEM_OVER,
	    "o----", 0 },
	{ "no word: one is pending", no_word,
	    JOB("{" REF(1) ",\"status\":\"in_progress\"},{" REF(2) "," OK_ "}"), OEM_RUNNING, "",
	    0 },
	{ "no word: none listed", no_word, JOB(""), OEM_RUNNING, "", 0 },
	{ "no word, no list", no_word, "{}", OEM_UNREADABLE, "", 0 },

	{ "bare, at once", sync_bare,
	    "[{\"s\":\"777\",\"st\":\"OK\"},{\"s\":\"abc\",\"st\":\"NO\",\"c\":\"812\"}]", OEM_OVER,
	    "n--o-", 0 },
	{ "bare and empty", sync_bare, "[]", OEM_OVER, "-----", 0 },
	{ "no array", sync_bare, "{\"s\":\"777\"}", OEM_UNREADABLE, "", 0 },
};

static void
results(void **state)
{
	struct batch *b = new_batch();

	(void)state;
	for (size_t i = 0; i < LENGTH(result_case); i++) {
		const struct result_case *tc = &result_case[i];
		struct oem_service *s = oem_fake_service(tc->sections);
		struct oem_results r = { .unmatched = 99 };
		char is[16];
		struct err err;

		print_message("  %s\n", tc->name);
		assert_int_equal(
		    oem_answer_results(s->opt.profile, s->errors, slice_of(tc->body), b, &r, &err),
		    ERR_OK);
		assert_int_equal(r.progress, tc->want);
		assert_string_equal(letters(&r, b->ndevice, is), tc->letters);
		if (tc->want == OEM_OVER)
			assert_int_equal(r.unmatched, tc->unmatched);
		assert_int_equal(r.verdict != NULL, tc->want == OEM_OVER);
		free(r.verdict);
		oem_fake_service_free(s);
	}
	batch_free(b);
}

/* Strangers are left out, up to a ceiling: 1000 more than there are devices. */
static void
many_entries(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct batch *b = new_batch();

	(void)state;
	for (size_t n = 1005; n <= 1006; n++) {
		struct oem_results r = { .unmatched = 99 };
		struct err err;
		struct buf body;

		buf_init(&body, 64 * 1024);
		buf_add_str(&body, "{\"status\":\"finished\",\"devices\":[");
		for (size_t i = 0; i < n; i++)
			buf_add_str(&body, i == 0 ? "0" : ",0");
		buf_add_str(&body, "]}");
		assert_int_equal(
		    oem_answer_results(s->opt.profile, s->errors, buf_slice(&body), b, &r, &err),
		    ERR_OK);
		assert_int_equal(r.progress, n == 1005 ? OEM_OVER : OEM_UNREADABLE);
		assert_int_equal(r.unmatched, n == 1005 ? 1005 : 0);
		free(r.verdict);
		buf_done(&body);
	}
	batch_free(b);
	oem_fake_service_free(s);
}

/* --- consent and jobs --- */

static void
consents(void **state)
{
	static const char other[] =
	    "endpoint: {validate: \"/{tenantId}/{tenantDomain}\", register: /r}\n"
	    "consent:\n  method: GET\n"
	    "  granted: [{status: 204}, {status: 200, pointer: /ok, values: "
	    "[\"true\", \"1\"]}]\n"
	    "  refused: [{status: 404}, {status: 200, pointer: /no, values: "
	    "[yes]}]\n";
	static const struct {
		const char *sections;
		unsigned status;
		const char *body;
		enum oem_said want;
	} tc[] = {
		{ NULL, 200, "{\"consent\":\"granted\"}", OEM_SAID_GRANTED },
		{ NULL, 200, "\xEF\xBB\xBF{\"consent\":\"granted\"}", OEM_SAID_GRANTED },
		{ NULL, 200, "{\"consent\":\"notGranted\"}", OEM_SAID_REFUSED },
		{ NULL, 200, "{\"consent\":\"revoked\"}", OEM_SAID_REFUSED },
		{ NULL, 200, "{\"consent\":\"Granted\"}", OEM_SAID_NOTHING },
		{ NULL, 200, "{}", OEM_SAID_NOTHING },
		{ NULL, 200, "", OEM_SAID_NOTHING },
		{ NULL, 201, "{\"consent\":\"granted\"}", OEM_SAID_NOTHING },
		{ NULL, 404, "", OEM_SAID_NOTHING },
		{ other, 204, "", OEM_SAID_GRANTED },
		{ other, 404, "{\"ok\":true}", OEM_SAID_REFUSED },
		{ other, 200, "{\"ok\":true}", OEM_SAID_GRANTED },
		{ other, 200, "{\"ok\":1}", OEM_SAID_GRANTED },
		{ other, 200, "{\"ok\":false}", OEM_SAID_NOTHING },
		{ other, 200, "{\"ok\":true,\"no\":\"yes\"}", OEM_SAID_REFUSED },
		{ other, 500, "{\"ok\":true}", OEM_SAID_NOTHING },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct oem_profile *p = oem_fake_profile(tc[i].sections);

		print_message("  %u %s\n", tc[i].status, tc[i].body);
		assert_int_equal(oem_answer_consent(p, tc[i].status, slice_of(tc[i].body)),
		    tc[i].want);
		oem_profile_free(p);
	}
}

static void
jobs(void **state)
{
	static const struct {
		const char *body;
		const char *want; /* NULL: there is none */
	} tc[] = {
		{ "{\"job\":{\"id\":\"abc\"}}", "abc" },
		{ "{\"job\":{\"id\":12}}", "12" },
		{ "{\"job\":{\"id\":\"1234567\"}}", "1234567" },
		{ "{\"job\":{\"id\":\"12345678\"}}", NULL },
		{ "{\"job\":{\"id\":\"\"}}", NULL },
		{ "{\"job\":{}}", NULL },
		{ "", NULL },
	};
	struct oem_profile *p = oem_fake_profile(
	    "endpoint: {validate: /v, register: /r, status: \"/s/{operationId}\"}\n"
	    "job: {mode: async_id, id: /job/id, status: /status, running: [queued]}\n");

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char out[8] = "before";

		assert_int_equal(oem_answer_job(p, slice_of(tc[i].body), out, sizeof out),
		    tc[i].want != NULL);
		assert_string_equal(out, tc[i].want ? tc[i].want : "before");
	}
	oem_profile_free(p);
}

/* --- refusals --- */

static void
refusals(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum channel_outcome want;
		const char *code;
		const char *message;
		int64_t retry_after_ms;
	} tc[] = {
		{ 400, "{\"code\":\"801\",\"message\":\"bad\"}", CHANNEL_REFUSED, "801",
		    "the service answers HTTP 400, 801: bad", -1 },
		{ 400, "", CHANNEL_REFUSED, "", "the service answers HTTP 400", -1 },
		{ 401, "", CHANNEL_AUTH, "", "the service answers HTTP 401", -1 },
		{ 403, "<html>", CHANNEL_AUTH, "", "the service answers HTTP 403", -1 },
		{ 403, "{\"code\":\"ConsentRequired\"}", CHANNEL_NO_CONSENT, "ConsentRequired",
		    "the service answers HTTP 403, ConsentRequired", -1 },
		{ 404, "", CHANNEL_GONE, "", "the service answers HTTP 404", -1 },
		{ 410, "", CHANNEL_GONE, "", "the service answers HTTP 410", -1 },
		{ 404, "{\"code\":807}", CHANNEL_DONE, "807", "the service answers HTTP 404, 807",
		    -1 },
		{ 408, "", CHANNEL_SERVER, "", "the service answers HTTP 408", -1 },
		{ 413, "", CHANNEL_TOO_LARGE, "", "the service answers HTTP 413", -1 },
		{ 422, "{\"code\":\"KeyReused\"}", CHANNEL_REFUSED, "KeyReused",
		    "the service answers HTTP 422, KeyReused", -1 },
		{ 429, "", CHANNEL_THROTTLED, "", "the service answers HTTP 429", -1 },
		{ 500, "", CHANNEL_SERVER, "", "the service answers HTTP 500", -1 },
		{ 503, "{\"code\":\"640\"}", CHANNEL_SERVER, "640",
		    "the service answers HTTP 503, 640", 900000 },
		{ 501, "", CHANNEL_REFUSED, "", "the service answers HTTP 501", -1 },
		{ 302, "", CHANNEL_UNSENT, "", "the service answers HTTP 302", -1 },
		{ 407, "", CHANNEL_UNSENT, "", "the service answers HTTP 407", -1 },
	};
	struct oem_service *s = oem_fake_service(NULL);

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct channel_answer a;

		print_message("  %u %s\n", tc[i].status, tc[i].body);
		channel_answer_init(&a);
		a.status = tc[i].status;
		oem_answer_refused(s->opt.profile, s->errors, slice_of(tc[i].body), &a);
		assert_int_equal(a.outcome, tc[i].want);
		assert_string_equal(a.code, tc[i].code);
		assert_string_equal(a.message, tc[i].message);
		assert_int_equal(a.retry_after_ms, tc[i].retry_after_ms);
		assert_non_null(a.advice);
	}
	oem_fake_service_free(s);
}

/* --- memory --- */

struct reading {
	const struct oem_service *service;
	const struct batch *batch;
};

static void
attempt(void *arg)
{
	const struct reading *r = arg;
	struct oem_results out = { .unmatched = 99 };
	struct err err;

	if (oem_answer_results(r->service->opt.profile, r->service->errors,
	        slice_of(JOB("{" REF(1) "," OK_ "}")), r->batch, &out, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_int_equal(out.unmatched, 99);
		assert_null(out.verdict);
	}
	free(out.verdict);
}

static void
memory_runs_out(void **state)
{
	struct reading r = { oem_fake_service(NULL), new_batch() };

	(void)state;
	assert_int_equal(alloc_fault_sweep(attempt, &r), 8);
	batch_free((struct batch *)(uintptr_t)r.batch);
	oem_fake_service_free((struct oem_service *)(uintptr_t)r.service);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
		cmocka_unit_test(many_entries),
		cmocka_unit_test(consents),
		cmocka_unit_test(jobs),
		cmocka_unit_test(refusals),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
