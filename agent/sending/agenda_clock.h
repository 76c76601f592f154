/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/sending/agenda.h"
#include "base/clock.h"

/*
 * What becomes of the instants in an agenda when somebody sets the clock: pauses and retries were meant
 * as so long from then, so that what waits goes on waiting for as long as it would have; and nothing
 * waits for longer than anything may.
 */

/* Of a new agenda: from now on the clock is watched. */
void agenda_clock_begin(struct agenda *a, const struct clock *clock);

/* Moves what waits by as much as the clock was set since. */
void agenda_clock_follow(struct agenda *a, const struct clock *clock);

/* The longest that a batch is put off by ourselves. */
uint64_t agenda_clock_longest_ms(const struct agenda *a);

/* A clock that was set back must not keep anything waiting for long. now: unix milliseconds. */
void agenda_clock_clamp(struct agenda *a, int64_t now);

/*
 * Now, for an instant that goes into the agenda: what is there already has been moved, so that this one
 * will not be moved with it. Unix milliseconds.
 */
int64_t agenda_clock_now(struct agenda *a, const struct clock *clock);
