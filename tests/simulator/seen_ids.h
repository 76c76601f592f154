/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ids that clients made up, each with what it stands for, in the order of a tree. */

enum { SEEN_IDS_MAX = 1000000 }; /* later ones are not remembered */

struct seen_ids {
	void *tree;
	size_t n;
};

/* False if the id was there before, whatever it stood for. */
bool seen_ids_add(struct seen_ids *ids, const char *id, uint64_t meaning);

/* What the id stands for; fallback if it was never seen. */
uint64_t seen_ids_meaning(const struct seen_ids *ids, const char *id, uint64_t fallback);

void seen_ids_done(struct seen_ids *ids);
