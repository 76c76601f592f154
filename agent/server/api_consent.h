/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/* What the API says and does about consent. Handlers of http_server.h; arg is the struct api. */
http_handler_fn api_consent_list;
http_handler_fn api_consent_one;
http_handler_fn api_consent_check;
http_handler_fn api_consent_link;
http_handler_fn api_consent_discover;
