/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/body_signature.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

enum { MAC_BYTES = 32 };

enum err_code
body_signature_make(const struct secret *key, struct slice body, char out[BODY_SIGNATURE_SIZE],
    struct err *err)
{
	struct slice k = secret_get(key);
	unsigned char mac[EVP_MAX_MD_SIZE];
	size_t at = sizeof "sha256=" - 1;

	if (k.len > INT_MAX ||
	    !HMAC(EVP_sha256(), k.ptr, (int)k.len, (const unsigned char *)body.ptr, body.len, mac,
	        NULL)) {
		ERR_clear_error(); /* else the next TLS connection of this thread finds our errors */
		return err_set(err, ERR_NOMEM, "the signature of the body");
	}
	(void)snprintf(out, BODY_SIGNATURE_SIZE, "sha256=");
	for (size_t i = 0; i < MAC_BYTES; i++)
		(void)snprintf(out + at + 2 * i, 3, "%02x", mac[i]);
	return ERR_OK;
}
