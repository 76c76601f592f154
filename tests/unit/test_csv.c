/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/csv.h"

#include <csv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

enum {
	BLOCK = 256 * 1024,
	SHOWN_MAX = 64 * 1024 * 1024,
};

static const struct csv_dialect comma = { ',', '\n' };

/* --- rows as text, for comparing ------------------------------------------------------------- */

static void
show_cell(struct buf *b, struct slice cell)
{
	buf_add_char(b, '[');
	buf_add_slice(b, cell);
	buf_add_char(b, ']');
}

/* [cell][cell], the flags as letters, *lines if there are several, then <raw>. */
static void
show_row(struct buf *b, const struct csv_row *row)
{
	static const char letter[] = { 'U', 'Q', 'L', 'N' };

	for (size_t i = 0; i < row->ncell && i < CSV_CELLS_MAX; i++)
		show_cell(b, row->cell[i]);
	for (unsigned i = 0; i < sizeof letter; i++) {
		if (row->flags & 1u << i)
			buf_add_char(b, letter[i]);
	}
	if (row->lines > 1)
		buf_addf(b, "*%d", (int)row->lines);
	if (!(row->flags &
	        CSV_TOO_LONG)) { /* of which the beginning is shown, wherever it was cut */
		buf_add_char(b, '<');
		buf_add_slice(b, row->raw);
		buf_add_char(b, '>');
	}
	buf_add_char(b, '\n');
}

/* Walks a copy of exactly that size, so that a sanitizer sees a step beyond it. */
static void
show_part(struct buf *b, struct csv_cursor *c, struct slice part, bool at_end)
{
	static struct csv_row row;
	char *copy = malloc(part.len + !part.len);

	assert_non_null(copy);
	if (part.len > 0)
		memcpy(copy, part.ptr, part.len);
	c->rest = (struct slice){ copy, part.len };
	c->at_end = at_end;
	while (csv_next(c, &row))
		show_row(b, &row);
	free(copy);
}

static void
show_whole(struct buf *b, struct csv_dialect d, struct slice text)
{
	struct csv_cursor c = { .dialect = d };

	buf_reset(b);
	show_part(b, &c, text, true);
	csv_cursor_done(&c);
}

/* The same by parts, as a reader of a file does: `first` bytes, then blocks. */
static void
show_cut(struct buf *b, struct csv_dialect d, struct slice text, size_t first, size_t block)
{
	struct csv_cursor c = { .dialect = d };
	bool dropping = false;
	size_t end = first;
	size_t done = 0;

	buf_reset(b);
	for (;;) {
		struct slice part = { text.ptr + done, end - done };

		if (dropping) {
			part.len = csv_rest_of_row(d, part);
		} else {
			part.len = csv_whole_rows(d, part, end == text.len);
			assert_true(end - done - part.len <= CSV_ROW_MAX);
			show_part(b, &c, part, end == text.len);
		}
		done += part.len;
		if (part.len > 0)
			dropping = part.ptr[part.len - 1] != d.line_end;
		if (done == text.len && end == text.len)
			break;
		if (done == end || !dropping)
			end = text.len - end < block ? text.len : end + block;
	}
	csv_cursor_done(&c);
}

/* --- tables ---------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct csv_dialect dialect;
	const char *text;
	const char *rows;
} tc[] = {
	{ "nothing", { ',', '\n' }, "", "" },
	{ "one cell", { ',', '\n' }, "a\n", "[a]<a>\n" },
	{ "no line end", { ',', '\n' }, "a,b", "[a][b]N<a,b>\n" },
	{ "CRLF", { ',', '\n' }, "a,b\r\nc,d\r\n", "[a][b]<a,b>\n[c][d]<c,d>\n" },
	{ "CRLF and LF", { ',', '\n' }, "a\r\nb\nc\r\n", "[a]<a>\n[b]<b>\n[c]<c>\n" },
	{ "CR inside", { ',', '\n' }, "a\rb,c\n", "[a\rb][c]<a\rb,c>\n" },
	{ "two CRs", { ',', '\n' }, "a\r\r\n", "[a\r]<a\r>\n" },
	{ "cut in a CRLF", { ',', '\n' }, "a,b\r", "[a][b]N<a,b>\n" },
	{ "lone CRs", { ',', '\r' }, "a,b\rc,\"d\re\"\r",
	    "[a][b]<a,b>\n[c][d\re]*2<c,\"d\re\">\n" },
	{ "blank lines", { ',', '\n' }, "\n\r\na\n\n", "[]<>\n[]<>\n[a]<a>\n[]<>\n" },
	{ "empty cells", { ',', '\n' }, ",\n,,\r\na,", "[][]<,>\n[][][]<,,>\n[a][]N<a,>\n" },
	{ "semicolon", { ';', '\n' }, "a,b;c\n", "[a,b][c]<a,b;c>\n" },
	{ "tab", { '\t', '\n' }, "a\tb c\n", "[a][b c]<a\tb c>\n" },
	{ "quoted", { ',', '\n' }, "\"a\",\"b,c\",\"\"\r\n\"d\"",
	    "[a][b,c][]<\"a\",\"b,c\",\"\">\n[d]N<\"d\">\n" },
	{ "line ends in quotes", { ',', '\n' }, "\"a\r\nb\nc\",d\r\ne\n",
	    "[a\r\nb\nc][d]*3<\"a\r\nb\nc\",d>\n[e]<e>\n" },
	{ "two cells over lines", { ',', '\n' }, "\"a\nb\",\"c\nd\"\ne\n",
	    "[a\nb][c\nd]*3<\"a\nb\",\"c\nd\">\n[e]<e>\n" },
	{ "doubled quotes", { ',', '\n' }, "\"a\"\"b\",\"\"\"\",\"\"\"c\"\"\"\n",
	    "[a\"b][\"][\"c\"]<\"a\"\"b\",\"\"\"\",\"\"\"c\"\"\">\n" },
	{ "quotes inside are ordinary", { ',', '\n' }, "a\"b,c\"d\", \"e\"\n",
	    "[a\"b][c\"d\"][ \"e\"]<a\"b,c\"d\", \"e\">\n" },
	{ "text behind a quote", { ',', '\n' }, "\"a\"b,\"c\"\"d\" e\"f\",g\n",
	    "[ab][c\"d e\"f\"][g]Q<\"a\"b,\"c\"\"d\" e\"f\",g>\n" },
	{ "CR behind a quote", { ',', '\n' }, "\"a\"\rb\n", "[a\rb]Q<\"a\"\rb>\n" },
	{ "quoted, cut in a CRLF", { ',', '\n' }, "\"a\"\r", "[a]N<\"a\">\n" },
	{ "unclosed at the end", { ',', '\n' }, "a,\"b\nc,d\n", "[a][\"b]U<a,\"b>\n[c][d]<c,d>\n" },
	{ "unclosed, no line end", { ',', '\n' }, "\"a,b", "[\"a][b]UN<\"a,b>\n" },
	{ "a quote alone", { ',', '\n' }, "\"", "[\"]UN<\">\n" },
	{ "three quotes", { ',', '\n' }, "\"\"\"\n", "[\"\"\"]U<\"\"\">\n" },
	{ "unclosed, CRLF", { ',', '\n' }, "\"a\r\nb\r\n", "[\"a]U<\"a>\n[b]<b>\n" },
	{ "unclosed before a good row", { ',', '\n' }, "\"a,b\n\"c\",\"d\"\n",
	    "[\"a][b]U<\"a,b>\n[c][d]<\"c\",\"d\">\n" },
	{ "unclosed behind one over lines", { ',', '\n' }, "\"a\nb\",\"c\nd\n",
	    "[a\nb][\"c]U*2<\"a\nb\",\"c>\n[d]<d>\n" },
	{ "every row unclosed", { ',', '\n' }, "\"a\n\"b\n\"c\n",
	    "[\"a]U<\"a>\n[\"b]U<\"b>\n[\"c]U<\"c>\n" },
	{ "doubled in an unclosed one", { ',', '\n' }, "\"a\"\"b,c\nd\n",
	    "[\"a\"\"b][c]U<\"a\"\"b,c>\n[d]<d>\n" },
	{ "closed on the next line by chance", { ',', '\n' }, "\"a\nb\"\nc\n",
	    "[a\nb]*2<\"a\nb\">\n[c]<c>\n" },
	{ "blank row in quotes", { ',', '\n' }, "\"\n\n\"\n", "[\n\n]*3<\"\n\n\">\n" },
};

static void
tables(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SHOWN_MAX);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		show_whole(&b, tc[i].dialect, slice_of(tc[i].text));
		assert_string_equal(b.ptr ? b.ptr : "", tc[i].rows);
	}
	buf_done(&b);
}

/* Wherever a text is cut, the same rows come out. */
static void
cuts(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SHOWN_MAX);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice text = slice_of(tc[i].text);

		print_message("  %s\n", tc[i].name);
		for (size_t first = 0; first <= text.len; first++) {
			for (size_t block = 1; block <= text.len; block++) {
				show_cut(&b, tc[i].dialect, text, first, block);
				assert_string_equal(b.ptr ? b.ptr : "", tc[i].rows);
			}
		}
	}
	buf_done(&b);
}

static void
whole_rows(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		size_t whole; /* if more may follow */
	} wc[] = {
		{ "nothing", "", 0 },
		{ "no line end", "a,b", 0 },
		{ "one row", "a\nb", 2 },
		{ "two rows", "a\r\nb\n", 5 },
		{ "open quote", "a\nb,\"c\nd\n", 2 },
		{ "closed quote, more may come", "a\n\"b\"", 2 },
		{ "CR behind a quote", "a\n\"b\nc\"\r", 2 },
		{ "closed over lines", "\"b\nc\"\nd", 6 },
		{ "known to be unclosed", "\"b\nc\"d", 3 },
		{ "rows behind the quote", "\"b\"\nc\nd\ne", 8 },
		{ "a quote that opens nothing", "a\nb\"\nc", 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wc / sizeof wc[0]; i++) {
		struct slice text = slice_of(wc[i].text);

		print_message("  %s\n", wc[i].name);
		assert_int_equal(csv_whole_rows(comma, text, false), wc[i].whole);
		assert_int_equal(csv_whole_rows(comma, text, true), text.len);
	}
	assert_int_equal(csv_whole_rows(comma, (struct slice){ NULL, 0 }, false), 0);
	assert_int_equal(csv_rest_of_row(comma, slice_of("ab\ncd\n")), 3);
	assert_int_equal(csv_rest_of_row(comma, slice_of("ab")), 2);
	assert_int_equal(csv_rest_of_row(comma, (struct slice){ NULL, 0 }), 0);
}

/* --- limits ---------------------------------------------------------------------------------- */

static void
assert_shown(struct csv_dialect d, struct slice text, const char *rows)
{
	static const size_t first[] = { 0, 1, CSV_ROW_MAX - 1, CSV_ROW_MAX, CSV_ROW_MAX + 1,
		CSV_ROW_MAX + 2 };
	struct buf b;

	buf_init(&b, SHOWN_MAX);
	show_whole(&b, d, text);
	assert_string_equal(b.ptr, rows);
	for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
		show_cut(&b, d, text, first[i] < text.len ? first[i] : text.len, BLOCK);
		assert_string_equal(b.ptr, rows);
	}
	buf_done(&b);
}

/* n bytes of c, between two other texts. */
static struct slice
long_text(struct buf *b, const char *before, char c, size_t n, const char *after)
{
	buf_reset(b);
	buf_add_str(b, before);
	assert_true(buf_reserve(b, n));
	for (size_t i = 0; i < n; i++)
		buf_add_char(b, c);
	buf_add_str(b, after);
	return buf_slice(b);
}

static void
long_rows(void **state)
{
	struct slice text;
	struct buf b;

	(void)state;
	buf_init(&b, SHOWN_MAX);

	/* The longest row, with its line end, and one byte more. */
	text = long_text(&b, "a\n", 'x', CSV_ROW_MAX - 1, "\nb\n");
	assert_int_equal(csv_whole_rows(comma, slice_head(text, 2 + CSV_ROW_MAX), false),
	    2 + CSV_ROW_MAX);
	text = long_text(&b, "a\n", 'x', CSV_ROW_MAX, "\nb\n");
	assert_shown(comma, text, "[a]<a>\nL\n[b]<b>\n");
	text = long_text(&b, "", 'x', CSV_ROW_MAX - 1, "\r\nb\n");
	assert_shown(comma, text, "L\n[b]<b>\n");
	assert_int_equal(csv_whole_rows(comma, slice_head(text, CSV_ROW_MAX), false), 0);
	assert_int_equal(csv_whole_rows(comma, slice_head(text, CSV_ROW_MAX + 1), false),
	    CSV_ROW_MAX + 1);

	/* One row, however many blocks it takes. */
	text = long_text(&b, "a\n", 'x', 12 * BLOCK + 7, "\r\nb,c\n");
	assert_shown(comma, text, "[a]<a>\nL\n[b][c]<b,c>\n");
	text = long_text(&b, "a\n", 'x', 5 * BLOCK, "");
	assert_shown(comma, text, "[a]<a>\nL\n");
	text = long_text(&b, "\"", 'x', 5 * BLOCK,
	    "\",\"\n\"\nb\n"); /* quotes behind CSV_ROW_MAX are not seen */
	assert_shown(comma, text, "L\n[\"]U<\">\n[b]<b>\n");

	/* Closed in time, and too late. */
	text = long_text(&b, "\"a\n", ',', CSV_ROW_MAX - 5, "\"\nb\n");
	assert_int_equal(csv_whole_rows(comma, slice_head(text, CSV_ROW_MAX - 1), false), 0);
	assert_int_equal(csv_whole_rows(comma, slice_head(text, CSV_ROW_MAX), false), CSV_ROW_MAX);
	text = long_text(&b, "\"a\n", ',', CSV_ROW_MAX, "\"\nb\n");
	assert_shown(comma, text, "[\"a]U<\"a>\nL\n[b]<b>\n");
	buf_done(&b);
}

static struct csv_row *
first_row(struct csv_cursor *c, struct slice text)
{
	static struct csv_row row;

	*c = (struct csv_cursor){ .dialect = comma, .rest = text };
	assert_true(csv_next(c, &row));
	return &row;
}

/* What would take for ever if looking ahead were not bounded. */
static void
hostile(void **state)
{
	struct csv_cursor c;
	struct csv_row *row;
	struct slice text;
	struct buf b;

	(void)state;
	buf_init(&b, SHOWN_MAX);

	text = long_text(&b, "", ',', 100000, "\n");
	row = first_row(&c, text);
	assert_int_equal(row->ncell, 100001);
	assert_int_equal(row->cell[CSV_CELLS_MAX - 1].len, 0);

	text = long_text(&b, "\"", '"', 100000, "\"\n");
	row = first_row(&c, text);
	assert_int_equal(row->ncell, 1);
	assert_int_equal(row->cell[0].len, 50000);
	assert_int_equal(row->flags, 0);
	csv_cursor_done(&c);

	static const struct {
		const char *first;
		const char *line;
		unsigned first_flags;
		unsigned flags;
	} file[] = {
		{ "\"a\n", "b\n", CSV_UNCLOSED, 0 },              /* one quote in the whole file */
		{ "\"a\n", "\"b\n", CSV_UNCLOSED, CSV_UNCLOSED }, /* one in every row */
		{ "\"a\n", "\"\",\"\"\n", CSV_UNCLOSED,
		    0 }, /* nothing but doubled ones, seen from the first row */
		{ "a\n", "\"b\"c\n", 0, CSV_AFTER_QUOTE },
	};
	enum { LINES = 300000 };

	for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
		size_t n = 1;

		buf_reset(&b);
		buf_add_str(&b, file[i].first);
		for (size_t k = 0; k < LINES; k++)
			buf_add_str(&b, file[i].line);
		text = buf_slice(&b);
		assert_in_range(csv_whole_rows(comma, text, false), text.len - CSV_ROW_MAX,
		    text.len);
		row = first_row(&c, text);
		assert_int_equal(row->flags, file[i].first_flags);
		while (csv_next(&c, row)) {
			assert_int_equal(row->flags, file[i].flags);
			n++;
		}
		assert_int_equal(n, LINES + 1);
	}
	buf_done(&b);
}

/* --- against libcsv -------------------------------------------------------------------------- */

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Some well-formed rows. */
static void
generate(uint64_t *seed, struct csv_dialect d, struct buf *text)
{
	static const char letter[] = "ab ,;\t\"\n\r'\xC3\xA9";
	size_t rows = 1 + next_random(seed) % 20;

	buf_reset(text);
	while (rows-- > 0) {
		size_t cells = 1 + next_random(seed) % 6;

		for (size_t k = 0; k < cells; k++) {
			size_t len = next_random(seed) % 8;

			if (k > 0)
				buf_add_char(text, d.delimiter);
			if (next_random(seed) % 2) {
				buf_add_str(text, "x9"); /* never blank: libcsv drops such rows */
				continue;
			}
			buf_add_char(text, '"');
			for (size_t i = 0; i < len; i++) {
				char c = letter[next_random(seed) % (sizeof letter - 1)];

				if (c == '"')
					buf_add_char(text, c);
				buf_add_char(text, c);
			}
			buf_add_char(text, '"');
		}
		buf_add_str(text, next_random(seed) % 2 ? "\r\n" : "\n");
	}
}

static void
on_their_cell(void *cell, size_t len, void *arg)
{
	show_cell(arg, (struct slice){ cell, len });
}

static void
on_their_row(int c, void *arg)
{
	(void)c;
	buf_add_char(arg, '\n');
}

/* libcsv takes blanks away unless it is told that there are none. */
static int
is_no_blank(unsigned char c)
{
	(void)c;
	return 0;
}

static void
show_with_libcsv(struct buf *b, char delimiter, struct slice text)
{
	struct csv_parser p;

	buf_reset(b);
	assert_int_equal(csv_init(&p, CSV_STRICT | CSV_STRICT_FINI), 0);
	csv_set_delim(&p, (unsigned char)delimiter);
	csv_set_space_func(&p, is_no_blank);
	assert_int_equal(csv_parse(&p, text.ptr, text.len, on_their_cell, on_their_row, b),
	    text.len);
	assert_int_equal(csv_fini(&p, on_their_cell, on_their_row, b), 0);
	csv_free(&p);
}

static void
against_libcsv(void **state)
{
	static const char delimiter[] = { ',', ';', '\t', '|' };
	static struct csv_row row;
	uint64_t seed = 42;
	struct buf text, ours, theirs;

	(void)state;
	buf_init(&text, SHOWN_MAX);
	buf_init(&ours, SHOWN_MAX);
	buf_init(&theirs, SHOWN_MAX);
	for (unsigned i = 0; i < 2000; i++) {
		struct csv_cursor c = { .dialect = { delimiter[i % sizeof delimiter], '\n' } };

		generate(&seed, c.dialect, &text);
		show_with_libcsv(&theirs, c.dialect.delimiter, buf_slice(&text));
		buf_reset(&ours);
		c.rest = buf_slice(&text);
		while (csv_next(&c, &row)) {
			assert_int_equal(row.flags, 0);
			for (size_t k = 0; k < row.ncell; k++)
				show_cell(&ours, row.cell[k]);
			buf_add_char(&ours, '\n');
		}
		csv_cursor_done(&c);
		assert_string_equal(ours.ptr, theirs.ptr);
	}
	buf_done(&text);
	buf_done(&ours);
	buf_done(&theirs);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(cuts),
		cmocka_unit_test(whole_rows),
		cmocka_unit_test(long_rows),
		cmocka_unit_test(hostile),
		cmocka_unit_test(against_libcsv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
