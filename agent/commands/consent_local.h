/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "agent/commands/options.h"
#include "agent/server/consent_task.h"

/*
 * Does what is wished about consent by itself, with an agent that runs no longer than that. Returns the
 * exit code, after having told what failed; with EXIT_DONE *out is the caller's. Blocks.
 */
int consent_local(const struct options *o, enum consent_wish wish, const char *customer,
    json_t **out);
