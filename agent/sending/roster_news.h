/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/sending/roster.h"
#include "base/err.h"
#include "store/store.h"

/*
 * What the store knows of those that the roster has: read on the store's thread, taken over with
 * roster_update() on the loop's.
 */

struct lane_news {
	int64_t id;
	uint64_t queued;
	char customer[ENTITY_NAME_SIZE];
	char tag[TAG_SIZE];
};

struct hold_news {
	char scope[SCOPE_NAME_SIZE];
	enum hold_reason reason;
	struct hold_note note;
};

struct pause_news {
	char scope[SCOPE_NAME_SIZE];
	int64_t until_unix_ms;
};

struct consent_news {
	char customer[ENTITY_NAME_SIZE];
	enum consent_state state;
	int64_t checked_unix_ms;
};

struct link_news {
	char scope[SCOPE_NAME_SIZE];
	char url[LINK_SIZE];
};

struct claims_news {
	char customer[ENTITY_NAME_SIZE];
	int64_t ask_unix_ms;
};

/* The device of a customer that has to be taken back first. */
struct supersede_news {
	char customer[ENTITY_NAME_SIZE];
	int64_t old_device;
};

/* An array that grows by its element's size. */
struct rows {
	void *item;
	size_t n;
	size_t room;
};

struct roster_news {
	struct rows lane;
	struct rows batch;
	struct rows hold;
	struct rows pause;
	struct rows consent;
	struct rows link;
	struct rows claims;
	struct rows supersede;
};

/*
 * batches: with those that are not closed, which may be thousands, and which nobody else changes.
 * Errors: ERR_NOMEM, those of the store; *out is untouched then.
 */
MUST_USE enum err_code roster_news_read(struct store *s, bool batches, struct roster_news **out,
    struct err *err);
/* Accepts NULL. */
void roster_news_free(struct roster_news *n);

/* By id; none if they were not read. */
const struct store_batch *roster_news_batches(const struct roster_news *n, size_t *count);
