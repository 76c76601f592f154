/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

/*
 * Somebody has done something, and wants to see whether it was enough: what waits for a person
 * (consent, credentials, a tag) is tried anew. A pause that a person has ordered stays.
 *
 * customer: by name; NULL: all. Blocks, on the store's thread. Errors: those of the store.
 */
MUST_USE enum err_code release_holds(struct store *s, const struct config *config,
    const char *customer, struct err *err);
