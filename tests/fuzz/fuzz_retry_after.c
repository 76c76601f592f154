/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http/retry_after.h"

/*
 * Whatever a service says, we wait from now to a day at most; and what it says in seconds does not
 * depend on any clock. The input is Retry-After and, after a line end, Date.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *value = malloc(size + 1);
	char *date;
	int64_t ms;

	assert(value);
	if (size > 0)
		memcpy(value, data, size);
	value[size] = '\0';
	date = strchr(value, '\n');
	if (date)
		*date++ = '\0';
	ms = retry_after_ms(value, date, 1445412480);
	assert(ms >= -1 && ms <= RETRY_AFTER_MAX_MS);
	if (value[0] != '\0' && strspn(value, "0123456789") == strlen(value))
		assert(ms >= 0 && ms == retry_after_ms(value, NULL, 0));
	free(value);
	return 0;
}
