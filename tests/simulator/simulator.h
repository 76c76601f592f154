/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "tests/simulator/books.h"
#include "tests/simulator/chance.h"
#include "tests/simulator/exchange.h"
#include "tests/simulator/issued_tokens.h"
#include "tests/simulator/maker_books.h"
#include "tests/simulator/scenario.h"
#include "tests/simulator/seen_ids.h"
#include "tests/simulator/sign_ins.h"
#include "tests/simulator/violations.h"

/* A request may have been on its way while the client was told something. */
enum { SIMULATOR_ON_THE_WAY_MS = 300 };

/*
 * Entra ID, Partner Center and a maker's service without a network: an exchange comes in and has its
 * answer when simulator_handle() returns. One thread; the caller owns clock and record.
 *
 *   front -> simulator_handle -> route -> faults -> entra | partner_center | maker -> record
 */
struct simulator {
	/* fixed */
	const struct clock *clock;
	uint64_t start_mono_ms;
	int64_t start_unix_s;
	bool tls;     /* the scheme of its own address */
	FILE *record; /* NULL: nothing is recorded */

	/* changes */
	struct scenario *scenario;
	struct books *books;
	struct maker_books *maker;
	struct issued_tokens tokens;
	struct sign_ins sign_ins;
	struct violations violations;
	struct chance ids;           /* GUIDs and tokens */
	struct chance forms;         /* how answers look */
	struct chance luck;          /* faults and what is shuffled */
	struct seen_ids request_ids; /* each with a digest of what was sent under it */
	struct seen_ids assertions;  /* the jti of those that were accepted */
	struct pace pace;            /* of the partner as a whole */
	struct pace maker_pace;
	uint64_t requests[OPERATION_COUNT];
	uint64_t request_count;
	uint64_t connections;
};

/* Takes the scenario over. */
void simulator_init(struct simulator *sim, struct scenario *scenario, uint64_t seed,
    const struct clock *clock);

void simulator_done(struct simulator *sim);

/* Milliseconds since the start. */
uint64_t simulator_now_ms(const struct simulator *sim);

/* Such a moment on the wall clock, in milliseconds. */
int64_t simulator_unix_ms(const struct simulator *sim, uint64_t ms);

/* Takes the scenario over, in place of the old one. Its counts begin anew; the books stay. */
void simulator_follow(struct simulator *sim, struct scenario *scenario);

/* Its answer leaves now, which may be later than it was made. Not for one that is cut. */
void simulator_sends(struct simulator *sim, const struct exchange *x);

/* Numbers the exchange, gives it its answer and records it. */
void simulator_handle(struct simulator *sim, struct exchange *x);
