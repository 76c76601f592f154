/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/seen_ids.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulator/must.h"

struct seen_id {
	uint64_t meaning;
	const char *text; /* what is searched by; of one in the tree, its bytes */
	char bytes[];
};

static int
compare(const void *left, const void *right)
{
	const struct seen_id *a = left;
	const struct seen_id *b = right;

	return strcmp(a->text, b->text);
}

static const struct seen_id *
find(const struct seen_ids *ids, const char *id)
{
	const struct seen_id key = { .text = id };
	void *found = tfind(&key, &ids->tree, compare);

	return found ? *(struct seen_id **)found : NULL;
}

bool
seen_ids_add(struct seen_ids *ids, const char *id, uint64_t meaning)
{
	size_t bytes = strlen(id) + 1;
	struct seen_id *new;

	if (find(ids, id))
		return false;
	if (ids->n == SEEN_IDS_MAX)
		return true;
	new = must_have(malloc(sizeof *new + bytes));
	new->meaning = meaning;
	new->text = memcpy(new->bytes, id, bytes);
	must_have(tsearch(new, &ids->tree, compare));
	ids->n++;
	return true;
}

uint64_t
seen_ids_meaning(const struct seen_ids *ids, const char *id, uint64_t fallback)
{
	const struct seen_id *found = find(ids, id);

	return found ? found->meaning : fallback;
}

void
seen_ids_done(struct seen_ids *ids)
{
	tdestroy(ids->tree, free);
	*ids = (struct seen_ids){ 0 };
}
