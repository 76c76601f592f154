/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "tests/unit/store_model.h"

/* What store_show() must say with "lrdntcgs". */
void store_model_show(const struct store_model *m, struct buf *out);
