/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "devices/finding.h"
#include "devices/row_check.h"
#include "tests/unit/hash_build.h"

/*
 * What the tests of lists have in common: captures of devices, files in memory, and findings as
 * text.
 */

/* A device at the time of its capture. NULL: the hash has no such record. */
struct capture {
	const char *serial;
	const char *maker;
	const char *model;
	const char *product_id;
	const char *uuid; /* 16 characters */
	const char *ek;
	int second; /* after CAPTURE_UNIX_S */
};

enum { CAPTURE_UNIX_S = 1741064767, CAPTURE_NOW_UNIX_S = CAPTURE_UNIX_S + 1000 };

/* The records of c; hash_build_finish() is left to the caller, who may add others before. */
void capture_records(const struct capture *c, struct hash_build *b);

/* The whole hash, which verifies without a note that row_check has something to say about. */
void capture_hash(const struct capture *c, char text[HASH_BUILD_CHARS + 1]);

/* A file without a name. path holds until memory_file_close(). */
struct memory_file {
	int fd;
	char path[32];
};

void memory_file_open(struct memory_file *f, struct slice content);
void memory_file_close(struct memory_file *f);

/*
 * Appends "severity code [column] message" as one line, with the line's number and ':' in front if
 * there is one. Asserts what holds for all findings: the text is one line, and the advice is given.
 */
void finding_line(struct buf *out, const struct finding *f);

/* Cells in the order of enum column. NULL: the list has no such column. */
struct row_fields row_fields_of(const char *const cell[NCOLUMN]);

struct row_checker *row_checker_of(const struct row_policy *policy);

void assert_slice(struct slice s, const char *want);

/* want: as by finding_line(). The advice is the code's own, and the serial number the device's. */
void assert_row_findings(const struct checked_row *row, const char *want);
