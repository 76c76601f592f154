/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "channel/channel.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/partner_fake.h"

/* What the operations do is in the tests of their own; here they are reached through the table. */
static unsigned calls;

static void
on_submit(void *arg, const struct channel_answer *answer, const char *tracking)
{
	(void)arg;
	calls++;
	assert_int_equal(answer->outcome == CHANNEL_DONE, tracking[0] != '\0');
}

static void
on_poll(void *arg, const struct channel_answer *answer, const struct verdict *verdict)
{
	(void)arg;
	calls++;
	assert_int_equal(answer->outcome, CHANNEL_DONE);
	assert_null(verdict);
}

static void
on_look(void *arg, const struct channel_answer *answer, const bool *there)
{
	(void)arg;
	calls++;
	assert_int_equal(answer->outcome, CHANNEL_DONE);
	assert_true(there[0]);
}

static void
on_consent(void *arg, const struct channel_answer *answer, bool granted)
{
	(void)arg;
	calls++;
	assert_int_equal(granted, answer->outcome == CHANNEL_DONE);
}

static void
on_link(void *arg, const struct channel_answer *answer, const char *url)
{
	(void)arg;
	calls++;
	assert_int_equal(answer->outcome, CHANNEL_DONE);
	assert_string_equal(url, "https://a.example/");
}

static void
on_customers(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n)
{
	(void)arg;
	(void)customer;
	calls++;
	assert_int_equal(answer->outcome, CHANNEL_DONE);
	assert_int_equal(n, 0);
}

static struct batch *
new_batch(void)
{
	struct batch *b = partner_fake_batch("HQ");

	partner_fake_add(b, "a", NULL, NULL, NULL, "hash", 0);
	memcpy(b->tracking, "4444-41", 8);
	return b;
}

static struct channel *
new_channel(void)
{
	char base_url[] = "https://lab.example";
	struct partner_options opt = *partner_fake_options();
	struct channel *c = NULL;
	struct err err;

	opt.base_url = base_url;
	assert_int_equal(partner_channel_new(&opt, &c, &err), ERR_OK);
	memset(base_url, '#', sizeof base_url); /* it was copied */
	return c;
}

static void
assert_url(const char *want)
{
	assert_string_equal(partner_fake_request()->url, want);
}

#define CUSTOMER "https://lab.example/v1/customers/" FAKE_TENANT

static void
all_operations(void **state)
{
	struct channel *c = new_channel();
	struct batch *b = new_batch();
	struct channel_op *op;
	struct err err;

	(void)state;
	calls = 0;
	assert_int_equal(c->ops->poll(c, b, on_poll, NULL, &op, &err), ERR_OK);
	assert_url(CUSTOMER "/batchJobStatus/4444-41");
	partner_fake_answer_text(200, NULL, "{\"status\":\"queued\"}");
	assert_int_equal(c->ops->look(c, b, on_look, NULL, &op, &err), ERR_OK);
	assert_url(CUSTOMER "/deviceBatches/HQ/devices");
	partner_fake_answer_text(200, NULL, "{\"items\":[{\"serialNumber\":\"a\"}]}");
	assert_int_equal(c->ops->consent(c, &(struct channel_tenant){ b->tenant, b->domain },
	                     on_consent, NULL, &op, &err),
	    ERR_OK);
	assert_url(CUSTOMER);
	c->ops->cancel(op);
	c->ops->cancel(op);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_int_equal(c->ops->link(c, on_link, NULL, &op, &err), ERR_OK);
	assert_url("https://lab.example/v1/customers/relationshiprequests");
	partner_fake_answer_text(200, NULL, "{\"url\":\"https://a.example/\"}");
	assert_int_equal(c->ops->customers(c, on_customers, NULL, &op, &err), ERR_OK);
	assert_url("https://lab.example/v1/customers?size=500");
	partner_fake_answer_text(200, NULL, "{\"items\":[]}");
	assert_int_equal(calls, 5);
	c->ops->free(c);
	batch_free(b);
}

/* The first upload lists the batches, the second knows. */
static void
a_name_is_remembered(void **state)
{
	struct channel *c = new_channel();
	struct batch *b = new_batch();
	struct channel_op *op;
	struct err err;

	(void)state;
	calls = 0;
	assert_int_equal(c->ops->submit(c, b, on_submit, NULL, &op, &err), ERR_OK);
	assert_url(CUSTOMER "/deviceBatches");
	assert_int_equal(partner_fake_request()->method, HTTP_GET);
	partner_fake_answer_text(200, NULL, "{\"items\":[]}");
	assert_url(CUSTOMER "/deviceBatches");
	assert_int_equal(partner_fake_request()->method, HTTP_POST);
	partner_fake_answer_text(202, "Location: /batchJobStatus/1\n", "");
	assert_int_equal(c->ops->submit(c, b, on_submit, NULL, &op, &err), ERR_OK);
	assert_url(CUSTOMER "/deviceBatches/HQ/devices");
	assert_int_equal(partner_fake_request()->method, HTTP_POST);
	partner_fake_answer_text(500, NULL, "");
	assert_int_equal(calls, 2);
	c->ops->free(c);
	batch_free(b);
}

static void
attempt(void *arg)
{
	struct channel *c = NULL;
	struct err err;

	(void)arg;
	if (partner_channel_new(partner_fake_options(), &c, &err)) {
		assert_true(alloc_fault_hit());
		assert_int_equal(err.code, ERR_NOMEM);
		assert_null(c);
		return;
	}
	c->ops->free(c);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(attempt, NULL) >= 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, partner_fake_enter, partner_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(all_operations),
		TEST(a_name_is_remembered),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
