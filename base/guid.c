/* SPDX-License-Identifier: Apache-2.0 */
#include "base/guid.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

enum err_code
guid_new(const struct random *r, char out[GUID_SIZE], struct err *err)
{
	uint64_t high, low;

	if (random_u64(r, &high, err) || random_u64(r, &low, err))
		return err->code;
	high = (high & ~UINT64_C(0xf000)) | 0x4000;               /* version 4 */
	low = (low & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62); /* variant of RFC 4122 */
	(void)snprintf(out, GUID_SIZE,
	    "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, high >> 32,
	    high >> 16 & 0xffff, high & 0xffff, low >> 48, low & 0xffffffffffff);
	return ERR_OK;
}

bool
guid_is(struct slice text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (text.len != sizeof form - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_hex =
		    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		if (form[i] == '-' ? c != '-' : !is_hex)
			return false;
	}
	return true;
}
