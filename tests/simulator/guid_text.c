/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/guid_text.h"

#include <ctype.h>

#include "base/guid.h"

bool
guid_text_is(struct slice text)
{
	if (text.len != GUID_SIZE - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text.ptr[i] != '-' : !isxdigit((unsigned char)text.ptr[i]))
			return false;
	}
	return true;
}
