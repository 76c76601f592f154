/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/* Whether devices may be delivered. Handlers of http_server.h; arg is the struct api. */
http_handler_fn api_gate_list;   /* ?serial=: always 200, also for a no */
http_handler_fn api_gate_device; /* /v1/gate/{serial}: 200 may go, 409 may not, 404 unknown */
