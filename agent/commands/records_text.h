/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "agent/records/question.h"
#include "agent/tools/text_table.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * The answer to a question, which is JSON with a line for each record, as a table for people or as CSV
 * for spreadsheets. Memory: a few rows.
 */
enum records_form { RECORDS_TABLE, RECORDS_CSV };

struct records_column;

struct records_text {
	FILE *stream;
	enum records_form form;
	const struct records_column *column;
	struct text_column heading[TEXT_TABLE_COLUMNS_MAX + 1];
	struct text_table table;
	struct buf line; /* what has come of it */
	bool whole;      /* the document has ended */
};

void records_text_init(struct records_text *r, enum question_kind kind, enum records_form form,
    FILE *stream);

/* A byte_sink_fn; arg is the struct records_text. Errors: ERR_FORMAT, ERR_LIMIT, ERR_NOMEM. */
MUST_USE enum err_code records_text_put(void *arg, struct slice bytes, struct err *err);

/* Prints what was put so far, for somebody who waits for more. Errors: ERR_NOMEM. */
MUST_USE enum err_code records_text_flush(struct records_text *r, struct err *err);

/* All has been put: prints what is left. Errors: ERR_NOMEM, ERR_FORMAT (the answer breaks off). */
MUST_USE enum err_code records_text_end(struct records_text *r, struct err *err);

void records_text_done(struct records_text *r);

/* Writes {"registered":2,"refused":1} as "registered 2, refused 1". */
void records_text_counts(json_t *counts, struct buf *out);
