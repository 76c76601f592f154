/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/slice.h"

/* What a stream leads to, and text from outside on its way there. */

bool terminal_is(FILE *stream);

/*
 * Should text on this stream be coloured? Never if NO_COLOR is set, always if CLICOLOR_FORCE is set
 * and not "0", else on a terminal that is not "dumb". Source: sources.md#terminal-colour
 */
bool terminal_wants_colour(FILE *stream);

enum { TERMINAL_WIDTH_DEFAULT = 80 };

/* Columns, as they are now: people resize windows. TERMINAL_WIDTH_DEFAULT if nobody knows. */
unsigned terminal_width(FILE *stream);

/*
 * Writes text from outside so that it cannot drive a terminal: control characters (line ends too),
 * bytes that are not UTF-8 and characters that change the direction of writing become '?'.
 */
void terminal_put(FILE *stream, struct slice text);
