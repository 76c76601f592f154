/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * How often a value lay below which bound. A plain value without memory of its own; whoever has two
 * threads has the lock, too. Values and bounds are whole numbers of one unit, which the owner knows:
 * microseconds, devices.
 */
enum { HISTOGRAM_BOUNDS_MAX = 12 };

struct histogram {
	const uint64_t *bound; /* static, rising */
	size_t nbound;
	uint64_t count[HISTOGRAM_BOUNDS_MAX +
	    1]; /* up to each bound, beyond the one before it; above all */
	uint64_t sum;
};

/* n: at most HISTOGRAM_BOUNDS_MAX. */
void histogram_init(struct histogram *h, const uint64_t *bound, size_t n);

/* Costs a handful of comparisons. */
void histogram_add(struct histogram *h, uint64_t value);

/* How many values there were that were not above bound i; above all with i = nbound. */
uint64_t histogram_up_to(const struct histogram *h, size_t i);
