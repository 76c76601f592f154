/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/stored_hash.h"

#include <string.h>

/* Most hashes are zeros for the greater part: they are passed by in large steps. */
enum { STEP = 64 };

static size_t
without_zeros(const uint8_t *bytes, size_t n)
{
	static const uint8_t zeros[STEP] = { 0 };

	while (n >= STEP && memcmp(bytes + n - STEP, zeros, STEP) == 0)
		n -= STEP;
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	return n;
}

bool
stored_hash_make(struct slice text, uint8_t out[STORED_HASH_ROOM], uint32_t *used)
{
	if (text.len != HARDWARE_HASH_CHARS || base64_decode(text, out) != text.len)
		return false; /* every hash that passed the checks has this form */
	*used = (uint32_t)without_zeros(out, BASE64_DECODED_MAX(text.len));
	return true;
}
