/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/key_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
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
sign(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                     (const unsigned char *)"autoreg test", -1, -1, 0),
	    1);
	assert_int_equal(X509_set_issuer_name(certificate, name), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	return certificate;
}

struct key_pair
key_pair_new(unsigned bits, const char *passphrase)
{
	const EVP_CIPHER *cipher = passphrase ? EVP_aes_256_cbc() : NULL;
	BIO *certificate_pem = BIO_new(BIO_s_mem());
	BIO *key_pem = BIO_new(BIO_s_mem());
	EVP_PKEY *key = bits > 0 ? EVP_RSA_gen(bits) : EVP_EC_gen("P-256");
	X509 *certificate = sign(key);
	struct key_pair p;

	assert_int_equal(PEM_write_bio_X509(certificate_pem, certificate), 1);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(key_pem, key, cipher, passphrase,
	                     passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
	    1);
	p.certificate = take(certificate_pem);
	p.key = take(key_pem);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return p;
}

void
key_pair_done(struct key_pair *p)
{
	secret_free(p->certificate);
	secret_free(p->key);
}
