/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/client_assertion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <uv.h>

#include "base/buf.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/key_pair.h"

/*
 * The structure of the token, and the signature as OpenSSL sees it. That others who read JWT agree
 * is for tests/e2e/test_client_assertion.py.
 */
enum { NOW = 1894700000, PART_MAX = 2048 };

static const struct assertion_claims claims = {
	.audience = "https://login.microsoftonline.com/t/oauth2/v2.0/token",
	.client_id = "33333333-3333-4333-8333-333333333333",
	.now_unix_s = NOW,
};

static struct key_pair pair;

/* --- reading one --- */

/* Returns the length of what was written to out. */
static size_t
decode(struct slice text, unsigned char out[PART_MAX])
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, nbits = 0;
	size_t n = 0;

	assert_true(text.len / 4 * 3 + 3 < PART_MAX);
	for (size_t i = 0; i < text.len; i++) {
		const char *at = memchr(alphabet, text.ptr[i], sizeof alphabet - 1);

		assert_non_null(at);
		bits = bits << 6 | (unsigned)(at - alphabet);
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			out[n++] = (unsigned char)(bits >> nbits & 0xff);
		}
	}
	assert_int_equal(bits & ((1u << nbits) - 1), 0); /* what does not fill a byte is zero */
	return n;
}

/* The parts between the points. */
static void
split(struct slice jwt, struct slice part[3])
{
	for (size_t i = 0; i < 3; i++) {
		const char *point = memchr(jwt.ptr, '.', jwt.len);

		assert_int_equal(point != NULL, i < 2);
		part[i] = slice_head(jwt, point ? (size_t)(point - jwt.ptr) : jwt.len);
		if (point)
			jwt = slice_from(jwt, part[i].len + 1);
	}
}

static json_t *
json_of(struct slice part)
{
	unsigned char text[PART_MAX];
	size_t len = decode(part, text);
	json_t *doc = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(doc);
	return doc;
}

static void
assert_text(const json_t *doc, const char *member, const char *want)
{
	assert_string_equal(json_string_value(json_object_get(doc, member)), want);
}

static void
assert_number(const json_t *doc, const char *member, json_int_t want)
{
	assert_int_equal(json_integer_value(json_object_get(doc, member)), want);
}

static X509 *
certificate_of(const struct key_pair *p)
{
	struct slice pem = secret_get(p->certificate);
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509 *out = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(out);
	return out;
}

static bool
verifies(struct slice jwt, struct slice signature, bool pss, int salt)
{
	X509 *certificate = certificate_of(&pair);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char raw[PART_MAX];
	size_t len = decode(signature, raw);
	EVP_PKEY_CTX *details;
	int good;

	assert_int_equal(len, 256);
	assert_int_equal(
	    EVP_DigestVerifyInit(ctx, &details, EVP_sha256(), NULL, X509_get0_pubkey(certificate)),
	    1);
	if (pss) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(details, salt), 1);
	}
	good = EVP_DigestVerify(ctx, raw, len, (const unsigned char *)jwt.ptr,
	    jwt.len - signature.len - 1);
	ERR_clear_error();
	EVP_MD_CTX_free(ctx);
	X509_free(certificate);
	return good == 1;
}

/* --- tests --- */

static enum err_code
make(const struct secret *certificate, const struct secret *key, enum token_assertion form,
    struct client_assertion **out, struct err *err)
{
	return client_assertion_new(
	    &(struct client_assertion_options){
	        .loop = uv_default_loop(),
	        .certificate = certificate,
	        .key = { .pem = key },
	        .form = form,
	    },
	    out, err);
}

/* What the callback was told. */
static struct {
	unsigned calls;
	struct secret *jwt;
	struct err err;
} told;

static void
on_done(void *arg, struct secret **assertion, const struct err *err)
{
	assert_ptr_equal(arg, &told);
	assert_int_equal(*assertion == NULL, err != NULL);
	told.calls++;
	told.jwt = *assertion;
	told.err = err ? *err : (struct err){ .code = ERR_OK };
	*assertion = NULL;
}

/* Returns when it is over. */
static enum err_code
sign_with(struct client_assertion *a, const struct assertion_claims *c, const struct random *random,
    struct err *err)
{
	struct assertion_signing *g = NULL;
	enum err_code rc;

	memset(&told, 0, sizeof told);
	rc = client_assertion_start(a, c, random, on_done, &told, &g, err);
	assert_int_equal(told.calls, 0);
	(void)uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	assert_int_equal(told.calls, rc == ERR_OK);
	return rc;
}

static struct secret *
sign(enum token_assertion form)
{
	struct client_assertion *a = NULL;
	struct err err;

	assert_int_equal(make(pair.certificate, pair.key, form, &a, &err), ERR_OK);
	assert_int_equal(sign_with(a, &claims, random_system(), &err), ERR_OK);
	assert_int_equal(told.err.code, ERR_OK);
	client_assertion_free(a);
	return told.jwt;
}

static void
structure(void **state)
{
	static const struct {
		const char *alg;
		enum token_assertion form;
		const char *thumbprint;
		const EVP_MD *(*md)(void);
	} tc[] = {
		{ "PS256", TOKEN_PS256, "x5t#S256", EVP_sha256 },
		{ "RS256", TOKEN_RS256, "x5t", EVP_sha1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct secret *jwt = sign(tc[i].form);
		X509 *certificate = certificate_of(&pair);
		unsigned char want[EVP_MAX_MD_SIZE], have[PART_MAX];
		struct slice part[3];
		unsigned len;
		json_t *doc;

		print_message("  %s\n", tc[i].alg);
		split(secret_get(jwt), part);
		doc = json_of(part[0]);
		assert_int_equal(json_object_size(doc), 3);
		assert_text(doc, "alg", tc[i].alg);
		assert_text(doc, "typ", "JWT");
		assert_int_equal(X509_digest(certificate, tc[i].md(), want, &len), 1);
		assert_int_equal(
		    decode(slice_of(json_string_value(json_object_get(doc, tc[i].thumbprint))),
		        have),
		    len);
		assert_memory_equal(have, want, len);
		json_decref(doc);

		doc = json_of(part[1]);
		assert_int_equal(json_object_size(doc), 7);
		assert_text(doc, "aud", claims.audience);
		assert_text(doc, "iss", claims.client_id);
		assert_text(doc, "sub", claims.client_id);
		assert_int_equal(json_string_length(json_object_get(doc, "jti")), 36);
		assert_number(doc, "nbf", NOW);
		assert_number(doc, "iat", NOW);
		assert_number(doc, "exp", NOW + 600);
		json_decref(doc);
		X509_free(certificate);
		secret_free(jwt);
	}
}

static void
signature(void **state)
{
	static const struct {
		const char *name;
		enum token_assertion form;
		bool pss;
		int salt;
		bool good;
	} tc[] = {
		{ "PS256", TOKEN_PS256, true, 32, true },
		{ "no other salt", TOKEN_PS256, true, 31, false },
		{ "not the longest salt", TOKEN_PS256, true, RSA_PSS_SALTLEN_MAX, false },
		{ "not PKCS #1 v1.5", TOKEN_PS256, false, 0, false },
		{ "RS256", TOKEN_RS256, false, 0, true },
		{ "not PSS", TOKEN_RS256, true, 32, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct secret *jwt = sign(tc[i].form);
		struct slice part[3];

		print_message("  %s\n", tc[i].name);
		split(secret_get(jwt), part);
		assert_int_equal(verifies(secret_get(jwt), part[2], tc[i].pss, tc[i].salt),
		    tc[i].good);
		secret_free(jwt);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

static void
new_id_each_time(void **state)
{
	struct secret *jwt[2] = { sign(TOKEN_PS256), sign(TOKEN_PS256) };
	json_t *doc[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct slice part[3];

		split(secret_get(jwt[i]), part);
		doc[i] = json_of(part[1]);
	}
	assert_string_not_equal(json_string_value(json_object_get(doc[0], "jti")),
	    json_string_value(json_object_get(doc[1], "jti")));
	for (size_t i = 0; i < 2; i++) {
		json_decref(doc[i]);
		secret_free(jwt[i]);
	}
}

static struct secret *
secret_of(const char *text, size_t len)
{
	struct secret *s = NULL;
	struct err err;

	assert_int_equal(secret_new(text, len, &s, &err), ERR_OK);
	return s;
}

/* What other programs write in front of a PEM block, and certificates that follow, do no harm. */
static void
other_texts_around(void **state)
{
	struct key_pair other = key_pair_new(2048, NULL);
	struct client_assertion *a = NULL;
	struct secret *both;
	struct err err;
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	buf_add_str(&b, "Bag Attributes\r\n    friendlyName: é\r\n");
	buf_add_slice(&b, secret_get(pair.certificate));
	buf_add_slice(&b, secret_get(other.certificate));
	both = secret_of(b.ptr, b.len);
	assert_int_equal(make(both, pair.key, TOKEN_PS256, &a, &err), ERR_OK);
	client_assertion_free(a);
	buf_done(&b);
	secret_free(both);
	key_pair_done(&other);
}

static void
refused(void **state)
{
	static const char no_certificate[] =
	    "the certificate is not PEM; it begins with -----BEGIN CERTIFICATE-----";
	static const char no_key[] =
	    "the private key is not PEM, or it needs a passphrase; save it without one";
	struct key_pair other = key_pair_new(2048, NULL);
	struct key_pair small = key_pair_new(1024, NULL);
	struct key_pair curve = key_pair_new(0, NULL);
	struct key_pair locked = key_pair_new(2048, "passphrase");
	struct secret *empty = secret_of("", 0);
	struct secret *cut = secret_of(secret_get(pair.key).ptr, secret_get(pair.key).len / 2);
	const struct {
		const char *name;
		const struct secret *certificate;
		const struct secret *key;
		const char *msg;
	} tc[] = {
		{ "nothing", empty, empty, no_certificate },
		{ "no certificate", empty, pair.key, no_certificate },
		{ "no key", pair.certificate, empty, no_key },
		{ "the other way round", pair.key, pair.certificate, no_certificate },
		{ "certificate for a key", pair.certificate, pair.certificate, no_key },
		{ "key cut off", pair.certificate, cut, no_key },
		{ "key with a passphrase", locked.certificate, locked.key, no_key },
		{ "elliptic curve", curve.certificate, curve.key,
		    "the private key is not an RSA key; make an RSA pair" },
		{ "1024 bits", small.certificate, small.key,
		    "the private key has 1024 bits; at least 2048 are needed" },
		{ "other key", pair.certificate, other.key,
		    "certificate and private key do not belong together; give those of one pair" },
	};
	char somewhere;

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct client_assertion *a = (void *)&somewhere;
		struct err err;

		print_message("  %s\n", tc[i].name);
		assert_int_equal(make(tc[i].certificate, tc[i].key, TOKEN_PS256, &a, &err),
		    ERR_FORMAT);
		assert_string_equal(err.msg, tc[i].msg);
		assert_ptr_equal(a, &somewhere);
		assert_int_equal(ERR_peek_error(), 0);
	}
	secret_free(cut);
	secret_free(empty);
	key_pair_done(&locked);
	key_pair_done(&curve);
	key_pair_done(&small);
	key_pair_done(&other);
	client_assertion_free(NULL);
}

static enum err_code
no_chance(void *arg, void *out, size_t len, struct err *err)
{
	(void)arg;
	(void)out;
	(void)len;
	return err_set(err, ERR_IO, "no randomness");
}

static void
without_randomness(void **state)
{
	static const struct random none = { no_chance, NULL };
	struct client_assertion *a = NULL;
	struct err err;

	(void)state;
	assert_int_equal(make(pair.certificate, pair.key, TOKEN_PS256, &a, &err), ERR_OK);
	assert_int_equal(sign_with(a, &claims, &none, &err), ERR_IO);
	assert_string_equal(err.msg, "no randomness");
	client_assertion_free(a);
}

static void
claims_too_long(void **state)
{
	static char audience[10000];
	struct assertion_claims longer = claims;
	struct client_assertion *a = NULL;
	struct err err;

	(void)state;
	memset(audience, 'a', sizeof audience - 1);
	longer.audience = audience;
	assert_int_equal(make(pair.certificate, pair.key, TOKEN_PS256, &a, &err), ERR_OK);
	assert_int_equal(sign_with(a, &longer, random_system(), &err), ERR_LIMIT);
	client_assertion_free(a);
}

/* What the pool was at is over before the callback comes. */
static void
cancelled(void **state)
{
	struct assertion_signing *g = NULL;
	struct client_assertion *a = NULL;
	struct err err;

	(void)state;
	memset(&told, 0, sizeof told);
	assert_int_equal(make(pair.certificate, pair.key, TOKEN_PS256, &a, &err), ERR_OK);
	assert_int_equal(
	    client_assertion_start(a, &claims, random_system(), on_done, &told, &g, &err), ERR_OK);
	client_assertion_cancel(g);
	client_assertion_cancel(g);
	assert_int_equal(told.calls, 0);
	(void)uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.err.code, ERR_CANCELLED);
	client_assertion_free(a);
}

static void
judgement(void **state)
{
	static const struct {
		const char *name;
		enum err_code code;
		enum token_trouble trouble;
		const char *advice;
	} tc[] = {
		{ "the key will not do", ERR_FORMAT, TOKEN_CREDENTIAL, "autoreg reload" },
		{ "it is not there", ERR_NOT_FOUND, TOKEN_WAIT, "is there and works" },
		{ "it does not sign", ERR_IO, TOKEN_WAIT, "is there and works" },
		{ "cancelled", ERR_CANCELLED, TOKEN_STOPPED, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const struct err why = { .code = tc[i].code };
		struct token_result r = client_assertion_judge(&why);

		print_message("  %s\n", tc[i].name);
		assert_int_equal(r.trouble, tc[i].trouble);
		assert_int_equal(r.retry_after_ms, -1);
		assert_non_null(strstr(r.advice, tc[i].advice));
	}
}

static void
try_to_sign(void *arg)
{
	struct client_assertion *a = NULL;
	struct err err;
	enum err_code rc = make(pair.certificate, pair.key, TOKEN_PS256, &a, &err);

	(void)arg;
	memset(&told, 0, sizeof told);
	if (!rc)
		rc = sign_with(a, &claims, random_system(), &err);
	if (!rc)
		rc = told.err.code;
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_int_equal(told.jwt != NULL, rc == ERR_OK);
	secret_free(told.jwt);
	client_assertion_free(a);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	assert_int_equal(alloc_fault_sweep(try_to_sign, NULL), 7);
}

static int
make_pair(void **state)
{
	(void)state;
	pair = key_pair_new(2048, NULL);
	return 0;
}

static int
drop_pair(void **state)
{
	(void)state;
	key_pair_done(&pair);
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(structure),
		cmocka_unit_test(signature),
		cmocka_unit_test(new_id_each_time),
		cmocka_unit_test(other_texts_around),
		cmocka_unit_test(refused),
		cmocka_unit_test(without_randomness),
		cmocka_unit_test(claims_too_long),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(judgement),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, make_pair, drop_pair);
}
