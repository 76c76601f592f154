/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "agent/commands/checkup.h"
#include "config/config.h"

/*
 * What the running agent says of itself and of its partners, whose refresh tokens are its own. It is
 * asked at its control socket. Changes nothing. All of it blocks.
 */

/* *status: what the agent answers, the caller's; NULL: none does. */
void agent_checkup_ask(const struct config *c, struct checkup *out, json_t **status);

/* The tokens of its partners, as the status has them. */
void agent_checkup_tokens(const json_t *status, struct checkup *out);

/* Has it list the customers of all partners. */
void agent_checkup_call(const struct config *c, struct checkup *out);
