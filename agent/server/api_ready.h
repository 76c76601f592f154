/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/* GET /readyz: 200 or 503, with the checks of readiness.h. arg is the struct api. */
http_handler_fn api_ready;
