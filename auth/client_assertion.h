/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "auth/token_source.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"

/*
 * What an application with a certificate sends instead of a secret: a JWT about itself, signed
 * with the certificate's key and good for ten minutes. Source: sources.md#client-assertion
 *
 * TOKEN_PS256 signs with RSASSA-PSS, a salt of 32 bytes, and names the certificate by SHA-256
 * (x5t#S256). TOKEN_RS256 is the former way: PKCS #1 v1.5, SHA-1 (x5t).
 */
struct client_assertion;

enum { CLIENT_ASSERTION_LIFE_S = 10 * 60 };

/*
 * certificate, key: PEM; of several certificates the first counts. Both are read here and not kept
 * as text. Only RSA keys of at least 2048 bits, without a passphrase.
 * Errors: ERR_FORMAT (it is none, or the two do not belong together), ERR_NOMEM; *out is untouched
 * then.
 */
MUST_USE enum err_code client_assertion_new(const struct secret *certificate,
    const struct secret *key, enum token_assertion form, struct client_assertion **out,
    struct err *err);

/* Accepts NULL. */
void client_assertion_free(struct client_assertion *a);

struct assertion_claims {
	const char *audience; /* the tenant's token endpoint of version 2.0, exactly */
	const char *client_id;
	int64_t now_unix_s;
};

/*
 * Signs, with a new id each time. What comes out proves who we are for as long as it is good, hence
 * a secret. Errors: ERR_NOMEM, ERR_IO (no randomness, no signature); *out is untouched then.
 */
MUST_USE enum err_code client_assertion_sign(const struct client_assertion *a,
    const struct assertion_claims *claims, const struct random *random, struct secret **out,
    struct err *err);
