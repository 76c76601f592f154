/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "devices/columns.h"
#include "devices/hardware_hash.h"
#include "devices/row_check.h"

/*
 * Product keys where they do not belong. A key is a secret: a row that holds one is refused, and
 * nothing of the place where it stands is repeated.
 */

/* In which of the row's cells, with dashes anywhere, or without them as the whole product id? */
bool product_key_in_row(const struct row_fields *row, enum column *where);

/* In what a whole hash says, which messages would repeat. */
bool product_key_in_hash(const struct hardware_hash *h);
