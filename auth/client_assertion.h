/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "auth/signer_key.h"
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
 *
 * Thread: the loop's.
 */
struct assertion_signing;
struct client_assertion;
struct uv_loop_s;

enum { CLIENT_ASSERTION_LIFE_S = 10 * 60 };

struct client_assertion_options {
	struct uv_loop_s *loop;           /* as in signer.h */
	const struct secret *certificate; /* PEM; of several the first counts */
	struct signer_key key; /* RSA, of at least 2048 bits; in PEM without a passphrase */
	enum token_assertion form;
};

/*
 * Certificate and PEM are read here and not kept as text.
 * Errors: ERR_FORMAT (it is none, or the two do not belong together), ERR_NOMEM; *out is untouched
 * then.
 */
MUST_USE enum err_code client_assertion_new(const struct client_assertion_options *opt,
    struct client_assertion **out, struct err *err);

/* Nothing may be under way. Accepts NULL. */
void client_assertion_free(struct client_assertion *a);

/* Until when the certificate is good; it may be over. */
int64_t client_assertion_not_after_unix_s(const struct client_assertion *a);

struct assertion_claims {
	const char *audience; /* the tenant's token endpoint of version 2.0, exactly */
	const char *client_id;
	int64_t now_unix_s;
};

/*
 * assertion: NULL on error; the callback may take it by clearing it. It proves who we are for as long as
 * it is good, hence a secret. err: NULL, or those of signer.h and ERR_LIMIT.
 */
typedef void client_assertion_fn(void *arg, struct secret **assertion, const struct err *err);

/*
 * Signs, with a new id each time; the claims are read during start.
 *
 * If it returns ERR_OK the callback runs exactly once, later, on the loop thread, never inside start
 * or cancel; otherwise never. The signing is gone when the callback runs. Errors: ERR_NOMEM, ERR_LIMIT
 * (claims too long), ERR_IO (no randomness); *out is untouched then.
 */
MUST_USE enum err_code client_assertion_start(struct client_assertion *a,
    const struct assertion_claims *claims, const struct random *random, client_assertion_fn *done,
    void *arg, struct assertion_signing **out, struct err *err);

/*
 * A wish: idempotent, and it ends in the callback with ERR_CANCELLED, which comes when the key is done
 * with what it has begun.
 */
void client_assertion_cancel(struct assertion_signing *g);

/* Who can mend what the callback was told. */
struct token_result client_assertion_judge(const struct err *why);
