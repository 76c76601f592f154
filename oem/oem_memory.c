/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { NOTES_MAX = 1024, VERDICTS_MAX = 100 * 1000 };

struct entry {
	TAILQ_ENTRY(entry) link;
	char key[OEM_KEY_SIZE];
	struct oem_note note;
};

TAILQ_HEAD(entry_list, entry);

struct oem_memory {
	struct entry_list list; /* oldest first */
	size_t nnote;
	size_t nverdict;
};

enum err_code
oem_memory_new(struct oem_memory **out, struct err *err)
{
	struct oem_memory *m = calloc(1, sizeof *m);

	if (!m)
		return err_set(err, ERR_NOMEM, "no memory for notes");
	TAILQ_INIT(&m->list);
	*out = m;
	return ERR_OK;
}

static void
drop(struct oem_memory *m, struct entry *e)
{
	TAILQ_REMOVE(&m->list, e, link);
	m->nnote--;
	m->nverdict -= e->note.nverdict;
	free(e->note.verdict);
	free(e);
}

void
oem_memory_free(struct oem_memory *m)
{
	struct entry *e;

	if (!m)
		return;
	while ((e = TAILQ_FIRST(&m->list)))
		drop(m, e);
	free(m);
}

static struct entry *
find(const struct oem_memory *m, const char *key)
{
	struct entry *e;

	TAILQ_FOREACH(e, &m->list, link)
	{
		if (strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

void
oem_memory_keep(struct oem_memory *m, const char *key, const struct oem_note *note)
{
	struct entry *e = calloc(1, sizeof *e);
	size_t len = strlen(key);

	assert(len < sizeof e->key);
	oem_memory_forget(m, key);
	if (!e) {
		free(note->verdict);
		return;
	}
	memcpy(e->key, key, len + 1);
	e->note = *note;
	TAILQ_INSERT_TAIL(&m->list, e, link);
	m->nnote++;
	m->nverdict += note->nverdict;
	while (m->nnote > NOTES_MAX || m->nverdict > VERDICTS_MAX)
		drop(m, TAILQ_FIRST(&m->list));
}

const struct oem_note *
oem_memory_get(const struct oem_memory *m, const char *key)
{
	const struct entry *e = find(m, key);

	return e ? &e->note : NULL;
}

void
oem_memory_forget(struct oem_memory *m, const char *key)
{
	struct entry *e = find(m, key);

	if (e)
		drop(m, e);
}
