/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_seal.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

/*
 * A sealed token is, in this order: the version byte, the nonce, the token enciphered, the tag.
 * Version byte and name are authenticated with it. A random nonce is enough: under one key there
 * are a few tokens an hour, and AES-GCM asks for fewer than 2^32. Source: sources.md#aes-gcm
 */
enum {
	VERSION = 1,
	NONCE_BYTES = 12,
	TAG_BYTES = 16,
	FRAME_BYTES = 1 + NONCE_BYTES + TAG_BYTES,
};

static enum err_code
check_key(const struct secret *key, struct err *err)
{
	if (secret_get(key).len != TOKEN_SEAL_KEY_BYTES)
		return err_set(err, ERR_FORMAT, "the seal key has %zu bytes; it must have %d",
		    secret_get(key).len, TOKEN_SEAL_KEY_BYTES);
	return ERR_OK;
}

static const unsigned char *
bytes_of(struct slice s)
{
	return (const unsigned char *)s.ptr;
}

/* A cipher that has taken key, nonce, version and name; NULL if that fails. */
static EVP_CIPHER_CTX *
begin(bool seal, const struct secret *key, const unsigned char nonce[NONCE_BYTES],
    struct slice name)
{
	static const unsigned char version = VERSION;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (ctx &&
	    EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, bytes_of(secret_get(key)), nonce,
	        seal) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &n, &version, 1) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &n, bytes_of(name), (int)name.len) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* sealed: FRAME_BYTES more than the token. */
static bool
encipher(const struct secret *key, struct slice name, struct slice token, unsigned char *sealed)
{
	unsigned char *nonce = sealed + 1;
	unsigned char *body = nonce + NONCE_BYTES;
	unsigned char *tag = body + token.len;
	EVP_CIPHER_CTX *ctx = begin(true, key, nonce, name);
	int n;
	bool done;

	done = ctx && EVP_CipherUpdate(ctx, body, &n, bytes_of(token), (int)token.len) == 1 &&
	    EVP_CipherFinal_ex(ctx, tag, &n) == 1 && /* GCM has nothing left to write */
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error(); /* else the next TLS connection of this thread finds our errors */
	return done;
}

enum err_code
token_seal(const struct secret *key, struct slice name, const struct secret *token,
    const struct random *random, struct buf *out, struct err *err)
{
	struct slice text = secret_get(token);
	unsigned char *sealed;
	enum err_code rc;

	assert(name.len > 0);
	if ((rc = check_key(key, err)))
		return rc;
	if (text.len > TOKEN_SEAL_MAX)
		return err_set(err, ERR_LIMIT, "a token of %zu bytes; at most %d are sealed",
		    text.len, TOKEN_SEAL_MAX);
	sealed = malloc(FRAME_BYTES + text.len);
	if (!sealed)
		return err_set(err, ERR_NOMEM, "out of memory");
	sealed[0] = VERSION;
	if ((rc = random->fill(random->arg, sealed + 1, NONCE_BYTES, err)))
		goto out;
	if (!encipher(key, name, text, sealed)) {
		rc = err_set(err, ERR_NOMEM, "the token cannot be sealed");
		goto out;
	}
	buf_add(out, sealed, FRAME_BYTES + text.len);
	rc = buf_check(out, err);
out:
	free(sealed);
	return rc;
}

/* False also if the tag says no; what is in token then is nobody's business. */
static bool
decipher(const struct secret *key, struct slice name, struct slice sealed, unsigned char *token)
{
	const unsigned char *nonce = bytes_of(sealed) + 1;
	const unsigned char *body = nonce + NONCE_BYTES;
	size_t len = sealed.len - FRAME_BYTES;
	EVP_CIPHER_CTX *ctx = begin(false, key, nonce, name);
	unsigned char tag[TAG_BYTES];
	int n;
	bool done;

	memcpy(tag, body + len, TAG_BYTES);
	done = ctx && EVP_CipherUpdate(ctx, token, &n, body, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1 &&
	    EVP_CipherFinal_ex(ctx, token + len, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return done;
}

enum err_code
token_unseal(const struct secret *key, struct slice name, struct slice sealed, struct secret **out,
    struct err *err)
{
	unsigned char *token;
	enum err_code rc;

	assert(name.len > 0);
	if ((rc = check_key(key, err)))
		return rc;
	if (sealed.len > 0 && bytes_of(sealed)[0] != VERSION)
		return err_set(err, ERR_FORMAT,
		    "a sealed token of version %d; this program knows version %d only",
		    bytes_of(sealed)[0], VERSION);
	if (sealed.len < FRAME_BYTES || sealed.len - FRAME_BYTES > TOKEN_SEAL_MAX)
		return err_set(err, ERR_FORMAT, "a sealed token is never %zu bytes long",
		    sealed.len);
	token = malloc(sealed.len);
	if (!token)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (decipher(key, name, sealed, token))
		rc = secret_new(token, sealed.len - FRAME_BYTES, out, err);
	else
		rc = err_set(err, ERR_FORMAT,
		    "the sealed token does not open: it was changed, or is of another key or name");
	secret_wipe(token, sealed.len);
	free(token);
	return rc;
}
