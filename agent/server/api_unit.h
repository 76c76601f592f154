/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/* Units of a production line: one JSON object, or application/x-ndjson. arg is the struct api. */
http_handler_fn api_unit_take;
