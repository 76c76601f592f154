/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/slice.h"
#include "channel/answer_json.h"

/*
 * Places in JSON documents, written as RFC 6901 says: "/devices/0/status", "" for all of it. The
 * pointers are those of a profile, which was checked. Source: sources.md#json-pointer
 */

/* NULL: there is nothing, or pointer is NULL. Borrowed from root. */
json_t *json_pointer_get(json_t *root, const char *pointer);

/*
 * Puts value, whose reference is taken also on failure, where nothing may be yet but objects, which are
 * made on the way. False: no memory, or something else is in the way.
 */
bool json_pointer_put(json_t *root, const char *pointer, json_t *value);

/*
 * What is there, as answer_json_scalar() reads it: services write codes as texts and as numbers. A truth
 * value is "true" or "false".
 */
struct slice json_pointer_text(json_t *root, const char *pointer, char number[ANSWER_NUMBER_SIZE]);
