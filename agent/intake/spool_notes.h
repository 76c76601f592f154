/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/intake/spool_entry.h"
#include "base/err.h"

/*
 * What was last seen of the files in the spool: a fixed amount of memory, however many there are.
 * A note that nobody has asked for during keep_ms may make room for another. When there is no room
 * the files that have notes go first, and those without wait until there is.
 *
 * Times are of any clock that does not run backwards.
 */
struct spool_notes;

enum { SPOOL_NOTES_MAX = 32 * 1024 };

enum spool_note_kind {
	SPOOL_SEEN,   /* as it was in a look */
	SPOOL_CLOSED, /* its writer has closed it, or it was moved in */
	SPOOL_GIVEN,  /* handed out */
};

struct spool_note {
	uint64_t key;
	enum spool_note_kind kind;
	struct spool_stamp stamp;
	uint64_t since_ms;
	uint64_t used_ms;
};

/* Errors: ERR_NOMEM, ERR_IO (no random number); *out is untouched then. */
MUST_USE enum err_code spool_notes_new(uint64_t keep_ms, struct spool_notes **out, struct err *err);

/* Accepts NULL. */
void spool_notes_free(struct spool_notes *n);

/* NULL: there is none. Valid until the next call of any of these. */
const struct spool_note *spool_notes_find(struct spool_notes *n, const char *folder,
    const char *name, uint64_t now_ms);

/* Replaces the file's note. False: there was no room. */
bool spool_notes_set(struct spool_notes *n, const char *folder, const char *name,
    enum spool_note_kind kind, const struct spool_stamp *stamp, uint64_t now_ms);
