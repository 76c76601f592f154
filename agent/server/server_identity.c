/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/server_identity.h"

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdlib.h>

struct server_identity {
	gnutls_certificate_credentials_t credentials;
	int64_t not_after_unix_s;
	bool asks; /* for the client's certificate */
};

/* GnuTLS has no input as const. */
static gnutls_datum_t
datum_of(struct slice s)
{
	union {
		const char *in;
		unsigned char *out;
	} bytes = { .in = s.ptr };

	return (gnutls_datum_t){ bytes.out, (unsigned)s.len };
}

static enum err_code
set_key(struct server_identity *id, const struct server_identity_parts *parts, struct err *err)
{
	gnutls_datum_t certificate = datum_of(parts->certificate);
	gnutls_datum_t key = datum_of(parts->private_key);
	int rc = gnutls_certificate_set_x509_key_mem2(id->credentials, &certificate, &key,
	    GNUTLS_X509_FMT_PEM, NULL, 0);

	if (rc == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return err_set(err, ERR_FORMAT,
		    "certificate and private_key do not belong together");
	if (rc < 0)
		return err_set(err, ERR_FORMAT,
		    "certificate and private_key cannot be used: %s; both have to be PEM, the key "
		    "without a passphrase",
		    gnutls_strerror(rc));
	return ERR_OK;
}

/* GnuTLS has taken it already, so that it cannot fail for what is in it. */
static enum err_code
note_end(struct server_identity *id, struct err *err)
{
	gnutls_datum_t der;
	gnutls_x509_crt_t certificate;
	int rc;

	if (gnutls_x509_crt_init(&certificate) != 0)
		return err_set(err, ERR_NOMEM, "TLS");
	rc = gnutls_certificate_get_crt_raw(id->credentials, 0, 0, &der);
	if (rc == 0)
		rc = gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER);
	if (rc == 0)
		id->not_after_unix_s = gnutls_x509_crt_get_expiration_time(certificate);
	gnutls_x509_crt_deinit(certificate);
	return rc == 0 ? ERR_OK : err_set(err, ERR_FORMAT, "certificate: %s", gnutls_strerror(rc));
}

static enum err_code
set_client_ca(struct server_identity *id, struct slice ca, struct err *err)
{
	gnutls_datum_t text = datum_of(ca);
	int n = gnutls_certificate_set_x509_trust_mem(id->credentials, &text, GNUTLS_X509_FMT_PEM);

	if (n <= 0)
		return err_set(err, ERR_FORMAT, "client_ca holds no certificate (PEM)");
	id->asks = true;
	return ERR_OK;
}

enum err_code
server_identity_new(const struct server_identity_parts *parts, struct server_identity **out,
    struct err *err)
{
	struct server_identity *id = calloc(1, sizeof *id);
	enum err_code rc;

	if (!id || gnutls_certificate_allocate_credentials(&id->credentials) != 0) {
		rc = err_set(err, ERR_NOMEM, "TLS");
		goto out;
	}
	if ((rc = set_key(id, parts, err)) || (rc = note_end(id, err)) ||
	    (parts->client_ca.len > 0 && (rc = set_client_ca(id, parts->client_ca, err))))
		goto out;
	*out = id;
	id = NULL;
out:
	server_identity_free(id);
	return rc;
}

int64_t
server_identity_not_after_unix_s(const struct server_identity *id)
{
	return id->not_after_unix_s;
}

enum err_code
server_identity_show(const struct server_identity *id, gnutls_session_t session, struct err *err)
{
	int rc = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, id->credentials);

	if (rc != 0)
		return err_set(err, ERR_NOMEM, "TLS: %s", gnutls_strerror(rc));
	gnutls_certificate_server_set_request(session,
	    id->asks ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
	return ERR_OK;
}

enum err_code
server_identity_verify(const struct server_identity *id, gnutls_session_t session, struct err *err)
{
	/* GnuTLS has no input as const here, either. */
	char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st client = { GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)purpose, 0 };
	unsigned fault = 0;
	int rc;

	if (!id->asks)
		return ERR_OK;
	rc = gnutls_certificate_verify_peers(session, &client, 1, &fault);
	if (rc == GNUTLS_E_NO_CERTIFICATE_FOUND)
		return err_set(err, ERR_USAGE,
		    "a client certificate is needed, and none was shown");
	if (rc != 0)
		return err_set(err, ERR_USAGE, "the client certificate cannot be verified: %s",
		    gnutls_strerror(rc));
	if (fault & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		return err_set(err, ERR_USAGE,
		    "the client certificate has expired, or is not valid yet");
	if (fault)
		return err_set(err, ERR_USAGE,
		    "the client certificate is none of those that client_ca stands for");
	return ERR_OK;
}

void
server_identity_free(struct server_identity *id)
{
	if (!id)
		return;
	if (id->credentials)
		gnutls_certificate_free_credentials(id->credentials);
	free(id);
}
