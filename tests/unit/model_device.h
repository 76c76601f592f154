/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/unit/store_model.h"

/* The devices of the model, for its own files. */

/* From 0 to n - 1. */
unsigned model_device_chance(struct store_model *m, unsigned n);

/* Makes it if it is not there. order: 0 for none. */
unsigned model_device_lane(struct store_model *m, unsigned customer, char tag, char order);

/* NULL: there is none. */
struct model_device *model_device_find(struct store_model *m, unsigned customer,
    const char *serial);

/* Queued. serial: all of the array. */
struct model_device *model_device_make(struct store_model *m, unsigned customer, const char *serial,
    unsigned list);

void model_device_set_state(struct store_model *m, struct model_device *d, unsigned state);

/* As if it had never been sent. */
void model_device_requeue(struct store_model *m, struct model_device *d);

/* Holds it and the other customer's, unless the open list has that: its end does it then. */
void model_device_contest(struct store_model *m, struct model_device *d);
