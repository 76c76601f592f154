/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/slice.h"

/*
 * Tokens at rest: AES-256-GCM under a key that is not in the store, bound to the name they belong
 * to, so that a sealed token moved to another partner does not open. A sealed token carries a
 * version byte in front; an unknown one is refused.
 */

/* What people are told of one that does not open; which of both it is nobody can say. */
#define TOKEN_SEAL_LOST "the stored token is sealed with another key, or damaged"

enum { TOKEN_SEAL_KEY_BYTES = 32, TOKEN_SEAL_MAX = 64 * 1024 };

/*
 * key: exactly TOKEN_SEAL_KEY_BYTES. name: not empty. Appends to out. Errors: ERR_FORMAT (key),
 * ERR_LIMIT (a token above TOKEN_SEAL_MAX, or the ceiling of out), ERR_NOMEM, ERR_IO.
 */
MUST_USE enum err_code token_seal(const struct secret *key, struct slice name,
    const struct secret *token, const struct random *random, struct buf *out, struct err *err);

/* Errors: ERR_FORMAT (cut, changed, of another name or key, unknown version), ERR_NOMEM. */
MUST_USE enum err_code token_unseal(const struct secret *key, struct slice name,
    struct slice sealed, struct secret **out, struct err *err);
