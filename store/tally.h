/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/device_state.h"

/*
 * How many devices are where, kept while they move, so that nobody has to count them. What changes
 * is summed up in memory and written by tally_flush(), within the change that moves the devices.
 */
struct sql_db;

enum {
	TALLY_OPEN = -1, /* in place of a list: made by the list that is open */
	TALLY_ALL = 0,   /* in place of a list: whatever list */
	TALLY_SLOTS = 32,
};

struct tally {
	struct tally_sum {
		int64_t list;
		int64_t lane;
		int64_t n;
		enum device_state state;
	} sum[TALLY_SLOTS];
};

/* Where a device counts. */
struct tally_place {
	int64_t lane;
	enum device_state state;
};

/* list: an id, or one of the above. A list of which something moves has to be reported again. */
MUST_USE enum err_code tally_add(struct tally *t, struct sql_db *db, int64_t list,
    struct tally_place place, int64_t n, struct err *err);

/* n of them are there now and no more here. */
MUST_USE enum err_code tally_move(struct tally *t, struct sql_db *db, int64_t list,
    struct tally_place from, struct tally_place to, int64_t n, struct err *err);

/* A device that list has made: over all, and for each row that has it. */
MUST_USE enum err_code tally_move_device(struct tally *t, struct sql_db *db, int64_t device,
    int64_t list, struct tally_place from, struct tally_place to, struct err *err);

MUST_USE enum err_code tally_flush(struct tally *t, struct sql_db *db, struct err *err);

/* What has not been written did not happen. */
void tally_forget(struct tally *t);
