/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "devices/row_check.h"

/*
 * The four formats that lists are written in. Pure functions.
 *
 * None of them knows quotes, so a value that holds a comma, a quote or a line end cannot be
 * written, and its row is refused. Lines end in CRLF; there is no byte order mark. Source:
 * sources.md#partner-center-csv, #intune-csv, #mmd-template, #channel-limits
 */
struct list_writer {
	const char *name;       /* as in --to */
	const char *header;     /* with its line end */
	uint32_t rows_per_file; /* what the channel takes at once; 0: any number */
	bool has_tag;           /* there is a column for the group tag */
	bool needs_hash;        /* a device without a hash cannot be written */
	bool needs_tuple;       /* nor one without manufacturer, model and serial number */
	enum column column[6];  /* in the order of the header, then COLUMN_UNKNOWN */
};

/* By name; NULL if there is none. Static. */
const struct list_writer *list_writer_find(struct slice name);

/* The names, for messages and completions; terminated by NULL. Static. */
const char *const *list_writer_names(void);

/* Appends the device as one line, or refuses the row and appends nothing. */
void list_writer_row(const struct list_writer *f, const struct device *d, struct buf *out,
    struct row_checker *rc, struct checked_row *row);
