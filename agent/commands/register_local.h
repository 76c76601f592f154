/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/options.h"
#include "config/config.h"

/*
 * Registers the lists of the command line in this process: an agent that ends when they are settled.
 * customer: of config, which is taken over. Returns the exit code, after having told everything.
 */
int register_local(const struct options *o, struct config *config, const struct customer *customer);
