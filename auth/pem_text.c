/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/pem_text.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

int
pem_text_refuse(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

BIO *
pem_text_open(const struct secret *text)
{
	struct slice bytes = secret_get(text);

	return bytes.len <= PEM_TEXT_MAX ? BIO_new_mem_buf(bytes.ptr, (int)bytes.len) : NULL;
}

X509 *
pem_text_certificate(const struct secret *pem)
{
	BIO *bio = pem_text_open(pem);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, pem_text_refuse, NULL) : NULL;

	BIO_free(bio);
	return certificate;
}

EVP_PKEY *
pem_text_key(const struct secret *pem)
{
	BIO *bio = pem_text_open(pem);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, pem_text_refuse, NULL) : NULL;

	BIO_free(bio);
	return key;
}

enum err_code
pem_text_not_after(const X509 *certificate, int64_t *unix_s, struct err *err)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
		return err_set(err, ERR_FORMAT, "nobody can tell when the certificate ends");
	*unix_s = (int64_t)timegm(&tm);
	return ERR_OK;
}
