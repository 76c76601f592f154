/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/simulator/simulator.h"

/*
 * The record: one line of JSON for each request, flushed. Bodies stand in it as they came, with
 * hardware hashes; secrets and tokens do not.
 */
void journal_write(const struct simulator *sim, const struct exchange *x);
