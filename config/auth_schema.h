/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/config_schema.h"

/* The sections named auth: how partners, OEM services and customers' own applications are proven. */
extern const struct section auth_schema_partner;
extern const struct section auth_schema_oem;
extern const struct section auth_schema_app;
