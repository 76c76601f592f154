/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The devices that the index "identity" does not have yet, by serial number: up to IDENTITY_FRESH_MAX
 * of them, and to look through these for each question would take milliseconds. They are read once,
 * and from then on only what has come since; it is the same for those that read beside the writer.
 *
 * What is remembered is a hint: the device may be another one's by now, or gone.
 */
struct identity;
struct sql_db;

/* Zero-initialise. */
struct serial_tail {
	struct serial_tail_place {
		int64_t print;
		int64_t device; /* 0: nothing is here */
	} * place;              /* NULL: nothing has been read */
	size_t n;
	int64_t merged; /* what the file said when it was read */
	int64_t gone;
	int64_t last; /* the highest device that was read */
};

/* Accepts a zeroed one. What was read may have been rolled back: it is read anew. */
void serial_tail_forget(struct serial_tail *t);

/* Reads what has come since, within a transaction of the caller. Errors: those of store/sql.h. */
MUST_USE enum err_code serial_tail_refresh(struct serial_tail *t, struct identity *in,
    struct sql_db *db, struct err *err);

/*
 * The next device whose serial number has this print; 0: no more. *at: SERIAL_TAIL_START to begin
 * with. In the order of their ids.
 */
#define SERIAL_TAIL_START SIZE_MAX
int64_t serial_tail_next(const struct serial_tail *t, int64_t print, size_t *at);
