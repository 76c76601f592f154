/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "devices/columns.h"
#include "devices/csv.h"
#include "devices/finding.h"
#include "devices/list_format.h"
#include "devices/row_check.h"

/*
 * How the rows of one list are to be read: recognised from its beginning, then applied to each row.
 * Pure functions over UTF-8 in memory.
 */
struct list_layout {
	struct columns columns;
	struct csv_dialect dialect;
	enum list_format format;
	unsigned generation; /* grows whenever a row changes how the rows after it are read */
	bool ended;          /* all that follows is explanation, no data */
};

struct list_options {
	const struct column_map *map; /* headings given by hand, or NULL */
	const enum column *position; /* columns by position, for lists without a heading; or NULL */
	size_t nposition;
};

/* What the beginning of a list turned out to be. */
struct list_beginning {
	struct list_layout layout;
	size_t data;   /* offset of the first row after the heading */
	uint64_t line; /* its physical line, from 1 */
	/* A finding on the file: an error if there is nothing to read by, or heading-missing. */
	bool has_finding;
	enum finding_code code;
	uint64_t finding_line; /* where it was seen */
	char message[256];
};

/*
 * head: the beginning of the text, in whole rows if it is all of it (at_end), else as much as there
 * is. Looks at the first rows only. Source: sources.md#list-formats
 */
void list_layout_recognise(struct slice head, bool at_end, const struct list_options *opt,
    struct list_beginning *out);

/* What one row of a list is. */
enum row_kind {
	ROW_SKIPPED, /* blank, directive, comment */
	ROW_DATA,
	ROW_HEADING, /* a heading in the data: *layout now reads the rows after it */
	ROW_COUNT,   /* data, but with another number of cells than the heading */
};

/*
 * Sorts a row's cells into columns. layout is changed by ROW_HEADING and by a row after which all
 * is explanation. fields is filled for ROW_DATA only.
 */
enum row_kind list_layout_row(struct list_layout *layout, const struct list_options *opt,
    const struct csv_row *row, struct row_fields *fields);
