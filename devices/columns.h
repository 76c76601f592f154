/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * Which cell of a row holds what. Headings are compared folded: lower case, and every run of blanks
 * (also U+00A0), '_', '-' and '.' is one blank; quotes and blanks at the ends dropped. A number at
 * the end is ignored if the heading is known without it (report designers number copied boxes).
 * Source: sources.md#list-headings
 */
enum column {
	COLUMN_SERIAL,
	COLUMN_PRODUCT_ID,
	COLUMN_HASH,
	COLUMN_MANUFACTURER,
	COLUMN_MODEL,
	COLUMN_TAG,
	COLUMN_USER,
	COLUMN_ORDER, /* order or purchase number: the sender's own text */
	COLUMN_UNKNOWN,
};
#define NCOLUMN COLUMN_UNKNOWN

enum { COLUMN_ABSENT = UINT16_MAX, HEADING_MAX = 128 };

struct columns {
	uint16_t at[NCOLUMN]; /* cell index, or COLUMN_ABSENT */
	uint16_t ncell;       /* cells in the heading row */
};

/*
 * Headings that the user maps by hand; they win over the built-in table. heading[k] is NULL or a
 * heading (folded like the others) for column k.
 */
struct column_map {
	const char *heading[NCOLUMN];
};

/*
 * Folds one heading into dst (HEADING_MAX bytes, terminated). Longer ones are cut, which makes them
 * unknown. Blanks are those of value_trim().
 */
void heading_fold(struct slice cell, char dst[HEADING_MAX]);

/* Is this folded heading the known one (folded, too), but for a number at its end? */
bool heading_is(const char *folded, const char *known);

/* map may be NULL. */
enum column column_of(struct slice cell, const struct column_map *map);

/* The heading a person knows a column by: "Serial Number", "Hardware Hash", … Static. */
const char *column_name(enum column c);

/*
 * The short words of --columns: serial, product_id, hash, manufacturer, model, tag, user, order.
 * Static.
 */
const char *column_word(enum column c);
enum column column_from_word(struct slice word);

/*
 * Reads a heading row. Errors: ERR_FORMAT if two cells name the same column, if no cell is
 * known, or if no identity could come of them (neither hash, nor product id, nor serial);
 * ERR_LIMIT for more than CSV_CELLS_MAX cells. *out is untouched on error.
 */
MUST_USE enum err_code columns_parse(const struct slice *cell, size_t ncell,
    const struct column_map *map, struct columns *out, struct err *err);

/*
 * Is this row a heading row, wherever it stands? At least two cells (or the only one) are known
 * headings, and none is a known one's value: every non-empty cell is known, or more than half are.
 */
bool columns_is_heading(const struct slice *cell, size_t ncell, const struct column_map *map);
