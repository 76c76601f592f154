/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/signer_kind.h"

/* Signatures as OpenSSL makes and checks them. Private to auth/. Leaves no errors of OpenSSL behind. */

/*
 * library, properties: where OpenSSL finds who does it; NULL: the default.
 * Errors: ERR_IO, with OpenSSL's own words.
 */
MUST_USE enum err_code signer_evp_sign(EVP_PKEY *key, OSSL_LIB_CTX *library, const char *properties,
    const struct signer_task *task, struct err *err);

/* The salt has to be of 32 bytes. Errors: ERR_FORMAT, which says what does not fit. */
MUST_USE enum err_code signer_evp_check(EVP_PKEY *public_key, const struct signer_task *task,
    struct err *err);

/* What OpenSSL complains of, the last complaint, on one line; takes all of them away. */
enum { SIGNER_EVP_WORDS = 160 };
const char *signer_evp_words(char out[SIGNER_EVP_WORDS]);
