/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/sending/agenda.h"
#include "agent/sending/dispatch.h"
#include "base/err.h"

/*
 * Claimed devices are sent again from time to time, which is the only way to ask whether another
 * organization has let go of them: those of a customer that are due, and those that soon will be, go
 * back to its queue together. One customer after the other.
 *
 * Thread: the loop's.
 */
typedef void claim_round_fn(void *arg, const struct err *err);

struct claim_round {
	const struct dispatch_options *dispatch;
	struct agenda *agenda;
	claim_round_fn *done; /* they are queued, or the store has failed; never inside serve */
	void *arg;
	struct party *party; /* whose are on their way; NULL: nobody's */
	int64_t until_unix_ms;
	uint64_t n;
};

/* All must outlive it. */
void claim_round_init(struct claim_round *r, const struct dispatch_options *dispatch,
    struct agenda *agenda, claim_round_fn *done, void *arg);

/* Begins with a customer whose claims are due and who may send, if there is one. */
void claim_round_serve(struct claim_round *r);

bool claim_round_is_busy(const struct claim_round *r);
