/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "agent/commands/options.h"
#include "config/config.h"

/*
 * Has the running agent sign in, or out, for a partner, and follows it to its end. False: no agent
 * runs; nothing was told then, else all, and *code is the exit code.
 */
bool login_remote_in(const struct options *o, const struct config *c, const char *partner,
    int *code);
bool login_remote_out(const struct options *o, const struct config *c, const char *partner,
    int *code);
