/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/register_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/commands/exit_code.h"
#include "tests/unit/sandbox.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

/* --- a report from JSON, which is what it is given in -------------------------------------------- */

static struct register_report
report_of(const char *lists, const char *devices)
{
	json_error_t why;
	struct register_report r = {
		.lists = json_loads(lists, 0, &why),
		.devices = json_loads(devices, 0, &why),
		.untaken = json_array(),
		.taken = true,
		.settled = true,
	};

	assert_non_null(r.lists);
	assert_non_null(r.devices);
	assert_non_null(r.untaken);
	return r;
}

/* What is said on standard output. */
static void
assert_says(const struct options *o, const struct register_report *r, const char *path,
    const char *want)
{
	struct err err;

	assert_non_null(freopen("out", "w", stdout));
	assert_int_equal(register_report_print(o, r, path, &err), ERR_OK);
	(void)fflush(stdout);
	sandbox_restore_streams();
	sandbox_assert_content("out", slice_of(want));
}

#define LIST(id, states) "{\"id\":\"" id "\",\"file\":\"a.csv\",\"rows\":9,\"states\":{" states "}}"

/* --- for people ---------------------------------------------------------------------------------- */

static void
exact_text(void **state)
{
	static const struct {
		const char *name;
		const char *lists;
		const char *devices;
		bool unsettled;
		const char *path;
		const char *want;
	} tc[] = {
		{ "all well", "[" LIST("7", "\"registered\":2,\"ready\":1") "]", "[]", false,
		    "/s/lists/7/a.csv.report.csv",
		    "a.csv (list 7): 2 registered, 1 ready\n\n3 of 3 registered.\n"
		    "Report: /s/lists/7/a.csv.report.csv\n" },
		{ "not yet over", "[" LIST("7", "\"queued\":5,\"submitted\":4") "]", "[]", true,
		    NULL,
		    "a.csv (list 7): 5 queued, 4 submitted\n\n"
		    "0 of 9 registered; the rest is on its way.\n" },
		{ "two lists, one without devices",
		    "[" LIST("7", "\"refused\":1") "," LIST("8", "") "]", "[]", false, "/s/lists",
		    "a.csv (list 7): 1 refused\na.csv (list 8): no devices\n\n"
		    "0 of 1 registered.\nReport: /s/lists\n" },
		{ "devices that are not registered",
		    "[" LIST("7", "\"registered\":1,\"claimed\":1,\"held\":2") "]",
		    "[{\"serial\":\"PF1\",\"state\":\"claimed\",\"verdict\":{\"name\":\"Other\","
		    "\"message\":\"Somebody has it.\",\"advice\":\"Ask them.\"}},"
		    "{\"serial\":\"PF2\",\"state\":\"failed\",\"verdict\":{\"name\":\"Bad\","
		    "\"message\":\"it is bad\",\"advice\":\"Mend it.\"}},"
		    "{\"serial\":\"PF3\",\"state\":\"failed\",\"verdict\":{\"name\":\"\","
		    "\"message\":\"it is bad\",\"advice\":\"\"}},"
		    "{\"serial\":null,\"product_id\":\"3305517000001\",\"state\":\"held\","
		    "\"held_for\":\"consent\",\"verdict\":null},"
		    "{\"serial\":\"P\\u001bF4\",\"state\":\"held\",\"held_for\":\"directory\","
		    "\"verdict\":{\"message\":\"\",\"advice\":\"Clean it.\"}}]",
		    false, NULL,
		    "a.csv (list 7): 2 held, 1 registered, 1 claimed\n"
		    "\nNot registered:\n"
		    "  PF1  claimed, Other\n    Somebody has it. Ask them.\n"
		    "  PF2  failed, Bad\n    it is bad. Mend it.\n"
		    "  PF3  failed\n    it is bad\n"
		    "  3305517000001  held, waits for consent\n"
		    "  P?F4  held, waits for directory\n    Clean it.\n"
		    "\n1 of 4 registered.\n" },
		{ "nothing was taken in", "[]", "[]", false, NULL, "\n0 of 0 registered.\n" },
	};
	static const struct options plain = { .config = "" };
	static const struct options quiet = { .quiet = true };

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct register_report r = report_of(tc[i].lists, tc[i].devices);

		print_message("  %s\n", tc[i].name);
		r.settled = !tc[i].unsettled;
		assert_says(&plain, &r, tc[i].path, tc[i].want);
		assert_says(&quiet, &r, tc[i].path, "");
		register_report_done(&r);
	}
}

static void
not_all_devices_are_shown(void **state)
{
	static const struct options plain = { .config = "" };
	struct register_report r = report_of("[" LIST("7", "\"failed\":99") "]", "[]");
	struct buf want;

	(void)state;
	buf_init(&want, 4096);
	buf_add_str(&want, "a.csv (list 7): 99 failed\n\nNot registered:\n");
	for (unsigned i = 0; i <= REGISTER_DEVICES_SHOWN; i++) {
		char serial[8];

		(void)snprintf(serial, sizeof serial, "S%u", i);
		assert_int_equal(json_array_append_new(r.devices,
		                     json_pack("{s:s, s:s}", "serial", serial, "state", "failed")),
		    0);
		if (i < REGISTER_DEVICES_SHOWN)
			buf_addf(&want, "  %s  failed\n", serial);
	}
	buf_add_str(&want, "  … and more: see the report\n\n0 of 99 registered.\n");
	assert_says(&plain, &r, NULL, want.ptr);
	buf_done(&want);
	register_report_done(&r);
}

/* --- for programs -------------------------------------------------------------------------------- */

static void
exact_json(void **state)
{
	static const struct options json = { .json = true, .quiet = true };
	struct register_report r = report_of(
	    "[" LIST("7", "\"registered\":2,\"refused\":1") "," LIST("8", "\"registered\":1") "]",
	    "[{\"serial\":\"PF1\",\"state\":\"failed\"}]");

	(void)state;
	assert_says(&json, &r, "/s/lists",
	    "{\"lists\":[" LIST("7", "\"registered\":2,\"refused\":1") "," LIST("8",
	        "\"registered\":1") "],\"untaken\":[],\"states\":{\"refused\":1,\"registered\":3},"
	                            "\"report\":\"/s/lists\"}\n");
	register_report_done(&r);
	r = report_of("[]", "[]");
	register_report_untaken(&r, "a.csv", "it is none");
	assert_says(&json, &r, NULL,
	    "{\"lists\":[],\"untaken\":[{\"file\":\"a.csv\",\"message\":\"it is none\"}],"
	    "\"states\":{},\"report\":null}\n");
	register_report_done(&r);
}

/* --- the exit code ------------------------------------------------------------------------------- */

static void
exit_codes(void **state)
{
	static const struct {
		const char *name;
		const char *states;
		bool untaken;
		bool unsettled;
		bool no_wait;
		int want;
	} tc[] = {
		{ "all registered", "\"registered\":2", false, false, false, EXIT_DONE },
		{ "all ready", "\"ready\":2", false, false, false, EXIT_DONE },
		{ "nothing in it", "", false, false, false, EXIT_DONE },
		{ "some refused", "\"registered\":2,\"refused\":1", false, false, false,
		    EXIT_PARTLY },
		{ "some failed", "\"registered\":2,\"failed\":1", false, false, false,
		    EXIT_PARTLY },
		{ "some claimed", "\"ready\":2,\"claimed\":1", false, false, false, EXIT_PARTLY },
		{ "some held", "\"registered\":2,\"held\":1", false, false, false, EXIT_PARTLY },
		{ "all held", "\"held\":2", false, false, false, EXIT_AUTH },
		{ "held, but for refused rows", "\"held\":2,\"refused\":1", false, false, false,
		    EXIT_AUTH },
		{ "all failed", "\"failed\":2", false, false, false, EXIT_FAILED },
		{ "all refused", "\"refused\":2", false, false, false, EXIT_FAILED },
		{ "all claimed", "\"claimed\":2", false, false, false, EXIT_FAILED },
		{ "a list that is none", "\"registered\":2", true, false, false, EXIT_FAILED },
		{ "out of time", "\"registered\":2,\"queued\":1", false, true, false,
		    EXIT_TIMED_OUT },
		{ "nobody wanted to wait", "\"queued\":1", false, true, true, EXIT_DONE },
		{ "nor for what is none", "\"queued\":1", true, true, true, EXIT_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct options o = { .no_wait = tc[i].no_wait };
		struct register_report r = report_of("[]", "[]");
		json_error_t why;
		char list[128];

		print_message("  %s\n", tc[i].name);
		(void)snprintf(list, sizeof list, "{\"states\":{%s}}", tc[i].states);
		assert_int_equal(json_array_append_new(r.lists, json_loads(list, 0, &why)), 0);
		if (tc[i].untaken)
			register_report_untaken(&r, "b.csv", "it is none");
		r.settled = !tc[i].unsettled;
		assert_int_equal(register_report_exit(&o, &r), tc[i].want);
		register_report_done(&r);
	}
}

#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(exact_text),
		IN_SANDBOX(not_all_devices_are_shown),
		IN_SANDBOX(exact_json),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
