/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Do serial numbers of digits lack zeros in front? Nobody can tell from one of them, but among many
 * of one length a few shorter ones stand out: a spreadsheet takes them for numbers. Only those count
 * that no hash proves. Source: sources.md#field-rules
 */
enum { SHORT_SERIALS_DIGITS_MAX = 32 };

/* Of one list. Zeroed at its beginning. */
struct short_serials {
	uint64_t count[SHORT_SERIALS_DIGITS_MAX + 1]; /* by number of digits */
	uint64_t line[SHORT_SERIALS_DIGITS_MAX + 1];  /* of the first of them */
};

/* A serial number that no hash proves, whatever it looks like. */
void short_serials_add(struct short_serials *s, struct slice serial, uint64_t line);

/*
 * False if there is nothing to say. Else so many (*nshort) have fewer digits than the *usual ones
 * have, the first of which stands in *line.
 */
bool short_serials_found(const struct short_serials *s, uint64_t *nshort, size_t *usual,
    uint64_t *line);
