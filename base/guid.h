/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/random.h"
#include "base/slice.h"

/* Random identifiers in the usual text form, lower case. Source: sources.md#guid */
enum { GUID_SIZE = 37 }; /* 36 characters and the NUL */

/* Version 4. Errors: those of the source; out is untouched then. */
MUST_USE enum err_code guid_new(const struct random *r, char out[GUID_SIZE], struct err *err);

/* Has it that form, with letters of either case? */
bool guid_is(struct slice text);
