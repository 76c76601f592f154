/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/intake/list_files.h"
#include "agent/sending/roster.h"
#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

struct intake_queue;

/*
 * Lists that a former agent began to take in and did not end. One at a time is begun, so that there
 * is hardly ever more than one.
 */
enum { UNFINISHED_MAX = 16 };

struct unfinished_list {
	int64_t id;
	enum list_source source;
	char customer[ENTITY_NAME_SIZE];
	char file[LIST_NAME_MAX + 1];
	char tag[TAG_SIZE];
};

struct unfinished {
	size_t n;
	struct unfinished_list list[UNFINISHED_MAX];
};

/*
 * Reads them from the store. One whose file never came into the state folder is where it was before:
 * it is forgotten by the store, and not among them. Blocks. Errors: those of the store.
 */
MUST_USE enum err_code unfinished_read(struct store *s, const char *state, struct unfinished *out,
    struct err *err);

/* They are read again from their beginning; those of customers that are gone are forgotten. */
void unfinished_finish(const struct unfinished *u, const struct config *config,
    struct intake_queue *queue);
