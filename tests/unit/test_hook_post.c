/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hooks/hook_post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/http_call_fake.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static const struct hook_event event = { 17, "list_done", { "{\"id\":17}", 9 } };

struct outcome {
	unsigned calls;
	struct err err;
};

static void
on_done(void *arg, const struct err *err)
{
	struct outcome *o = arg;

	o->calls++;
	o->err.code = ERR_OK;
	if (err)
		o->err = *err;
}

static struct hook_post_options
options(const struct secret *secret)
{
	return (struct hook_post_options){
		.url = "https://hooks.example/autoreg",
		.secret = secret,
		.timeout_ms = 30000,
	};
}

static struct hook_post *
start(const struct secret *secret, struct outcome *o)
{
	const struct hook_post_options opt = options(secret);
	struct hook_post *p = NULL;
	struct err err;

	o->calls = 0;
	assert_int_equal(hook_post_start(&opt, &event, on_done, o, &p, &err), ERR_OK);
	assert_int_equal(o->calls, 0);
	return p;
}

#define HEADERS \
	"Content-Type: application/json\nX-Autoreg-Event: list_done\nX-Autoreg-Event-Id: 17\n"

static void
what_is_posted(void **state)
{
	struct secret *secret;
	struct outcome o;
	struct err err;

	(void)state;
	(void)start(NULL, &o);
	assert_int_equal(http_call_fake_last()->method, HTTP_POST);
	assert_string_equal(http_call_fake_last()->url, "https://hooks.example/autoreg");
	assert_string_equal(http_call_fake_last()->headers, HEADERS);
	assert_string_equal(http_call_fake_last()->text, "{\"id\":17}");
	assert_int_equal(http_call_fake_last()->total_ms, 30000);
	http_call_fake_answer(204, -1, "");
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.err.code, ERR_OK);

	assert_int_equal(secret_new("key", 3, &secret, &err), ERR_OK);
	(void)start(secret, &o);
	secret_free(secret);
	assert_string_equal(http_call_fake_last()->headers,
	    HEADERS "X-Autoreg-Signature: "
	            "sha256=c9291280f31e5351ffb5eb842ad461edd9f8412aae18d24dbd7f25663d30a9b5\n");
	http_call_fake_answer(200, -1, "thanks");
	assert_int_equal(o.err.code, ERR_OK);
}

static void
what_counts_as_told(void **state)
{
	static const struct {
		unsigned status; /* 0: it fails with the code */
		enum err_code code;
		const char *msg;
	} tc[] = {
		{ 200, ERR_OK, "" },
		{ 299, ERR_OK, "" },
		{ 302, ERR_IO, "the webhook answers with status 302" },
		{ 404, ERR_IO, "the webhook answers with status 404" },
		{ 500, ERR_IO, "the webhook answers with status 500" },
		{ 0, ERR_TLS, "hooks.example: not trusted" },
		{ 0, ERR_TIMEOUT, "hooks.example: no answer in time" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct outcome o = { .calls = 0 };

		print_message("  %u %s\n", tc[i].status, tc[i].msg);
		(void)start(NULL, &o);
		if (tc[i].status)
			http_call_fake_answer(tc[i].status, -1, "");
		else
			http_call_fake_fail(tc[i].code, tc[i].msg);
		assert_int_equal(o.calls, 1);
		assert_int_equal(o.err.code, tc[i].code);
		if (tc[i].code)
			assert_string_equal(o.err.msg, tc[i].msg);
	}
}

static void
cancelled(void **state)
{
	struct outcome o;
	struct hook_post *p;

	(void)state;
	p = start(NULL, &o);
	hook_post_cancel(p);
	hook_post_cancel(p);
	assert_true(http_call_fake_last()->cancelled);
	assert_int_equal(o.calls, 0);
	http_call_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(o.err.code, ERR_CANCELLED);
}

static void
try_to_start(void *arg)
{
	const struct hook_post_options opt = options(arg);
	struct outcome o = { .calls = 0 };
	struct hook_post *p = NULL;
	struct err err;
	enum err_code rc = hook_post_start(&opt, &event, on_done, &o, &p, &err);

	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(p == NULL, rc != ERR_OK);
	if (rc == ERR_OK)
		http_call_fake_answer(200, -1, "");
	assert_int_equal(o.calls, rc == ERR_OK);
}

static void
that_it_cannot_begin(void **state)
{
	const struct hook_post_options opt = options(NULL);
	struct outcome o = { .calls = 0 };
	struct hook_post *p = NULL;
	struct err err;

	(void)state;
	http_call_fake_refuse(ERR_USAGE);
	assert_int_equal(hook_post_start(&opt, &event, on_done, &o, &p, &err), ERR_USAGE);
	assert_null(p);
	assert_int_equal(o.calls, 0);
	assert_true(alloc_fault_sweep(try_to_start, NULL) >= 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, http_call_fake_enter, http_call_fake_leave)
	const struct CMUnitTest tests[] = {
		TEST(what_is_posted),
		TEST(what_counts_as_told),
		TEST(cancelled),
		TEST(that_it_cannot_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
