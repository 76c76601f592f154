/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/client_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

#include "auth/pem_text.h"

enum { CHAIN_MAX = 16 };

#define NO_CERTIFICATE "there is no certificate in it; one begins with -----BEGIN CERTIFICATE-----"

/* What was read; NULL what was not there. */
struct parts {
	X509 *certificate;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* what came with the certificate, without it */
};

static void
parts_done(struct parts *p)
{
	X509_free(p->certificate);
	EVP_PKEY_free(p->key);
	sk_X509_pop_free(p->chain, X509_free);
}

/* --- the forms --- */

static bool
is_pem(const struct secret *text)
{
	struct slice s = secret_get(text);

	return memmem(s.ptr, s.len, "-----BEGIN ", strlen("-----BEGIN ")) != NULL;
}

/* The certificates behind the first; with the last the text is read to its end. */
static void
read_chain(const struct secret *pem, struct parts *p)
{
	BIO *bio = pem_text_open(pem);
	X509 *next = NULL;

	p->chain = sk_X509_new_null();
	if (bio && p->chain)
		p->certificate = PEM_read_bio_X509(bio, NULL, pem_text_refuse, NULL);
	while (p->certificate && sk_X509_num(p->chain) < CHAIN_MAX &&
	    (next = PEM_read_bio_X509(bio, NULL, pem_text_refuse, NULL)) &&
	    sk_X509_push(p->chain, next) > 0)
		next = NULL;
	X509_free(next);
	BIO_free(bio);
}

static enum err_code
read_pem(const struct secret *certificate, const struct secret *key, struct parts *p,
    struct err *err)
{
	read_chain(certificate, p);
	if (!p->certificate)
		return err_set(err, ERR_FORMAT, NO_CERTIFICATE);
	p->key = pem_text_key(key);
	if (!p->key)
		return err_set(err, ERR_FORMAT,
		    "the private key is not PEM, or it needs a passphrase; save it without one");
	return ERR_OK;
}

static enum err_code
read_pkcs12(const struct secret *der, struct parts *p, struct err *err)
{
	BIO *bio = pem_text_open(der);
	PKCS12 *both = bio ? d2i_PKCS12_bio(bio, NULL) : NULL;
	enum err_code rc = ERR_OK;

	if (!both)
		rc = err_set(err, ERR_FORMAT,
		    "the certificate is neither PEM, which has -----BEGIN CERTIFICATE----- in it, "
		    "nor PKCS#12");
	else if (PKCS12_parse(both, "", &p->key, &p->certificate, &p->chain) != 1)
		rc = err_set(err, ERR_FORMAT,
		    "the PKCS#12 cannot be opened: it needs a passphrase, or is sealed in an old "
		    "way; save certificate and key as PEM, without passphrase");
	else if (!p->certificate || !p->key)
		rc = err_set(err, ERR_FORMAT,
		    "the PKCS#12 holds no certificate with its private key; save both into it");
	PKCS12_free(both);
	BIO_free(bio);
	return rc;
}

/* --- what is handed out --- */

/* Takes bio over; OpenSSL wipes its memory. */
static enum err_code
take_text(BIO *bio, bool whole, struct secret **out, struct err *err)
{
	enum err_code rc;
	char *text;
	long len = bio ? BIO_get_mem_data(bio, &text) : 0;

	if (!whole || len <= 0)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	else
		rc = secret_new(text, (size_t)len, out, err);
	BIO_free(bio);
	return rc;
}

static enum err_code
write_certificates(const struct parts *p, struct secret **out, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool whole = bio && PEM_write_bio_X509(bio, p->certificate) == 1;

	for (int i = 0; whole && i < sk_X509_num(p->chain); i++)
		whole = PEM_write_bio_X509(bio, sk_X509_value(p->chain, i)) == 1;
	return take_text(bio, whole, out, err);
}

static enum err_code
write_key(const struct parts *p, struct secret **out, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool whole = bio && PEM_write_bio_PrivateKey(bio, p->key, NULL, NULL, 0, NULL, NULL) == 1;

	return take_text(bio, whole, out, err);
}

static enum err_code
hand_out(const struct parts *p, struct client_certificate *out, struct err *err)
{
	struct client_certificate c = { .certificate = NULL };
	enum err_code rc;

	if (X509_check_private_key(p->certificate, p->key) != 1)
		return err_set(err, ERR_FORMAT,
		    "certificate and private key do not belong together; give those of one pair");
	if ((rc = pem_text_not_after(p->certificate, &c.not_after_unix_s, err)) ||
	    (rc = write_certificates(p, &c.certificate, err)) ||
	    (rc = write_key(p, &c.private_key, err)))
		client_certificate_done(&c);
	else
		*out = c;
	return rc;
}

enum err_code
client_certificate_read(const struct secret *certificate, const struct secret *private_key,
    struct client_certificate *out, struct err *err)
{
	const struct secret *key = private_key ? private_key : certificate;
	struct parts p = { NULL, NULL, NULL };
	enum err_code rc;

	if (private_key || is_pem(certificate))
		rc = read_pem(certificate, key, &p, err);
	else
		rc = read_pkcs12(certificate, &p, err);
	if (rc == ERR_OK)
		rc = hand_out(&p, out, err);
	parts_done(&p);
	ERR_clear_error(); /* else the next TLS connection of this thread finds our errors */
	return rc;
}

enum err_code
client_certificate_end(const struct secret *certificate, int64_t *out_unix_s, struct err *err)
{
	X509 *first = pem_text_certificate(certificate);
	enum err_code rc;

	if (first)
		rc = pem_text_not_after(first, out_unix_s, err);
	else
		rc = err_set(err, ERR_FORMAT, NO_CERTIFICATE);
	X509_free(first);
	ERR_clear_error();
	return rc;
}

void
client_certificate_done(struct client_certificate *c)
{
	secret_free(c->certificate);
	secret_free(c->private_key);
	*c = (struct client_certificate){ .certificate = NULL };
}
