/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "devices/device_set.h"

/*
 * Where a written list goes: one file, or several of a limited number of rows each, or a stream.
 *
 * Rows are written as they come, though a later row of the input may still drop one of them: the
 * same device once more, with a newer hash or with a contradiction. So nothing is in its place
 * until output_finish(), which leaves out what was dropped. Files are made beside their place as
 * *.part and get their name at the end. A stream cannot be corrected: its rows wait in memory, and
 * beyond OUTPUT_HELD_MAX in an unnamed temporary file, until it is certain which of them count.
 * (docs/adr/0002-decide-after-the-last-row.md)
 *
 * Files are made 0600: hardware hashes are confidential.
 */
struct output;

enum { OUTPUT_HELD_MAX = 8 * 1024 * 1024 };

struct output_options {
	const char *path;       /* NULL or "-": standard output */
	struct slice header;    /* first line of every file, with its line end */
	uint32_t rows_per_file; /* 0: any number; streams are never split */
};

/*
 * With rows_per_file, out.csv becomes out-001.csv, out-002.csv … if there are more rows than that,
 * and then there is no out.csv. Errors: ERR_EXISTS if parts of an earlier run are there, or *.part
 * files (the message names one), ERR_IO, ERR_NOMEM. *out is untouched then. The options' strings
 * must outlive the output.
 */
MUST_USE enum err_code output_open(const struct output_options *opt, struct output **out,
    struct err *err);

/*
 * One row with its line end. The bytes must stay until output_flush(): rows that lie one behind the
 * other are written at once. Errors: ERR_IO, ERR_NOMEM, ERR_EXISTS (as above), ERR_LIMIT
 * (PARTS_MAX).
 */
MUST_USE enum err_code output_row(struct output *o, struct slice row, struct err *err);
MUST_USE enum err_code output_flush(struct output *o, struct err *err);

/*
 * Leaves out the rows that were dropped (devices: numbered as they were written), and puts the rest
 * in its place. Errors: ERR_IO, ERR_NOMEM, ERR_EXISTS (a file stands in the way of the parts or the
 * other way round); nothing is in place then. Frees o in any case.
 */
MUST_USE enum err_code output_finish(struct output *o, const struct device_set *devices,
    uint32_t *files, struct err *err);

/* Gives up: leaves no trace. Accepts NULL. */
void output_abandon(struct output *o);
