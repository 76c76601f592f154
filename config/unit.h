/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* Numbers with a unit behind them, as 30s and 8MiB. */

struct unit {
	const char *name;
	uint64_t factor;
};

/* From the smallest on, which has the factor 1; end with a NULL name. */
extern const struct unit unit_durations[]; /* ms s m h d: milliseconds */
extern const struct unit unit_sizes[];     /* B KiB MiB GiB: bytes */

enum unit_result {
	UNIT_GOOD,
	UNIT_MISSING, /* only a number */
	UNIT_HUGE,    /* does not fit */
	UNIT_BAD,
};

/* *out changes with UNIT_GOOD only. */
enum unit_result unit_parse(const struct unit *units, struct slice text, uint64_t *out);

/* In the largest unit that needs no fraction: 86400000 as 1d. */
void unit_print(const struct unit *units, uint64_t value, struct buf *out);

/* What the core schema of YAML 1.2 takes for a number. Source: sources.md#yaml-core-schema */
bool unit_is_yaml_number(struct slice text);
