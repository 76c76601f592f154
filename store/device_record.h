/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "store/tally.h"

/*
 * What happens to a device's record in more than one place. All of these belong into a change.
 */
struct store;

/* length: bytes with the zero ones at the end, which hash is without; 0: no hash any more. */
MUST_USE enum err_code device_record_set_hash(struct store *s, int64_t device, struct slice hash,
    int64_t length, struct err *err);

/* Where a device stands, and the list that made it: what has to be known to move it. */
struct device_place {
	int64_t id;
	int64_t list;
	struct tally_place at;
};

/*
 * Waits for a person, or for what the agent does first; message: what happened and what to do. Also
 * of one that is held already: its lists have to be reported again.
 */
MUST_USE enum err_code device_record_hold(struct store *s, const struct device_place *d,
    const char *held_for, struct slice message, struct err *err);

/*
 * Back to the queue as if it had never been sent; what the service said is forgotten.
 * list: that made it. from: where it counts until now. lane: in which it will be.
 */
MUST_USE enum err_code device_record_requeue(struct store *s, int64_t device, int64_t list,
    struct tally_place from, int64_t lane, struct err *err);
