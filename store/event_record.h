/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "store/store_event.h"

/* Appends an event of now to the trail. Belongs into a change: that of which it tells. */
MUST_USE enum err_code event_record_add(struct store *s, const struct store_event *e,
    struct err *err);
