/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/sending/roster.h"

/*
 * When the devices of a lane leave. With a partner at once. With a maker, whose devices come one by one
 * as they are finished, once flush.devices wait, or the oldest of them has waited for flush.after
 * since it was first seen here, or somebody has asked for it: at the end of a pallet. After a
 * restart the time begins anew.
 *
 * Thread: the loop's. Instants are unix milliseconds.
 */

/* Of a lane in which devices wait; may be in the past. */
int64_t flush_due(const struct lane *l);

/*
 * What is in the store now for this customer (NULL: for any) need not wait. It is seen with news that are
 * read from now on. False: there is no such customer.
 */
bool flush_ask(struct roster *r, const char *customer);

/* News begin to be read: they will have all that was asked for before. */
void flush_begin_reading(struct roster *r);

/* News have come, and are in the roster. */
void flush_take_news(struct roster *r, int64_t now);
