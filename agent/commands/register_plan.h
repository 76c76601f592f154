/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/options.h"
#include "config/config.h"

/*
 * Shows what a registration would send, and sends nothing: reads and checks the lists as the intake
 * does, and prints one line for each request, without the devices' data. Knows nothing of what the
 * service or the store have already. Returns the exit code, after having told everything.
 */
int register_plan(const struct options *o, const struct config *config,
    const struct customer *customer);
