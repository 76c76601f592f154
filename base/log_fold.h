/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

/*
 * Keeps back what says the same over and over, so that a service that is down for a night does not
 * fill a log.
 *
 * Errors and warnings only: what goes well happens once. Two are the same if their class and fields
 * are, but for fields that vary. Of those that are the same LOG_FOLD_LINES pass in a window of
 * LOG_FOLD_WINDOW_MS; the others are counted, and told in one record when the window is over: the same
 * again with a field "repeated", and without what varies.
 *
 * Memory is bounded: LOG_FOLD_SLOTS kinds are remembered. If as many are kept back, others pass.
 */
enum {
	LOG_FOLD_LINES = 5,
	LOG_FOLD_WINDOW_MS = 60 * 1000,
	LOG_FOLD_SLOTS = 32,
	LOG_FOLD_TEXT_MAX = 1024,
};

struct log_fold_slot {
	uint64_t kind; /* a hash of what makes two the same */
	uint64_t since_ms;
	uint64_t passed, kept;
	struct log_record record; /* its fields point into this slot */
	struct log_field field[LOG_FIELDS_MAX];
	char text[LOG_FOLD_TEXT_MAX]; /* what does not fit is not told again */
};

/* Begins as zeros. Times are those of a monotonic clock. */
struct log_fold {
	struct log_fold_slot slot[LOG_FOLD_SLOTS];
	char repeated[24]; /* the number, in what was taken last */
};

/* May it be written? If not it was counted. */
bool log_fold_pass(struct log_fold *f, const struct log_record *r, uint64_t now_ms);

/*
 * Takes one that was kept back and whose window is over; all: or is not. It holds until the next call.
 * False: there is none.
 */
bool log_fold_take(struct log_fold *f, uint64_t now_ms, bool all, struct log_record *out);

/* When log_fold_take() has the next; UINT64_MAX: nothing is kept back. */
uint64_t log_fold_due_ms(const struct log_fold *f);
