/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/identity.h"
#include "store/intern.h"
#include "store/serial_tail.h"
#include "store/sql.h"
#include "store/store.h"
#include "store/tally.h"

/*
 * The store's inside, shared by its own files: the connection with what is remembered beside it, and
 * changes that happen wholly or not at all.
 *
 * Changes nest. The outermost is a transaction and durable when it has ended; one inside another is
 * a savepoint of it. Some failures (a full disk, no memory) make SQLite roll back the whole
 * transaction: then all changes that are still open fail with that error.
 */
enum { STORE_CHANGES_MAX = 3 }; /* a group, a piece of work, a function */

struct store {
	struct sql_db db;
	const struct clock *clock;
	enum store_mode mode;
	int lock;                           /* the lock file of STORE_WRITE, else -1 */
	uint8_t digest_key[16];             /* for hashes that are all that tells a device apart */
	unsigned depth;                     /* changes that are open */
	int64_t changed[STORE_CHANGES_MAX]; /* sql_changed_ever() when each of them began */
	struct err undone; /* why the transaction is gone while changes are open, or ERR_OK */
	struct identity identity;
	struct intern intern;
	struct serial_tail tail;
	struct tally tally;
	uint64_t checkpoints; /* that were done */
};

MUST_USE enum err_code store_change_begin(struct store *s, struct err *err);

/* rc: how the change went, with its text in err. Returns how it has gone in the end. */
MUST_USE enum err_code store_change_end(struct store *s, enum err_code rc, struct err *err);

static inline int64_t
store_now(const struct store *s)
{
	return clock_unix_ms(s->clock);
}
