/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/csv_cell.h"

#include <string.h>

void
csv_cell_add(struct buf *out, struct slice text)
{
	buf_add_char(out, '"');
	if (text.len > 0 && memchr("=+-@\t\r", text.ptr[0], 6))
		buf_add_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, text.ptr[i] ? text.ptr[i] : '?');
	}
	buf_add_char(out, '"');
}
