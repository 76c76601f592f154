/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "devices/columns.h"
#include "devices/device_set.h"
#include "devices/finding.h"

/*
 * The judgement on one row: what is wrong with it, what could be mended safely, and the device that
 * comes of it. Knows nothing of files, lines or other rows.
 *
 * A repair is made only where it cannot be wrong: blanks and quotes around a value, the padding of
 * a hash that its own checksum proves, an empty cell whose value a proven hash tells. Each is
 * reported. Everything else is either as the list has it or refused.
 *
 * Threads: a checker belongs to one thread. Memory: fixed.
 */
struct row_checker;

/* What the caller allows. Must outlive the checkers made with it. */
struct row_policy {
	const struct slice *allowed_tag; /* exact group tags; none: any is allowed */
	size_t nallowed_tag;
	struct slice default_tag;    /* for rows that have none; may be empty */
	bool accept_serial_mismatch; /* a serial that differs from the hash is a warning */
	int64_t now_unix_s;          /* for capture times in the future */
	uint8_t key_seed[16];        /* for device_key_make() */
};

/* One row as it stands, cells by column; absent cells are empty. Only read. */
struct row_fields {
	struct slice cell[NCOLUMN];
	bool has_column[NCOLUMN]; /* the list has such a column, whatever this row holds */
	bool last_and_cut;        /* the file ends in this row without a line end */
};

/*
 * A device that may be registered. Slices point into the row's text, into static text or into the
 * checker: valid until its next row.
 */
struct device {
	struct slice serial; /* empty if absent, as all others */
	struct slice product_id;
	struct slice hash; /* canonical text of HARDWARE_HASH_CHARS characters */
	struct slice manufacturer;
	struct slice model;
	struct slice family;          /* as a proven hash tells it, if it can be shown */
	struct slice hash_product_id; /* the same of the product id, if it is a good one */
	struct slice group_tag;       /* exactly as given */
	struct slice assigned_user;
};

/* What became of a row. Findings hold like the device; devices/row_findings.h tells how many. */
struct checked_row {
	bool refused; /* at least one finding is an error: there is no device */
	struct device device;
	struct device_key key; /* all 0 if refused */
	const struct finding *finding;
	size_t nfinding;
};

/* Errors: ERR_NOMEM, ERR_IO (no SHA-256 to be had). *out is untouched then. */
MUST_USE enum err_code row_checker_new(const struct row_policy *policy, struct row_checker **out,
    struct err *err);
/* Accepts NULL. */
void row_checker_free(struct row_checker *rc);

/* Judges one row. *out holds until the next row. */
void row_check(struct row_checker *rc, const struct row_fields *row, struct checked_row *out);

/*
 * Refuses a row for a reason that lies outside its cells (its shape, or the format it should be
 * written in): *out must be the checker's last row or zero. The finding's advice is the
 * code's own. column: static, or NULL. The text is for people, one line.
 */
void row_refuse(struct row_checker *rc, struct checked_row *out, enum finding_code code,
    const char *column, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Forgets the last row: for row_refuse() on a row that never went through row_check(). */
void row_begin(struct row_checker *rc, struct checked_row *out);
