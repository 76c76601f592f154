/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "store/store.h"

/*
 * Appends what the store says, a line each. what: letters, in the order wanted: l lists, r rows
 * of lists, d devices, n lanes, b batches with their devices, m the lists of batches 1 to 3, t the
 * tally, h holds, s units to be taken back, p pauses, c claims, u which claims are due, g what the gate knows beside the
 * device, e events, o logins, k links. A list that is done must be settled, and the other way round;
 * the gate must say the same of a device as the store.
 */
void store_show(struct store *s, const char *what, struct buf *out);

/* The attempts of a device in this state that go without saying. */
uint32_t store_show_usual_attempts(enum device_state state);

/* The same as a test: it says exactly what is wanted. */
void store_show_expect(struct store *s, const char *what, const char *want);
