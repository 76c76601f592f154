/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "store/store.h"

/*
 * Units that have become other ones: the old one has to be taken back before the new one goes. A pair
 * stands in "supersede" for as long as that takes. What changes something belongs into a change.
 *
 *	old: queued, never sent, claimed …           -> refused at once, the new one goes
 *	     submitted: its batch says what it is    -> held
 *	     else: the service may have it           -> held, until store_superseded()
 *	new: queued                                  -> held, until all of its old ones are taken back
 *	     sent already                            -> left alone
 */

/* The condition that a device is one of a pair: neither a list nor a retry lets it go. */
#define SUPERSEDE_WAITS(device) \
	"EXISTS (SELECT 1 FROM supersede WHERE old = " device " OR new = " device ")"

/*
 * The customer's unit of a serial number, of the maker if there is one, else the newest; not the unit
 * of the row itself. Errors: ERR_NOT_FOUND (also if it is of the open list).
 */
MUST_USE enum err_code supersede_find(struct store *s, struct slice customer, struct slice serial,
    const struct store_row *row, int64_t *old, struct err *err);

/*
 * Pairs them, and leaves an event for either; nothing if that is done already. supersede_hold() has to
 * follow.
 */
MUST_USE enum err_code supersede_link(struct store *s, int64_t old, int64_t new, struct err *err);

/* The service does not have it (any more): it is refused, for "superseded". */
MUST_USE enum err_code supersede_refuse(struct store *s, int64_t old, struct err *err);

/* Holds what is of a pair and would go: after devices have moved, or were paired. */
MUST_USE enum err_code supersede_hold(struct store *s, struct err *err);
