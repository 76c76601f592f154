/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "agent/tools/byte_sink.h"
#include "base/err.h"
#include "http/http_call.h"

/*
 * How a command asks the agent, or tells it what to do: one request over the control socket. Blocks
 * until the answer is there.
 */
struct control_request {
	enum http_method method;
	const char *address;          /* "/v1/status" */
	const struct http_body *body; /* NULL: none */
	const char *type;             /* of the body; NULL: it says nothing of it */
};

/*
 * Asks, and gives take the answer as it comes, for as long as the agent goes on with it. take may end
 * it by an error, which is returned. Errors: as for control_client_ask(); ERR_OK: the agent has ended
 * the answer.
 */
MUST_USE enum err_code control_client_follow(const char *socket, const char *address,
    const struct byte_sink *take, struct err *err);

/*
 * Puts the answer into sink, which gets nothing unless the agent did what was asked.
 *
 * Errors: ERR_CONNECT (nobody answers at the socket), ERR_IO (we may not use it, or something is
 * wrong with the agent), ERR_NET, ERR_TIMEOUT, ERR_NOMEM; what the agent says: ERR_NOT_FOUND,
 * ERR_USAGE, ERR_FORMAT, ERR_LIMIT, ERR_EXISTS, ERR_BUSY, with its own words; those of the sink.
 */
MUST_USE enum err_code control_client_ask(const char *socket, const struct control_request *req,
    const struct byte_sink *sink, struct err *err);

/* The same for a short answer, as JSON, which is the caller's. Errors: also ERR_FORMAT (it is none). */
MUST_USE enum err_code control_client_ask_json(const char *socket,
    const struct control_request *req, json_t **out, struct err *err);
