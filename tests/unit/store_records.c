/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_records.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"
#include "tests/unit/store_cases.h"
#include "tests/unit/store_script.h"

static struct store_script ss;

static int
set_up(void **state)
{
	int failed = sandbox_enter(state);

	if (failed == 0)
		store_script_open(&ss);
	return failed;
}

static int
tear_down(void **state)
{
	store_script_close(&ss);
	return sandbox_leave(state);
}

#define THREE "begin contoso; add 2 A acme t; add 3 B acme t; add 4 C acme; end 3;"

/* --- the gate --- */

static const struct store_case gate[] = {
	{ "family of the make, whichever row tells it",
	    "begin contoso; add 2 A acme t m1; add 3 B acme t m2; add 4 C acme t m1 - - F1;"
	    "add 5 D acme t m1 - - F2; end 4",
	    "g", "gate A family=F1\ngate C family=F1\ngate D family=F1\n" },
	{ "family told by a later list",
	    "begin contoso; add 2 A acme t m1; end 1; reopen; begin adatum;"
	    "add 2 B acme t m1 - - F1; end 1",
	    "g", "gate A family=F1\ngate B family=F1\n" },
	{ "family of a list that was given up",
	    "begin contoso; add 2 A acme t m1; end 1; group; begin adatum;"
	    "add 2 B acme t m1 - - F1; abort; endgroup",
	    "g", "gate A family=F1\n" },
	{ "one image", THREE "image 77 serial=b; counted 1", "g", "gate B image=77\n" },
	{ "of a list",
	    THREE "begin contoso; add 2 D acme t; add 3 a acme t; end 2; image 7 list=2;"
	          "counted 2; image 8 serial=A; counted 1",
	    "g", "gate A image=8\ngate D image=7\n" },
	{ "of a customer",
	    THREE "begin adatum; add 2 A acme t; end 1; image 7 customer=adatum; counted 1;"
	          "image 7 customer=x; counted 0",
	    "g", "gate A image=7\n" },
	{ "an image does not pass on with the number",
	    "begin contoso; add 2 A acme t; add 3 B acme t; image 7 customer=contoso; refuse 3 x;"
	    "add 4 C acme t; abort; begin contoso; add 2 D acme t; add 3 B acme t; end 2",
	    "g", "" },
	{ "a number with another device",
	    "begin contoso; add 2 A acme t; image 7 serial=A; add 2 B acme t; end 1", "dg",
	    "device B queued contoso/t 1.csv:2\n" },
};

static enum err_code
add_gate(void *arg, const struct store_gate_device *d, struct err *err)
{
	(void)err;
	buf_addf(arg, "%" PRId64 " " SLICE_FMT " " SLICE_FMT "\n", d->id, SLICE_ARG(d->serial),
	    SLICE_ARG(d->customer));
	return ERR_OK;
}

static void
expect_gate(struct store *s, const char *serial, const char *want)
{
	struct buf got;
	struct err err;

	buf_init(&got, 4096);
	assert_int_equal(store_gate(s, slice_of(serial), add_gate, &got, &err), ERR_OK);
	assert_string_equal(got.len ? got.ptr : "", want);
	buf_done(&got);
}

/* A reader remembers the newest devices, while the writer takes them away again. */
static void
test_gate_beside_the_writer(void **state)
{
	static const struct {
		const char *then;
		const char *want; /* of serial number A */
	} tc[] = {
		{ "", "" },
		{ "begin contoso; add 2 A acme t; add 3 B acme t", "1 A contoso\n" },
		{ "abort", "" },
		{ "begin contoso; add 2 B acme t; add 3 a acme t", "2 a contoso\n" },
		{ "refuse 3 x; add 4 C acme t", "" },
		{ "add 5 A bolt t", "3 A contoso\n" },
		{ "end 4; begin adatum; add 2 A acme t; end 1", "3 A contoso\n4 A adatum\n" },
		{ "group; begin adatum; add 2 A bolt t; add 3 X acme t",
		    "3 A contoso\n4 A adatum\n" },
		{ "endgroup", "3 A contoso\n4 A adatum\n5 A adatum\n" },
		{ "group; abort; begin contoso; add 2 Y acme t; add 3 A acme t; end 2; endgroup",
		    "3 A contoso\n4 A adatum\n6 A contoso\n" },
		{ "reopen", "3 A contoso\n4 A adatum\n6 A contoso\n" },
	};
	struct store *reader;
	struct err err;

	(void)state;
	assert_int_equal(store_open("store", STORE_READ, &ss.clock, &reader, &err), ERR_OK);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].then);
		store_script_run(&ss, tc[i].then);
		expect_gate(reader, "a", tc[i].want);
	}
	store_close(reader);
}

/* What the writer itself remembers goes with the group that it was of. */
static void
test_gate_after_a_group_that_failed(void **state)
{
	struct err err;

	(void)state;
	store_script_run(&ss, "begin contoso; add 2 A acme t");
	expect_gate(ss.store, "A", "1 A contoso\n");
	store_script_run(&ss, "group; add 3 B acme t");
	expect_gate(ss.store, "B", "2 B contoso\n");
	assert_int_equal(store_batch_settle(ss.store, 9, NULL, 0, slice_of(""), slice_of(""), &err),
	    ERR_NOT_FOUND);
	expect_gate(ss.store, "B", "2 B contoso\n");
	store_script_run(&ss, "endgroup; add 4 C acme t");
	expect_gate(ss.store, "C", "3 C contoso\n");
	expect_gate(ss.store, "", "");
	expect_gate(ss.store, "Z", "");
}

/* --- the trail --- */

static enum err_code
add_event_id(void *arg, const struct store_event *e, struct err *err)
{
	(void)err;
	buf_addf(arg, "%" PRId64, e->id);
	return ERR_OK;
}

static void
test_which_events(void **state)
{
	static const struct {
		const char *name;
		struct store_event_query q;
		const char *want;
	} tc[] = {
		{ "all", { .after = 0 }, "12345" },
		{ "after", { .after = 3 }, "45" },
		{ "after all", { .after = 5 }, "" },
		{ "kind", { .kind = { "a", 1 } }, "135" },
		{ "customer", { .customer = { "contoso", 7 } }, "124" },
		{ "serial", { .serial = { "x", 1 } }, "23" },
		{ "limit", { .limit = 2 }, "12" },
		{ "newest", { .limit = 2, .newest = true }, "45" },
		{ "newest of all", { .newest = true }, "12345" },
		{ "everything", { 1, { "b", 1 }, { "contoso", 7 }, { "X", 1 }, 1, true }, "2" },
		{ "nothing", { .kind = { "c", 1 } }, "" },
	};

	(void)state;
	store_script_run(&ss,
	    "event a contoso S; event b contoso X; event a adatum x; event b contoso; event a");
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf got;
		struct err err;

		print_message("  %s\n", tc[i].name);
		buf_init(&got, 64);
		assert_int_equal(store_events(ss.store, &tc[i].q, add_event_id, &got, &err),
		    ERR_OK);
		assert_string_equal(got.len ? got.ptr : "", tc[i].want);
		buf_done(&got);
	}
}

static void
expect_trail(int64_t newest, int64_t read)
{
	int64_t got = -7;
	struct err err;

	assert_int_equal(store_event_newest(ss.store, &got, &err), ERR_OK);
	assert_int_equal(got, newest);
	assert_int_equal(store_cursor_load(ss.store, slice_of("hooks"), &got, &err), ERR_OK);
	assert_int_equal(got, read);
}

static void
test_cursors(void **state)
{
	(void)state;
	expect_trail(0, 0);
	store_script_run(&ss, "event a; event b; cursor other 2; cursor hooks 1");
	expect_trail(2, 1);
	store_script_run(&ss, "cursor hooks 2; reopen");
	expect_trail(2, 2);
}

static const struct store_case trail[] = {
	{ "all of an event", "begin contoso; tick 5; event consent_granted contoso S", "e",
	    "event 1 1005 consent_granted uid 7|contoso|northwind|1|S|req|cor|what happened\n" },
	{ "about nothing of it", "event agent_started", "e",
	    "event 1 1000 agent_started uid 7||northwind|0||req|cor|what happened\n" },
};

/* --- logins, links --- */

static const struct store_case logins[] = {
	{ "a token that is not of a sign-in", "tick 5; token northwind", "o",
	    "login northwind | since=0 saved=1005 warned=0\n" },
	{ "seeds are none", "token northwind#seed", "o", "" },
	{ "no token, no login", "login northwind admin roles 7", "o", "" },
	{ "signed in", "token northwind; tick 1; login northwind admin@x Admin 7; token alpine",
	    "o",
	    "login alpine | since=0 saved=1001 warned=0\n"
	    "login northwind admin@x|Admin since=7 saved=1000 warned=0\n" },
	{ "again, by somebody else",
	    "token northwind; login northwind a b 7; warned northwind 14; login northwind c d 8",
	    "o", "login northwind c|d since=8 saved=1000 warned=0\n" },
	{ "warned", "token northwind; warned northwind 14; warned northwind 7", "o",
	    "login northwind | since=0 saved=1000 warned=7\n" },
	{ "a new token takes the warning back",
	    "token northwind; login northwind a b 7; warned northwind 14; tick 3; token northwind",
	    "o", "login northwind a|b since=7 saved=1003 warned=0\n" },
	{ "that of another does not",
	    "token northwind; warned northwind 14; token northwind#seed; token alpine", "o",
	    "login alpine | since=0 saved=1000 warned=0\n"
	    "login northwind | since=0 saved=1000 warned=14\n" },
	{ "forgotten",
	    "token northwind; token northwind#seed; token alpine; login northwind a b 7;"
	    "logout northwind; logout nobody; token northwind",
	    "o",
	    "login alpine | since=0 saved=1000 warned=0\n"
	    "login northwind | since=0 saved=1000 warned=0\n" },
	{ "only the token",
	    "token northwind; login northwind a b 7; forget northwind; forget northwind", "o", "" },
	{ "links", "link partner/b https://b; link partner/a https://a; link partner/b https://c",
	    "k", "link partner/a https://a\nlink partner/b https://c\n" },
};

static void
test_forgotten_tokens(void **state)
{
	struct buf got;
	struct err err;

	(void)state;
	store_script_run(&ss, "token northwind; token northwind#seed; logout northwind");
	buf_init(&got, 64);
	assert_int_equal(store_token_load(ss.store, slice_of("northwind"), &got, &err),
	    ERR_NOT_FOUND);
	assert_int_equal(store_token_load(ss.store, slice_of("northwind#seed"), &got, &err),
	    ERR_OK);
	buf_done(&got);
}

/* --- what fails --- */

static enum err_code
stop(void *arg, struct err *err)
{
	++*(int *)arg;
	return err_set(err, ERR_INTERRUPTED, "enough");
}

static enum err_code
stop_claim(void *arg, const struct store_claim *c, struct err *err)
{
	(void)c;
	return stop(arg, err);
}

static enum err_code
stop_due(void *arg, struct slice customer, int64_t ask_unix_ms, struct err *err)
{
	(void)customer;
	(void)ask_unix_ms;
	return stop(arg, err);
}

static enum err_code
stop_gate(void *arg, const struct store_gate_device *d, struct err *err)
{
	(void)d;
	return stop(arg, err);
}

static enum err_code
stop_event(void *arg, const struct store_event *e, struct err *err)
{
	(void)e;
	return stop(arg, err);
}

static enum err_code
stop_login(void *arg, const struct store_login *l, struct err *err)
{
	(void)l;
	return stop(arg, err);
}

static enum err_code
stop_link(void *arg, struct slice service, struct slice url, struct err *err)
{
	(void)service;
	(void)url;
	return stop(arg, err);
}

static void
test_an_error_ends_a_question(void **state)
{
	static const struct store_claim_query claim = { .limit = 0 };
	static const struct store_event_query event = { .limit = 0 };
	struct store *s = ss.store;
	struct err err;
	int n = 0;

	(void)state;
	store_script_run(&ss,
	    THREE "claim 1 9;"
	          "settle 1 A claimed x 808 - 5; settle 1 B claimed x 808 - 5;"
	          "token a; token b; link a b; link c d;"
	          "begin adatum; add 2 B acme t; end 1; claim 3 1;");
	assert_int_equal(store_batch_settle(s, 2,
	                     &(struct store_settlement){ .device = 4,
	                         .state = DEVICE_CLAIMED,
	                         .ask_unix_ms = 1 },
	                     1, slice_of(""), slice_of(""), &err),
	    ERR_OK);
	assert_int_equal(store_claims(s, &claim, stop_claim, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_claims_due(s, stop_due, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_gate(s, slice_of("b"), stop_gate, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_events(s, &event, stop_event, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_logins(s, stop_login, &n, &err), ERR_INTERRUPTED);
	assert_int_equal(store_links(s, stop_link, &n, &err), ERR_INTERRUPTED);
	assert_string_equal(err.msg, "enough");
	assert_int_equal(n, 6);
	store_script_run(&ss, "hold a b"); /* nothing is left open */
}

static void
test_gate(void **state)
{
	(void)state;
	RUN(gate);
}

static void
test_trail(void **state)
{
	(void)state;
	RUN(trail);
}

static void
test_logins(void **state)
{
	(void)state;
	RUN(logins);
}

int
store_records_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gate),
		cmocka_unit_test_setup_teardown(test_gate_beside_the_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gate_after_a_group_that_failed, set_up,
		    tear_down),
		cmocka_unit_test(test_trail),
		cmocka_unit_test_setup_teardown(test_which_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cursors, set_up, tear_down),
		cmocka_unit_test(test_logins),
		cmocka_unit_test_setup_teardown(test_forgotten_tokens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_error_ends_a_question, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
