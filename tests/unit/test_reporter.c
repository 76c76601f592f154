/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/reporter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "store/store_async.h"
#include "tests/unit/log_catch.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_async_fake.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

/* The writer and the reader are one here: the fake has one store. */
struct rig {
	uv_loop_t loop;
	struct store_script script;
	struct config config;
	struct reporter *reporter;
	unsigned closed;
	char done[64];
};

static void
on_done(void *arg, int64_t list)
{
	struct rig *r = arg;
	size_t used = strlen(r->done);

	(void)snprintf(r->done + used, sizeof r->done - used, "%d ", (int)list);
}

static void
rig_open(struct rig *r, const char *script)
{
	struct store_async *store;
	struct err err;

	memset(r, 0, sizeof *r);
	assert_int_equal(uv_loop_init(&r->loop), 0);
	store_script_open(&r->script);
	store_script_run(&r->script, script);
	store = store_async_fake_open(r->script.store);
	r->config = (struct config){ .state = "state", .spool = "spool" };
	const struct reporter_options opt = {
		.loop = &r->loop,
		.config = &r->config,
		.writer = store,
		.reader = store,
		.arg = r,
		.on_done = on_done,
	};

	assert_int_equal(reporter_new(&opt, &r->reporter, &err), ERR_OK);
}

static void
settle(void)
{
	while (store_async_fake_step())
		continue;
}

static void
assert_done(struct rig *r, const char *want)
{
	settle();
	assert_string_equal(r->done, want);
	r->done[0] = '\0';
}

static void
on_closed(void *arg)
{
	((struct rig *)arg)->closed++;
}

static void
rig_close(struct rig *r)
{
	reporter_close(r->reporter, on_closed, r);
	assert_int_equal(r->closed, 0);
	while (!r->closed) {
		settle();
		(void)uv_run(&r->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(uv_loop_close(&r->loop), 0);
	store_script_close(&r->script);
}

#define TWO "begin contoso t; add 1 A a; add 2 B a; end 2;"

static void
a_list_that_is_over_is_reported(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r,
	    TWO "claim 1 9; settle 1 A registered ok; settle 1 B claimed claimed_elsewhere");
	reporter_look(r.reporter, 1);
	assert_string_equal(r.done, ""); /* never inside */
	assert_done(&r, "1 ");
	store_show_expect(r.script.store, "l",
	    "list 1 contoso 1.csv rows=2 done reported registered=1 claimed=1\n");
	sandbox_assert_names("state/lists/1", "1.csv.report.csv 1.csv.report.json ");
	rig_close(&r);
	/* It came by the spool: its people look there. */
	sandbox_assert_names("spool/contoso/reports", "1.csv.1.report.csv 1.csv.1.report.json ");
}

static void
put_rejects(void)
{
	assert_int_equal(
	    mkdir("state", 0700) + mkdir("state/lists", 0700) + mkdir("state/lists/1", 0700), 0);
	sandbox_write("state/lists/1/1.csv.rejects.csv", "rows");
}

static void
refused_rows_go_with_it(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, "begin contoso t; refuse 1 excel-damage; end 1");
	put_rejects();
	reporter_look(r.reporter, 1);
	assert_done(&r, "1 ");
	rig_close(&r);
	sandbox_assert_names("spool/contoso/reports",
	    "1.csv.1.rejects.csv 1.csv.1.report.csv 1.csv.1.report.json ");
	sandbox_assert_content("spool/contoso/reports/1.csv.1.rejects.csv", slice_of("rows"));
}

/* What cannot be put into its place keeps those away that come after it. */
static void
the_json_comes_last(void **state)
{
	static const struct {
		const char *in_the_way;
		const char *there;
	} tc[] = {
		{ "1.csv.1.rejects.csv", "1.csv.1.rejects.csv " },
		{ "1.csv.1.report.csv", "1.csv.1.rejects.csv 1.csv.1.report.csv " },
	};

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char path[128];
		struct rig r;

		(void)state;
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, "begin contoso t; refuse 1 excel-damage; end 1");
		put_rejects();
		(void)snprintf(path, sizeof path, "spool/contoso/reports/%s", tc[i].in_the_way);
		assert_int_equal(mkdir("spool", 0700) + mkdir("spool/contoso", 0700) +
		        mkdir("spool/contoso/reports", 0700) + mkdir(path, 0700),
		    0);
		reporter_look(r.reporter, 1);
		assert_done(&r, "");
		rig_close(&r);
		sandbox_assert_names("spool/contoso/reports", tc[i].there);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static void
one_that_goes_on_is_not(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO "claim 1 9; settle 1 A registered ok");
	reporter_look(r.reporter, 1);
	assert_done(&r, "");
	assert_int_equal(access("state", F_OK), -1);
	store_script_run(&r.script, "settle 1 B failed bad_hash");
	reporter_look(r.reporter, 1);
	assert_done(&r, "1 ");
	rig_close(&r);
}

static void
a_held_one_is_reported_and_later_again(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, TWO "hold customer/contoso consent");
	reporter_look_all(r.reporter, "contoso");
	assert_done(&r, "1 ");
	reporter_look_all(r.reporter, "contoso"); /* it is reported already */
	assert_done(&r, "");
	store_script_run(&r.script,
	    "unhold customer/contoso; claim 1 9; settle 1 A registered ok;"
	    "settle 1 B registered ok");
	store_show_expect(r.script.store, "l", "list 1 contoso 1.csv rows=2 done registered=2\n");
	reporter_look(r.reporter, 1);
	assert_done(&r, "1 ");
	rig_close(&r);
}

static void
all_lists_of_a_customer_or_of_all(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r,
	    "begin contoso t; refuse 1 x; end 1; begin adatum t; refuse 1 x; end 1;"
	    "begin contoso t; refuse 1 x; end 1; begin contoso t; add 1 A a; end 1; reported 3");
	reporter_look_all(r.reporter, "contoso");
	assert_done(&r, "1 ");
	reporter_look_all(r.reporter, NULL);
	assert_done(&r, "2 ");
	rig_close(&r);
}

/* In the order in which they were asked for, so that none waits for ever; each once. */
static void
first_come_first_served(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r,
	    "begin contoso t; refuse 1 x; end 1; begin contoso t; refuse 1 x; end 1;"
	    "begin contoso t; refuse 1 x; end 1");
	reporter_look(r.reporter, 3);
	reporter_look(r.reporter, 1);
	reporter_look(r.reporter, 2);
	reporter_look(r.reporter, 1);
	reporter_look(r.reporter, 2);
	assert_done(&r, "3 1 2 ");
	rig_close(&r);
}

static void
what_fails_is_not_reported(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, "begin contoso t; refuse 1 x; end 1; begin contoso t; refuse 1 x; end 1");
	for (unsigned n = 0; n < 3; n++) { /* asking, writing, marking */
		store_async_fake_fail_after(n);
		reporter_look(r.reporter, 1);
		assert_done(&r, "");
	}
	store_async_fake_refuse();
	reporter_look(r.reporter, 1);
	reporter_look(r.reporter, 2); /* the next is not kept, and the first is tried again */
	assert_done(&r, "1 2 ");
	reporter_look(r.reporter, 9); /* there is no such list */
	reporter_look(r.reporter, 1);
	assert_done(&r, "1 ");
	store_async_fake_fail();
	reporter_look_all(r.reporter, NULL);
	store_async_fake_refuse();
	reporter_look_all(r.reporter, NULL);
	assert_done(&r, "");
	rig_close(&r);
}

static void
a_report_that_cannot_be_written(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, "begin contoso t; refuse 1 x; end 1");
	sandbox_write("spool", "is no folder");
	reporter_look(r.reporter, 1);
	assert_done(&r, "");
	store_show_expect(r.script.store, "l", "list 1 contoso 1.csv rows=1 done refused=1\n");
	assert_int_equal(unlink("spool"), 0);
	reporter_look_all(r.reporter, NULL);
	assert_done(&r, "1 ");
	rig_close(&r);
}

/* What is at work is ended, but nobody is told any more. */
static void
closed_at_work(void **state)
{
	for (unsigned steps = 0; steps < 4; steps++) {
		struct rig r;

		(void)state;
		assert_int_equal(sandbox_enter(NULL), 0);
		rig_open(&r, "begin contoso t; refuse 1 x; end 1");
		reporter_look(r.reporter, 1);
		reporter_look_all(r.reporter, NULL);
		for (unsigned i = 0; i < steps; i++)
			assert_true(store_async_fake_step());
		rig_close(&r);
		assert_int_equal(r.closed, 1);
		assert_string_equal(r.done, "");
		assert_int_equal(store_async_fake_waiting(), 0);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

static int
be_quiet(void **state)
{
	(void)state;
	log_catch_begin(LOG_LEVEL_ERROR);
	return 0;
}

static int
speak(void **state)
{
	(void)state;
	(void)log_catch_end();
	return 0;
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(a_list_that_is_over_is_reported),
		IN_SANDBOX(refused_rows_go_with_it),
		IN_SANDBOX(one_that_goes_on_is_not),
		IN_SANDBOX(a_held_one_is_reported_and_later_again),
		IN_SANDBOX(all_lists_of_a_customer_or_of_all),
		IN_SANDBOX(first_come_first_served),
		IN_SANDBOX(what_fails_is_not_reported),
		IN_SANDBOX(a_report_that_cannot_be_written),
		cmocka_unit_test(the_json_comes_last),
		cmocka_unit_test(closed_at_work),
	};

	return cmocka_run_group_tests(tests, be_quiet, speak);
}
