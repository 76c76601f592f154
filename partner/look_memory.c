/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/look_memory.h"

#include <stdlib.h>
#include <string.h>

struct look {
	/* Both of the batch: its halves share the one, and a number may become another's. */
	int64_t batch;
	char correlation_id[GUID_SIZE];
	size_t ndevice;
	struct look_progress progress;
};

/* Oldest first. */
struct look_memory {
	size_t n;
	struct look look[LOOK_MEMORY_MAX];
};

enum err_code
look_memory_new(struct look_memory **out, struct err *err)
{
	struct look_memory *m = calloc(1, sizeof *m);

	if (!m)
		return err_set(err, ERR_NOMEM, "no memory for looks");
	*out = m;
	return ERR_OK;
}

static void
remove_at(struct look_memory *m, size_t i)
{
	m->n--;
	memmove(&m->look[i], &m->look[i + 1], (m->n - i) * sizeof m->look[i]);
}

void
look_memory_keep(struct look_memory *m, const struct batch *b, const struct look_progress *progress)
{
	struct look *l;

	if (m->n == LOOK_MEMORY_MAX) {
		free(m->look[0].progress.there);
		remove_at(m, 0);
	}
	l = &m->look[m->n++];
	l->batch = b->id;
	memcpy(l->correlation_id, b->correlation_id, sizeof l->correlation_id);
	l->ndevice = b->ndevice;
	l->progress = *progress;
}

bool
look_memory_take(struct look_memory *m, const struct batch *b, struct look_progress *out)
{
	for (size_t i = 0; i < m->n; i++) {
		struct look_progress progress = m->look[i].progress;
		bool same = m->look[i].ndevice == b->ndevice;

		if (m->look[i].batch != b->id ||
		    strcmp(m->look[i].correlation_id, b->correlation_id) != 0)
			continue;
		remove_at(m, i);
		if (same)
			*out = progress;
		else /* devices have left the batch since */
			free(progress.there);
		return same;
	}
	return false;
}

void
look_memory_free(struct look_memory *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		free(m->look[i].progress.there);
	free(m);
}
