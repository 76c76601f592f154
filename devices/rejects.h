/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"
#include "devices/finding.h"
#include "devices/row_check.h"

/*
 * The list of refused rows, for people: RFC 4180 with quotes, UTF-8 with a byte order mark, as
 * Excel wants it. Pure functions.
 *
 * It says where each row stands, what is wrong and what to do, then the row's values by column and
 * the row as it stands. It is no device list: hashes are shortened, product keys are struck out,
 * and a value that a spreadsheet would take for a formula gets an apostrophe in front.
 */

/* The first line, mark included. */
void rejects_heading(struct buf *out);

/* fields may be NULL, raw may be empty: not every row has them. */
void rejects_row(struct buf *out, const char *file, const struct finding *why,
    const struct row_fields *fields, struct slice raw);
