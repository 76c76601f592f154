/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * A table for people: columns as wide as what is in them. Rows are printed a thousand at a time, so
 * that memory is bounded; a column that has to grow is wider from then on.
 */
enum { TEXT_TABLE_COLUMNS_MAX = 12 };

struct text_column {
	const char *heading; /* NULL behind the last */
	bool right;          /* for numbers */
};

struct text_table {
	FILE *stream;
	const struct text_column *column;
	size_t ncolumn;
	size_t width[TEXT_TABLE_COLUMNS_MAX]; /* in characters */
	struct buf cells; /* of rows that were not printed yet, each cell with a NUL behind it */
	size_t nrow;
	bool headed; /* the headings were printed */
};

/* column: borrowed until text_table_done(). */
void text_table_init(struct text_table *t, FILE *stream, const struct text_column *column);

/* cell: one for each column; texts of any origin. */
void text_table_row(struct text_table *t, const struct slice *cell);

/*
 * Prints what is left; rows may still follow. A table without rows prints nothing. Errors:
 * ERR_NOMEM.
 */
MUST_USE enum err_code text_table_end(struct text_table *t, struct err *err);

void text_table_done(struct text_table *t);
