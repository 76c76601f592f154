/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "devices/finding.h"
#include "devices/row_check.h"

/*
 * The file of refused rows (devices/rejects.h says what stands in it): made as *.part beside its
 * place, 0600, and in its place only once it is complete. A pipe or a device (/dev/null) is written
 * as it is, and never replaced.
 *
 * It is made even if no row is refused: that of an earlier run would tell of rows that are mended.
 */
struct rejects_file;

/*
 * path must outlive the file. Errors: ERR_EXISTS (another run writes it, or was cut short), ERR_IO,
 * ERR_NOMEM. *out is untouched then.
 */
MUST_USE enum err_code rejects_file_open(const char *path, struct rejects_file **out,
    struct err *err);

/* As rejects_row(). Errors: ERR_IO, ERR_NOMEM, ERR_LIMIT. */
MUST_USE enum err_code rejects_file_add(struct rejects_file *r, const char *list,
    const struct finding *why, const struct row_fields *fields, struct slice raw, struct err *err);

/* Puts the file in its place, and frees r in any case. Errors: ERR_IO; nothing is in place then. */
MUST_USE enum err_code rejects_file_finish(struct rejects_file *r, struct err *err);

/* Gives up: leaves no trace. Accepts NULL. */
void rejects_file_abandon(struct rejects_file *r);
