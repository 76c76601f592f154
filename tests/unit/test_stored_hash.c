/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/stored_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "devices/hardware_hash.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Every length, so that each step ends at every place. */
static void
zeros_are_left_out(void **state)
{
	uint8_t bytes[HARDWARE_HASH_BYTES] = { 0 };
	uint8_t out[STORED_HASH_ROOM];
	char text[HARDWARE_HASH_CHARS];
	uint32_t used;

	(void)state;
	for (size_t n = 0; n <= sizeof bytes; n++) {
		if (n)
			bytes[n - 1] = 0x80;
		hardware_hash_canonical((struct slice){ (const char *)bytes, n }, text);
		assert_true(stored_hash_make((struct slice){ text, sizeof text }, out, &used));
		assert_int_equal(used, n);
		assert_memory_equal(out, bytes, n);
		if (n)
			bytes[n - 1] = 0; /* zeros before the last byte count */
	}
}

static void
no_hash(void **state)
{
	char text[HARDWARE_HASH_CHARS + 1];
	const struct {
		const char *name;
		struct slice text;
	} tc[] = {
		{ "empty", { NULL, 0 } },
		{ "short", { text, sizeof text - 5 } },
		{ "long", { text, sizeof text } },
		{ "a bad character", { text, sizeof text - 1 } },
	};
	uint8_t out[STORED_HASH_ROOM];
	uint32_t used = 9;

	(void)state;
	memset(text, 'A', sizeof text);
	text[7] = '!';
	for (size_t i = 0; i < LENGTH(tc); i++) {
		print_message("  %s\n", tc[i].name);
		assert_false(stored_hash_make(tc[i].text, out, &used));
		assert_int_equal(used, 9);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeros_are_left_out),
		cmocka_unit_test(no_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
