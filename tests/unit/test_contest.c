/* SPDX-License-Identifier: Apache-2.0 */
#include "store/contest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"
#include "tests/unit/store_show.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* A of contoso, and then A of adatum. */
#define A_QUEUED "begin contoso; add 2 A acme t; end 1;"
#define A_TOO "begin adatum; add 3 A acme t; end 1;"

static const struct {
	const char *name;
	const char *script;
	const char *show;
	const char *want;
} contests[] = {
	{ "both wait", A_QUEUED A_TOO, "ldnt",
	    "list 2 adatum 2.csv rows=1 done held=1\nlist 1 contoso 1.csv rows=1 done held=1\n"
	    "device A held(conflict) contoso/t 1.csv:2\ndevice A held(conflict) adatum/t 2.csv:3\n"
	    "lane 1 contoso/t 0\nlane 2 adatum/t 0\ntally adatum held 1\ntally contoso held 1\n" },
	{ "letters in any case", A_QUEUED "begin adatum; add 3 a Acme t; end 1", "d",
	    "device A held(conflict) contoso/t 1.csv:2\ndevice a held(conflict) adatum/t 2.csv:3\n" },
	{ "the rest of both lists goes",
	    A_QUEUED "begin contoso; add 2 B acme t; add 3 C acme t; end 2;"
	             "begin adatum; add 2 E acme t; add 3 C acme t; end 2",
	    "l",
	    "list 3 adatum 3.csv rows=2 held=1 queued=1\n"
	    "list 2 contoso 2.csv rows=2 held=1 queued=1\n"
	    "list 1 contoso 1.csv rows=1 queued=1\n" },
	{ "what was sent stays as it is", A_QUEUED "claim 1 9;" A_TOO, "d",
	    "device A submitted contoso/t 1.csv:2\ndevice A held(conflict) adatum/t 2.csv:3\n" },
	{ "what is registered too", A_QUEUED "claim 1 9; settle 1 A registered ok;" A_TOO, "d",
	    "device A registered ok contoso/t 1.csv:2\n"
	    "device A held(conflict) adatum/t 2.csv:3\n" },
	{ "what was sent and waits again", A_QUEUED "claim 1 9; settle 1 A queued;" A_TOO, "d",
	    "device A queued contoso/t 1.csv:2 attempts=1\n"
	    "device A held(conflict) adatum/t 2.csv:3\n" },
	{ "what the service has had a say on",
	    A_QUEUED "claim 1 9; settle 1 A held - 0 self;" A_TOO, "d",
	    "device A held(self) contoso/t 1.csv:2 attempts=1\ndevice A held(conflict) adatum/t 2.csv:3\n" },
	{ "who has failed contests nothing", A_QUEUED "claim 1 9; settle 1 A failed x 1;" A_TOO,
	    "d", "device A failed x 1 contoso/t 1.csv:2\ndevice A queued adatum/t 2.csv:3\n" },
	{ "nor who has claimed by somebody else",
	    A_QUEUED "claim 1 9; settle 1 A claimed x 1;" A_TOO, "d",
	    "device A claimed x 1 contoso/t 1.csv:2\ndevice A queued adatum/t 2.csv:3\n" },
	{ "a product id does not contest",
	    "begin contoso; add 2 - acme t m 111; end 1; begin adatum; add 2 - acme t m 111; end 1",
	    "d", "device 111 queued contoso/t 1.csv:2\ndevice 111 queued adatum/t 2.csv:2\n" },
	{ "a third one", A_QUEUED A_TOO "begin fabrikam; add 4 A acme t; end 1", "d",
	    "device A held(conflict) contoso/t 1.csv:2\ndevice A held(conflict) adatum/t 2.csv:3\n"
	    "device A held(conflict) fabrikam/t 3.csv:4\n" },
	{ "until somebody lets one go", A_QUEUED A_TOO "retry customer=adatum", "d",
	    "device A held(conflict) contoso/t 1.csv:2\ndevice A queued adatum/t 2.csv:3\n" },
	{ "and it is not contested again", A_QUEUED A_TOO "retry customer=adatum;" A_TOO, "d",
	    "device A held(conflict) contoso/t 1.csv:2\ndevice A queued adatum/t 3.csv:3\n" },
	{ "an aborted list contests nothing",
	    A_QUEUED "begin adatum; add 3 A acme t; abort; begin adatum; add 3 B acme t; end 1",
	    "d", "device A queued contoso/t 1.csv:2\ndevice B queued adatum/t 3.csv:3\n" },
	{ "nor does a row that was taken back",
	    A_QUEUED "begin adatum; add 3 A acme t; add 3 B acme t; end 1", "d",
	    "device A queued contoso/t 1.csv:2\ndevice B queued adatum/t 2.csv:3\n" },
	{ "a list goes on after a restart",
	    A_QUEUED "reopen; begin adatum; add 3 A acme t; reopen; end 1", "d",
	    "device A held(conflict) contoso/t 1.csv:2\ndevice A held(conflict) adatum/t 2.csv:3\n" },
	{ "what was reported is reported again", A_QUEUED "reported 1;" A_TOO, "l",
	    "list 2 adatum 2.csv rows=1 done held=1\nlist 1 contoso 1.csv rows=1 done held=1\n" },
	{ "also in the lists that follow, and if it was held before",
	    A_QUEUED A_QUEUED A_TOO "reported 1; reported 2; begin fabrikam; add 4 A acme t; end 1",
	    "l",
	    "list 4 fabrikam 4.csv rows=1 done held=1\nlist 3 adatum 3.csv rows=1 done held=1\n"
	    "list 2 contoso 2.csv rows=1 done held=1\nlist 1 contoso 1.csv rows=1 done held=1\n" },
};

static void
test_who_is_held(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(contests); i++) {
		struct store_script ss;

		print_message("  %s\n", contests[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		store_script_open(&ss);
		store_script_run(&ss, contests[i].script);
		store_show_expect(ss.store, contests[i].show, contests[i].want);
		store_script_close(&ss);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

/* --- what people are told --- */

static enum err_code
add_message(void *arg, const struct store_device *d, struct err *err)
{
	(void)err;
	buf_addf(arg, SLICE_FMT ": " SLICE_FMT "\n", SLICE_ARG(d->customer),
	    SLICE_ARG(d->held_message));
	return ERR_OK;
}

static enum err_code
add_event(void *arg, const struct store_event *e, struct err *err)
{
	(void)err;
	buf_addf(arg, SLICE_FMT " " SLICE_FMT " " SLICE_FMT " %d " SLICE_FMT ": " SLICE_FMT "\n",
	    SLICE_ARG(e->kind), SLICE_ARG(e->actor), SLICE_ARG(e->customer), (int)e->list,
	    SLICE_ARG(e->serial), SLICE_ARG(e->message));
	return ERR_OK;
}

#define TO_CONTOSO \
	"adatum has this device as well (line 3 of 2.csv). Find out whose it is, then: autoreg " \
	"retry --serial A --customer contoso\n"
#define TO_ADATUM(sent) \
	"contoso has this device as well (line 2 of 1.csv)" sent ". Find out whose it is, then: " \
	"autoreg retry --serial A --customer adatum\n"

static const struct {
	const char *name;
	const char *script;
	uint64_t contested;
	const char *messages;
	const char *events;
} told[] = {
	{ "nothing", A_QUEUED, 0, "contoso: \n", "" },
	{ "both", A_QUEUED A_TOO, 1, "contoso: " TO_CONTOSO "adatum: " TO_ADATUM(""),
	    "device_contested agent adatum 2 A: " TO_ADATUM(
	        "") "device_contested agent contoso 1 A: " TO_CONTOSO },
	{ "who has sent it already", A_QUEUED "claim 1 9;" A_TOO, 1,
	    "contoso: \nadatum: " TO_ADATUM(" and is sending it"),
	    "device_contested agent adatum 2 A: " TO_ADATUM(
	        " and is sending it") "device_contested agent contoso 1 A: " TO_CONTOSO },
	{ "who has registered it", A_QUEUED "claim 1 9; settle 1 A registered ok;" A_TOO, 1,
	    "contoso: \nadatum: " TO_ADATUM(" and has registered it"),
	    "device_contested agent adatum 2 A: " TO_ADATUM(
	        " and has registered it") "device_contested agent contoso 1 A: " TO_CONTOSO },
	{ "a list that fails to end tells nothing",
	    A_QUEUED "begin adatum; add 3 A acme t; !not-found reported 2", 0,
	    "contoso: \nadatum: \n", "" },
};

static void
test_what_people_are_told(void **state)
{
	static const struct store_device_query devices = { .list = 0 };
	static const struct store_event_query events = { .after = 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(told); i++) {
		struct store_script ss;
		struct buf got;
		struct err err;

		print_message("  %s\n", told[i].name);
		assert_int_equal(sandbox_enter(NULL), 0);
		store_script_open(&ss);
		store_script_run(&ss, told[i].script);
		assert_int_equal(ss.counted, told[i].contested);
		buf_init(&got, 1 << 16);
		assert_int_equal(store_devices(ss.store, &devices, add_message, &got, &err),
		    ERR_OK);
		assert_string_equal(got.ptr, told[i].messages);
		buf_reset(&got);
		assert_int_equal(store_events(ss.store, &events, add_event, &got, &err), ERR_OK);
		assert_string_equal(got.len ? got.ptr : "", told[i].events);
		buf_done(&got);
		store_script_close(&ss);
		assert_int_equal(sandbox_leave(NULL), 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_held),
		cmocka_unit_test(test_what_people_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
