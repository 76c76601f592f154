/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/options.h"
#include "config/config.h"

/*
 * Signs in, or out, for a partner where no agent runs: by one of our own, for as long as that takes.
 * Takes config over; partner is one of it. Returns the exit code, after all is told.
 */
int login_local_in(const struct options *o, struct config *config, const char *partner);
int login_local_out(const struct options *o, struct config *config, const char *partner);
