/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "tests/unit/store_model.h"

/* The units of the model, for its own files: those that come one by one, and become others. */

/* A unit comes in; or one that waits for that is taken back. Told as a command. */
void model_unit_step(struct store_model *m, char command[MODEL_LINE]);
void model_unit_taken_back(struct store_model *m, char command[MODEL_LINE]);

/* Is it one of a pair? */
bool model_unit_waits(const struct store_model *m, const struct model_device *d);

/* Holds what is of a pair and would go. */
void model_unit_hold(struct store_model *m);
