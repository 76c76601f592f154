/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/tracking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define BASE "https://api.example:8443"
#define X63 "123456789012345678901234567890123456789012345678901234567890123"
#define X127 X63 "a" X63
#define X255 X127 "a" X127
#define X511 X255 "a" X255

static void
links(void **state)
{
	static const struct {
		const char *link;
		const char *id; /* NULL: none */
	} tc[] = {
		{ "/customers/c/batchJobStatus/4444-41", "4444-41" },
		{ "/v1/customers/c/batchJobStatus/4444-41", "4444-41" },
		{ "//v1/customers/c/batchJobStatus/4444-41", NULL },
		{ "customers/c/batchjobstatus/4444-41", "4444-41" },
		{ "batchJobStatus/a", "a" },
		{ "/customers/c/BATCHJOBSTATUS/4444-41/", "4444-41" },
		{ "/customers/c/batchJobStatus/4444-41/devices", "4444-41" },
		{ "/customers/c/batchJobStatus/4444-41?x=/batchJobStatus/y", "4444-41" },
		{ "/customers/c/batchJobStatus/4444-41#x", "4444-41" },
		{ BASE "/v1/customers/c/batchJobStatus/4444-41", "4444-41" },
		{ "HTTPS://API.example:8443/batchJobStatus/x", "x" },
		{ "https://evil.example/batchJobStatus/x", NULL },
		{ BASE "0/batchJobStatus/x", NULL },
		{ BASE ".evil.example/batchJobStatus/x", NULL },
		{ BASE "@evil.example/batchJobStatus/x", NULL },
		{ "http://api.example:8443/batchJobStatus/x", NULL },
		{ "//evil.example/batchJobStatus/x", NULL },
		{ BASE, NULL },
		{ "", NULL },
		{ "/", NULL },
		{ "/customers/c/deviceBatches/x", NULL },
		{ "/customers/c/batchJobStatus", NULL },
		{ "/customers/c/batchJobStatus/", NULL },
		{ "/customers/c/batchJobStatus//x", NULL },
		{ "/customers/c/xbatchJobStatus/y", NULL },
		{ "/customers/c/batchJobStatus/a b", NULL },
		{ "/customers/c/batchJobStatus/a%2Fb", NULL },
		{ "/customers/c/batchJobStatus/a\nb", NULL },
		{ "/customers/c/batchJobStatus/" X511, X511 },
		{ "/customers/c/batchJobStatus/" X511 "b", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char id[BATCH_TRACKING_SIZE] = "untouched";

		print_message("  %s\n", tc[i].link);
		assert_int_equal(tracking_from_link(slice_of(tc[i].link), BASE, id),
		    tc[i].id != NULL);
		assert_string_equal(id, tc[i].id ? tc[i].id : "untouched");
	}
}

static void
bodies(void **state)
{
	static const struct {
		const char *body;
		const char *id;
	} tc[] = {
		{ "{\"uri\":\"/customers/c/batchJobStatus/x\",\"method\":\"GET\"}", "x" },
		{ "\xEF\xBB\xBF{\"links\":{\"self\":{\"uri\":\"/customers/c\"},\"status\":{\"uri\":"
		  "\"/customers/c/batchJobStatus/x\"}}}",
		    "x" },
		{ "[1,null,\"/customers/c/batchJobStatus/x\"]", "x" },
		{ "{\"uri\":\"https://evil.example/batchJobStatus/x\"}", NULL },
		{ "{\"batchJobStatus\":\"x\"}", NULL },
		{ "/customers/c/batchJobStatus/x", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char id[BATCH_TRACKING_SIZE] = "untouched";

		assert_int_equal(tracking_from_body(slice_of(tc[i].body), BASE, id),
		    tc[i].id != NULL);
		assert_string_equal(id, tc[i].id ? tc[i].id : "untouched");
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
		cmocka_unit_test(bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
