/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/slice.h"

/*
 * "Did you mean": the candidate that a person most likely meant by a mistyped word, or NULL if none
 * is near. Near is: a Damerau-Levenshtein distance of at most 2 (1 for words shorter than 4 bytes),
 * or the word is a prefix (of at least 3 bytes) of exactly one candidate. Case is ignored.
 *
 * candidate: n terminated strings; what is returned is one of these pointers.
 * A word longer than 64 bytes is near nothing.
 */
const char *nearest(struct slice word, const char *const *candidate, size_t n);
