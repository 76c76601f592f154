/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "config/config_schema.h"

/* What the texts of each type look like. All of it is static. */
struct value_type {
	const char *pattern; /* the same as a regular expression for JSON Schema, if there is one */
	const char *advice;  /* what a good one looks like */
	/* What is wrong with a text, as the end of a sentence, or NULL. No function: any is good. */
	const char *(*fault)(struct slice text);
	size_t length_max; /* in characters; 0 for what is no text */
};

/* The type of scalars. */
const struct value_type *value_type(enum key_type type);

/* The one profile that is built in. */
#define VALUE_TYPE_PROFILE "reference-v1"

/* [a-z0-9][a-z0-9_-]{0,62} */
bool value_type_is_name(struct slice text);

/* Does YAML take it for nothing, a boolean or a number, unless there are quotes around it? */
bool value_type_is_typed(struct slice text);

/* Is there a control character in it, such as the end of a line? */
bool value_type_has_control(struct slice text);
