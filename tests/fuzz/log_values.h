/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <string.h>

#include "base/log_text.h"
#include "base/slice.h"

/* The fields of a record, as fuzz targets of the log take them from an input. */

static const char *const log_values_name[LOG_FIELDS_MAX] = { "a", "b", "c", "d", "e", "f", "g", "h",
	"i", "j", "k", "l", "m", "n", "o", "p" };

/* Values, each up to a byte 0x1e, which the fields borrow. How many there are. */
static inline size_t
log_values_split(struct slice values, struct log_field field[LOG_FIELDS_MAX])
{
	enum { VALUE_END = 0x1e };
	size_t n = 0;

	while (values.len > 0 && n < LOG_FIELDS_MAX) {
		const char *end = memchr(values.ptr, VALUE_END, values.len);
		size_t len = end ? (size_t)(end - values.ptr) : values.len;

		field[n] = (struct log_field){ .name = log_values_name[n],
			.value = slice_head(values, len) };
		n++;
		values = slice_from(values, end ? len + 1 : len);
	}
	return n;
}
