/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/relationship_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "partner/partner_call.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static void
bodies(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		const char *want; /* NULL: there is no link */
	} tc[] = {
		{ "plain", "{\"url\":\"https://a.example/?b=c#/d\"}", "https://a.example/?b=c#/d" },
		{ "byte order mark", "\xEF\xBB\xBF{\"url\":\"https://a\"}", "https://a" },
		{ "large letters", "{\"url\":\"HTTPS://a\"}", "HTTPS://a" },
		{ "http", "{\"url\":\"http://a.example/\"}", NULL },
		{ "script", "{\"url\":\"javascript:alert(1)\"}", NULL },
		{ "no host", "{\"url\":\"https://\"}", NULL },
		{ "relative", "{\"url\":\"/Adminportal\"}", NULL },
		{ "blank", "{\"url\":\"https://a b\"}", NULL },
		{ "line end", "{\"url\":\"https://a\\r\\nb\"}", NULL },
		{ "escape", "{\"url\":\"https://a\\u001b[2J\"}", NULL },
		{ "beyond ASCII", "{\"url\":\"https://\xC3\xA4\"}", NULL },
		{ "number", "{\"url\":7}", NULL },
		{ "nothing", "{}", NULL },
		{ "array", "[\"https://a\"]", NULL },
		{ "empty", "", NULL },
		{ "HTML", "<html>https://a</html>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char out[RELATIONSHIP_LINK_SIZE] = "before";

		print_message("  %s\n", tc[i].name);
		assert_int_equal(relationship_link_read(slice_of(tc[i].body), out),
		    tc[i].want != NULL);
		assert_string_equal(out, tc[i].want ? tc[i].want : "before");
	}
}

static void
longest(void **state)
{
	char url[RELATIONSHIP_LINK_SIZE + 1];
	char body[RELATIONSHIP_LINK_SIZE + 64];
	char out[RELATIONSHIP_LINK_SIZE] = "before";

	(void)state;
	memset(url, 'a', sizeof url);
	memcpy(url, "https://", 8);
	url[RELATIONSHIP_LINK_SIZE] = '\0';
	(void)snprintf(body, sizeof body, "{\"url\":\"%s\"}", url);
	assert_false(relationship_link_read(slice_of(body), out));
	assert_string_equal(out, "before");
	url[RELATIONSHIP_LINK_SIZE - 1] = '\0';
	(void)snprintf(body, sizeof body, "{\"url\":\"%s\"}", url);
	assert_true(relationship_link_read(slice_of(body), out));
	assert_string_equal(out, url);
}

struct end {
	unsigned calls;
	struct channel_answer answer;
	char url[RELATIONSHIP_LINK_SIZE];
};

static void
on_link(void *arg, const struct channel_answer *answer, const char *url)
{
	struct end *end = arg;

	end->calls++;
	end->answer = *answer;
	assert_int_equal(url != NULL, answer->outcome == CHANNEL_DONE);
	(void)snprintf(end->url, sizeof end->url, "%s", url ? url : "");
}

static struct channel_op *
start(struct end *end)
{
	struct channel_op *op = NULL;
	struct err err;

	*end = (struct end){ .calls = 0 };
	assert_int_equal(relationship_link_start(partner_fake_options(), on_link, end, &op, &err),
	    ERR_OK);
	assert_int_equal(end->calls, 0);
	assert_string_equal(partner_fake_request()->url,
	    "https://api.partnercenter.microsoft.com/v1/customers/relationshiprequests");
	assert_int_equal(partner_fake_request()->method, HTTP_GET);
	return op;
}

static void
answers(void **state)
{
	static const struct {
		const char *name;
		unsigned status;
		const char *body;
		enum channel_outcome want;
		const char *url;
		const char *message; /* part of it */
	} tc[] = {
		{ "there", 200, "{\"url\":\"https://a\"}", CHANNEL_DONE, "https://a", "" },
		{ "unfit", 200, "{\"url\":\"http://a\"}", CHANNEL_UNKNOWN, "", "no link" },
		{ "app only", 403, "{\"code\":\"900329\"}", CHANNEL_AUTH, "", "token of a user" },
		{ "reseller", 403, "{\"code\":\"1002\"}", CHANNEL_DENIED, "", "not authorized" },
		{ "429", 429, "", CHANNEL_THROTTLED, "", "slow down" },
		{ "500", 500, "{\"url\":\"https://a\"}", CHANNEL_SERVER, "", "failed" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct end end;

		print_message("  %s\n", tc[i].name);
		(void)start(&end);
		partner_fake_answer_text(tc[i].status, NULL, tc[i].body);
		assert_int_equal(end.calls, 1);
		assert_int_equal(end.answer.outcome, tc[i].want);
		assert_string_equal(end.answer.call, "GET customers/relationshiprequests");
		assert_string_equal(end.url, tc[i].url);
		assert_non_null(strstr(end.answer.message, tc[i].message));
	}
}

static void
cancelled(void **state)
{
	struct channel_op *op;
	struct end end;

	(void)state;
	op = start(&end);
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
	if (relationship_link_start(partner_fake_options(), on_link, &end, &op, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(op);
		return;
	}
	partner_fake_answer_text(200, NULL, "{\"url\":\"https://a\"}");
	assert_int_equal(end.calls, 1);
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
		cmocka_unit_test(bodies),
		cmocka_unit_test(longest),
		TEST(answers),
		TEST(cancelled),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
