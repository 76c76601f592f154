/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/config_schema.h"

/* The keys of a maker's profile: the table that config_schema.h is for the configuration. Static. */
const struct section *oem_profile_schema(void);
