/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * The two calls that register devices. An accepted one is a job; what becomes of its devices is
 * decided when it is due. Source: sources.md#partner-batches
 */
void uploads_create(struct simulator *sim, struct exchange *x);
void uploads_append(struct simulator *sim, struct exchange *x);
