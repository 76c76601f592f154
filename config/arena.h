/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * Memory that is freed all at once. Nothing in it is ever freed alone, so whatever is built from it
 * needs no destructors. Once memory is out, it stays failed: a chain of allocations may be checked
 * once.
 */
struct arena {
	struct arena_block *block;
	size_t left; /* in the newest block */
	bool failed;
};

/* Zeroed memory for any type; NULL if there is none. size may be 0. */
void *arena_alloc(struct arena *a, size_t size);

/* A terminated copy; NULL if there is no memory. */
char *arena_text(struct arena *a, struct slice text);

/* Frees all of it; the arena may be used again. A zeroed one is empty. */
void arena_done(struct arena *a);
