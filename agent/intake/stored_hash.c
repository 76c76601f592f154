/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/stored_hash.h"

bool
stored_hash_make(struct slice text, uint8_t out[STORED_HASH_ROOM], uint32_t *used)
{
	size_t n = BASE64_DECODED_MAX(text.len);

	if (text.len != HARDWARE_HASH_CHARS || base64_decode(text, out) != text.len)
		return false; /* every hash that passed the checks has this form */
	while (n > 0 && out[n - 1] == 0)
		n--;
	*used = (uint32_t)n;
	return true;
}
