/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/slice.h"

/*
 * Percent-encoded text, as in a path, a query or a form.
 *
 * form_fields_decode() returns text that the caller frees, or NULL if an escape is broken, stands
 * for a NUL, or the result is no UTF-8. plus_is_blank: as it is in forms and queries.
 */
char *form_fields_decode(struct slice encoded, bool plus_is_blank);

/*
 * name=value&name=value as an object of texts, which the caller owns; NULL if a part cannot be
 * decoded or a name stands there twice.
 */
json_t *form_fields_parse(struct slice text);
