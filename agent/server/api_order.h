/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/server/http_exchange.h"

/* Who has ordered it, for the trail: orders come over the socket alone. Returns actor. */
enum { API_ACTOR_SIZE = 32 };
const char *api_order_actor(const struct http_exchange *x, char actor[API_ACTOR_SIZE]);

/* What the API does for who may use the control socket. Handlers of http_server.h; arg is the struct api. */
http_handler_fn api_order_list;  /* takes the body in as a list */
http_handler_fn api_order_flush; /* units wait no longer for others */
http_handler_fn api_order_reload;
http_handler_fn api_order_pause;
http_handler_fn api_order_resume;
http_handler_fn api_order_release;
http_handler_fn api_order_retry;
http_handler_fn api_order_image; /* was looked at and is right */
http_handler_fn api_order_claim_case;
http_handler_fn api_order_claim_note;
http_handler_fn api_order_claim_resume;
http_handler_fn api_order_claim_stop;
