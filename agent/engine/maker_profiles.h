/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "config/config.h"
#include "config/oem_profile.h"

/*
 * The profiles of all makers of a configuration, in its order. Blocks on the disk. Errors: ERR_NOMEM,
 * ERR_FORMAT (the first thing that is wrong in one of them, and in which); *out is untouched then.
 */
MUST_USE enum err_code maker_profiles_load(const struct config *c, struct oem_profile ***out,
    struct err *err);

/* n: makers of the configuration. Accepts NULL. */
void maker_profiles_free(struct oem_profile **profile, size_t n);
