/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

/* Not tolower() and isspace(): those ask the locale. */
static char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
ascii_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
slice_starts_nocase(struct slice s, struct slice prefix)
{
	if (s.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (ascii_lower(s.ptr[i]) != ascii_lower(prefix.ptr[i]))
			return false;
	return true;
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
	return a.len == b.len && slice_starts_nocase(a, b);
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && ascii_blank(s.ptr[s.len - 1]))
		s.len--;
	while (s.len > 0 && ascii_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	return s;
}

bool
slice_to_u64(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (uint64_t)s.ptr[i] - '0';

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}
