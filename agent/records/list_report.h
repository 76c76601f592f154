/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/*
 * What became of each row of a list: every input row with its line, state, verdict, advice and
 * request ids, as CSV for people and as JSON for programs. Never a hardware hash.
 *
 * The CSV is for spreadsheets, so it begins with a byte order mark, and a cell that would be taken
 * for a formula gets an apostrophe in front, a serial number as well: nobody can tell a strange one
 * from an attack. The JSON has it without, and null for what there is not.
 *
 * Written aside, synced and renamed, so that there is a whole report or none. Memory: one row.
 */
struct store;

struct list_report_files {
	const char *csv; /* paths; NULL: not wanted */
	const char *json;
	unsigned mode; /* of the files: 0600 */
};

/*
 * Blocks: on the thread of a store that is open for reading.
 * Errors: ERR_NOT_FOUND (no such list), ERR_IO, those of the store.
 */
MUST_USE enum err_code list_report_write(struct store *s, int64_t list,
    const struct list_report_files *files, struct err *err);
