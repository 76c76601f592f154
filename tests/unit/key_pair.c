/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/key_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static struct secret *
take(BIO *bio)
{
	struct secret *out = NULL;
	struct err err;
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	assert_true(len > 0);
	assert_int_equal(secret_new(text, (size_t)len, &out, &err), ERR_OK);
	BIO_free(bio);
	return out;
}

static X509 *
sign(EVP_PKEY *key, const char *cn, long valid_s)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                     (const unsigned char *)cn, -1, -1, 0),
	    1);
	assert_int_equal(X509_set_issuer_name(certificate, name), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), valid_s < 0 ? -7200 : 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), valid_s));
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	return certificate;
}

struct key_pair
key_pair_make(const struct key_wish *wish)
{
	const EVP_CIPHER *cipher = wish->passphrase ? EVP_aes_256_cbc() : NULL;
	BIO *certificate_pem = BIO_new(BIO_s_mem());
	BIO *key_pem = BIO_new(BIO_s_mem());
	EVP_PKEY *key = wish->bits > 0 ? EVP_RSA_gen(wish->bits) : EVP_EC_gen("P-256");
	X509 *certificate = sign(key, wish->name ? wish->name : "autoreg test",
	    wish->valid_s ? wish->valid_s : 3600);
	struct key_pair p;

	assert_int_equal(PEM_write_bio_X509(certificate_pem, certificate), 1);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(key_pem, key, cipher, wish->passphrase,
	                     wish->passphrase ? (int)strlen(wish->passphrase) : 0, NULL, NULL),
	    1);
	p.certificate = take(certificate_pem);
	p.key = take(key_pem);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return p;
}

struct key_pair
key_pair_new(unsigned bits, const char *passphrase)
{
	return key_pair_make(&(struct key_wish){ .bits = bits, .passphrase = passphrase });
}

static BIO *
open_text(const struct secret *s)
{
	struct slice text = secret_get(s);

	return BIO_new_mem_buf(text.ptr, (int)text.len);
}

struct secret *
key_pair_pkcs12(const struct key_pair *p, const char *passphrase)
{
	BIO *certificate_pem = open_text(p->certificate);
	BIO *key_pem = open_text(p->key);
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *certificate = PEM_read_bio_X509(certificate_pem, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_pem, NULL, NULL, NULL);
	PKCS12 *both = PKCS12_create(passphrase, NULL, key, certificate, NULL, 0, 0, 0, 0, 0);

	assert_non_null(both);
	assert_int_equal(i2d_PKCS12_bio(bio, both), 1);
	PKCS12_free(both);
	EVP_PKEY_free(key);
	X509_free(certificate);
	BIO_free(key_pem);
	BIO_free(certificate_pem);
	return take(bio);
}

void
key_pair_done(struct key_pair *p)
{
	secret_free(p->certificate);
	secret_free(p->key);
}
