/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Instants as text. Source: sources.md#time-forms */
enum { RFC3339_SIZE = 25 }; /* "2030-01-15T10:00:00.123Z" and the NUL */

/*
 * UTC; milliseconds only if there are any: "2030-01-15T10:00:00Z". Years 0000 to 9999, others are
 * shown as the nearest of those. Returns out.
 */
const char *rfc3339_format(int64_t unix_ms, char out[RFC3339_SIZE]);

/*
 * "2030-01-15T10:00:00", with any number of fractional digits (beyond milliseconds they are
 * dropped), and "Z", "+hh:mm", "-hh:mm" or nothing at its end; nothing means UTC. A leap second is
 * the first of the next minute. False for anything else, *unix_ms is untouched then.
 */
bool rfc3339_parse(struct slice text, int64_t *unix_ms);
