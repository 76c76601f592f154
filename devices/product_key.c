/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/product_key.h"

#include "devices/field_rules.h"

enum { CELL_MAX = 128 }; /* a key with something around it is shorter */

/* Without its dashes, which some put into quotes. */
static bool
is_plain_key(struct slice cell)
{
	struct slice v = value_trim(cell);

	if (value_is_quoted(v))
		v = value_trim((struct slice){ v.ptr + 1, v.len - 2 });
	return value_is_product_key(v, true);
}

bool
product_key_in_row(const struct row_fields *row, enum column *where)
{
	size_t at;

	for (enum column c = 0; c < NCOLUMN; c++) {
		struct slice cell = row->cell[c];

		if (c == COLUMN_HASH && cell.len > CELL_MAX)
			continue; /* base64 has no '-' */
		if (text_has_product_key(cell, &at) ||
		    (c == COLUMN_PRODUCT_ID && is_plain_key(cell))) {
			*where = c;
			return true;
		}
	}
	return false;
}

bool
product_key_in_hash(const struct hardware_hash *h)
{
	const struct slice text[] = { h->serial, h->manufacturer, h->model, h->product_id };
	size_t at;

	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
		if (text_has_product_key(text[i], &at))
			return true;
	}
	return false;
}
