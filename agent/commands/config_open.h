/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "agent/commands/options.h"
#include "config/config.h"

/* The configuration of a command, and what is wrong with it, told to people and programs. */

/* One line for each error, with its place in front, and what to do below it. */
void config_errors_put(FILE *stream, const char *file, const struct problems *problems);

/* NULL: no memory. */
json_t *config_errors_json(const char *file, const struct problems *problems);

/*
 * Reads the configuration that the options name. Returns EXIT_DONE and the caller's *out, or, after
 * having told what is wrong, the exit code of the command.
 */
int config_open(const struct options *o, struct config **out);
