/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "auth/token_source.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "store/store.h"

/*
 * Refresh tokens between runs: sealed under a key that is not in the store.
 */
struct store_async;
struct token_vault;

/*
 * name: of the partner. writer, key, random and name must outlive the vault.
 * Errors: ERR_NOMEM; *out is untouched then.
 */
MUST_USE enum err_code token_vault_new(const char *name, const struct secret *key,
    const struct random *random, struct store_async *writer, struct token_vault **out,
    struct err *err);

/* What token_source_new() wants; lives as long as the vault. */
const struct token_keeper *token_vault_keeper(const struct token_vault *v);

/* No save may be under way. Accepts NULL. */
void token_vault_free(struct token_vault *v);

/* What the store has under a name. */
struct token_vault_find {
	struct secret *token; /* NULL: none that opens under the key */
	bool sealed;          /* there is one that does not */
};

/*
 * The sealed token of an earlier run; out->token is the caller's. Blocks. Errors: ERR_NOMEM, those of
 * the store.
 */
MUST_USE enum err_code token_vault_load(struct store *s, const char *name, const struct secret *key,
    struct token_vault_find *out, struct err *err);
