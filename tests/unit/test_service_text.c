/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/service_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t noon = INT64_C(1893456000000) + 12 * 3600 * 1000; /* 2030-01-01 */

static void
sentences(void **state)
{
	const struct {
		const char *name;
		struct agent_work work;
		bool refused;
		const char *want;
	} tc[] = {
		{ "nobody", { 0 }, false, "0 customers, nothing queued" },
		{ "nothing to do", { .customers = 1 }, false, "1 customer, nothing queued" },
		{ "at work",
		    { .customers = 3,
		        .queued = 1240,
		        .in_flight = 2,
		        .next_unix_ms = noon + 190 * 1000 },
		    false,
		    "3 customers, 1,240 devices queued, 2 batches on their way, next at 12:03:10 UTC" },
		{ "one of each", { .customers = 2, .queued = 1, .in_flight = 1 }, false,
		    "2 customers, 1 device queued, 1 batch on its way" },
		{ "many", { .customers = 1000, .queued = 1000005 }, false,
		    "1,000 customers, 1,000,005 devices queued" },
		{ "due already", { .customers = 2, .queued = 7, .next_unix_ms = noon }, false,
		    "2 customers, 7 devices queued" },
		{ "tomorrow", { .customers = 2, .queued = 7, .next_unix_ms = noon + 43200 * 1000 },
		    false, "2 customers, 7 devices queued, next at 2030-01-02 00:00:00 UTC" },
		{ "held",
		    { .customers = 2,
		        .held = 1,
		        .held_customer = "contoso",
		        .held_for = "consent" },
		    false, "2 customers, nothing queued; held: contoso waits for consent" },
		{ "several held",
		    { .customers = 9, .held = 3, .held_customer = "a", .held_for = "paused" },
		    false, "9 customers, nothing queued; held: a is paused, and 2 more" },
		{ "a new reason",
		    { .customers = 9, .held = 1, .held_customer = "a", .held_for = "x" }, false,
		    "9 customers, nothing queued; held: a is held" },
		{ "refused", { .customers = 2 }, true,
		    "2 customers, nothing queued; the last reload was refused" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct buf text;

		print_message("  %s\n", tc[i].name);
		buf_init(&text, 1024);
		service_text_add(&text, &tc[i].work, tc[i].refused, noon);
		assert_int_equal(text.failed, ERR_OK);
		assert_string_equal(text.ptr, tc[i].want);
		buf_done(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
