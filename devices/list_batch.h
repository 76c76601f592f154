/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "devices/device_list.h"
#include "devices/device_set.h"
#include "devices/finding.h"
#include "devices/list_layout.h"
#include "devices/row_check.h"

/*
 * The rows of one block, judged, and what became of them kept until somebody asks: a batch at a
 * time, so that memory stays bounded however small the rows are.
 *
 * Threads: a batch belongs to one at a time. What it hands out holds until the next batch is judged
 * or another block is begun.
 */
struct list_batch;

/* Appends what the device becomes, or refuses the row by row_refuse() and appends nothing. */
typedef void list_render_fn(void *arg, const struct device *d, struct buf *out,
    struct row_checker *rc, struct checked_row *row);

/* How to judge. Must outlive the batch. */
struct list_judge {
	const struct list_options *list;
	const struct row_policy *policy;
	list_render_fn *render; /* may be NULL */
	void *arg;              /* of render */
};

/* Errors: ERR_NOMEM, ERR_IO. *out is untouched then. */
MUST_USE enum err_code list_batch_new(const struct list_judge *judge, struct list_batch **out,
    struct err *err);
/* Accepts NULL. */
void list_batch_free(struct list_batch *b);

/* Begins a block, whose text has to stay, and which is read by this layout. */
void list_batch_begin(struct list_batch *b, const struct list_block *block,
    const struct list_layout *layout);

/*
 * Judges the next rows of the block, until it ends (*more is then false), there is enough to
 * deliver, or a row has changed how those after it are read. Errors: ERR_NOMEM, ERR_LIMIT.
 */
MUST_USE enum err_code list_batch_next(struct list_batch *b, bool *more, struct err *err);

/* Judges the one unit of an OA3 report instead of a block. */
MUST_USE enum err_code list_batch_unit(struct list_batch *b, const struct row_fields *unit,
    struct err *err);

/* The layout for the rows after this batch. */
const struct list_layout *list_batch_layout(const struct list_batch *b);

/* Physical lines of the batch. */
uint64_t list_batch_lines(const struct list_batch *b);

struct judged_row {
	uint64_t line; /* counted from the first line of the batch */
	bool refused;
	struct device_key key; /* all 0 if refused, as the next two */
	struct slice rendered;
	struct slice group_tag;
	struct slice serial;
	struct slice raw; /* as it stands in the list; empty for a unit */
	size_t nfinding;
};

size_t list_batch_rows(const struct list_batch *b);
void list_batch_row(const struct list_batch *b, size_t row, struct judged_row *out);

/* NULL for a row that is refused, or is not there. */
const struct device_key *list_batch_key(const struct list_batch *b, size_t row);

/* A finding on a row; its line is the row's. */
void list_batch_finding(const struct list_batch *b, size_t row, size_t number, struct finding *out);

/* The row's cells by column once more; false if its shape does not allow to tell them. */
bool list_batch_fields(struct list_batch *b, size_t row, struct row_fields *out);
