/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "store/device_state.h"

/*
 * Units that come one by one, as they are finished, and those that have become others. It is a part
 * of store/store.h, whose rules hold here as well.
 */
struct store;
struct store_row;

struct store_unit_taken {
	int64_t list;
	uint64_t line;
	bool known; /* the customer had it already */
	enum device_state state;
	struct slice held_for; /* static; DEVICE_HELD: "conflict", "supersede", "superseded" */
};

/*
 * A unit that has just been finished: a row of the customer's list of units with that name, which is
 * made if it is not there, and which is never between begin and end. Its line is the next one;
 * row->line does not count. It may go at once. One that is known is queued again as a list would do
 * it, but not if it is held for "conflict": only store_retry() lets it go then.
 *
 * replaces: the serial number of a unit of this customer that has become this one; empty: none. The
 * old one is held for "superseded" until the service does not have it any more, if it may have it,
 * and the new one for "supersede" as long; neither a list nor store_retry() lets them go. Both are
 * linked in the trail ("unit_superseded"). ERR_NOT_FOUND: the customer has no other unit of that
 * number, or only in a list that is still coming in.
 */
MUST_USE enum err_code store_unit_add(struct store *s, struct slice customer, struct slice file,
    const struct store_row *row, struct slice replaces, struct store_unit_taken *out,
    struct err *err);

/*
 * Units that have to be taken back first, with the first that waits for it; oldest first. Those whose
 * batch is on its way are left out until it is settled.
 */
struct store_supersede {
	int64_t old_device;
	int64_t new_device;
	struct slice customer;
	struct slice serial; /* of the old one, as all that follows */
	struct slice product_id;
	struct slice manufacturer;
	struct slice model;
	struct slice tag;
	struct slice order;
};
typedef enum err_code store_supersede_fn(void *arg, const struct store_supersede *u,
    struct err *err);
MUST_USE enum err_code store_supersedes(struct store *s, store_supersede_fn *fn, void *arg,
    struct err *err);

/*
 * It is taken back, or need not be: the old device is refused, for "superseded" ("unit_taken_back" in
 * the trail); the new one goes. request_id: under which the service said so; empty: it takes nothing
 * back, so that a person has to, which the event says. ERR_NOT_FOUND: store_supersedes() does not
 * tell of it.
 */
MUST_USE enum err_code store_superseded(struct store *s, int64_t old_device,
    struct slice request_id, struct err *err);
