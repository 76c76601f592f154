/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "agent/commands/options.h"

/*
 * What people and scripts are told of a sign-in, wherever it goes on: what to do while it waits, and
 * how it has ended. state: in the shape of login_json().
 */

/* Is the person not done yet? */
bool login_report_is_waiting(const json_t *state);

/* The code, where to enter it, and why with a second factor: on stderr, since it is no result. */
void login_report_prompt(const json_t *state);

/*
 * Prints who has signed in on stdout, or why nobody has, as every command does. Returns the exit
 * code. Takes state over.
 */
int login_report_end(const struct options *o, json_t *state);

/* The same for a sign-out. partner: as it was named. */
int login_report_signed_out(const struct options *o, const char *partner);
