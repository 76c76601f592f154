/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Rows and cells of delimited text: RFC 4180, and what people really send. Pure functions over
 * UTF-8 in memory.
 *
 * Rows end at LF, CRLF, or (dialect) at a lone CR. A cell that begins with '"' is quoted: it may
 * hold delimiters and line ends, and "" stands for one quote. A '"' elsewhere is an ordinary
 * character. Text between a closing quote and the next delimiter is kept, and the row flagged.
 *
 * A quote that is never closed must not swallow the rest of a file. A quoted cell is *unclosed*
 * when the text ends in it, when the row passes CSV_ROW_MAX, or when it spans a line end and its
 * closing quote is followed by something else than a delimiter or a line end. Its opening quote is
 * then an ordinary character: the row ends at the first line end after it and is flagged.
 *
 * A row that is too long ends at the first line end after its first CSV_ROW_MAX bytes.
 */

enum {
	CSV_ROW_MAX = 256 * 1024, /* bytes of a row with its line end; a longer one is skipped */
	CSV_CELLS_MAX = 256,      /* cells that are kept; more are only counted */
};

struct csv_dialect {
	char delimiter; /* ',', ';', '\t' or '|' */
	char line_end;  /* '\n', or '\r' for files that hold no LF at all */
};

enum csv_flag {
	CSV_UNCLOSED = 1u << 0,    /* see above */
	CSV_AFTER_QUOTE = 1u << 1, /* text behind a closing quote */
	CSV_TOO_LONG = 1u << 2,    /* passes CSV_ROW_MAX; no cells, and no other flag */
	CSV_NO_LINE_END = 1u << 3, /* the file ends behind this row, without a line end */
};

struct csv_row {
	struct slice cell[CSV_CELLS_MAX]; /* unquoted; valid until the next csv_next() */
	size_t ncell;                     /* may exceed CSV_CELLS_MAX: the rest is not kept */
	struct slice raw;                 /* the row as it stands, without its line end */
	uint64_t lines;                   /* physical lines it takes, at least 1 */
	unsigned flags;                   /* enum csv_flag */
};

/*
 * The length of the longest beginning of text that is whole rows. at_end: no more text follows, so
 * all of it is. Without at_end the answer may be 0: read more and ask again, until the text is
 * longer than CSV_ROW_MAX, when it is not 0 any more. For text without any quote this is the last
 * line end.
 *
 * What is left over is never longer than CSV_ROW_MAX: if the last row is too long already, all of
 * the text is taken, though it does not end in a line end. Then drop what follows, as much as
 * csv_rest_of_row() says each time, until that ends in a line end.
 */
size_t csv_whole_rows(struct csv_dialect d, struct slice text, bool at_end);

/* The length of the first line of text with its line end, or all of it if there is none. */
size_t csv_rest_of_row(struct csv_dialect d, struct slice text);

/*
 * Walks rows. Zero-initialise, then set dialect, rest (text as cut by csv_whole_rows()) and at_end.
 * Where rest ends, its last row ends, too.
 * Cells with doubled quotes are unquoted into a buffer of the cursor; the text is not changed.
 */
struct csv_cursor {
	struct csv_dialect dialect;
	struct slice rest;
	bool at_end;   /* rest ends where the file ends */
	char *scratch; /* private: at most CSV_ROW_MAX bytes */
};

/*
 * The next row into *row; false at the end of the text. A blank line is a row with one empty cell.
 * A cell whose scratch memory could not be had is given as it stands, quotes included.
 */
bool csv_next(struct csv_cursor *c, struct csv_row *row);

/* Frees the scratch; the cursor may be used again. */
void csv_cursor_done(struct csv_cursor *c);
