/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "store/identity.h"
#include "store/store.h"
#include "store/tally.h"

/*
 * The device that a row means: found by what tells it apart, or made. What changes something belongs
 * into a change.
 */
enum { ROW_DIGEST_BYTES = 16 };

/* What a row comes down to. */
struct row_device {
	int64_t lane;
	int64_t make;
	struct identity_key key;
	struct identity_match match;   /* as of row_device_find() */
	char digest[ROW_DIGEST_BYTES]; /* of the hash, if the key needs it */
};

/* The device as it was before the row. */
struct row_found {
	int64_t id;    /* 0: it was not there */
	int64_t batch; /* 0: none */
	int64_t list;  /* that made it, with the line of its row */
	uint64_t line;
	struct tally_place at;
};

/* tag: of rows without one. *out must stay where it is: it refers to itself and to the row. */
MUST_USE enum err_code row_device_identify(struct store *s, int64_t customer, struct slice tag,
    const struct store_row *r, struct row_device *out, struct err *err);

MUST_USE enum err_code row_device_find(struct store *s, struct row_device *who,
    struct row_found *out, struct err *err);

/* It is queued, and row_device_find() has not found it. Nothing of it is counted. */
MUST_USE enum err_code row_device_make(struct store *s, int64_t list, const struct row_device *who,
    const struct store_row *r, int64_t *id, struct err *err);

/* A device that is there becomes what the row says; its lane as well, which is not counted. */
MUST_USE enum err_code row_device_overwrite(struct store *s, const struct row_device *who,
    const struct store_row *r, int64_t device, struct err *err);

MUST_USE enum err_code row_device_has_hash(struct store *s, int64_t device,
    const struct store_row *r, bool *out, struct err *err);
