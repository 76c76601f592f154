/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/signer_evp.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>

enum { SALT_BYTES = 32 };

const char *
signer_evp_words(char out[SIGNER_EVP_WORDS])
{
	const char *data = "";
	int flags = 0;
	unsigned long code = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
	const char *reason = ERR_reason_error_string(code);

	(void)snprintf(out, SIGNER_EVP_WORDS, "%s%s%s", reason ? reason : "no reason is given",
	    flags & ERR_TXT_STRING && data[0] ? ": " : "", flags & ERR_TXT_STRING ? data : "");
	for (char *c = out; *c; c++) {
		if ((unsigned char)*c < ' ')
			*c = ' ';
	}
	ERR_clear_error();
	return out;
}

/* The salt's length is said because OpenSSL would take the longest, and JOSE the digest's. */
static bool
choose_padding(EVP_PKEY_CTX *details, bool pss, int salt)
{
	if (!pss)
		return EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(details, salt) == 1;
}

enum err_code
signer_evp_sign(EVP_PKEY *key, OSSL_LIB_CTX *library, const char *properties,
    const struct signer_task *task, struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char words[SIGNER_EVP_WORDS];
	EVP_PKEY_CTX *details;
	size_t len = SIGNATURE_MAX;
	bool done;

	done = ctx &&
	    EVP_DigestSignInit_ex(ctx, &details, "SHA256", library, properties, key, NULL) == 1 &&
	    choose_padding(details, task->pss, SALT_BYTES) &&
	    EVP_DigestSign(ctx, task->out, &len, task->text, task->text_len) == 1;
	EVP_MD_CTX_free(ctx);
	if (!done)
		return err_set(err, ERR_IO, "the private key does not sign: %s",
		    signer_evp_words(words));
	*task->out_len = len;
	return ERR_OK;
}

static bool
fits(EVP_PKEY *public_key, const struct signer_task *task, int salt)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *details;
	bool good;

	good = ctx && EVP_DigestVerifyInit(ctx, &details, EVP_sha256(), NULL, public_key) == 1 &&
	    choose_padding(details, task->pss, salt) &&
	    EVP_DigestVerify(ctx, task->out, *task->out_len, task->text, task->text_len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

enum err_code
signer_evp_check(EVP_PKEY *public_key, const struct signer_task *task, struct err *err)
{
	if (fits(public_key, task, SALT_BYTES))
		return ERR_OK;
	if (task->pss && fits(public_key, task, RSA_PSS_SALTLEN_AUTO))
		return err_set(err, ERR_FORMAT,
		    "it signs with another salt than the %d bytes that PS256 asks for; where the "
		    "service takes it, write assertion: RS256",
		    SALT_BYTES);
	return err_set(err, ERR_FORMAT,
	    "certificate and private key do not belong together; give those of one pair");
}
