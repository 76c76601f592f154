/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/config_schema.h"

/* The section of one customer. */
extern const struct section customer_schema;
