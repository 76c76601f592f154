/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any number has a text, and the text stands for the number, or for the end of the calendar. */
static void
check_format(int64_t unix_ms)
{
	char text[RFC3339_SIZE], again[RFC3339_SIZE];
	int64_t back;

	assert(rfc3339_parse(slice_of(rfc3339_format(unix_ms, text)), &back));
	assert(back == unix_ms || text[0] == '0' || text[0] == '9');
	assert(strcmp(rfc3339_format(back, again), text) == 0);
}

/* Input: a text; its first bytes are also taken as a number. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t unix_ms = 99;
	int64_t number = 0;

	if (rfc3339_parse((struct slice){ (const char *)data, size }, &unix_ms)) {
		/* Four digits of year, and less than a day of zone. */
		assert(unix_ms > INT64_C(-62167305600000) && unix_ms < INT64_C(253402387200000));
		assert(size >= strlen("2030-01-15T10:00:00"));
		check_format(unix_ms);
	} else {
		assert(unix_ms == 99);
	}
	memcpy(&number, data, size < sizeof number ? size : sizeof number);
	check_format(number);
	return 0;
}
