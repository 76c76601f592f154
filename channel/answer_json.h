/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/slice.h"

/* What services answer, as jansson reads it. Source: sources.md#partner-json */

/*
 * Reads a body, with or without the byte order mark that answers of Microsoft begin with. NULL if it
 * is no JSON. The caller gives it back with json_decref().
 */
json_t *answer_json_read(struct slice body);

/* The member's text, borrowed from object; empty if there is none, or if it is no text. */
struct slice answer_json_text(const json_t *object, const char *key);

enum { ANSWER_NUMBER_SIZE = 24 };

/* A text, or a whole number as one; number has room for the latter. Empty if it is neither. */
struct slice answer_json_scalar(const json_t *value, char number[ANSWER_NUMBER_SIZE]);

/* The same of a member. */
struct slice answer_json_code(const json_t *object, const char *key,
    char number[ANSWER_NUMBER_SIZE]);
