/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/batch_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partner/look_memory.h"
#include "partner/partner_call.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define PAGE(items) "\xEF\xBB\xBF{\"items\":[" items "]}"
#define MORE(items, token) "{\"items\":[" items "],\"continuationToken\":\"" token "\"}"
#define SN(serial) "{\"serialNumber\":\"" serial "\"}"
#define PK(id) "{\"serialNumber\":null,\"productKey\":\"" id "\"}"

enum { NDEVICE = 5 };

static struct look_memory *memory;

static int
enter(void **state)
{
	struct err err;

	return partner_fake_enter(state) || look_memory_new(&memory, &err);
}

/* Of looks that failed. */
static void
forget(void)
{
	struct err err;

	look_memory_free(memory);
	assert_int_equal(look_memory_new(&memory, &err), ERR_OK);
}

static int
leave(void **state)
{
	look_memory_free(memory);
	return partner_fake_leave(state);
}

struct end {
	unsigned calls;
	char there[NDEVICE + 1]; /* "y-yy-"; "" if there was none */
	struct channel_answer answer;
};

static void
on_look(void *arg, const struct channel_answer *answer, const bool *there)
{
	struct end *end = arg;

	end->calls++;
	end->answer = *answer;
	for (size_t i = 0; there && i < NDEVICE; i++)
		end->there[i] = there[i] ? 'y' : '-';
}

static struct batch *
new_batch(void)
{
	struct batch *b = partner_fake_batch("HQ/1");

	partner_fake_add(b, "a", NULL, NULL, NULL, "hash", 0);
	partner_fake_add(b, "B", NULL, NULL, NULL, "hash", 0);
	partner_fake_add(b, "a", NULL, "Contoso", NULL, "hash", 0);
	partner_fake_add(b, NULL, "0123456789012", NULL, NULL, "hash", 0);
	partner_fake_add(b, NULL, NULL, NULL, NULL, "hash", 0);
	return b;
}

static struct channel_op *
start(const struct batch *b, struct end *end)
{
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(
	    batch_look_start(partner_fake_options(), memory, b, on_look, end, &op, &err), ERR_OK);
	assert_int_equal(end->calls, 0);
	return op;
}

struct page {
	unsigned status;
	const char *body;
};

static void
looks(void **state)
{
	static const struct {
		const char *name;
		struct page page[4];
		enum channel_outcome want;
		const char *there;
	} tc[] = {
		{ "none", { { 200, PAGE("") } }, CHANNEL_DONE, "-----" },
		{ "one", { { 200, PAGE(SN("x") "," SN("B")) } }, CHANNEL_DONE, "-y---" },
		{ "the same serial number once", { { 200, PAGE(SN("a")) } }, CHANNEL_DONE,
		    "y----" },
		{ "and twice", { { 200, PAGE(SN("a") "," SN("a")) } }, CHANNEL_DONE, "y-y--" },
		{ "another case", { { 200, PAGE(SN("b")) } }, CHANNEL_DONE, "-y---" },
		{ "blanks", { { 200, PAGE(SN(" B ")) } }, CHANNEL_DONE, "-y---" },
		{ "by product id", { { 200, PAGE(PK("0123456789012")) } }, CHANNEL_DONE, "---y-" },
		{ "a hash alone is never there",
		    { { 200,
		        PAGE("{}"
		             ",{\"serialNumber\":\"\"}") } },
		    CHANNEL_DONE, "-----" },
		{ "items of other kinds", { { 200, PAGE("7,null,\"a\",[]") } }, CHANNEL_DONE,
		    "-----" },
		{ "three pages",
		    { { 200, MORE(SN("a"), "1") }, { 200, MORE("", "2") }, { 200, PAGE(SN("B")) } },
		    CHANNEL_DONE, "yy---" },
		{ "no such batch", { { 404, "{\"code\":\"1000\"}" } }, CHANNEL_DONE, "-----" },
		{ "404 of nobody knows whom", { { 404, "" } }, CHANNEL_GONE, "" },
		{ "no such customer", { { 404, "{\"code\":\"60003\"}" } }, CHANNEL_NO_CONSENT, "" },
		{ "gone in the middle",
		    { { 200, MORE(SN("a"), "1") }, { 404, "{\"code\":\"1000\"}" } }, CHANNEL_GONE,
		    "" },
		{ "throttled in the middle", { { 200, MORE(SN("a"), "1") }, { 429, "" } },
		    CHANNEL_THROTTLED, "" },
		{ "in circles", { { 200, MORE(SN("a"), "1") }, { 200, MORE(SN("B"), "1") } },
		    CHANNEL_UNKNOWN, "" },
		{ "a bad token", { { 200, MORE(SN("a"), "a b") } }, CHANNEL_UNKNOWN, "" },
		{ "unreadable", { { 200, "<html>" } }, CHANNEL_UNKNOWN, "" },
		{ "no items", { { 200, "{\"totalCount\":0}" } }, CHANNEL_UNKNOWN, "" },
	};
	struct batch *b = new_batch();

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct end end;

		print_message("  %s\n", tc[i].name);
		forget();
		(void)start(b, &end);
		for (const struct page *p = tc[i].page; p->status > 0; p++)
			partner_fake_answer_text(p->status, NULL, p->body);
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, tc[i].want);
		assert_string_equal(end.there, tc[i].there);
	}
	batch_free(b);
}

static void
requests(void **state)
{
	struct batch *b = new_batch();
	struct end end;

	(void)state;
	(void)start(b, &end);
	assert_string_equal(partner_fake_request()->url,
	    "https://api.partnercenter.microsoft.com/v1/customers/" FAKE_TENANT
	    "/deviceBatches/HQ%2F1/devices");
	partner_fake_assert_header("MS-ContinuationToken", NULL);
	partner_fake_assert_header("MS-RequestId", "00000000-0000-4001-8000-000000000002");
	partner_fake_answer_text(200, NULL, MORE("", "b3BhcXVl"));
	partner_fake_assert_header("MS-ContinuationToken", "b3BhcXVl");
	partner_fake_assert_header("MS-RequestId", "00000000-0000-4003-8000-000000000004");
	partner_fake_assert_header("MS-CorrelationId", FAKE_CORRELATION_ID);
	partner_fake_answer_text(200, NULL, PAGE(""));
	assert_int_equal(end.calls, 1);
	batch_free(b);
}

/* Once all are found, further pages are of no interest. */
static void
stops_early(void **state)
{
	struct batch *b = partner_fake_batch("x");
	struct end end;

	(void)state;
	for (int i = 0; i < NDEVICE; i++)
		partner_fake_add(b, "a", NULL, NULL, NULL, NULL, 0);
	(void)start(b, &end);
	partner_fake_answer_text(200, NULL,
	    MORE(SN("a") "," SN("a") "," SN("a") "," SN("a") "," SN("a"), "next"));
	assert_int_equal(end.calls, 1);
	assert_string_equal(end.there, "yyyyy");
	batch_free(b);
}

/* Which page is asked for: "[token]", behind those before. */
static void
note_page(char *asked, size_t size)
{
	static const char name[] = "MS-ContinuationToken: ";
	const char *token = strstr(partner_fake_request()->headers, name);
	size_t used = strlen(asked);

	(void)snprintf(asked + used, size - used, "[%.1s]", token ? token + strlen(name) : "");
}

/* Of the same batch, at the page that failed: what was found before it stays found. */
static void
goes_on_where_it_failed(void **state)
{
	static const struct {
		const char *name;
		struct page page[8]; /* status 0: another look */
		const char *there;
		const char *asked; /* the pages */
	} tc[] = {
		{ "a second time at the second page",
		    { { 200, MORE(SN("a"), "1") }, { 429, "" }, { 0, "" }, { 200, PAGE(SN("B")) } },
		    "yy---", "[][1][1]" },
		{ "the first page again",
		    { { 500, "" }, { 0, "" }, { 200, MORE(SN("a"), "1") }, { 200, PAGE(SN("B")) } },
		    "yy---", "[][][1]" },
		{ "one serial number on both sides",
		    { { 200, MORE(SN("a"), "1") }, { 503, "" }, { 0, "" }, { 200, PAGE(SN("a")) } },
		    "y-y--", "[][1][1]" },
		{ "twice",
		    { { 200, MORE(SN("a"), "1") }, { 503, "" }, { 0, "" },
		        { 200, MORE(SN("B"), "2") }, { 500, "" }, { 0, "" },
		        { 200, PAGE(PK("0123456789012")) } },
		    "yy-y-", "[][1][1][2][2]" },
		{ "its token is too old",
		    { { 200, MORE(SN("a"), "1") }, { 503, "" }, { 0, "" }, { 400, "" },
		        { 200, MORE(SN("a"), "7") }, { 200, PAGE(SN("B")) } },
		    "yy---", "[][1][1][][7]" },
	};
	struct batch *b = new_batch();

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char asked[64] = "";
		struct end end;

		print_message("  %s\n", tc[i].name);
		(void)start(b, &end);
		for (size_t k = 0; k < LENGTH(tc[i].page) && tc[i].page[k].body; k++) {
			const struct page *p = &tc[i].page[k];

			if (p->status == 0) {
				assert_int_equal(end.calls, 1);
				assert_string_equal(end.there, "");
				(void)start(b, &end);
				continue;
			}
			note_page(asked, sizeof asked);
			partner_fake_answer_text(p->status, NULL, p->body);
		}
		assert_int_equal(end.calls, 1);
		assert_string_equal(end.there, tc[i].there);
		assert_string_equal(asked, tc[i].asked);
	}
	batch_free(b);
}

/* Whoever is told to wait stops between two pages, and goes on there. */
static void
paused_between_pages(void **state)
{
	struct batch *b = new_batch();
	struct channel_op *op;
	struct end end;

	(void)state;
	op = start(b, &end);
	op->pause_ms = 7000;
	partner_fake_answer_text(200, NULL, MORE(SN("a"), "1"));
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, CHANNEL_THROTTLED);
	assert_int_equal(end.answer.retry_after_ms, 7000);
	assert_false(partner_fake_has_request());
	(void)start(b, &end);
	partner_fake_assert_header("MS-ContinuationToken", "1");
	partner_fake_answer_text(200, NULL, PAGE(SN("B")));
	assert_string_equal(end.there, "yy---");
	batch_free(b);
}

static void
cancelled(void **state)
{
	struct batch *b = new_batch();

	(void)state;
	for (int page = 0; page < 2; page++) {
		struct channel_op *op;
		struct end end;

		op = start(b, &end);
		if (page == 1)
			partner_fake_answer_text(200, NULL, MORE("", "1"));
		partner_call_cancel(op->call);
		assert_int_equal(end.calls, 0);
		partner_fake_fail(ERR_CANCELLED, "cancelled");
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, CHANNEL_STOPPED);
		assert_string_equal(end.there, "");
	}
	batch_free(b);
}

static void
attempt(void *arg)
{
	struct channel_op *op = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	if (batch_look_start(partner_fake_options(), memory, arg, on_look, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		return;
	}
	partner_fake_answer_text(200, NULL, MORE(SN("a"), "1"));
	if (partner_fake_has_request())
		partner_fake_answer_text(200, NULL, PAGE(SN("B")));
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, alloc_fault_hit() ? CHANNEL_STOPPED : CHANNEL_DONE);
}

static void
memory_runs_out(void **state)
{
	struct batch *b = new_batch();

	(void)state;
	assert_true(alloc_fault_sweep(attempt, b) >= 8);
	batch_free(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(looks),
		TEST(requests),
		TEST(stops_early),
		TEST(goes_on_where_it_failed),
		TEST(paused_between_pages),
		TEST(cancelled),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
