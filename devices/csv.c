/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/csv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One row, while its end is looked for. */
struct row_scan {
	struct csv_dialect dialect;
	struct slice view; /* all that may belong to the row */
	bool cut;          /* the text goes on behind view */
	bool last;         /* more text would not change what is found in view */
	size_t line_end; /* the first one behind what was read so far; view.len if there is none */
	struct csv_row *row;
};

/* The offset of the first c at or behind `from`, or text.len. */
static size_t
find(struct slice text, char c, size_t from)
{
	const char *at = from < text.len ? memchr(text.ptr + from, c, text.len - from) : NULL;

	return at ? (size_t)(at - text.ptr) : text.len;
}

/* The offset of the quote that closes the one at open, or text.len. */
static size_t
closing_quote(struct slice text, size_t open)
{
	size_t at = find(text, '"', open + 1);

	while (at + 1 < text.len && text.ptr[at + 1] == '"')
		at = find(text, '"', at + 2);
	return at;
}

/* The end of the text before a line end: the CR of a CRLF is not of it. */
static size_t
content_end(struct csv_dialect d, struct slice text, size_t line_end)
{
	bool crlf = d.line_end == '\n' && line_end > 0 && text.ptr[line_end - 1] == '\r';

	return crlf ? line_end - 1 : line_end;
}

static void
add_cell(struct csv_row *row, struct slice cell)
{
	if (row->ncell < CSV_CELLS_MAX)
		row->cell[row->ncell] = cell;
	row->ncell++;
}

/*
 * Returns the offset behind the closing quote of the cell at open, and moves the scan's line end
 * behind it; returns open if the quote there is an ordinary character.
 */
static size_t
scan_quoted(struct row_scan *s, size_t open)
{
	size_t close = closing_quote(s->view, open);
	size_t line_end = s->line_end;
	uint64_t spanned = 0;

	for (; line_end < close; spanned++)
		line_end = find(s->view, s->dialect.line_end, line_end + 1);
	if (close < s->view.len - s->cut) {
		bool ends_cell = close + 1 == content_end(s->dialect, s->view, line_end) ||
		    s->view.ptr[close + 1] == s->dialect.delimiter;

		if (ends_cell || spanned == 0) {
			s->line_end = line_end;
			s->row->lines += spanned;
			s->row->flags |= ends_cell ? 0 : CSV_AFTER_QUOTE;
			return close + 1;
		}
	} else if (!s->last) {
		s->line_end = close; /* more text may close it */
		return open;
	}
	s->row->flags |= CSV_UNCLOSED;
	return open;
}

static size_t
scan_long_row(struct csv_dialect d, struct slice text, struct csv_row *row)
{
	size_t line_end = find(text, d.line_end, CSV_ROW_MAX);

	row->ncell = 0;
	row->flags = CSV_TOO_LONG;
	row->raw = slice_head(text, content_end(d, text, line_end));
	return line_end;
}

/*
 * Finds the end of the first row of text and its cells as they stand, quotes included. Returns the
 * offset of its line end, or text.len: then text ends the row if `last`, and else the row's end is
 * not there yet and *row is worthless.
 *
 * Cutting and walking both come through here. They agree although the walker sees less of the text,
 * because a quote that is unclosed with more text in view is not closed with less.
 *
 * The look-ahead costs linear time: it stops at the first odd number of quotes in succession, and
 * only an odd number can open a cell that does not close at once. So what was looked through in
 * vain for one quote is not looked through again for another.
 */
static size_t
scan_row(struct csv_dialect d, struct slice text, bool last, struct csv_row *row)
{
	struct row_scan s = { .dialect = d, .view = slice_head(text, CSV_ROW_MAX), .row = row };
	size_t begin = 0;
	size_t end, content;

	s.cut = s.view.len < text.len;
	s.last = last || s.cut;
	s.line_end = find(s.view, d.line_end, 0);
	row->ncell = 0;
	row->lines = 1;
	row->flags = 0;
	for (;;) {
		size_t behind = begin;

		if (begin < s.view.len && s.view.ptr[begin] == '"')
			behind = scan_quoted(&s, begin);
		if (s.line_end == s.view.len && !s.last)
			return text.len;
		if (s.line_end == s.view.len && s.cut)
			return scan_long_row(d, text, row);
		content = content_end(d, s.view, s.line_end);
		end = find(slice_head(s.view, content), d.delimiter, behind);
		add_cell(row, (struct slice){ s.view.ptr + begin, end - begin });
		if (end == content)
			break;
		begin = end + 1;
	}
	row->raw = slice_head(text, content);
	return s.line_end;
}

size_t
csv_rest_of_row(struct csv_dialect d, struct slice text)
{
	size_t line_end = find(text, d.line_end, 0);

	return line_end < text.len ? line_end + 1 : text.len;
}

/* The length of text up to and with its last line end; 0 if there is none. */
static size_t
whole_lines(struct csv_dialect d, struct slice text)
{
	const char *last = text.len > 0 ? memrchr(text.ptr, d.line_end, text.len) : NULL;

	return last ? (size_t)(last - text.ptr) + 1 : 0;
}

size_t
csv_whole_rows(struct csv_dialect d, struct slice text, bool at_end)
{
	size_t quote, whole, line_end;
	struct csv_row row;

	if (at_end)
		return text.len;
	quote = find(text, '"', 0);
	whole = whole_lines(d, slice_head(text, quote));
	while (quote < text.len && whole < text.len) {
		struct slice rest = slice_from(text, whole);

		line_end = scan_row(d, rest, false, &row);
		if (line_end == rest.len)
			break;
		whole += line_end + 1;
	}
	return text.len - whole > CSV_ROW_MAX ? text.len : whole;
}

/* Copies the quoted cell that closes at close to dst, without its quotes. Returns the length. */
static size_t
unquote(struct slice cell, size_t close, char *dst)
{
	size_t tail = cell.len - close - 1;
	size_t len = 0;

	for (size_t at = 1; at < close;) {
		size_t quote = find(slice_head(cell, close), '"', at);
		size_t run = (quote < close ? quote + 1 : close) - at;

		memcpy(dst + len, cell.ptr + at, run);
		len += run;
		at = quote + 2;
	}
	memcpy(dst + len, cell.ptr + close + 1, tail);
	return len + tail;
}

/* The value of a cell. *used: how much of the scratch the row has taken. */
static struct slice
cell_value(struct csv_cursor *c, struct slice cell, size_t *used)
{
	struct slice value;
	size_t close;

	if (cell.len == 0 || cell.ptr[0] != '"')
		return cell;
	if (find(cell, '"', 1) + 1 == cell.len)
		return (struct slice){ cell.ptr + 1, cell.len - 2 };
	close = closing_quote(cell, 0);
	if (close == cell.len)
		return cell;
	if (!c->scratch)
		c->scratch = malloc(CSV_ROW_MAX);
	if (!c->scratch)
		return cell;
	value.ptr = c->scratch + *used;
	value.len = unquote(cell, close, c->scratch + *used);
	*used += value.len;
	assert(*used <= CSV_ROW_MAX);
	return value;
}

bool
csv_next(struct csv_cursor *c, struct csv_row *row)
{
	size_t line_end, taken;
	size_t used = 0;

	if (c->rest.len == 0)
		return false;
	line_end = scan_row(c->dialect, c->rest, true, row);
	for (size_t i = 0; i < row->ncell && i < CSV_CELLS_MAX; i++)
		row->cell[i] = cell_value(c, row->cell[i], &used);
	if (line_end == c->rest.len && c->at_end && !(row->flags & CSV_TOO_LONG))
		row->flags |= CSV_NO_LINE_END;
	taken = line_end < c->rest.len ? line_end + 1 : line_end;
	c->rest.ptr += taken;
	c->rest.len -= taken;
	return true;
}

void
csv_cursor_done(struct csv_cursor *c)
{
	free(c->scratch);
	c->scratch = NULL;
}
