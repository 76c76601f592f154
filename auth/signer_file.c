/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "auth/pem_text.h"
#include "auth/signer_evp.h"

/* A key in our own memory, read from PEM. */

static enum err_code
check(const EVP_PKEY *key, const EVP_PKEY *public_key, struct err *err)
{
	if (!key)
		return err_set(err, ERR_FORMAT,
		    "the private key is not PEM, or it needs a passphrase; save it without one");
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return err_set(err, ERR_FORMAT,
		    "the private key is not an RSA key; make an RSA pair");
	if (EVP_PKEY_get_bits(key) < SIGNER_BITS_MIN)
		return err_set(err, ERR_FORMAT,
		    "the private key has %d bits; at least %d are needed", EVP_PKEY_get_bits(key),
		    SIGNER_BITS_MIN);
	if (EVP_PKEY_eq(public_key, key) != 1)
		return err_set(err, ERR_FORMAT,
		    "certificate and private key do not belong together; give those of one pair");
	return ERR_OK;
}

static enum err_code
make(const struct signer_key *from, EVP_PKEY *public_key, void **out, struct err *err)
{
	EVP_PKEY *key = pem_text_key(from->pem);
	enum err_code rc = check(key, public_key, err);

	if (rc)
		EVP_PKEY_free(key);
	else
		*out = key;
	return rc;
}

static enum err_code
sign(void *key, const struct signer_task *task, struct err *err)
{
	return signer_evp_sign(key, NULL, NULL, task, err);
}

static void
free_key(void *key)
{
	EVP_PKEY_free(key);
}

const struct signer_kind signer_file = { make, sign, NULL, free_key };
