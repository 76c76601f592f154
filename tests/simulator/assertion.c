/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/assertion.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"
#include "tests/simulator/must.h"

enum {
	AADSTS_REJECTED = 70002,
	AADSTS_OTHER_CLIENT = 700021,
	AADSTS_OTHER_AUDIENCE = 700023,
	AADSTS_OUTSIDE_VALIDITY = 700024,
	AADSTS_KEY_UNKNOWN = 700027,
	SALT_BYTES = 32,
	SKEW_S = 300,
};

struct token {
	struct slice signed_part; /* header and claims as they came */
	json_t *header;
	json_t *claims;
	unsigned char *signature;
	size_t signature_len;
	const char **why;
};

/* base64url without padding. NULL if it is not; the caller frees. One NUL follows. */
static unsigned char *
decode(struct slice text, size_t *len)
{
	size_t padded = (text.len + 3) / 4 * 4;
	char *plain = must_have(malloc(padded + 1));
	unsigned char *out = must_have(calloc(1, padded / 4 * 3 + 1));
	bool ok = text.len % 4 != 1;

	for (size_t i = 0; i < padded; i++) {
		char c = i < text.len ? text.ptr[i] : '=';

		ok = ok && (i >= text.len || !strchr("+/=", c));
		plain[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	ok = ok && EVP_DecodeBlock(out, (unsigned char *)plain, (int)padded) >= 0;
	free(plain);
	if (!ok) {
		free(out);
		return NULL;
	}
	*len = padded / 4 * 3 - (padded - text.len);
	return out;
}

static json_t *
decode_json(struct slice text)
{
	size_t len = 0;
	unsigned char *json = decode(text, &len);
	json_t *out = json ? json_loadb((char *)json, len, JSON_REJECT_DUPLICATES, NULL) : NULL;

	free(json);
	return out;
}

static bool
parse(struct token *t, const char *jwt)
{
	const char *first = strchr(jwt, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;

	if (!second || strlen(jwt) > 16384)
		return false;
	t->signed_part = (struct slice){ jwt, (size_t)(second - jwt) };
	t->header = decode_json((struct slice){ jwt, (size_t)(first - jwt) });
	t->claims = decode_json((struct slice){ first + 1, (size_t)(second - first - 1) });
	t->signature = decode(slice_of(second + 1), &t->signature_len);
	return t->header && t->claims && t->signature;
}

static bool
says(const json_t *object, const char *member, const char *text)
{
	const char *value = json_string_value(json_object_get(object, member));

	return value && strcmp(value, text) == 0;
}

/* --- the signature --- */

static X509 *
read_certificate(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *certificate = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (f)
		(void)fclose(f);
	return certificate;
}

static bool
is_thumbprint(const json_t *header, const char *member, const X509 *certificate, const EVP_MD *md)
{
	const char *text = json_string_value(json_object_get(header, member));
	unsigned char want[EVP_MAX_MD_SIZE];
	unsigned want_len = 0;
	size_t len = 0;
	unsigned char *have = text ? decode(slice_of(text), &len) : NULL;
	bool same = have && X509_digest(certificate, md, want, &want_len) == 1 && len == want_len &&
	    memcmp(have, want, len) == 0;

	free(have);
	return same;
}

static bool
verifies(const struct token *t, EVP_PKEY *key, bool pss)
{
	EVP_MD_CTX *ctx = must_have(EVP_MD_CTX_new());
	EVP_PKEY_CTX *details = NULL;
	bool ok = EVP_DigestVerifyInit(ctx, &details, EVP_sha256(), NULL, key) == 1;

	if (ok && pss)
		ok = EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(details, SALT_BYTES) == 1;
	ok = ok &&
	    EVP_DigestVerify(ctx, t->signature, t->signature_len,
	        (const unsigned char *)t->signed_part.ptr, t->signed_part.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static unsigned
check_signature(const struct token *t, const char *path)
{
	bool pss = says(t->header, "alg", "PS256");
	X509 *certificate;
	unsigned code = AADSTS_KEY_UNKNOWN;

	if (!pss && !says(t->header, "alg", "RS256")) {
		*t->why = "the assertion is signed with neither PS256 nor RS256";
		return AADSTS_KEY_UNKNOWN;
	}
	if (!path)
		return 0;
	certificate = read_certificate(path);
	*t->why = "the certificate of the scenario cannot be read";
	if (!certificate)
		return AADSTS_KEY_UNKNOWN;
	if (!is_thumbprint(t->header, pss ? "x5t#S256" : "x5t", certificate,
	        pss ? EVP_sha256() : EVP_sha1()))
		*t->why = "the key was not found by the thumbprint of its certificate";
	else if (!verifies(t, X509_get0_pubkey(certificate), pss))
		*t->why = "the assertion's signature is wrong";
	else
		code = 0;
	X509_free(certificate);
	return code;
}

/* --- the claims --- */

static unsigned
check_claims(const struct token *t, const struct assertion_rules *rules)
{
	json_int_t from = json_integer_value(json_object_get(t->claims, "nbf"));
	json_int_t to = json_integer_value(json_object_get(t->claims, "exp"));

	if (!says(t->claims, "iss", rules->client_id) ||
	    !says(t->claims, "sub", rules->client_id)) {
		*t->why = "iss and sub of the assertion are not the client id";
		return AADSTS_OTHER_CLIENT;
	}
	if (!says(t->claims, "aud", rules->audience)) {
		*t->why = "aud of the assertion is not the token endpoint";
		return AADSTS_OTHER_AUDIENCE;
	}
	if (from > rules->now_unix_s + SKEW_S || to < rules->now_unix_s - SKEW_S || to <= from) {
		*t->why = "the assertion is not within its valid time range";
		return AADSTS_OUTSIDE_VALIDITY;
	}
	return 0;
}

static unsigned
check(struct token *t, const char *jwt, const struct assertion_rules *rules,
    char id[ASSERTION_ID_BYTES])
{
	const char *jti;
	unsigned code;

	*t->why = "the assertion is not a JWT";
	if (!parse(t, jwt) || !says(t->header, "typ", "JWT"))
		return AADSTS_REJECTED;
	*t->why = "the assertion has no jti";
	jti = json_string_value(json_object_get(t->claims, "jti"));
	if (!jti || jti[0] == '\0' || strlen(jti) >= ASSERTION_ID_BYTES)
		return AADSTS_REJECTED;
	code = check_claims(t, rules);
	if (code == 0)
		code = check_signature(t, rules->certificate);
	if (code == 0)
		memcpy(id, jti, strlen(jti) + 1);
	return code;
}

unsigned
assertion_check(const char *jwt, const struct assertion_rules *rules, char id[ASSERTION_ID_BYTES],
    const char **why)
{
	struct token t = { .why = why };
	unsigned code = check(&t, jwt, rules, id);

	json_decref(t.header);
	json_decref(t.claims);
	free(t.signature);
	return code;
}
