/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/records_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "channel/verdict.h"

/* The text of the document, which is given up. */
static void
assert_json(json_t *doc, const char *want)
{
	char *text;

	assert_non_null(doc);
	text = json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY);
	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
	json_decref(doc);
}

static void
small_values(void **state)
{
	static const uint64_t states[NDEVICE_STATE] = {
		[DEVICE_REGISTERED] = 2,
		[DEVICE_REFUSED] = 1,
	};
	static const uint64_t none[NDEVICE_STATE] = { 0 };

	(void)state;
	assert_json(records_json_states(states), "{\"refused\":1,\"registered\":2}");
	assert_json(records_json_states(none), "{}");
	assert_json(records_json_id(INT64_MAX), "\"9223372036854775807\"");
	assert_json(records_json_time(0), "null");
	assert_json(records_json_time(1894701600123), "\"2030-01-15T10:00:00.123Z\"");
	assert_json(records_json_text(slice_of("")), "null");
	assert_json(records_json_text(slice_of("a\033b\n")), "\"a?b?\"");
}

static void
a_list(void **state)
{
	struct store_list l = {
		.id = 7,
		.customer = slice_of("contoso"),
		.file = slice_of("a.csv"),
		.received_unix_ms = 1894701600000,
		.rows = 3,
		.done = true,
		.states = { [DEVICE_REGISTERED] = 2, [DEVICE_REFUSED] = 1 },
	};

	(void)state;
	assert_json(records_json_list(&l),
	    "{\"id\":\"7\",\"customer\":\"contoso\",\"file\":\"a.csv\","
	    "\"received\":\"2030-01-15T10:00:00Z\",\"rows\":3,\"done\":true,"
	    "\"states\":{\"refused\":1,\"registered\":2}}");
	l.done = false;
	l.received_unix_ms = 0;
	memset(l.states, 0, sizeof l.states);
	assert_json(records_json_list(&l),
	    "{\"id\":\"7\",\"customer\":\"contoso\",\"file\":\"a.csv\",\"received\":null,"
	    "\"rows\":3,\"done\":false,\"states\":{}}");
}

static void
a_device_with_all_there_is(void **state)
{
	const struct store_device d = {
		.serial = slice_of("PF1"),
		.product_id = slice_of("3305517000001"),
		.manufacturer = slice_of("Contoso"),
		.model = slice_of("Book 14"),
		.customer = slice_of("contoso"),
		.tag = slice_of("Tag"),
		.list = 7,
		.file = slice_of("a.csv"),
		.line = 3,
		.state = DEVICE_CLAIMED,
		.verdict = {
		    .class = slice_of("claimed_elsewhere"),
		    .code = 808,
		    .name = slice_of("ZtdDeviceAssignedToOtherTenant"),
		    .message = slice_of("Somebody has it."),
		},
		.attempts = 2,
		.request_id = slice_of("req"),
		.correlation_id = slice_of("cor"),
		.updated_unix_ms = 1894701600000,
	};
	json_t *doc = records_json_device(&d);
	json_t *verdict = json_object_get(doc, "verdict");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(verdict, "advice")),
	    verdict_class_advice(VERDICT_CLAIMED_ELSEWHERE));
	assert_int_equal(json_object_set_new(verdict, "advice", json_string("…")), 0);
	assert_json(doc,
	    "{\"serial\":\"PF1\",\"product_id\":\"3305517000001\",\"manufacturer\":\"Contoso\","
	    "\"model\":\"Book 14\",\"customer\":\"contoso\",\"list\":\"7\",\"line\":3,"
	    "\"group_tag\":\"Tag\",\"state\":\"claimed\",\"verdict\":{\"class\":"
	    "\"claimed_elsewhere\",\"code\":808,\"name\":\"ZtdDeviceAssignedToOtherTenant\","
	    "\"message\":\"Somebody has it.\",\"advice\":\"…\"},\"held_for\":null,"
	    "\"held_message\":null,\"attempts\":2,\"request_id\":\"req\","
	    "\"correlation_id\":\"cor\",\"updated\":\"2030-01-15T10:00:00Z\"}");
}

static void
a_device_with_little(void **state)
{
	const struct store_device d = {
		.product_id = slice_of("3305517000001"),
		.customer = slice_of("contoso"),
		.list = 7,
		.line = UINT32_MAX,
		.state = DEVICE_HELD,
		.held_for = slice_of("consent"),
		.held_message = slice_of("Ask them."),
	};

	(void)state;
	assert_json(records_json_device(&d),
	    "{\"serial\":null,\"product_id\":\"3305517000001\",\"manufacturer\":null,"
	    "\"model\":null,\"customer\":\"contoso\",\"list\":\"7\",\"line\":4294967295,"
	    "\"group_tag\":null,\"state\":\"held\",\"verdict\":null,\"held_for\":\"consent\","
	    "\"held_message\":\"Ask them.\",\"attempts\":0,\"request_id\":null,"
	    "\"correlation_id\":null,\"updated\":null}");
}

/* The store may have been written by a version that knew more. */
static void
a_class_that_nobody_knows(void **state)
{
	const struct store_device d = {
		.serial = slice_of("A"),
		.verdict = { .class = slice_of("tired") },
	};
	json_t *doc = records_json_device(&d);
	json_t *verdict = json_incref(json_object_get(doc, "verdict"));

	(void)state;
	json_decref(doc);
	assert_json(verdict,
	    "{\"class\":\"tired\",\"code\":null,\"name\":null,\"message\":null,\"advice\":\"\"}");
}

static void
an_event(void **state)
{
	const struct store_event all = {
		.id = 17,
		.at_unix_ms = 1894701600000,
		.kind = slice_of("claim_asked"),
		.actor = slice_of("uid 1000"),
		.customer = slice_of("contoso"),
		.partner = slice_of("northwind"),
		.list = 7,
		.serial = slice_of("PF1"),
		.request_id = slice_of("req"),
		.correlation_id = slice_of("cor"),
		.message = slice_of("asked\nagain"),
	};
	const struct store_event little = { .id = 18, .kind = slice_of("agent_stopped") };

	(void)state;
	assert_json(records_json_event(&all),
	    "{\"id\":17,\"at\":\"2030-01-15T10:00:00Z\",\"kind\":\"claim_asked\","
	    "\"actor\":\"uid 1000\",\"customer\":\"contoso\",\"partner\":\"northwind\","
	    "\"list\":\"7\",\"serial\":\"PF1\",\"request_id\":\"req\","
	    "\"correlation_id\":\"cor\",\"message\":\"asked?again\"}");
	assert_json(records_json_event(&little),
	    "{\"id\":18,\"at\":null,\"kind\":\"agent_stopped\",\"actor\":null,"
	    "\"customer\":null,\"partner\":null,\"list\":null,\"serial\":null,"
	    "\"request_id\":null,\"correlation_id\":null,\"message\":null}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_values),
		cmocka_unit_test(a_list),
		cmocka_unit_test(a_device_with_all_there_is),
		cmocka_unit_test(a_device_with_little),
		cmocka_unit_test(a_class_that_nobody_knows),
		cmocka_unit_test(an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
