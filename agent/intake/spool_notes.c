/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/spool_notes.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/siphash.h"

/*
 * A key may stand in any place of its set, so that nothing has to be deleted or moved. Sets are large
 * enough that hardly one is full before a third of all places are taken.
 */
enum { SET_NOTES = 32, NSET = SPOOL_NOTES_MAX / SET_NOTES };

struct spool_notes {
	uint64_t keep_ms;
	uint8_t seed[16];
	struct spool_note note[NSET][SET_NOTES]; /* key 0: empty */
};

enum err_code
spool_notes_new(uint64_t keep_ms, struct spool_notes **out, struct err *err)
{
	const struct random *r = random_system();
	struct spool_notes *n = calloc(1, sizeof *n);

	if (!n)
		return err_set(err, ERR_NOMEM, "the notes of the spool");
	if (r->fill(r->arg, n->seed, sizeof n->seed, err)) {
		free(n);
		return err->code;
	}
	n->keep_ms = keep_ms;
	*out = n;
	return ERR_OK;
}

void
spool_notes_free(struct spool_notes *n)
{
	free(n);
}

static uint64_t
key_of(const struct spool_notes *n, const char *folder, const char *name)
{
	uint64_t h = siphash(n->seed, folder, strlen(folder));
	uint64_t pair[2] = { h, siphash(n->seed, name, strlen(name)) };
	uint64_t key = siphash(n->seed, pair, sizeof pair);

	return key ? key : 1;
}

const struct spool_note *
spool_notes_find(struct spool_notes *n, const char *folder, const char *name, uint64_t now_ms)
{
	uint64_t key = key_of(n, folder, name);
	struct spool_note *set = n->note[key % NSET];

	for (size_t i = 0; i < SET_NOTES; i++) {
		if (set[i].key == key) {
			set[i].used_ms = now_ms;
			return &set[i];
		}
	}
	return NULL;
}

/* The note of that key, or a place for it: an empty one, or that of a note that has lain longest. */
static struct spool_note *
place_for(struct spool_notes *n, uint64_t key, uint64_t now_ms)
{
	struct spool_note *set = n->note[key % NSET];
	struct spool_note *oldest = &set[0];

	for (size_t i = 0; i < SET_NOTES; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].used_ms < oldest->used_ms || set[i].key == 0)
			oldest = &set[i];
	}
	return oldest->key == 0 || now_ms - oldest->used_ms > n->keep_ms ? oldest : NULL;
}

bool
spool_notes_set(struct spool_notes *n, const char *folder, const char *name,
    enum spool_note_kind kind, const struct spool_stamp *stamp, uint64_t now_ms)
{
	uint64_t key = key_of(n, folder, name);
	struct spool_note *note = place_for(n, key, now_ms);

	if (!note)
		return false;
	*note = (struct spool_note){
		.key = key,
		.kind = kind,
		.stamp = *stamp,
		.since_ms = now_ms,
		.used_ms = now_ms,
	};
	return true;
}
