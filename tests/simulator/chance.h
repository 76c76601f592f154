/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guid.h"

/*
 * Chance that repeats itself: the same seed and the same draws give the same results, on every
 * machine. What must not disturb each other draws from streams of its own. Not for secrets.
 */
struct chance {
	uint64_t state;
};

struct chance chance_from(uint64_t seed, uint64_t stream);

uint64_t chance_next(struct chance *c);

/* A number from 0 to n - 1; n is at least 1. */
size_t chance_below(struct chance *c, size_t n);

/* True in the given share of draws, which is from 0 to 1. */
bool chance_hits(struct chance *c, double share);

/* A GUID of version 4. */
void chance_guid(struct chance *c, char out[GUID_SIZE]);

/* len - 1 letters and digits and a NUL. */
void chance_text(struct chance *c, char *out, size_t len);
