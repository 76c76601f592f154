/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "channel/verdict.h"
#include "config/oem_profile.h"

/* What the errors of a maker's service mean, as its profile's table has it. */
struct oem_error_map;

/* profile must outlive the map. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code oem_error_map_new(const struct oem_profile *profile,
    struct oem_error_map **out, struct err *err);

/* Accepts NULL. */
void oem_error_map_free(struct oem_error_map *m);

/*
 * The row that fits: the first that has the name, or whose expression fits name or message; else the
 * first that has the code. NULL: there is none.
 */
const struct oem_error *oem_error_map_find(const struct oem_error_map *m, struct slice code,
    struct slice name, struct slice message);

/*
 * A device's verdict. What is in no row means what the profile says of such, and is told with the
 * code and name as they came.
 */
void oem_error_map_judge(const struct oem_error_map *m, struct slice code, struct slice name,
    struct slice message, struct verdict *out);
