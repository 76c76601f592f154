/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/slice.h"

/*
 * What Partner Center answers, as jansson reads it. Source: sources.md#partner-json
 */

/*
 * Reads a body, with or without the byte order mark that most answers begin with. NULL if it is no
 * JSON. The caller gives it back with json_decref().
 */
json_t *partner_json_read(struct slice body);

/* The member's text, borrowed from object; empty if there is none, or if it is no text. */
struct slice partner_json_text(const json_t *object, const char *key);

enum { PARTNER_NUMBER_SIZE = 24 };

/* The same of a member that comes as text or as a whole number; number has room for the latter. */
struct slice partner_json_code(const json_t *object, const char *key,
    char number[PARTNER_NUMBER_SIZE]);
