/* SPDX-License-Identifier: Apache-2.0 */
#include "http/retry_after.h"

#include <curl/curl.h>
#include <stdbool.h>

#include "base/slice.h"

static bool
is_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return s.len > 0;
}

int64_t
retry_after_ms(const char *value, const char *date, int64_t now_unix_s)
{
	enum { MAX_S = RETRY_AFTER_MAX_MS / 1000 };
	time_t then, base;
	uint64_t s;

	if (!value)
		return -1;
	if (is_digits(slice_of(value)))
		return slice_to_u64(slice_of(value), MAX_S, &s) ? (int64_t)s * 1000
		                                                : RETRY_AFTER_MAX_MS;
	then = curl_getdate(value, NULL);
	if (then < 0)
		return -1;
	base = date ? curl_getdate(date, NULL) : -1;
	if (base < 0)
		base = (time_t)now_unix_s;
	if (then <= base)
		return 0;
	return then - base < MAX_S ? (then - base) * 1000 : RETRY_AFTER_MAX_MS;
}
