/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/* A string for JSON from text of any origin, changed as by terminal_put(). NULL: no memory. */
json_t *json_out_text(struct slice text);

/*
 * Appends doc to out and takes it over; NULL as below. Errors: ERR_NOMEM, and those of out, to which a
 * part may have been appended then.
 */
MUST_USE enum err_code json_out_add(struct buf *out, json_t *doc, struct err *err);

/*
 * Prints doc as one line on stdout and takes it over. doc may be NULL, which is what jansson gives
 * for want of memory. Errors: ERR_NOMEM, ERR_LIMIT; then nothing is printed. A failed write is seen
 * when stdout is flushed.
 */
MUST_USE enum err_code json_out_print(json_t *doc, struct err *err);
