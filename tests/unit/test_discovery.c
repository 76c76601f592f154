/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/discovery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T1 "11111111-1111-4111-8111-111111111111"
#define T2 "22222222-2222-4222-8222-222222222222"
#define T3 "33333333-3333-4333-8333-33333333333a"

/* --- channels that know one question --- */

struct channel_op {
	channel_customers_fn *done;
	void *arg;
};

static struct channel_op asked;
static unsigned questions, cancels;
static bool refuses;

static enum err_code
customers(struct channel *c, channel_customers_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	(void)c;
	if (refuses)
		return err_set(err, ERR_NOMEM, "no memory");
	questions++;
	asked = (struct channel_op){ done, arg };
	*out = &asked;
	return ERR_OK;
}

static void
cancel(struct channel_op *op)
{
	assert_ptr_equal(op, &asked);
	cancels++;
}

static const struct channel_ops ops = { .customers = customers, .cancel = cancel };
static struct channel fake = { &ops };
static struct channel *const channels[] = { &fake, &fake };

static void
answer(enum channel_outcome outcome, const struct channel_customer *customer, size_t n)
{
	const struct channel_answer a = { .outcome = outcome, .call = "", .advice = "" };

	asked.done(asked.arg, &a, outcome == CHANNEL_DONE ? customer : NULL, n);
}

/* --- a configuration of two partners --- */

static const struct partner partner[] = { { .name = "northwind" }, { .name = "tailspin" } };
static const struct customer customer[] = { { .name = "contoso", .tenant = T1 },
	{ .name = "fabrikam", .tenant = "33333333-3333-4333-8333-33333333333A" } };
static const struct config config = { .partners = { partner, 2 }, .customers = { customer, 2 } };

static const struct channel_customer known[] = {
	{ T1, "contoso.example", "Contoso", true },
	{ T2, "wingtip.example", "Wingtip", false },
	{ T3, "fabrikam.example", "Fabrikam", true },
};

struct end {
	unsigned calls;
	enum err_code rc;
	char text[256];
};

static void
on_discovered(void *arg, const struct discovery_result *r, const struct err *err)
{
	struct end *end = arg;
	size_t len = 0;

	end->calls++;
	end->rc = err ? err->code : ERR_OK;
	assert_int_equal(r == NULL, err != NULL);
	for (size_t i = 0; r && i < r->ncustomer; i++)
		len += (size_t)snprintf(end->text + len, sizeof end->text - len, "%s:%s:%s:%d ",
		    r->customer[i].partner, r->customer[i].domain, r->customer[i].company,
		    r->customer[i].granted);
	for (size_t i = 0; r && i < r->nfailed; i++)
		len += (size_t)snprintf(end->text + len, sizeof end->text - len, "%s:%s ",
		    r->failed[i].partner, channel_outcome_name(r->failed[i].answer.outcome));
}

static struct discovery *
start(struct end *end)
{
	const struct discovery_options opt = { &config, channels };
	struct discovery *d;
	struct err err;

	*end = (struct end){ .calls = 0 };
	questions = cancels = 0;
	refuses = false;
	assert_int_equal(discovery_start(&opt, on_discovered, end, &d, &err), ERR_OK);
	assert_int_equal(end->calls, 0);
	return d;
}

static void
one_after_the_other(void **state)
{
	struct end end;

	(void)state;
	(void)start(&end);
	assert_int_equal(questions, 1);
	answer(CHANNEL_DONE, known, 3);
	assert_int_equal(questions, 2);
	assert_int_equal(end.calls, 0);
	answer(CHANNEL_DONE, known + 1, 1);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.rc, ERR_OK);
	assert_string_equal(end.text,
	    "northwind:wingtip.example:Wingtip:0 tailspin:wingtip.example:Wingtip:0 ");
}

static void
one_that_fails(void **state)
{
	struct end end;

	(void)state;
	(void)start(&end);
	answer(CHANNEL_DENIED, NULL, 0);
	answer(CHANNEL_DONE, known, 2);
	assert_int_equal(end.rc, ERR_OK);
	assert_string_equal(end.text, "tailspin:wingtip.example:Wingtip:0 northwind:denied ");
}

static void
cancelled(void **state)
{
	struct discovery *d;
	struct end end;

	(void)state;
	d = start(&end);
	discovery_cancel(d);
	discovery_cancel(d);
	assert_int_equal(cancels, 2);
	assert_int_equal(end.calls, 0);
	answer(CHANNEL_STOPPED, NULL, 0);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.rc, ERR_CANCELLED);
	assert_int_equal(questions, 1);
}

static void
no_memory(void **state)
{
	const struct discovery_options opt = { &config, channels };
	struct discovery *d = NULL;
	struct end end;
	struct err err;

	(void)state;
	(void)start(&end);
	refuses = true;
	answer(CHANNEL_DONE, known, 1);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.rc, ERR_NOMEM);
	assert_int_equal(discovery_start(&opt, on_discovered, &end, &d, &err), ERR_NOMEM);
	assert_null(d);
	assert_int_equal(end.calls, 1);
}

static void
no_partner(void **state)
{
	static const struct config empty = { .version = 1 };
	const struct discovery_options opt = { &empty, channels };
	struct discovery *d = NULL;
	struct err err;

	(void)state;
	assert_int_equal(discovery_start(&opt, on_discovered, NULL, &d, &err), ERR_NOT_FOUND);
	assert_null(d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(one_that_fails),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(no_partner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
