/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

/*
 * How the consent of the configured customers stands, those included that nobody has asked yet. Taken
 * in steps because one half is the configuration's and the other the store's. It refers to nothing
 * that may change meanwhile.
 */
struct consent_snapshot;

/* customer: only that one; NULL: all. Errors: ERR_NOT_FOUND (it is not configured), ERR_NOMEM. */
MUST_USE enum err_code consent_snapshot_new(const struct config *c, const char *customer,
    struct consent_snapshot **out, struct err *err);

/* Blocks. Errors: ERR_NOMEM, those of the store. */
MUST_USE enum err_code consent_snapshot_read(struct consent_snapshot *s, struct store *store,
    struct err *err);

/* {"consent":[…]} in the shape that scripts rely on. NULL: no memory. */
json_t *consent_snapshot_json(const struct consent_snapshot *s);

/* Accepts NULL. */
void consent_snapshot_free(struct consent_snapshot *s);
