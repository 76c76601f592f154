/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	WORD_MAX = 64,
	SHORT_WORD = 4,
	PREFIX_MIN = 3,
	DISTANCE_MAX = 2,
	CANDIDATE_MAX = WORD_MAX + DISTANCE_MAX, /* a longer one is not near any word */
};

static bool
same(char a, char b)
{
	return slice_eq_nocase((struct slice){ &a, 1 }, (struct slice){ &b, 1 });
}

static uint8_t
least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return (uint8_t)(ab < c ? ab : c);
}

/*
 * Damerau-Levenshtein in its restricted form, where no byte is edited twice: at [i % 3][j] stands
 * the distance between the first i bytes of a and the first j of b. A transposition looks two rows
 * back, hence three rows. Distances fit a byte: they are at most CANDIDATE_MAX.
 */
static unsigned
distance(struct slice a, struct slice b)
{
	uint8_t row[3][CANDIDATE_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= a.len; i++) {
		uint8_t *now = row[i % 3];
		const uint8_t *before = row[(i + 2) % 3];
		const uint8_t *two_before = row[(i + 1) % 3];

		now[0] = (uint8_t)i;
		for (size_t j = 1; j <= b.len; j++) {
			now[j] = least(before[j] + 1u, now[j - 1] + 1u,
			    before[j - 1] + !same(a.ptr[i - 1], b.ptr[j - 1]));
			if (i > 1 && j > 1 && same(a.ptr[i - 1], b.ptr[j - 2]) &&
			    same(a.ptr[i - 2], b.ptr[j - 1]))
				now[j] = least(now[j], two_before[j - 2] + 1u, now[j]);
		}
	}
	return row[a.len % 3][b.len];
}

/* Whoever abbreviates has not mistyped: that is looked at first. */
static const char *
only_completion(struct slice word, const char *const *candidate, size_t n)
{
	const char *found = NULL;

	if (word.len < PREFIX_MIN)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!slice_starts_nocase(slice_of(candidate[i]), word))
			continue;
		if (found)
			return NULL;
		found = candidate[i];
	}
	return found;
}

static const char *
least_mistyped(struct slice word, const char *const *candidate, size_t n)
{
	unsigned limit = word.len < SHORT_WORD ? 1 : DISTANCE_MAX;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		struct slice c = slice_of(candidate[i]);
		unsigned d = c.len > CANDIDATE_MAX ? UINT8_MAX : distance(word, c);

		if (d > limit || (found && d == limit))
			continue;
		found = candidate[i];
		limit = d;
	}
	return found;
}

const char *
nearest(struct slice word, const char *const *candidate, size_t n)
{
	const char *found;

	if (word.len > WORD_MAX)
		return NULL;
	found = only_completion(word, candidate, n);
	return found ? found : least_mistyped(word, candidate, n);
}
