/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Where the log goes, and how much of it. Into the journal with its fields, if standard error leads
 * there; else to standard error: in short lines for people, or, from an agent and not on a terminal,
 * in logfmt.
 */
struct options;

/* May be called again, before there are threads, when it is known that this is to be an agent. */
void log_output_open(const struct options *o, bool agent);
