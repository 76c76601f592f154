/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "channel/verdict.h"

#define T 1893456000123 /* 2030-01-01T00:00:00.123Z */

/* Takes doc over. */
static void
assert_json(json_t *doc, const char *want)
{
	char *got;

	assert_non_null(doc);
	got = json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY);
	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
	json_decref(doc);
}

static void
values(void **state)
{
	(void)state;
	assert_json(records_json_text(slice_of("a \"b\"")), "\"a \\\"b\\\"\"");
	assert_json(records_json_text(slice_of("")), "null");
	assert_json(records_json_text(slice_of("a\x1b[31m\xFF")), "\"a?[31m?\"");
	assert_json(records_json_id(INT64_MAX), "\"9223372036854775807\"");
	assert_json(records_json_time(T), "\"2030-01-01T00:00:00.123Z\"");
	assert_json(records_json_time(0), "null");
}

static void
states(void **state)
{
	uint64_t n[NDEVICE_STATE] = { 0 };

	(void)state;
	assert_json(records_json_states(n), "{}");
	n[DEVICE_REGISTERED] = 2;
	n[DEVICE_REFUSED] = 1;
	assert_json(records_json_states(n), "{\"refused\":1,\"registered\":2}");
	for (size_t i = 0; i < NDEVICE_STATE; i++)
		n[i] = i + 1;
	assert_json(records_json_states(n),
	    "{\"refused\":1,\"held\":2,\"queued\":3,\"submitted\":4,\"registered\":5,\"ready\":6,"
	    "\"claimed\":7,\"failed\":8}");
}

static void
list(void **state)
{
	struct store_list l = {
		.id = 7,
		.customer = slice_of("contoso"),
		.file = slice_of("a.csv"),
		.received_unix_ms = T,
		.rows = 3,
		.done = true,
		.states = { [DEVICE_REGISTERED] = 2, [DEVICE_REFUSED] = 1 },
	};

	(void)state;
	assert_json(records_json_list(&l),
	    "{\"id\":\"7\",\"customer\":\"contoso\",\"file\":\"a.csv\","
	    "\"received\":\"2030-01-01T00:00:00.123Z\",\"rows\":3,\"done\":true,"
	    "\"states\":{\"refused\":1,\"registered\":2}}");
	l.done = false;
	l.file = slice_of("");
	l.states[DEVICE_REGISTERED] = l.states[DEVICE_REFUSED] = 0;
	assert_json(records_json_list(&l),
	    "{\"id\":\"7\",\"customer\":\"contoso\",\"file\":null,"
	    "\"received\":\"2030-01-01T00:00:00.123Z\",\"rows\":3,\"done\":false,\"states\":{}}");
}

static void
claimed_device(void **state)
{
	const struct store_device d = {
		.serial = slice_of("PF0ABCDE"),
		.product_id = slice_of("1234567890123"),
		.manufacturer = slice_of("Contoso"),
		.model = slice_of("Book 14"),
		.customer = slice_of("contoso"),
		.tag = slice_of("Tag"),
		.list = 7,
		.line = 3,
		.state = DEVICE_CLAIMED,
		.verdict = { slice_of("claimed_elsewhere"), 808,
		    slice_of("ZtdDeviceAssignedToOtherTenant"), slice_of("elsewhere") },
		.attempts = 1,
		.request_id = slice_of("r"),
		.correlation_id = slice_of("c"),
		.updated_unix_ms = T,
	};
	const char *advice = verdict_class_advice(VERDICT_CLAIMED_ELSEWHERE);
	json_t *doc = records_json_device(&d);
	json_t *verdict = json_object_get(doc, "verdict");

	(void)state;
	assert_non_null(verdict);
	assert_true(strlen(advice) > 0);
	assert_string_equal(json_string_value(json_object_get(verdict, "advice")), advice);
	assert_int_equal(json_object_set_new(verdict, "advice", json_string("*")), 0);
	assert_json(doc,
	    "{\"serial\":\"PF0ABCDE\",\"product_id\":\"1234567890123\",\"manufacturer\":\"Contoso\","
	    "\"model\":\"Book 14\",\"customer\":\"contoso\",\"list\":\"7\",\"line\":3,"
	    "\"group_tag\":\"Tag\",\"state\":\"claimed\",\"verdict\":{\"class\":"
	    "\"claimed_elsewhere\",\"code\":808,\"name\":\"ZtdDeviceAssignedToOtherTenant\","
	    "\"message\":\"elsewhere\",\"advice\":\"*\"},\"held_for\":null,\"held_message\":null,"
	    "\"attempts\":1,\"request_id\":\"r\",\"correlation_id\":\"c\","
	    "\"updated\":\"2030-01-01T00:00:00.123Z\"}");
}

static void
held_device(void **state)
{
	const struct store_device d = {
		.customer = slice_of("contoso"),
		.list = 7,
		.line = 3,
		.state = DEVICE_HELD,
		.held_for = slice_of("consent"),
		.held_message = slice_of("Ask them."),
		.updated_unix_ms = T,
	};

	(void)state;
	assert_json(records_json_device(&d),
	    "{\"serial\":null,\"product_id\":null,\"manufacturer\":null,\"model\":null,"
	    "\"customer\":\"contoso\",\"list\":\"7\",\"line\":3,\"group_tag\":null,"
	    "\"state\":\"held\",\"verdict\":null,\"held_for\":\"consent\","
	    "\"held_message\":\"Ask them.\",\"attempts\":0,\"request_id\":null,"
	    "\"correlation_id\":null,\"updated\":\"2030-01-01T00:00:00.123Z\"}");
}

/* A class of a newer version, or of nobody: there is no advice, and no code. */
static void
unknown_verdict(void **state)
{
	const struct store_device d = {
		.state = DEVICE_FAILED,
		.verdict = { .class = slice_of("odd") },
	};
	json_t *doc = records_json_device(&d);

	(void)state;
	assert_json(json_incref(json_object_get(doc, "verdict")),
	    "{\"class\":\"odd\",\"code\":null,\"name\":null,\"message\":null,\"advice\":\"\"}");
	json_decref(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(states),
		cmocka_unit_test(list),
		cmocka_unit_test(claimed_device),
		cmocka_unit_test(held_device),
		cmocka_unit_test(unknown_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
