/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/signer_key.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "config/config.h"

/*
 * Secrets from where the configuration says they are: a credential of the service manager
 * ($CREDENTIALS_DIRECTORY), a file, or an environment variable. One line end behind the secret is
 * not part of it.
 */
enum { SECRET_BYTES_MAX = 64 * 1024 };

/*
 * Blocks on the disk. Errors: ERR_NOT_FOUND, ERR_IO, ERR_FORMAT (empty, has a NUL, or a file that
 * others can read), ERR_LIMIT; the text names the reference, never the value. SECRET_NONE is
 * ERR_NOT_FOUND.
 */
MUST_USE enum err_code secret_source_read(const struct secret_ref *ref, struct secret **out,
    struct err *err);

/* A certificate from there, which others may see, but not change. Errors: the same. */
MUST_USE enum err_code secret_source_certificate(const struct secret_ref *ref, struct secret **out,
    struct err *err);

/*
 * A certificate that holds its own private key, as PKCS#12 does, from there: a secret, and all of its
 * bytes count. Errors: the same, but for the NUL.
 */
MUST_USE enum err_code secret_source_identity(const struct secret_ref *ref, struct secret **out,
    struct err *err);

/* A private key that signs, as far as it can be read: a plain value that owns pem and pin. */
struct secret_source_key {
	struct secret *pem;
	struct secret *pin;
	struct signer_key key; /* lends them, and where of the configuration */
};

/*
 * key: SECRET_PKCS11 and SECRET_TPM2 as well, of which only the PIN is read. pin: SECRET_NONE: there is
 * none. Errors: those of secret_source_read(); *out is untouched then.
 */
MUST_USE enum err_code secret_source_key(const struct secret_ref *key, const struct secret_ref *pin,
    struct secret_source_key *out, struct err *err);

/* Wipes; accepts a zeroed one. */
void secret_source_key_done(struct secret_source_key *k);

/*
 * The key that seals tokens: from ref, or else the file "seal.key" of the state folder, made
 * (0600, durable before it is used) if it is not there. Exactly 32 bytes, or 64 hexadecimal
 * digits, or their base64.
 */
MUST_USE enum err_code secret_source_seal_key(const struct secret_ref *ref, const char *state,
    const struct random *random, struct secret **out, struct err *err);
