/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/identity.h"

/*
 * New devices that another customer has as well: which of the two sends it is for people to say.
 * They are noted while the rows of a list come in, and held when it ends; a unit has no such end and
 * is held at once, unless the other one is of the open list: then that list's end decides. What is
 * noted of a device goes with it. All of these belong into a change.
 */
struct store;

/* device: has just been made, for this key, where identity_find() has found only namesakes. */
MUST_USE enum err_code contest_note(struct store *s, const struct identity_key *key,
    const struct identity_match *match, int64_t device, struct err *err);

/* Holds what is noted, and forgets it: all, or of one device. *n: pairs that were contested. */
MUST_USE enum err_code contest_hold_all(struct store *s, uint64_t *n, struct err *err);
MUST_USE enum err_code contest_hold_one(struct store *s, int64_t device, struct err *err);
