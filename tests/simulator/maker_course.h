/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/* What becomes of units, and how one hears of it. Source: sources.md#device-codes */

/* Decides all operations that are due. */
void maker_course_advance(struct simulator *sim);

void maker_course_progress(struct simulator *sim, struct exchange *x);
