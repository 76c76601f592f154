/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/text_table.h"

#include <assert.h>
#include <string.h>

#include "agent/tools/terminal.h"
#include "base/utf8.h"

enum { ROWS_HELD = 1000, BYTES_HELD = 1024 * 1024, GAP = 2 };

/* As terminal_put() shows it. */
static size_t
width_of(struct slice text)
{
	size_t n = 0;

	for (; text.len > 0; n++)
		(void)utf8_take(&text);
	return n;
}

void
text_table_init(struct text_table *t, FILE *stream, const struct text_column *column)
{
	*t = (struct text_table){ .stream = stream, .column = column };
	buf_init(&t->cells, SIZE_MAX);
	for (; column[t->ncolumn].heading; t->ncolumn++) {
		assert(t->ncolumn < TEXT_TABLE_COLUMNS_MAX);
		t->width[t->ncolumn] = strlen(column[t->ncolumn].heading);
	}
}

/* Nothing is padded behind the last cell. */
static void
put_cell(const struct text_table *t, size_t i, struct slice text)
{
	bool last = i + 1 == t->ncolumn;
	int pad = (int)(t->width[i] - width_of(text));

	if (t->column[i].right)
		fprintf(t->stream, "%*s", pad, "");
	terminal_put(t->stream, text);
	if (!t->column[i].right && !last)
		fprintf(t->stream, "%*s", pad, "");
	fprintf(t->stream, "%*s", last ? 0 : GAP, "");
}

static void
flush(struct text_table *t)
{
	const char *cell = t->cells.ptr;

	for (size_t i = 0; !t->headed && i < t->ncolumn; i++)
		put_cell(t, i, slice_of(t->column[i].heading));
	if (!t->headed)
		fputc('\n', t->stream);
	t->headed = true;
	for (size_t row = 0; row < t->nrow; row++) {
		for (size_t i = 0; i < t->ncolumn; i++) {
			put_cell(t, i, slice_of(cell));
			cell += strlen(cell) + 1;
		}
		fputc('\n', t->stream);
	}
	buf_reset(&t->cells);
	t->nrow = 0;
}

void
text_table_row(struct text_table *t, const struct slice *cell)
{
	for (size_t i = 0; i < t->ncolumn; i++) {
		size_t width = width_of(cell[i]);

		if (width > t->width[i])
			t->width[i] = width;
		buf_add_slice(&t->cells, cell[i]);
		buf_add_char(&t->cells, '\0');
	}
	t->nrow++;
	if (!t->cells.failed && (t->nrow == ROWS_HELD || t->cells.len > BYTES_HELD))
		flush(t);
}

enum err_code
text_table_end(struct text_table *t, struct err *err)
{
	enum err_code rc = buf_check(&t->cells, err);

	if (rc == ERR_OK && t->nrow > 0)
		flush(t);
	return rc;
}

void
text_table_done(struct text_table *t)
{
	buf_done(&t->cells);
}
