/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "auth/signer_key.h"
#include "base/err.h"

/*
 * What signers differ in, one for each place where a key can be. Private to auth/. sign, close and free
 * may block and are called by one thread at a time, which need not be the same one each time.
 */
enum {
	SIGNER_BITS_MIN = 2048,
	SIGNATURE_MAX = 2048, /* bytes: a key of 16384 bits, the most that OpenSSL takes */
};

struct signer_task {
	bool pss;
	unsigned char *text; /* not changed, but there are interfaces that do not promise it */
	size_t text_len;
	unsigned char *out; /* SIGNATURE_MAX bytes */
	size_t *out_len;
};

struct signer_kind {
	/* Copies what it needs. Errors: those of signer_new(). */
	enum err_code (*make)(const struct signer_key *from, EVP_PKEY *public_key, void **out,
	    struct err *err);
	/* Opens what is not open. Errors: those of a signature, see signer.h. */
	enum err_code (*sign)(void *key, const struct signer_task *task, struct err *err);
	/* Closes what is open; it may be broken. NULL: nothing ever is. */
	void (*close)(void *key);
	/* It is closed. */
	void (*free)(void *key);
};

extern const struct signer_kind signer_file;
extern const struct signer_kind signer_pkcs11;
extern const struct signer_kind signer_tpm2;
