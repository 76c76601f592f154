/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/customer_listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partner/partner_call.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define BASE "https://api.partnercenter.microsoft.com/v1/customers?size=500"
#define ONE "{\"id\":\"" FAKE_TENANT "\",\"relationshipToPartner\":\"reseller\"}"
#define PAGE(items) "{\"items\":[" items "]}"
#define MORE(items, token) "{\"items\":[" items "],\"continuationToken\":\"" token "\"}"

struct end {
	unsigned calls;
	size_t n;
	struct channel_answer answer;
};

static void
on_customers(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n)
{
	struct end *end = arg;

	end->calls++;
	end->n = n;
	end->answer = *answer;
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(customer[i].tenant, FAKE_TENANT);
		assert_string_equal(customer[i].domain, "");
		assert_true(customer[i].granted);
	}
}

static struct channel_op *
start(struct end *end)
{
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(
	    customer_listing_start(partner_fake_options(), on_customers, end, &op, &err), ERR_OK);
	assert_int_equal(end->calls, 0);
	return op;
}

struct page {
	unsigned status;
	const char *body;
};

static void
listings(void **state)
{
	static const struct {
		const char *name;
		struct page page[3];
		enum channel_outcome want;
		size_t n;
	} tc[] = {
		{ "none", { { 200, PAGE("") } }, CHANNEL_DONE, 0 },
		{ "two", { { 200, PAGE(ONE "," ONE) } }, CHANNEL_DONE, 2 },
		{ "three pages",
		    { { 200, MORE(ONE, "1") }, { 200, MORE("", "2") }, { 200, PAGE(ONE) } },
		    CHANNEL_DONE, 2 },
		{ "throttled in the middle", { { 200, MORE(ONE, "1") }, { 429, "" } },
		    CHANNEL_THROTTLED, 0 },
		{ "in circles", { { 200, MORE(ONE, "1") }, { 200, MORE(ONE, "1") } },
		    CHANNEL_UNKNOWN, 0 },
		{ "unreadable", { { 200, "<html>" } }, CHANNEL_UNKNOWN, 0 },
		{ "reseller", { { 403, "{\"code\":\"1002\"}" } }, CHANNEL_DENIED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct end end;

		print_message("  %s\n", tc[i].name);
		(void)start(&end);
		for (size_t k = 0; k < 3 && tc[i].page[k].status; k++)
			partner_fake_answer_text(tc[i].page[k].status, NULL, tc[i].page[k].body);
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, tc[i].want);
		assert_string_equal(end.answer.call, "GET customers");
		assert_int_equal(end.n, tc[i].n);
	}
}

static void
requests(void **state)
{
	struct channel_op *op;
	struct end end;

	(void)state;
	op = start(&end);
	assert_string_equal(partner_fake_request()->url, BASE);
	partner_fake_assert_header("MS-ContinuationToken", NULL);
	partner_fake_answer_text(200, NULL, MORE("", "b3Bh"));
	assert_string_equal(partner_fake_request()->url, BASE "&seekOperation=Next");
	partner_fake_assert_header("MS-ContinuationToken", "b3Bh");
	partner_call_cancel(op->call);
	assert_int_equal(end.calls, 0);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.answer.outcome, CHANNEL_STOPPED);
}

static void
attempt(void *arg)
{
	struct channel_op *op = NULL;
	struct end end = { .calls = 0 };
	struct err err;

	(void)arg;
	if (customer_listing_start(partner_fake_options(), on_customers, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		return;
	}
	partner_fake_answer_text(200, NULL, MORE(ONE, "1"));
	if (end.calls == 0)
		partner_fake_answer_text(200, NULL, PAGE(ONE));
	assert_int_equal(end.calls, 1);
	assert_true(end.answer.outcome == CHANNEL_DONE || alloc_fault_hit());
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(attempt, NULL) >= 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, partner_fake_enter, partner_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(listings),
		TEST(requests),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
