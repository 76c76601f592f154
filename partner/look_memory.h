/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "channel/batch.h"
#include "partner/page_token.h"

/*
 * How far looks have come that failed between two pages, so that the next look for the same batch
 * goes on from there: a list of many pages would otherwise never end at a service that fails now and
 * then. A memory, not a truth: it lasts as long as the process, and when it is full the oldest look
 * is forgotten.
 */
enum { LOOK_MEMORY_MAX = 64 };

struct look_memory;

/* The page to ask for, and what was found before it. */
struct look_progress {
	struct page_token page;
	bool *there; /* by device of the batch */
	size_t nthere;
};

/* Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code look_memory_new(struct look_memory **out, struct err *err);

/* Takes over what progress owns. */
void look_memory_keep(struct look_memory *m, const struct batch *b,
    const struct look_progress *progress);

/* Hands it out, and forgets it; false: there is none. */
bool look_memory_take(struct look_memory *m, const struct batch *b, struct look_progress *out);

/* Accepts NULL. */
void look_memory_free(struct look_memory *m);
