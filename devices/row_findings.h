/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "devices/finding.h"

/*
 * What was found in one row, with room for the messages, in the caller's memory: fixed, since it
 * is used for row after row. A message is one line; what does not fit any more is cut.
 */
enum {
	ROW_FINDINGS_MAX = 24,
	ROW_TEXT_MAX = 16 * 1024,
	VALUE_SHOWN_MAX = 64, /* bytes of a value that a message repeats */
};

struct row_findings {
	struct finding finding[ROW_FINDINGS_MAX];
	size_t n;
	bool refused; /* one of them is an error */
	size_t ntext;
	char text[ROW_TEXT_MAX];
};

void row_findings_reset(struct row_findings *r);

/*
 * Adds a finding with the advice of its code. column: static, or NULL. Behind the last there is
 * room for, only an error is kept: it takes the place of the one before.
 */
void row_findings_add(struct row_findings *r, enum finding_code code, enum severity severity,
    const char *column, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void row_findings_vadd(struct row_findings *r, enum finding_code code, enum severity severity,
    const char *column, const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

/* What a message may repeat of a value: its beginning, never cut inside a character. */
struct slice value_shown(struct slice v);
#define VALUE_SHOWN(v) SLICE_ARG(value_shown(v))
