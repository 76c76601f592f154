/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_claim_cases.h"

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
#define CLAIMED(serial) "settle 1 " serial " claimed claimed_elsewhere 808 - 5000 ZtdName;"
#define ASK_AGAIN(batch) \
	"ask contoso 9000; claim 1 9; settle " batch \
	" A claimed claimed_elsewhere 808 - 9000 ZtdName;"

static const struct store_case claims[] = {
	{ "the first time", THREE "claim 1 9; tick 5;" CLAIMED("A"), "cug",
	    "claim A contoso/t since=1005 asked=1005 ask=5000 x1\ndue contoso 5000\n"
	    "gate A claimed\n" },
	{ "not by itself", THREE "claim 1 9; settle 1 A claimed claimed_elsewhere 808", "cu",
	    "claim A contoso/t since=1000 asked=1000 ask=0 x1\n" },
	{ "again", THREE "claim 1 1;" CLAIMED("A") "tick 9;" ASK_AGAIN("2"), "cu",
	    "claim A contoso/t since=1000 asked=1009 ask=9000 x2\ndue contoso 9000\n" },
	{ "the batch is told",
	    THREE "claim 1 9;" CLAIMED("A") CLAIMED("B") "ask contoso 5000; claim 1 9", "b",
	    "batch 2 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=2"
	    " contoso/t req,cor,: A(claimed x1) B(claimed x1)\n" },
	{ "nobody is asked about twice at a time",
	    THREE
	    "claim 1 9;" CLAIMED("A") "ask contoso 5000; counted 1; ask contoso 9000; counted 0",
	    "cu", "claim A contoso/t since=1000 asked=1000 ask=5000 x1\n" },
	{ "only what is due",
	    THREE "claim 1 9;" CLAIMED("A") "settle 1 B claimed x 808 - 5001; ask contoso 5000;"
	                                    "counted 1; ask adatum 9000; counted 0",
	    "du",
	    "device A queued contoso/t 1.csv:2\ndevice B claimed x 808 contoso/t 1.csv:3\n"
	    "device C queued contoso/ 1.csv:4\ndue contoso 5001\n" },
	{ "the earliest of each customer",
	    THREE "begin adatum; add 2 D acme t; add 3 E acme t; end 2; begin fabrikam;"
	          "add 2 F acme t; end 1; claim 1 9; claim 3 9; claim 4 9;"
	          "settle 1 A claimed x 808 - 7000; settle 1 B claimed x 808 - 6000;"
	          "settle 2 D claimed x 808 - 4000; settle 3 F claimed x 808",
	    "u", "due adatum 4000\ndue contoso 6000\n" },
	{ "attempts are forgotten",
	    THREE "claim 1 1; lose 1 A; claim 1 1;"
	          "settle 2 A claimed x 808 - 5000; ask contoso 5000; claim 1 1",
	    "db",
	    "device A submitted contoso/t 1.csv:2\ndevice B queued contoso/t 1.csv:3\n"
	    "device C queued contoso/ 1.csv:4\n"
	    "batch 3 lane=1 sending due=1000 since=1000 sent=1 errors=0 looks=0 n=1"
	    " contoso/t req,cor,: A(claimed x1)\n" },
	{ "released",
	    THREE "claim 1 1;" CLAIMED("A") "tick 7; ask contoso 5000; claim 1 1;"
	                                    "settle 2 A registered ok",
	    "cug", "claim A contoso/t since=1000 asked=1000 ask=0 x1 released=1007\n" },
	{ "registered is released only once",
	    THREE "claim 1 2;" CLAIMED("A") "tick 7; ask contoso 5000; claim 1 1;"
	                                    "settle 2 A ready ok; tick 1; settle 1 B registered ok",
	    "c", "claim A contoso/t since=1000 asked=1000 ask=0 x1 released=1007\n" },
	{ "another failure leaves it open, but nobody asks",
	    THREE
	    "claim 1 1;" CLAIMED("A") "ask contoso 5000; claim 1 1; settle 2 A failed bad 802;"
	                              "ask contoso 9000; counted 0",
	    "cug", "claim A contoso/t since=1000 asked=1000 ask=5000 x1\ngate A claimed\n" },
	{ "a person's retry keeps it", THREE "claim 1 1;" CLAIMED("A") "retry serial=A; counted 1",
	    "cug", "claim A contoso/t since=1000 asked=1000 ask=5000 x1\ngate A claimed\n" },
	{ "and so does a list that has it again",
	    THREE "claim 1 1;" CLAIMED("A") "begin contoso; add 2 A acme u; end 1", "c",
	    "claim A contoso/u since=1000 asked=1000 ask=5000 x1\n" },
	{ "stopped",
	    THREE "claim 1 9;" CLAIMED("A") CLAIMED("B") "change stop - serial=a; counted 1", "cu",
	    "claim A contoso/t since=1000 asked=1000 ask=0 x1 stopped\n"
	    "claim B contoso/t since=1000 asked=1000 ask=5000 x1\ndue contoso 5000\n" },
	{ "stopped stays when it is asked by hand",
	    THREE "claim 1 1;" CLAIMED("A") "change stop -; retry serial=A; claim 1 1;"
	                                    "settle 2 A claimed x 808 - 6000",
	    "cu", "claim A contoso/t since=1000 asked=1000 ask=0 x2 stopped\n" },
	{ "resumed",
	    THREE "claim 1 1;" CLAIMED("A") "change stop -; tick 3; change resume -; counted 1",
	    "cu", "claim A contoso/t since=1000 asked=1000 ask=1003 x1\ndue contoso 1003\n" },
	{ "case and note",
	    THREE "claim 1 9;" CLAIMED("A") CLAIMED("B") "change case 123 customer=contoso limit=1;"
	                                                 "counted 1; change note why serial=b",
	    "c",
	    "claim A contoso/t since=1000 asked=1000 ask=5000 x1 case=123 note=\n"
	    "claim B contoso/t since=1000 asked=1000 ask=5000 x1 case= note=why\n" },
	{ "nothing to note",
	    THREE "claim 1 9;" CLAIMED("A") "change case 1 serial=B; counted 0;"
	                                    "change case 1 customer=adatum; counted 0",
	    "c", "claim A contoso/t since=1000 asked=1000 ask=5000 x1\n" },
	{ "what is released does not change",
	    THREE "claim 1 1;" CLAIMED("A") "change note why; ask contoso 5000; claim 1 1;"
	                                    "settle 2 A registered ok; change note else; counted 0;"
	                                    "change resume -; counted 0",
	    "cu",
	    "claim A contoso/t since=1000 asked=1000 ask=0 x1 released=1000 case= note=why\n" },
	{ "no trace of what was undone",
	    THREE "group; claim 1 1; !not-found settle 9 A claimed x 808; endgroup", "ceg", "" },
};

/* A device that is registered goes nowhere from there: the next claim follows another's release. */
static const struct store_case claim_events[] = {
	{ "from claim to release",
	    THREE "claim 1 1;" CLAIMED("A") "tick 360000000;" ASK_AGAIN("2") ASK_AGAIN(
	        "3") "tick 3600000; ask contoso 9000; claim 1 1; settle 4 A registered ok",
	    "e",
	    "event 1 1000 device_claimed agent|contoso||0|A|req|cor"
	    "|held by another organization (808 ZtdName)\n"
	    "event 2 360001000 claim_asked agent|contoso||0|A|req|cor"
	    "|still held by another organization (808 ZtdName), asked 2 times\n"
	    "event 3 360001000 claim_asked agent|contoso||0|A|req|cor"
	    "|still held by another organization (808 ZtdName), asked 3 times\n"
	    "event 4 363601000 claim_released agent|contoso||0|A|req|cor"
	    "|released after 4 days under the tag t\n" },
	{ "within a day, no tag",
	    "begin contoso; add 2 A acme; add 3 B acme; end 2; claim 1 2; accept 1 T;"
	    "settle 1 A claimed x 0 - 1; settle 1 B claimed x 806 - 1;"
	    "tick 3600000; ask contoso 1; claim 1 1; settle 2 A registered ok;"
	    "tick 3600000; claim 1 1; settle 3 B registered ok",
	    "e",
	    "event 1 1000 device_claimed agent|contoso||0|A|their-req|cor"
	    "|held by another organization\n"
	    "event 2 1000 device_claimed agent|contoso||0|B|their-req|cor"
	    "|held by another organization (806)\n"
	    "event 3 3601000 claim_released agent|contoso||0|A|req|cor|released after 1 hour\n"
	    "event 4 7201000 claim_released agent|contoso||0|B|req|cor|released after 2 hours\n" },
	{ "at once",
	    "begin contoso; add 2 A acme t; end 1; claim 1 1; settle 1 A claimed x 0 - 1 Name;"
	    "ask contoso 1; claim 1 1; settle 2 A registered ok",
	    "e",
	    "event 1 1000 device_claimed agent|contoso||0|A|req|cor|held by another organization\n"
	    "event 2 1000 claim_released agent|contoso||0|A|req|cor"
	    "|released after 0 minutes under the tag t\n" },
	{ "a settlement that fails leaves none",
	    THREE "claim 1 1; !not-found settle 2 A claimed x 808", "ce", "" },
};

static enum err_code
add_claim(void *arg, const struct store_claim *c, struct err *err)
{
	const struct slice text[] = { c->serial, c->manufacturer, c->model, c->customer, c->tag,
		c->name, c->request_id, c->correlation_id, c->case_number, c->note };

	(void)err;
	buf_addf(arg, "%" PRId64 " %" PRId32, c->device, c->code);
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		buf_addf(arg, "|" SLICE_FMT, SLICE_ARG(text[i]));
	buf_add_char(arg, '\n');
	return ERR_OK;
}

static void
expect_claims(const struct store_claim_query *q, const char *want)
{
	struct buf got;
	struct err err;

	buf_init(&got, 4096);
	assert_int_equal(store_claims(ss.store, q, add_claim, &got, &err), ERR_OK);
	assert_string_equal(got.len ? got.ptr : "", want);
	buf_done(&got);
}

#define CLAIM_A "2 808|A|Acme|M1|contoso|t|ZtdName|req|cor||\n"
#define CLAIM_B "3 806|B|Acme|M2|contoso|t||req|cor||\n"
#define CLAIM_OTHER "1 808|a|Bolt|M1|adatum|t||req|cor||\n"

static void
test_which_claims(void **state)
{
	static const struct {
		const char *name;
		struct store_claim_query q;
		const char *want;
	} tc[] = {
		{ "all that are open", { .limit = 0 }, CLAIM_OTHER CLAIM_A },
		{ "the released as well", { .released = true }, CLAIM_B CLAIM_OTHER CLAIM_A },
		{ "serial", { .serial = { "A", 1 } }, CLAIM_OTHER CLAIM_A },
		{ "unknown serial", { .serial = { "Z", 1 } }, "" },
		{ "customer", { .customer = { "contoso", 7 } }, CLAIM_A },
		{ "unknown customer", { .customer = { "x", 1 } }, "" },
		{ "both", { .serial = { "b", 1 }, .customer = { "contoso", 7 }, .released = true },
		    CLAIM_B },
		{ "limit", { .limit = 1 }, CLAIM_OTHER },
	};

	(void)state;
	store_script_run(&ss,
	    "begin adatum; add 2 a Bolt t M1; end 1;"
	    "begin contoso; add 2 A Acme t M1; add 3 B Acme t M2; end 2;"
	    "claim 2 9; settle 1 B claimed x 806 - 1; claim 1 1; retry serial=B; claim 2 9;"
	    "settle 3 B registered ok; tick 1");
	assert_int_equal(store_batch_settle(ss.store, 2,
	                     &(struct store_settlement){ .device = 1,
	                         .state = DEVICE_CLAIMED,
	                         .verdict = { .code = 808 } },
	                     1, slice_of(""), slice_of(""), &(struct err){ 0 }),
	    ERR_OK);
	store_script_run(&ss, "tick 1");
	assert_int_equal(store_batch_settle(ss.store, 1,
	                     &(struct store_settlement){ .device = 2,
	                         .state = DEVICE_CLAIMED,
	                         .verdict = { .code = 808, .name = slice_of("ZtdName") } },
	                     1, slice_of(""), slice_of(""), &(struct err){ 0 }),
	    ERR_OK);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		expect_claims(&tc[i].q, tc[i].want);
	}
}

static void
test_claims(void **state)
{
	(void)state;
	RUN(claims);
}

static void
test_claim_events(void **state)
{
	(void)state;
	RUN(claim_events);
}

int
store_claim_cases_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_claim_events),
		cmocka_unit_test_setup_teardown(test_which_claims, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
