/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include <assert.h>

void
histogram_init(struct histogram *h, const uint64_t *bound, size_t n)
{
	assert(n <= HISTOGRAM_BOUNDS_MAX);
	*h = (struct histogram){ .bound = bound, .nbound = n };
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	size_t i = 0;

	while (i < h->nbound && value > h->bound[i])
		i++;
	h->count[i]++;
	h->sum += value;
}

uint64_t
histogram_up_to(const struct histogram *h, size_t i)
{
	uint64_t n = 0;

	assert(i <= h->nbound);
	for (size_t k = 0; k <= i; k++)
		n += h->count[k];
	return n;
}
