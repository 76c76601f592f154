/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "agent/commands/options.h"
#include "config/config.h"

/*
 * Gives the lists of the command line to the agent at the control socket, and waits until it has
 * settled them. Blocks. False: no agent answers there, nothing was done; else *code is the exit code,
 * and everything has been told.
 */
bool register_remote(const struct options *o, const struct config *config,
    const struct customer *customer, int *code);
