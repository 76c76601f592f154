/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/*
 * People signing in and out for a partner, over the control socket: one request begins it and has the
 * code for its answer, others ask how it stands. Handlers of http_server.h; arg is the struct api.
 */
http_handler_fn api_login_begin;
http_handler_fn api_login_look;
http_handler_fn api_login_end;
