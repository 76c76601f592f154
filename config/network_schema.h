/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "config/config_schema.h"

/* How we are asked over the network, and how we ask. */
extern const struct section network_schema_server;
extern const struct section network_schema_http;
