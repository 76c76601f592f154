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

/* The longest that a batch is put off by ourselves. */
uint64_t agenda_clock_longest_ms(const struct agenda *a);

/* A clock that was set back must not keep anything waiting for long. now: unix milliseconds. */
void agenda_clock_clamp(struct agenda *a, int64_t now);

/*
 * Now, after everything that waits has been moved by as much as the clock was set since; an instant that
 * is reckoned from it goes into the agenda as it is. Unix milliseconds.
 */
int64_t agenda_clock_now(struct agenda *a, const struct clock *clock);

/*
 * An instant that was reckoned earlier, when the wall clock was lead_ms ahead of the monotonic one: what
 * goes into the agenda instead.
 */
int64_t agenda_clock_moved(const struct agenda *a, int64_t instant_unix_ms, int64_t lead_ms);
