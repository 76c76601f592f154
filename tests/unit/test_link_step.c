/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/link_step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/sending/roster.h"
#include "store/store_async.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/channel_fake.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

static const struct customer customers[] = {
	{ .name = "contoso", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "adatum", .via = { VIA_PARTNER, "fourth" } },
	{ .name = "fabrikam", .via = { VIA_PARTNER, "northwind" } },
	{ .name = "litware", .via = { VIA_INTUNE, NULL } },
};

static const struct config config = { .customers = { customers, 4 } };

struct rig {
	struct store_script script;
	struct channel_fake channel;
	struct link_step_request req;
	struct link_step *step;
	unsigned told;
	enum err_code code;
	int64_t wait_ms;
	char url[LINK_SIZE];
	char links[256];
};

static void
on_wait(void *arg, const struct channel_answer *answer)
{
	struct rig *r = arg;

	assert_int_equal(r->told, 0);
	r->wait_ms = answer->retry_after_ms;
}

static void
rig_open(struct rig *r, const char *script)
{
	memset(r, 0, sizeof *r);
	store_script_open(&r->script);
	store_script_run(&r->script, script);
	channel_fake_init(&r->channel);
	r->req = (struct link_step_request){
		.writer = store_async_fake_open(r->script.store),
		.channel = &r->channel.channel,
		.clock = &r->script.clock,
		.config = &config,
		.service_scope = "partner/northwind",
		.on_wait = on_wait,
	};
}

static void
rig_close(struct rig *r)
{
	assert_int_equal(store_async_fake_waiting(), 0);
	store_script_close(&r->script);
}

static void
on_link(void *arg, const char *url, const struct channel_answer *answer, const struct err *err)
{
	struct rig *r = arg;

	r->told++;
	assert_non_null(answer);
	assert_true(!url == (err != NULL));
	r->code = err ? err->code : ERR_OK;
	(void)snprintf(r->url, sizeof r->url, "%s", url ? url : "");
}

static struct channel_op *
ask(struct rig *r)
{
	struct err err;

	r->told = 0;
	assert_int_equal(link_step_start(&r->req, on_link, r, &r->step, &err), ERR_OK);
	assert_int_equal(r->told, 0);
	return channel_fake_find(&r->channel, FAKE_LINK, NULL);
}

static enum err_code
note_link(void *arg, struct slice service, struct slice url, struct err *err)
{
	struct rig *r = arg;

	(void)err;
	(void)snprintf(r->links, sizeof r->links, SLICE_FMT " " SLICE_FMT, SLICE_ARG(service),
	    SLICE_ARG(url));
	return ERR_OK;
}

static void
assert_link(struct rig *r, const char *want)
{
	struct err err;

	r->links[0] = '\0';
	assert_int_equal(store_links(r->script.store, note_link, r, &err), ERR_OK);
	assert_string_equal(r->links, want);
}

#define TELLS " Send the customer this link: " FAKE_URL "\n"

/* Whoever lacks consent reads it; a refused role is not mended by it, nor another's customer. */
static void
those_who_wait_for_it_read_it(void **state)
{
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r,
	    "hold customer/contoso consent; hold customer/contoso paused; hold customer/adatum consent;"
	    "hold customer/fabrikam consent; hold customer/litware consent");
	assert_int_equal(store_consent_save(r.script.store, slice_of("fabrikam"),
	                     slice_of("denied"), slice_of("seen"), 500, &err),
	    ERR_OK);
	channel_fake_say(ask(&r), CHANNEL_DONE);
	assert_int_equal(r.told, 0);
	assert_true(store_async_fake_step());
	assert_int_equal(r.told, 1);
	assert_string_equal(r.url, FAKE_URL);
	assert_link(&r, "partner/northwind " FAKE_URL);
	store_show_expect(r.script.store, "h",
	    "hold customer/adatum consent since=1000 message\n"
	    "hold customer/contoso consent since=1000 message" TELLS
	    "hold customer/contoso paused since=1000 message\n"
	    "hold customer/fabrikam consent since=1000 message\n"
	    "hold customer/litware consent since=1000 message\n");
	rig_close(&r);
}

static void
what_is_no_link_is_not_kept(void **state)
{
	static const size_t length[] = { 0, LINK_SIZE, 4000 };
	struct channel_answer a = channel_fake_answer(CHANNEL_DONE);
	struct rig r;

	(void)state;
	rig_open(&r, "");
	channel_fake_say(ask(&r), CHANNEL_SERVER);
	assert_int_equal(r.told, 1);
	assert_int_equal(r.code, ERR_NOT_FOUND);
	for (size_t i = 0; i < 3; i++) {
		struct channel_op *op = ask(&r);
		struct channel_op told = *op;
		char url[4001];

		memset(op, 0, sizeof *op);
		memset(url, 'u', sizeof url);
		url[length[i]] = '\0';
		told.linked(told.arg, &a, url);
		assert_int_equal(r.told, 1);
		assert_int_equal(r.code, ERR_FORMAT);
	}
	assert_link(&r, "");
	rig_close(&r);
}

static void
a_store_that_fails_is_told(void **state)
{
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	channel_fake_say(ask(&r), CHANNEL_DONE);
	store_async_fake_fail();
	assert_true(store_async_fake_step());
	assert_int_equal(r.code, ERR_IO);
	assert_link(&r, "");
	op = ask(&r);
	store_async_fake_refuse();
	channel_fake_say(op, CHANNEL_DONE);
	assert_int_equal(r.code, ERR_NOMEM);
	rig_close(&r);
}

static void
cancelled_and_paused(void **state)
{
	struct channel_answer a = channel_fake_answer(CHANNEL_THROTTLED);
	struct channel_op *op;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	op = ask(&r);
	link_step_pause(r.step, 500);
	assert_int_equal(op->pause_ms, 500);
	link_step_cancel(r.step);
	link_step_cancel(r.step);
	assert_int_equal(r.told, 0);
	channel_fake_stop_cancelled(&r.channel);
	assert_int_equal(r.code, ERR_CANCELLED);
	a.retry_after_ms = 9000;
	channel_fake_end(ask(&r), &a, NULL, NULL, NULL);
	assert_int_equal(r.wait_ms, 9000);
	assert_int_equal(r.told, 0);
	assert_true(store_async_fake_step()); /* and over a restart */
	assert_int_equal(r.code, ERR_NOT_FOUND);
	store_show_expect(r.script.store, "p", "pause partner/northwind 10000\n");
	channel_fake_say(ask(&r), CHANNEL_DONE);
	link_step_pause(r.step, 500); /* what has been answered becomes durable */
	link_step_cancel(r.step);
	assert_true(store_async_fake_step());
	assert_int_equal(r.code, ERR_OK);
	rig_close(&r);
}

static void
what_cannot_be_begun_leaves_nothing(void **state)
{
	struct err err;
	struct rig r;

	(void)state;
	rig_open(&r, "");
	r.channel.refuses = true;
	assert_int_equal(link_step_start(&r.req, on_link, &r, &r.step, &err), ERR_NOMEM);
	alloc_fault_arm(1);
	assert_int_equal(link_step_start(&r.req, on_link, &r, &r.step, &err), ERR_NOMEM);
	alloc_fault_arm(0);
	assert_null(r.step);
	assert_int_equal(r.told, 0);
	rig_close(&r);
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(those_who_wait_for_it_read_it),
		IN_SANDBOX(what_is_no_link_is_not_kept),
		IN_SANDBOX(a_store_that_fails_is_told),
		IN_SANDBOX(cancelled_and_paused),
		IN_SANDBOX(what_cannot_be_begun_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
