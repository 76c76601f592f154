/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "config/problems.h"

/*
 * Would the program be able to use this file? It has to be a regular file that we may read; a
 * secret one must not be open to its group or to others. What is wrong is added to problems, for
 * the key of that name at that place. The file is not read.
 */
void file_look(const char *path, bool secret, const char *key, struct place at,
    struct problems *problems);
