/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/client_assertion.h"

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "auth/pem_text.h"
#include "auth/secret_text.h"
#include "base/guid.h"

enum {
	KEY_BITS_MIN = 2048,
	SIGNATURE_MAX = 2048, /* bytes: a key of 16384 bits, the most that OpenSSL takes */
	ASSERTION_MAX = 8 * 1024,
	SALT_BYTES = 32,
};

struct client_assertion {
	const struct form *form;
	EVP_PKEY *key;
	unsigned char thumbprint[EVP_MAX_MD_SIZE];
	unsigned thumbprint_len;
};

static const struct form {
	const char *alg;
	const char *thumbprint; /* the header's member */
	const EVP_MD *(*thumbprint_md)(void);
	int padding;
} forms[] = {
	[TOKEN_PS256] = { "PS256", "x5t#S256", EVP_sha256, RSA_PKCS1_PSS_PADDING },
	[TOKEN_RS256] = { "RS256", "x5t", EVP_sha1, RSA_PKCS1_PADDING },
};

/* --- the certificate and its key --- */

static enum err_code
check_pair(const X509 *certificate, const EVP_PKEY *key, struct err *err)
{
	if (!certificate)
		return err_set(err, ERR_FORMAT,
		    "the certificate is not PEM; it begins with -----BEGIN CERTIFICATE-----");
	if (!key)
		return err_set(err, ERR_FORMAT,
		    "the private key is not PEM, or it needs a passphrase; save it without one");
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return err_set(err, ERR_FORMAT,
		    "the private key is not an RSA key; make an RSA pair");
	if (EVP_PKEY_get_bits(key) < KEY_BITS_MIN)
		return err_set(err, ERR_FORMAT,
		    "the private key has %d bits; at least %d are needed", EVP_PKEY_get_bits(key),
		    KEY_BITS_MIN);
	if (X509_check_private_key(certificate, key) != 1)
		return err_set(err, ERR_FORMAT,
		    "certificate and private key do not belong together; give those of one pair");
	return ERR_OK;
}

enum err_code
client_assertion_new(const struct secret *certificate, const struct secret *key,
    enum token_assertion form, struct client_assertion **out, struct err *err)
{
	struct client_assertion *a = calloc(1, sizeof *a);
	X509 *cert = NULL;
	enum err_code rc;

	if (!a)
		return err_set(err, ERR_NOMEM, "out of memory");
	a->form = &forms[form];
	a->key = pem_text_key(key);
	cert = pem_text_certificate(certificate);
	if ((rc = check_pair(cert, a->key, err)))
		goto out;
	if (X509_digest(cert, a->form->thumbprint_md(), a->thumbprint, &a->thumbprint_len) != 1) {
		rc = err_set(err, ERR_NOMEM, "the certificate's thumbprint cannot be made");
		goto out;
	}
	*out = a;
	a = NULL; /* handed over */
out:
	ERR_clear_error(); /* else the next TLS connection of this thread finds our errors */
	X509_free(cert);
	client_assertion_free(a);
	return rc;
}

void
client_assertion_free(struct client_assertion *a)
{
	if (!a)
		return;
	EVP_PKEY_free(a->key);
	free(a);
}

/* --- the token --- */

/* Without padding. Source: sources.md#base64url */
static void
add_base64url(struct buf *b, const void *bytes, size_t n)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *byte = bytes;
	unsigned bits = 0, nbits = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | byte[i];
		for (nbits += 8; nbits >= 6; nbits -= 6)
			buf_add_char(b, alphabet[bits >> (nbits - 6) & 63]);
	}
	if (nbits > 0)
		buf_add_char(b, alphabet[bits << (6 - nbits) & 63]);
}

/* Takes doc over, which is NULL when memory was out. */
static enum err_code
add_json(struct buf *b, json_t *doc, struct err *err)
{
	char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;

	json_decref(doc);
	if (!text)
		return err_set(err, ERR_NOMEM, "out of memory");
	add_base64url(b, text, strlen(text));
	free(text);
	return ERR_OK;
}

static enum err_code
add_header(struct buf *b, const struct client_assertion *a, struct err *err)
{
	struct buf thumbprint;
	enum err_code rc;

	buf_init(&thumbprint, 2 * EVP_MAX_MD_SIZE);
	add_base64url(&thumbprint, a->thumbprint, a->thumbprint_len);
	rc = buf_check(&thumbprint, err);
	if (!rc)
		rc = add_json(b,
		    json_pack("{s:s,s:s,s:s}", "alg", a->form->alg, "typ", "JWT",
		        a->form->thumbprint, thumbprint.ptr),
		    err);
	buf_done(&thumbprint);
	return rc;
}

static enum err_code
add_claims(struct buf *b, const struct assertion_claims *c, const struct random *random,
    struct err *err)
{
	json_int_t now = c->now_unix_s;
	char id[GUID_SIZE];

	if (guid_new(random, id, err))
		return err->code;
	return add_json(b,
	    json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "aud", c->audience, "iss", c->client_id,
	        "sub", c->client_id, "jti", id, "nbf", now, "iat", now, "exp",
	        now + CLIENT_ASSERTION_LIFE_S),
	    err);
}

/* The salt's length is said because OpenSSL would take the longest, and JOSE the digest's. */
static bool
choose_padding(EVP_PKEY_CTX *details, int padding)
{
	return EVP_PKEY_CTX_set_rsa_padding(details, padding) == 1 &&
	    (padding != RSA_PKCS1_PSS_PADDING ||
	        (EVP_PKEY_CTX_set_rsa_pss_saltlen(details, SALT_BYTES) == 1 &&
	            EVP_PKEY_CTX_set_rsa_mgf1_md(details, EVP_sha256()) == 1));
}

static enum err_code
add_signature(struct buf *b, const struct client_assertion *a, struct err *err)
{
	unsigned char signature[SIGNATURE_MAX];
	size_t len = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *details;
	bool done;

	done = ctx && EVP_DigestSignInit(ctx, &details, EVP_sha256(), NULL, a->key) == 1 &&
	    choose_padding(details, a->form->padding) &&
	    EVP_DigestSign(ctx, signature, &len, (const unsigned char *)b->ptr, b->len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!done)
		return err_set(err, ERR_IO, "the private key does not sign");
	buf_add_char(b, '.');
	add_base64url(b, signature, len);
	secret_wipe(signature, sizeof signature);
	return ERR_OK;
}

enum err_code
client_assertion_sign(const struct client_assertion *a, const struct assertion_claims *claims,
    const struct random *random, struct secret **out, struct err *err)
{
	struct buf b;
	enum err_code rc;

	secret_text_init(&b, ASSERTION_MAX);
	if ((rc = add_header(&b, a, err)))
		goto out;
	buf_add_char(&b, '.');
	if ((rc = add_claims(&b, claims, random, err)) || (rc = buf_check(&b, err)) ||
	    (rc = add_signature(&b, a, err)))
		goto out;
	rc = secret_text_take(&b, out, err);
out:
	secret_text_done(&b);
	return rc;
}
