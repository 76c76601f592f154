/* SPDX-License-Identifier: Apache-2.0 */
#include "base/percent.h"

static bool
is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
}

void
percent_add(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_unreserved(text.ptr[i]))
			buf_add_char(out, text.ptr[i]);
		else
			buf_addf(out, "%%%02X", (unsigned)(unsigned char)text.ptr[i]);
	}
}
