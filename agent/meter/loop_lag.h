/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/histogram.h"

/*
 * How long each round of a loop takes, without the time in which it slept: so long an event may have
 * waited for its turn. Measured in the rounds that there are, so that an idle loop stays asleep.
 *
 * Thread: the loop's.
 */
struct loop_lag;
struct uv_loop_s;

/*
 * rounds: microseconds; must outlive the object, as must loop. NULL: no memory, nothing is measured.
 */
struct loop_lag *loop_lag_new(struct uv_loop_s *loop, struct histogram *rounds);

/* Nothing is added from now on; the loop has to run once more. Accepts NULL. */
void loop_lag_close(struct loop_lag *l);
