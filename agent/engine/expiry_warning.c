/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/expiry_warning.h"

#include <stddef.h>

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

static const uint32_t warn_days[] = { 3, 14, 30 };
enum { NWARN = sizeof warn_days / sizeof warn_days[0] };

uint32_t
expiry_warning_due(int64_t left_ms)
{
	for (size_t i = 0; i < NWARN; i++) {
		if (left_ms <= warn_days[i] * DAY_MS)
			return warn_days[i];
	}
	return 0;
}

int64_t
expiry_warning_wait_ms(int64_t left_ms)
{
	for (size_t i = NWARN; i > 0; i--) {
		if (left_ms > warn_days[i - 1] * DAY_MS)
			return left_ms - warn_days[i - 1] * DAY_MS;
	}
	return INT64_MAX;
}
