/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/tls_identity.h"

#include <assert.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "tests/simulator/must.h"

enum { PEM_MAX = 1 << 20, DAY_S = 86400, VERSION_3 = 2 };

static void
must(int result)
{
	assert(result > 0);
}

static void
add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = must_have(X509V3_EXT_conf_nid(NULL, &ctx, nid, value));
	must(X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

static X509 *
new_certificate(EVP_PKEY *key, const char *name, long serial)
{
	X509 *x = must_have(X509_new());
	X509_NAME *subject = X509_get_subject_name(x);

	must(X509_set_version(x, VERSION_3));
	must(ASN1_INTEGER_set(X509_get_serialNumber(x), serial));
	must_have(X509_gmtime_adj(X509_getm_notBefore(x), -DAY_S));
	must_have(X509_gmtime_adj(X509_getm_notAfter(x), DAY_S));
	must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name,
	    -1, -1, 0));
	must(X509_set_pubkey(x, key));
	return x;
}

static char *
take_text(BIO *bio)
{
	char *bytes;
	long len = BIO_get_mem_data(bio, &bytes);
	char *text = must_have(strndup(bytes, (size_t)len));

	(void)BIO_free(bio);
	return text;
}

static char *
certificate_pem(X509 *x)
{
	BIO *bio = must_have(BIO_new(BIO_s_mem()));

	must(PEM_write_bio_X509(bio, x));
	return take_text(bio);
}

static char *
key_pem(EVP_PKEY *key)
{
	BIO *bio = must_have(BIO_new(BIO_s_mem()));

	must(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
	return take_text(bio);
}

void
tls_identity_make(struct tls_identity *out)
{
	EVP_PKEY *ca_key = must_have(EVP_EC_gen("P-256"));
	EVP_PKEY *key = must_have(EVP_EC_gen("P-256"));
	X509 *ca = new_certificate(ca_key, "autoreg-simulator CA", 1);
	X509 *leaf = new_certificate(key, "localhost", 2);

	must(X509_set_issuer_name(ca, X509_get_subject_name(ca)));
	add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign");
	add_extension(ca, ca, NID_subject_key_identifier, "hash");
	must(X509_sign(ca, ca_key, EVP_sha256()));

	must(X509_set_issuer_name(leaf, X509_get_subject_name(ca)));
	add_extension(leaf, ca, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(leaf, ca, NID_ext_key_usage, "serverAuth");
	add_extension(leaf, ca, NID_authority_key_identifier, "keyid");
	add_extension(leaf, ca, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
	must(X509_sign(leaf, ca_key, EVP_sha256()));

	out->certificate = certificate_pem(leaf);
	out->key = key_pem(key);
	out->ca = certificate_pem(ca);
	X509_free(leaf);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
}

static enum err_code
read_file(const char *path, char **out, struct err *err)
{
	enum err_code rc;
	char part[4096];
	struct buf text;
	size_t n;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return err_errno(err, errno, "%s", path);
	buf_init(&text, PEM_MAX);
	while (text.failed == ERR_OK && (n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&text, part, n);
	rc = ferror(f) ? err_errno(err, errno, "%s", path) : buf_check(&text, err);
	(void)fclose(f);
	if (rc == ERR_OK)
		*out = must_have(buf_take(&text));
	buf_done(&text);
	return rc;
}

enum err_code
tls_identity_load(const char *certificate_path, const char *key_path, struct tls_identity *out,
    struct err *err)
{
	struct tls_identity t = { 0 };
	enum err_code rc = read_file(certificate_path, &t.certificate, err);

	if (rc == ERR_OK)
		rc = read_file(key_path, &t.key, err);
	if (rc == ERR_OK)
		*out = t;
	else
		tls_identity_done(&t);
	return rc;
}

enum err_code
tls_identity_ask(struct tls_identity *t, const char *client_ca_path, struct err *err)
{
	return read_file(client_ca_path, &t->client_ca, err);
}

void
tls_identity_done(struct tls_identity *t)
{
	free(t->certificate);
	free(t->key);
	free(t->ca);
	free(t->client_ca);
	*t = (struct tls_identity){ 0 };
}
