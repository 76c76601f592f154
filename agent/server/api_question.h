/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/* What the API answers. Handlers of http_server.h; arg is the struct api. */
http_handler_fn api_question_page;
http_handler_fn api_question_health; /* the loop turns: always 200 */
http_handler_fn api_question_status;
http_handler_fn api_question_lists;
http_handler_fn api_question_list;
http_handler_fn api_question_report;
http_handler_fn api_question_claims;
http_handler_fn api_question_claim;
http_handler_fn api_question_devices;
http_handler_fn api_question_device;
http_handler_fn api_question_trail;
http_handler_fn api_question_version;
