/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/oem_fake.h"

/* What the operations do is in the tests of their own; here they are reached through the table. */
static unsigned calls;
static struct channel_answer last;

static void
note(const struct channel_answer *answer)
{
	calls++;
	last = *answer;
}

static void
on_submit(void *arg, const struct channel_answer *answer, const char *tracking)
{
	(void)arg;
	note(answer);
	assert_int_equal(answer->outcome == CHANNEL_DONE, tracking[0] != '\0');
}

static void
on_poll(void *arg, const struct channel_answer *answer, const struct verdict *verdict)
{
	(void)arg;
	note(answer);
	assert_int_equal(verdict[0].class, VERDICT_OK);
}

static void
on_look(void *arg, const struct channel_answer *answer, const bool *there)
{
	(void)arg;
	note(answer);
	assert_int_equal(answer->outcome == CHANNEL_DONE, there != NULL);
	if (there)
		assert_false(there[0] || there[1]);
}

static void
on_consent(void *arg, const struct channel_answer *answer, bool granted)
{
	(void)arg;
	note(answer);
	assert_int_equal(granted, answer->outcome == CHANNEL_DONE);
}

static void
on_link(void *arg, const struct channel_answer *answer, const char *url)
{
	const char *want = arg;

	note(answer);
	assert_int_equal(url != NULL, want != NULL);
	if (want)
		assert_string_equal(url, want);
}

static void
on_release(void *arg, const struct channel_answer *answer, bool released)
{
	(void)arg;
	note(answer);
	assert_false(released);
}

static void
on_customers(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n)
{
	(void)arg;
	note(answer);
	assert_null(customer);
	assert_int_equal(n, 0);
}

static struct batch *
new_batch(void)
{
	struct batch *b = oem_fake_batch();

	partner_fake_add(b, "S1", NULL, "Fab", "M", NULL, 0);
	partner_fake_add(b, "S2", NULL, "Fab", "M", NULL, 0);
	return b;
}

static struct channel *
new_channel(const struct oem_service *s, const char *consent_link)
{
	char base_url[] = "https://lab.example";
	char *link = consent_link ? strdup(consent_link) : NULL;
	struct oem_options opt = s->opt;
	struct channel *c = NULL;
	struct err err;

	opt.base_url = base_url;
	opt.consent_link = link;
	assert_int_equal(oem_channel_new(&opt, &c, &err), ERR_OK);
	memset(base_url, '#', sizeof base_url); /* they were copied */
	free(link);
	return c;
}

static void
assert_last(unsigned n, enum channel_outcome outcome)
{
	assert_int_equal(calls, n);
	assert_int_equal(last.outcome, outcome);
}

static void
all_operations(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct channel *c = new_channel(s, NULL);
	struct batch *b = new_batch();
	struct channel_op *op;
	struct err err;

	(void)state;
	calls = 0;
	assert_int_equal(c->ops->submit(c, b, on_submit, NULL, &op, &err), ERR_OK);
	assert_string_equal(partner_fake_request()->url, "https://lab.example/v1/registrations");
	partner_fake_answer_text(202, "Location: /v1/operations/1\n", "");
	assert_last(1, CHANNEL_DONE);
	memcpy(b->tracking, "/op", 4);
	assert_int_equal(c->ops->poll(c, b, on_poll, NULL, &op, &err), ERR_OK);
	assert_string_equal(partner_fake_request()->url, "https://lab.example/op");
	partner_fake_answer_text(200, NULL,
	    "{\"status\":\"finished\",\"devices\":[{\"ref\":\"1\",\"status\":\"finished\"}]}");
	assert_last(2, CHANNEL_DONE);
	assert_int_equal(c->ops->release(c, b, on_release, NULL, &op, &err), ERR_OK);
	c->ops->cancel(op);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_last(3, CHANNEL_STOPPED);
	partner_fake_token(NULL);
	assert_int_equal(c->ops->consent(c, &(struct channel_tenant){ b->tenant, b->domain },
	                     on_consent, NULL, &op, &err),
	    ERR_OK);
	c->ops->pause(op, 1000);
	partner_fake_give_token("token-2");
	assert_last(4, CHANNEL_THROTTLED);
	c->ops->free(c);
	batch_free(b);
	oem_fake_service_free(s);
}

static void
without_a_request(void **state)
{
	static char link[] = "https://admin.example/?oemid=1";
	struct oem_service *s = oem_fake_service(NULL);
	struct channel *c = new_channel(s, link), *linkless = new_channel(s, NULL);
	struct batch *b = new_batch();
	struct channel_op *op;
	struct err err;

	(void)state;
	calls = 0;
	assert_int_equal(c->ops->look(c, b, on_look, NULL, &op, &err), ERR_OK);
	partner_fake_turn();
	assert_last(1, CHANNEL_DONE);
	assert_string_equal(last.request_id, FAKE_REQUEST_ID);
	assert_int_equal(c->ops->look(c, b, on_look, NULL, &op, &err), ERR_OK);
	c->ops->cancel(op);
	partner_fake_fail(ERR_CANCELLED, "cancelled");
	assert_last(2, CHANNEL_STOPPED);
	assert_int_equal(c->ops->link(c, on_link, link, &op, &err), ERR_OK);
	partner_fake_turn();
	assert_last(3, CHANNEL_DONE);
	assert_int_equal(linkless->ops->link(linkless, on_link, NULL, &op, &err), ERR_OK);
	partner_fake_turn();
	assert_last(4, CHANNEL_GONE);
	assert_non_null(strstr(last.advice, "consent_link"));
	assert_int_equal(c->ops->customers(c, on_customers, NULL, &op, &err), ERR_OK);
	partner_fake_turn();
	assert_last(5, CHANNEL_GONE);
	partner_fake_refuse(ERR_CANCELLED);
	assert_int_equal(c->ops->look(c, b, on_look, NULL, &op, &err), ERR_CANCELLED);
	assert_int_equal(partner_fake_request()->number, 0);
	c->ops->free(c);
	linkless->ops->free(linkless);
	batch_free(b);
	oem_fake_service_free(s);
}

/* What a submission learns of consent, the next question does not take from memory. */
static void
consent_withdrawn_meanwhile(void **state)
{
	struct oem_service *s = oem_fake_service(NULL);
	struct channel *c = new_channel(s, NULL);
	struct batch *b = new_batch();
	const struct channel_tenant tenant = { b->tenant, b->domain };
	struct channel_op *op;
	struct err err;

	(void)state;
	calls = 0;
	assert_int_equal(c->ops->consent(c, &tenant, on_consent, NULL, &op, &err), ERR_OK);
	partner_fake_answer_text(200, NULL, "{\"consent\":\"granted\"}");
	assert_int_equal(c->ops->consent(c, &tenant, on_consent, NULL, &op, &err), ERR_OK);
	partner_fake_turn();
	assert_last(2, CHANNEL_DONE);
	assert_int_equal(c->ops->submit(c, b, on_submit, NULL, &op, &err), ERR_OK);
	partner_fake_answer_text(403, NULL, "{\"code\":\"ConsentRequired\"}");
	assert_last(3, CHANNEL_NO_CONSENT);
	assert_int_equal(c->ops->consent(c, &tenant, on_consent, NULL, &op, &err), ERR_OK);
	partner_fake_answer_text(200, NULL, "{\"consent\":\"revoked\"}");
	assert_last(4, CHANNEL_NO_CONSENT);
	c->ops->free(c);
	batch_free(b);
	oem_fake_service_free(s);
}

static void
nothing_is_taken_back(void **state)
{
	struct oem_service *s =
	    oem_fake_service("endpoint: {validate: /v, register: /r, deregister: none}\n");
	struct channel *c = new_channel(s, NULL);

	(void)state;
	assert_null(c->ops->release);
	c->ops->free(c);
	oem_fake_service_free(s);
}

static void
attempt(void *arg)
{
	const struct oem_service *s = arg;
	struct oem_options opt = s->opt;
	struct channel *c = NULL;
	struct err err;

	opt.consent_link = "https://a.example/";
	if (oem_channel_new(&opt, &c, &err)) {
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
	struct oem_service *s = oem_fake_service(NULL);

	(void)state;
	assert_true(alloc_fault_sweep(attempt, s) >= 6);
	oem_fake_service_free(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, oem_fake_enter, oem_fake_leave)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(all_operations),
		TEST(without_a_request),
		TEST(consent_withdrawn_meanwhile),
		TEST(nothing_is_taken_back),
		TEST(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
