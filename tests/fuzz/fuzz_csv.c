/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>

#include "devices/csv.h"

/*
 * Wherever a text is cut into parts, the same rows come out as from all of it at once, and no byte
 * of it is lost. The first two bytes choose the dialect and how much is read at a time.
 */

static void
assert_same(const struct csv_row *a, const struct csv_row *b)
{
	assert(a->ncell == b->ncell && a->flags == b->flags && a->lines == b->lines);
	assert(a->flags & CSV_TOO_LONG || slice_eq(a->raw, b->raw));
	assert((a->flags & CSV_TOO_LONG) != 0 || a->ncell > 0);
	for (size_t i = 0; i < a->ncell && i < CSV_CELLS_MAX; i++)
		assert(slice_eq(a->cell[i], b->cell[i]));
}

/* Rows join to the text again: each is followed by its line end, the last one perhaps not. */
static void
assert_nothing_lost(const struct csv_cursor *c, struct slice before, const struct csv_row *row)
{
	size_t taken = before.len - c->rest.len;

	assert(c->rest.ptr == before.ptr + taken);
	assert(row->raw.ptr == before.ptr && row->raw.len <= taken && taken - row->raw.len <= 2);
	assert(c->rest.len == 0 || before.ptr[taken - 1] == c->dialect.line_end);
}

static void
walk(struct csv_cursor *part, struct csv_cursor *whole)
{
	static struct csv_row a, b;

	while (csv_next(part, &a)) {
		struct slice before = whole->rest;

		assert(csv_next(whole, &b));
		assert_same(&a, &b);
		assert_nothing_lost(whole, before, &b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char delimiter[] = { ',', ';', '\t', '|' };
	struct csv_cursor whole = { .at_end = true };
	struct csv_cursor part = { .at_end = false };
	struct slice text;
	bool dropping = false;
	size_t done = 0, end = 0, block;

	if (size < 2)
		return 0;
	part.dialect.delimiter = delimiter[data[0] % 4];
	part.dialect.line_end = data[0] & 4 ? '\r' : '\n';
	block = 1 + (size_t)data[1];
	text = (struct slice){ (const char *)data + 2, size - 2 };
	whole.dialect = part.dialect;
	whole.rest = text;
	while (done < text.len) {
		struct slice seen = { text.ptr + done, end - done };

		part.at_end = end == text.len;
		part.rest.ptr = seen.ptr;
		if (dropping) {
			seen.len = csv_rest_of_row(part.dialect, seen);
		} else {
			seen.len = csv_whole_rows(part.dialect, seen, part.at_end);
			assert(end - done - seen.len <= CSV_ROW_MAX);
			part.rest.len = seen.len;
			walk(&part, &whole);
		}
		done += seen.len;
		if (seen.len > 0)
			dropping = seen.ptr[seen.len - 1] != part.dialect.line_end;
		end = text.len - end < block ? text.len : end + block;
	}
	assert(whole.rest.len == 0);
	csv_cursor_done(&part);
	csv_cursor_done(&whole);
	return 0;
}
