/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/chance.h"

#include <assert.h>
#include <stdio.h>

struct chance
chance_from(uint64_t seed, uint64_t stream)
{
	struct chance c = { seed };

	/* One draw apart from the seed, so that neighbouring seeds do not share streams. */
	return (struct chance){ chance_next(&c) + stream };
}

/* SplitMix64: its whole state is a counter, and every 64-bit number is a good seed. */
uint64_t
chance_next(struct chance *c)
{
	uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t
chance_below(struct chance *c, size_t n)
{
	assert(n > 0);
	return chance_next(c) % n;
}

bool
chance_hits(struct chance *c, double share)
{
	return (double)(chance_next(c) >> 11) < share * 0x1p53;
}

void
chance_guid(struct chance *c, char out[GUID_SIZE])
{
	uint64_t a = chance_next(c);
	uint64_t b = chance_next(c);
	int len = snprintf(out, GUID_SIZE, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
	    (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
	    (unsigned)((b >> 48 & 0x3fff) | 0x8000), (unsigned long long)(b & 0xffffffffffff));

	assert(len == GUID_SIZE - 1);
}

void
chance_text(struct chance *c, char *out, size_t len)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	assert(len > 0);
	for (size_t i = 0; i < len - 1; i++)
		out[i] = letters[chance_below(c, sizeof letters - 1)];
	out[len - 1] = '\0';
}
