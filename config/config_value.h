/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "config/arena.h"
#include "config/config_schema.h"
#include "config/problems.h"

/* Single values: from the text of a scalar into a field, and back. */

struct value_text {
	struct slice text;
	bool plain; /* without quotes, so that YAML takes 12 for a number and null for nothing */
	struct place at;
};

struct value_context {
	const char *folder;  /* where relative paths begin; "" for here */
	struct arena *arena; /* takes the texts; failed if there was no memory */
	struct problems *problems;
};

/*
 * Reads the value of a scalar key, or of one item of a list, into *field. False if it is refused,
 * which is then told in problems, or if memory is out; *field is untouched then.
 */
bool config_value_read(const struct key *k, const struct value_text *v,
    const struct value_context *c, void *field);

/* Appends what would be written in the file; nothing, and false, if the value is absent. */
bool config_value_print(const struct key *k, const void *field, struct buf *out);

/* Appends the limits of a number, a duration or a size, as in "1 to 64 requests". */
void config_value_print_range(const struct key *k, struct buf *out);

/* Is it a number or a boolean rather than a text? */
bool config_value_is_literal(const struct key *k);

/* The most characters of a text of this key. */
size_t config_value_length_max(const struct key *k);
