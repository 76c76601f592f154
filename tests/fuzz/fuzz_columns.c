/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "devices/columns.h"
#include "devices/csv.h"
#include "devices/field_rules.h"
#include "devices/list_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A heading folds to short plain text, and folding it again changes nothing. */
static void
check_fold(struct slice cell)
{
	char once[HEADING_MAX];
	char twice[HEADING_MAX];

	memset(once, 'x', sizeof once);
	heading_fold(cell, once);
	assert(memchr(once, '\0', sizeof once));
	heading_fold(slice_of(once), twice);
	assert(strcmp(once, twice) == 0);
	assert(!strpbrk(once, "_-.") && !strstr(once, "  "));
	assert(column_of(cell, NULL) == column_of(slice_of(once), NULL));
}

static void
check_trim(struct slice cell)
{
	struct slice v = value_trim(cell);

	assert(v.len == 0 || (v.ptr >= cell.ptr && v.ptr + v.len <= cell.ptr + cell.len));
	assert(value_blank(v) == 0);
	assert(slice_eq(value_trim(v), v));
}

/* Each column is a cell of its own that names it, and no other cell does. */
static void
check_columns(const struct slice *cell, size_t ncell, const struct columns *c)
{
	size_t placed = 0;
	size_t named = 0;

	assert(c->ncell == ncell);
	for (size_t k = 0; k < NCOLUMN; k++) {
		if (c->at[k] == COLUMN_ABSENT)
			continue;
		placed++;
		assert(c->at[k] < ncell);
		assert(column_of(cell[c->at[k]], NULL) == (enum column)k);
	}
	for (size_t i = 0; i < ncell; i++)
		named += column_of(cell[i], NULL) != COLUMN_UNKNOWN;
	assert(placed == named);
	assert(c->at[COLUMN_SERIAL] != COLUMN_ABSENT || c->at[COLUMN_PRODUCT_ID] != COLUMN_ABSENT ||
	    c->at[COLUMN_HASH] != COLUMN_ABSENT);
}

static void
check_formats(const struct slice *cell, size_t ncell)
{
	struct columns c;
	enum list_format f = list_format_of_data(cell, ncell, &c);

	if (f != FORMAT_UNKNOWN && f != FORMAT_CORP_ID)
		assert(c.ncell == ncell);
	if (list_format_is_builtin_row(cell, ncell, &c))
		assert(!columns_is_heading(cell, ncell, NULL));
}

/* Input: one row, its cells separated by commas. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct slice cell[CSV_CELLS_MAX + 1];
	const char *text = (const char *)data;
	struct columns c, before;
	struct err err = { .code = ERR_OK };
	size_t ncell = 0;

	for (size_t start = 0; ncell <= CSV_CELLS_MAX && start <= size; ncell++) {
		const char *comma = start < size ? memchr(text + start, ',', size - start) : NULL;
		size_t end = comma ? (size_t)(comma - text) : size;

		cell[ncell] = (struct slice){ size > 0 ? text + start : NULL, end - start };
		check_fold(cell[ncell]);
		check_trim(cell[ncell]);
		start = end + 1;
	}
	memset(&before, 0xa5, sizeof before);
	c = before;
	if (columns_parse(cell, ncell, NULL, &c, &err) == ERR_OK) {
		check_columns(cell, ncell, &c);
		assert(list_format_of_heading(cell, ncell, &c) != FORMAT_UNKNOWN);
	} else {
		assert(memcmp(&c, &before, sizeof c) == 0);
		assert(err.code == (ncell > CSV_CELLS_MAX ? ERR_LIMIT : ERR_FORMAT));
		assert(!strchr(err.msg, '\n'));
	}
	check_formats(cell, ncell);
	return 0;
}
