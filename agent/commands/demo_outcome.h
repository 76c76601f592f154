/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"

/*
 * What became of all lists together: reports is an array of their reports in JSON (list_report.h).
 */

/*
 * Reads the reports of all lists in a state folder, in order. state: without characters that mean
 * something in patterns. Errors: ERR_NOT_FOUND (there is none), ERR_FORMAT, ERR_NOMEM; *reports is
 * untouched then.
 */
MUST_USE enum err_code demo_outcome_read(const char *state, json_t **reports, struct err *err);

/* How many rows of each customer are in which state. */
void demo_outcome_put_table(FILE *stream, const json_t *reports);

/* Each device that is not registered: where it stands, why, and what to do. */
void demo_outcome_put_rest(FILE *stream, const json_t *reports);
