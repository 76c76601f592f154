/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/denied_channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

enum { QUESTIONS = 6 };

static unsigned calls;
static enum channel_outcome want;

static void
judge(const struct channel_answer *answer)
{
	calls++;
	assert_int_equal(answer->outcome, want);
	assert_string_equal(answer->call, "");
	assert_int_equal(answer->status, 0);
	if (want == CHANNEL_DENIED)
		assert_non_null(strstr(answer->advice, "autoreg convert --to partner-center"));
}

static void
on_submit(void *arg, const struct channel_answer *answer, const char *tracking)
{
	(void)arg;
	judge(answer);
	assert_string_equal(tracking, "");
}

static void
on_poll(void *arg, const struct channel_answer *answer, const struct verdict *verdict)
{
	(void)arg;
	judge(answer);
	assert_null(verdict);
}

static void
on_look(void *arg, const struct channel_answer *answer, const bool *there)
{
	(void)arg;
	judge(answer);
	assert_null(there);
}

static void
on_consent(void *arg, const struct channel_answer *answer, bool granted)
{
	(void)arg;
	judge(answer);
	assert_false(granted);
}

static void
on_link(void *arg, const struct channel_answer *answer, const char *url)
{
	(void)arg;
	judge(answer);
	assert_null(url);
}

static void
on_customers(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n)
{
	(void)arg;
	judge(answer);
	assert_null(customer);
	assert_int_equal(n, 0);
}

static void
ask_all(struct channel *c, struct channel_op *op[QUESTIONS])
{
	struct err err;

	assert_int_equal(c->ops->submit(c, NULL, on_submit, NULL, &op[0], &err), ERR_OK);
	assert_int_equal(c->ops->poll(c, NULL, on_poll, NULL, &op[1], &err), ERR_OK);
	assert_int_equal(c->ops->look(c, NULL, on_look, NULL, &op[2], &err), ERR_OK);
	assert_int_equal(
	    c->ops->consent(c, &(struct channel_tenant){ "t", "" }, on_consent, NULL, &op[3], &err),
	    ERR_OK);
	assert_int_equal(c->ops->link(c, on_link, NULL, &op[4], &err), ERR_OK);
	assert_int_equal(c->ops->customers(c, on_customers, NULL, &op[5], &err), ERR_OK);
}

static void
everything_is_denied(void **state)
{
	struct channel_op *op[QUESTIONS];
	struct channel *c;
	uv_loop_t loop;
	struct err err;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(denied_channel_new(&loop, &c, &err), ERR_OK);
	calls = 0;
	want = CHANNEL_DENIED;
	ask_all(c, op);
	assert_int_equal(calls, 0); /* never at once */
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(calls, QUESTIONS);
	c->ops->free(c);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
cancelled(void **state)
{
	struct channel_op *op[QUESTIONS];
	struct channel *c;
	uv_loop_t loop;
	struct err err;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(denied_channel_new(&loop, &c, &err), ERR_OK);
	calls = 0;
	want = CHANNEL_STOPPED;
	ask_all(c, op);
	for (size_t i = 0; i < QUESTIONS; i++) {
		c->ops->cancel(op[i]);
		c->ops->cancel(op[i]);
	}
	assert_int_equal(calls, 0);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(calls, QUESTIONS);
	c->ops->free(c);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_denied),
		cmocka_unit_test(cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
