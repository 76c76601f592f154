/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/short_serials.h"

enum { LIKENESS = 10 }; /* so many times more often than all shorter ones is the usual length */

void
short_serials_add(struct short_serials *s, struct slice serial, uint64_t line)
{
	if (serial.len == 0 || serial.len > SHORT_SERIALS_DIGITS_MAX)
		return;
	for (size_t i = 0; i < serial.len; i++) {
		if (serial.ptr[i] < '0' || serial.ptr[i] > '9')
			return;
	}
	if (s->count[serial.len]++ == 0)
		s->line[serial.len] = line;
}

bool
short_serials_found(const struct short_serials *s, uint64_t *nshort, size_t *usual, uint64_t *line)
{
	size_t most = 0;
	uint64_t shorter = 0, first = UINT64_MAX;

	for (size_t n = 1; n <= SHORT_SERIALS_DIGITS_MAX; n++) {
		if (s->count[n] > s->count[most])
			most = n;
	}
	for (size_t n = 1; n < most; n++) {
		shorter += s->count[n];
		if (s->count[n] && s->line[n] < first)
			first = s->line[n];
	}
	if (shorter == 0 || s->count[most] / LIKENESS < shorter)
		return false;
	*nshort = shorter;
	*usual = most;
	*line = first;
	return true;
}
