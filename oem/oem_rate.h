/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Keeps requests below so many in any interval, not only in those of a clock. */
struct oem_rate;

/* most: 0 for any number; it takes 8 bytes for each. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code oem_rate_new(size_t most, uint64_t interval_ms, struct oem_rate **out,
    struct err *err);

/* Accepts NULL. */
void oem_rate_free(struct oem_rate *r);

/*
 * 0: a request may leave now, and counts. Else none may for so many milliseconds. now_ms: monotonic.
 */
int64_t oem_rate_take(struct oem_rate *r, uint64_t now_ms);
