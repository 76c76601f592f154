/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gate/gate_inquiry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/store_script.h"

static void
assert_answer(struct store *s, const char *serial, const char *want, enum gate_cause want_cause)
{
	struct config *c =
	    config_fixture_parse(CONFIG_CUSTOMER("via: partner/nw, group_tag: T"), "");
	struct gate_inquiry q;
	enum gate_cause cause;
	struct err err;
	json_t *doc;
	char *text;

	assert_int_equal(gate_inquiry_init(&q, serial, &err), ERR_OK);
	assert_int_equal(gate_inquiry_read(&q, s, &err), ERR_OK);
	doc = gate_inquiry_json(&q, c, &cause);
	text = json_dumps(doc, JSON_COMPACT);
	assert_string_equal(text, want);
	assert_int_equal(cause, want_cause);
	free(text);
	json_decref(doc);
	gate_inquiry_done(&q);
	config_free(c);
}

#define WAIT "\"Ask again later, and do not switch it on before: it would have to be reset.\""
#define FACTS(accepted, sent, registered) \
	"\"accepted\":" accepted ",\"sent\":" sent ",\"registered\":" registered
#define ANSWER(serial, customer, may, facts, state, cause, reason, advice) \
	"{\"gate\":[{\"serial\":\"" serial "\",\"customer\":" customer ",\"may_ship\":" may \
	"," facts ",\"state\":\"" state "\",\"cause\":\"" cause "\",\"reason\":\"" reason \
	"\",\"advice\":" advice "}]}"

static void
a_serial_number_is_looked_up(void **state)
{
	struct store_script ss;

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin c T; add 1 PF1 Contoso T; add 2 PF2 Contoso T; end 2");
	store_script_run(&ss, "claim 1 1");
	assert_answer(ss.store, "PF1",
	    ANSWER("PF1", "\"c\"", "false", FACTS("true", "false", "false"), "submitted", "waits",
	        "on its way, and not accepted yet", WAIT),
	    GATE_WAITS);
	store_script_run(&ss, "accept 1 t");
	assert_answer(ss.store, "PF1",
	    ANSWER("PF1", "\"c\"", "false", FACTS("true", "true", "false"), "submitted", "waits",
	        "sent, and not settled yet", WAIT),
	    GATE_WAITS);
	store_script_run(&ss, "settle 1 PF1 registered ok");
	assert_answer(ss.store, " pf1 ",
	    ANSWER("PF1", "\"c\"", "true", FACTS("true", "true", "true"), "registered", "good",
	        "registered", "null"),
	    GATE_GOOD);
	assert_answer(ss.store, "PF2",
	    ANSWER("PF2", "\"c\"", "false", FACTS("true", "false", "false"), "queued", "waits",
	        "not sent yet", WAIT),
	    GATE_WAITS);
	assert_answer(ss.store, "PF3",
	    ANSWER("PF3", "null", "false", FACTS("false", "false", "false"), "unknown", "unknown",
	        "no device has this serial number",
	        "\"Check the serial number; register the device first.\""),
	    GATE_UNKNOWN);
	store_script_close(&ss);
}

static void
an_empty_number_is_a_mistake(void **state)
{
	struct gate_inquiry q;
	struct err err;

	(void)state;
	assert_int_equal(gate_inquiry_init(&q, " \t", &err), ERR_USAGE);
	gate_inquiry_done(&q);
}

static void
too_many_of_one_number_are_an_error(void **state)
{
	struct store_script ss;
	struct gate_inquiry q;
	struct err err;
	char text[64];

	(void)state;
	store_script_open(&ss);
	store_script_run(&ss, "begin c T");
	for (int i = 0; i <= GATE_DEVICES_MAX; i++) {
		(void)snprintf(text, sizeof text, "add %d PF1 Maker%d T", i + 1, i);
		store_script_run(&ss, text);
	}
	store_script_run(&ss, "end 65");
	assert_int_equal(gate_inquiry_init(&q, "PF1", &err), ERR_OK);
	assert_int_equal(gate_inquiry_read(&q, ss.store, &err), ERR_LIMIT);
	gate_inquiry_done(&q);
	store_script_close(&ss);
}

static void
try_init(void *arg)
{
	struct gate_inquiry q;
	struct err err;
	enum err_code rc = gate_inquiry_init(&q, arg, &err);

	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	gate_inquiry_done(&q);
}

static void
running_out_of_memory_is_an_error(void **state)
{
	char serial[] = "PF1";

	(void)state;
	assert_true(alloc_fault_sweep(try_init, serial) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_serial_number_is_looked_up, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(an_empty_number_is_a_mistake),
		cmocka_unit_test_setup_teardown(too_many_of_one_number_are_an_error, sandbox_enter,
		    sandbox_leave),
		cmocka_unit_test(running_out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
