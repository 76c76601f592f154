/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/store_async.h"

/*
 * A link-time double of store/store_async.h without a thread: what is started waits until the test
 * lets it happen, on a real store. There is one, and it has no loop. store_async_wait() happens at once.
 */

/* Forgets what was before. */
struct store_async *store_async_fake_open(struct store *s);

/* Pieces that wait. */
size_t store_async_fake_waiting(void);

/* The next piece happens and its owner is told; false: there is none. */
bool store_async_fake_step(void);

/* The next piece fails to commit: nothing of it has happened. */
void store_async_fake_fail(void);

/* The one after so many others does. */
void store_async_fake_fail_after(unsigned others);

/* The next start fails. */
void store_async_fake_refuse(void);
