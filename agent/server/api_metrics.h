/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/* What the API tells Prometheus. A handler of http_server.h; arg is the struct api. */
http_handler_fn api_metrics;
