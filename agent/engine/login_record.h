/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/*
 * What becomes of sign-ins, as the store remembers it: who has signed in, whether the partner's
 * customers have to wait for credentials, and what the trail tells. The tokens themselves are the
 * business of token_vault.
 *
 * All of it blocks, on the store's thread. Errors: those of the store; nothing is changed then if the
 * caller works in a group.
 */
struct login_record {
	const char *partner;
	const char *actor;   /* "agent", "uid 1000" */
	const char *message; /* a line for people; of a hold as well */
};

/* Nobody has signed in: the partner's customers wait. Nothing has happened, so no event. */
MUST_USE enum err_code login_record_absent(struct store *s, const char *partner, struct err *err);

/*
 * What is stored does not open with the seal key: the customers wait, as after a loss. It is kept, for
 * the right key may come back.
 */
MUST_USE enum err_code login_record_sealed(struct store *s, const char *partner, struct err *err);

/* What is stored opens: whoever waits because it did not goes on, and the trail says so. */
MUST_USE enum err_code login_record_opened(struct store *s, const char *partner, struct err *err);

/* Somebody has put other credentials in place: they are tried. */
MUST_USE enum err_code login_record_try(struct store *s, const char *partner, struct err *err);

/*
 * Somebody has signed in, and the customers go on. If a loss came before it the trail says so.
 * account, roles: may be empty.
 */
MUST_USE enum err_code login_record_done(struct store *s, const struct login_record *r,
    const char *account, const char *roles, int64_t at_unix_ms, struct err *err);

/* The sign-in has to be repeated: the customers wait. Told once, until they do not wait any more. */
MUST_USE enum err_code login_record_lost(struct store *s, const struct login_record *r,
    struct err *err);

/* It ends in so many days at the most, unless it is used. */
MUST_USE enum err_code login_record_expiring(struct store *s, const struct login_record *r,
    uint32_t days, struct err *err);

/* Somebody has signed out: the customers wait. */
MUST_USE enum err_code login_record_forgotten(struct store *s, const struct login_record *r,
    struct err *err);
