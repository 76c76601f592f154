/* SPDX-License-Identifier: Apache-2.0 */
#include "config/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

enum { BLOCK_BYTES = 16 * 1024, ALIGNMENT = alignof(max_align_t) };

struct arena_block {
	struct arena_block *older;
	size_t size; /* of bytes */
	alignas(ALIGNMENT) unsigned char bytes[];
};

static bool
add_block(struct arena *a, size_t least)
{
	size_t size = least > BLOCK_BYTES ? least : BLOCK_BYTES;
	struct arena_block *block = NULL;
	size_t whole;

	if (checked_add_size(size, sizeof *block, &whole))
		block = calloc(1, whole);
	if (!block) {
		a->failed = true;
		return false;
	}
	block->older = a->block;
	block->size = size;
	a->block = block;
	a->left = size;
	return true;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t whole;
	void *p;

	/* At least one byte, so that what is returned is a place of its own. */
	if (!checked_add_size(size > 0 ? size : 1, ALIGNMENT - 1, &whole))
		a->failed = true;
	if (a->failed)
		return NULL;
	whole -= whole % ALIGNMENT;
	if (whole > a->left && !add_block(a, whole))
		return NULL;
	p = a->block->bytes + (a->block->size - a->left);
	a->left -= whole;
	return p;
}

char *
arena_text(struct arena *a, struct slice text)
{
	char *copy = arena_alloc(a, text.len + 1);

	if (copy && text.len > 0)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

void
arena_done(struct arena *a)
{
	while (a->block) {
		struct arena_block *older = a->block->older;

		free(a->block);
		a->block = older;
	}
	*a = (struct arena){ .block = NULL };
}
