/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "devices/finding.h"
#include "devices/list_layout.h"
#include "devices/text.h"

/*
 * One device list, whatever its shape: recognised once, then handed out in blocks of whole rows.
 *
 * A block is plain text with the layout to read it by, so that any thread may take its rows apart
 * while the next block is being read.
 *
 * Memory: bounded by a block, never by the file. Threads: one at a time for the list; a block
 * belongs to whoever holds it.
 */
struct device_list;

enum {
	LIST_BLOCK = 64 * 1024
}; /* bytes that one read asks for: a few of them fit into a core's cache */

struct list_block {
	char *data;        /* room for LIST_BLOCK + CSV_ROW_MAX bytes */
	struct slice text; /* whole rows, within data */
	bool at_end;       /* the file ends here */
};

MUST_USE enum err_code list_block_init(struct list_block *b, struct err *err);
void list_block_done(struct list_block *b);

/*
 * Opens path ("-" is standard input) and recognises encoding, delimiter, heading and format. What
 * is wrong with the file itself is a result: see device_list_finding(). opt must outlive the list.
 * Errors: ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code device_list_open(const char *path, const struct list_options *opt,
    struct device_list **out, struct err *err);

/* Accepts NULL. */
void device_list_close(struct device_list *l);

/* The next block; false at the end of the list, or where a fault ends it. */
bool device_list_next(struct device_list *l, struct list_block *b);

/*
 * What is to be said about the file as a whole, in the order found; NULL behind the last. An error
 * ends the list. Settled once device_list_next() was false; valid until device_list_close().
 */
const struct finding *device_list_finding(const struct device_list *l, size_t index);

/* Is one of them an error? */
bool device_list_failed(const struct device_list *l);

/* The layout as recognised at the beginning, and the line on which the first block begins. */
const struct list_layout *device_list_layout(const struct device_list *l);
uint64_t device_list_first_line(const struct device_list *l);

enum text_encoding device_list_encoding(const struct device_list *l);
uint64_t device_list_size(const struct device_list *l);     /* bytes, 0 if unknown */
uint64_t device_list_consumed(const struct device_list *l); /* bytes */

/*
 * The text of a short file whose columns are not known, from its first line that is not blank;
 * empty for any other. For whoever can make something else of it. Valid until close.
 */
struct slice device_list_text(const struct device_list *l);

/* Not NULL if the list is an OA3Tool report: its one unit, and no blocks. Valid until close. */
const struct row_fields *device_list_oa3(const struct device_list *l);
