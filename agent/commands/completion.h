/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "base/slice.h"

/*
 * Scripts by which shells complete the command line of autoreg: commands, their options, and words that
 * can be listed. Made from the table of commands, so that they never fall behind it; names of customers
 * and serial numbers are not asked for.
 */
typedef void completion_fn(FILE *out);

/* "bash", "zsh" or "fish"; NULL: another. */
completion_fn *completion_find(const char *shell);
