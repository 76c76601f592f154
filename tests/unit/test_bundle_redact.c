/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/bundle_redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define RUN47 "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG+/=_"

static void
logs(void **state)
{
	static const struct {
		const char *name;
		const char *log;
		const char *want;
	} tc[] = {
		{ "nothing", "", "" },
		{ "harmless", "list=7 rows=3 file=\"a b.csv\"\n",
		    "list=7 rows=3 file=\"a b.csv\"\n" },
		{ "a serial number", "serial=PF0 state=held\n", "serial=[removed] state=held\n" },
		{ "quoted", "serial=\"P F\\\"0\" state=held\n", "serial=[removed] state=held\n" },
		{ "quoted without end", "serial=\"PF0\nnext", "serial=[removed]\nnext" },
		{ "in a longer name", "device_serial=PF0", "device_serial=[removed]" },
		{ "in JSON", "{\"serial\":\"PF0\",\"n\":1}", "{\"serial\":[removed],\"n\":1}" },
		{ "as the journal's field", "SERIAL=PF0\nHASH=x",
		    "SERIAL=[removed]\nHASH=[removed]" },
		{ "empty", "serial= a", "serial=[removed] a" },
		{ "at the end", "serial=", "serial=[removed]" },
		{ "a product id", "product_id=1234567890123", "product_id=[removed]" },
		{ "just not a token", RUN47, RUN47 },
		{ "a token", "x: " RUN47 "h.", "x: [removed]." },
		{ "a request id", "11111111-1111-4111-8111-111111111111",
		    "11111111-1111-4111-8111-111111111111" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf out;

		print_message("  %s\n", tc[i].name);
		buf_init(&out, 1024);
		bundle_redact_log(slice_of(tc[i].log), &out);
		assert_string_equal(out.ptr ? out.ptr : "", tc[i].want);
		buf_done(&out);
	}
}

static void
events(void **state)
{
	json_t *doc = json_loads(
	    "{\"events\":["
	    "{\"at\":\"2030-01-14T10:00:00Z\",\"kind\":\"paused\",\"serial\":null,\"message\":\"old\"},"
	    "{\"at\":\"2030-01-15T10:00:00Z\",\"kind\":\"paused\",\"serial\":null,\"message\":\"m\"},"
	    "{\"at\":\"2030-01-15T10:00:01Z\",\"kind\":\"device_claimed\",\"serial\":\"PF0\","
	    "\"message\":\"PF0 is held\"},"
	    "{\"at\":\"2030-01-15T10:00:02Z\",\"kind\":\"claim_note\",\"serial\":null,"
	    "\"message\":\"about PF0\"}]}",
	    0, NULL);
	char *text;

	(void)state;
	bundle_redact_events(doc, "2030-01-15T00:00:00Z");
	text = json_dumps(doc, JSON_COMPACT);
	assert_string_equal(text,
	    "{\"events\":["
	    "{\"at\":\"2030-01-15T10:00:00Z\",\"kind\":\"paused\",\"message\":\"m\"},"
	    "{\"at\":\"2030-01-15T10:00:01Z\",\"kind\":\"device_claimed\",\"message\":\"[removed]\"},"
	    "{\"at\":\"2030-01-15T10:00:02Z\",\"kind\":\"claim_note\",\"message\":\"[removed]\"}]}");
	free(text);
	json_decref(doc);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(logs),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
