/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/* What the API does for who may use the control socket. Handlers of http_server.h; arg is the struct api. */
http_handler_fn api_order_list; /* takes the body in as a list */
http_handler_fn api_order_reload;
http_handler_fn api_order_pause;
http_handler_fn api_order_resume;
http_handler_fn api_order_retry;
