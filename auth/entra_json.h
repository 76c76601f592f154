/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

/* What Entra ID answers, as jansson reads it. */

/*
 * Reads a body, with or without a byte order mark. *out is an object without duplicate members,
 * which the caller gives back with json_decref(). The message shows nothing of the body.
 * Errors: ERR_FORMAT, ERR_NOMEM (as far as jansson tells); *out is untouched then.
 */
MUST_USE enum err_code entra_json_parse(struct slice body, json_t **out, struct err *err);

/* The member's text, borrowed from object; empty if there is none, or if it is no text. */
struct slice entra_json_text(const json_t *object, const char *member);

/*
 * Makes jansson wipe all memory that it frees, in the whole process. Answers hold tokens, and
 * jansson's reader leaves copies of them behind that nobody else can reach.
 *
 * For main() alone, before the first use of jansson and before any thread starts: jansson's
 * allocator is the program's to choose, and no module changes it on its own.
 */
void entra_json_wipe_freed(void);
