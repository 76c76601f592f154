/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * A link-time double of free that looks whether memory still holds a text when it is given back.
 * Link with --wrap=free. One thread only.
 */

/* From now on; forgets what was seen. NULL: no more. */
void free_watch(const char *text);

/* Blocks that were given back with the text in them. */
size_t free_watch_seen(void);
