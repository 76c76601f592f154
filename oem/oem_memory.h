/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "channel/batch.h"
#include "channel/channel.h"
#include "channel/verdict.h"

/*
 * What a channel knows until the program ends, under keys of its choice: nothing in it may be
 * needed. It is bounded: what is oldest goes first.
 */
struct oem_memory;

enum { OEM_KEY_SIZE = 64 };

struct oem_note {
	uint64_t at_ms;                 /* monotonic, as whoever made it says */
	struct channel_answer answer;   /* that it comes from */
	char text[BATCH_TRACKING_SIZE]; /* what it is about */
	struct verdict *verdict;        /* NULL: none */
	size_t nverdict;
};

MUST_USE enum err_code oem_memory_new(struct oem_memory **out, struct err *err);

/* Accepts NULL. */
void oem_memory_free(struct oem_memory *m);

/*
 * Keeps a note in place of what is there under its key. The verdicts are the memory's from now on. It is
 * forgotten at once if there is no memory left.
 */
void oem_memory_keep(struct oem_memory *m, const char *key, const struct oem_note *note);

/* Borrowed until the next call; NULL: there is none. */
const struct oem_note *oem_memory_get(const struct oem_memory *m, const char *key);

void oem_memory_forget(struct oem_memory *m, const char *key);
