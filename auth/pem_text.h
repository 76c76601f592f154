/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <openssl/types.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

/* Certificates and keys as PEM, for whoever speaks OpenSSL. Private to auth/. */
enum { PEM_TEXT_MAX = 64 * 1024 };

/*
 * The first of its kind in the text; the caller frees it. NULL: there is none, it needs a passphrase
 * (nobody is asked for one), the text is longer than PEM_TEXT_MAX, or memory is out. Whoever calls
 * ends with ERR_clear_error(): else the next TLS connection of the thread finds errors that are ours.
 */
X509 *pem_text_certificate(const struct secret *pem);
EVP_PKEY *pem_text_key(const struct secret *pem);

/* Until when it is good. Errors: ERR_FORMAT. */
MUST_USE enum err_code pem_text_not_after(const X509 *certificate, int64_t *unix_s,
    struct err *err);

/* To be read from; the same errors. The caller frees it. */
BIO *pem_text_open(const struct secret *text);

/* For what OpenSSL would ask at the terminal. A pem_password_cb. */
int pem_text_refuse(char *out, int size, int writing, void *arg);
