/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/options.h"
#include "base/err.h"

/* Tells a person why something failed and what to do about it, on stderr. */
void failure_tell(const struct options *o, const struct err *failed);

/*
 * The same for the command as a whole: with --json a program is told as well, on stdout, where
 * nothing else may have been printed. Returns the exit code that goes with the error.
 */
int failure_report(const struct options *o, const struct err *failed);

/* The same for a command that needs the daemon, when nobody answers. */
int failure_no_daemon(const struct options *o, const struct err *failed);
