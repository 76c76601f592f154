/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_tls.h"

#include <string.h>

#include "base/slice.h"

/* --- settings --- */

/*
 * curl copies what tells connections apart, and of the key it keeps the address only, so that there
 * is no copy that nobody wipes.
 */
static CURLcode
set_blob(CURL *easy, CURLoption option, struct slice text, struct buf *room)
{
	struct curl_blob blob = { room->ptr + room->len, text.len, CURL_BLOB_NOCOPY };

	if (text.len == 0)
		return CURLE_OK;
	buf_add_slice(room, text);
	return curl_easy_setopt(easy, option, &blob);
}

static struct slice
text_of(const struct secret *s)
{
	return s ? secret_get(s) : (struct slice){ NULL, 0 };
}

/* "" as passphrase: without any OpenSSL would ask for one at the terminal. */
static CURLcode
set_certificate(CURL *easy, struct slice certificate, struct slice key, struct buf *room)
{
	CURLcode cc;

	if ((cc = set_blob(easy, CURLOPT_SSLCERT_BLOB, certificate, room)) ||
	    (cc = set_blob(easy, CURLOPT_SSLKEY_BLOB, key, room)) ||
	    (cc = curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "")))
		return cc;
	return CURLE_OK;
}

/*
 * The trusted certificates go in as a text: with another file than the loop's curl would drop the
 * parsed ones of that, each time that it goes from one service to the other.
 */
CURLcode
http_tls_set(CURL *easy, const struct http_tls *tls, struct buf *room)
{
	struct slice certificate = text_of(tls->certificate);
	struct slice key = text_of(tls->private_key);
	CURLcode cc;

	/* All at once: what curl was given the address of must not move. */
	if (!buf_reserve(room, certificate.len + key.len + tls->ca.len))
		return CURLE_OUT_OF_MEMORY;
	if ((certificate.len > 0 && (cc = set_certificate(easy, certificate, key, room))) ||
	    (cc = set_blob(easy, CURLOPT_CAINFO_BLOB, tls->ca, room)) ||
	    (tls->pins && (cc = curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, tls->pins))) ||
	    (tls->tls_1_3 &&
	        (cc = curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_3))))
		return cc;
	return CURLE_OK;
}

/* --- failures --- */

/* Said more than once. */
#define EXPIRED "our certificate has expired, nothing has taken effect"
#define EXPIRED_ADVICE "Put a new one where the configuration says, and reload"
#define REFUSED "our certificate is refused, nothing has taken effect"
#define REFUSED_ADVICE "Check that it is the one that the service knows, and was not withdrawn"

/*
 * In TLS 1.3 a client counts as connected, and sends its request, before the server has looked at the
 * client's certificate. The alert by which that is refused comes as a failure to read, and only curl's
 * text tells what it is. Source: sources.md#tls-alerts
 */
static const struct {
	const char *alert;
	struct http_tls_trouble trouble;
} alerts[] = {
	{ "alert certificate expired", { EXPIRED, EXPIRED_ADVICE } },
	/* What curl makes of the same alert during the handshake of TLS 1.2. */
	{ "SSL certificate verification failed", { EXPIRED, EXPIRED_ADVICE } },
	{ "alert certificate required",
	    { "a client certificate is wanted, nothing has taken effect",
	        "Give it in the configuration, or ask the service why it wants one" } },
	{ "alert unknown ca", { REFUSED, REFUSED_ADVICE } },
	{ "alert bad certificate", { REFUSED, REFUSED_ADVICE } },
	{ "alert unsupported certificate", { REFUSED, REFUSED_ADVICE } },
	{ "alert certificate unknown", { REFUSED, REFUSED_ADVICE } },
	{ "alert certificate revoked", { REFUSED, REFUSED_ADVICE } },
	{ "alert access denied", { REFUSED, REFUSED_ADVICE } },
	{ "alert protocol version",
	    { "no version of TLS suits both, nothing was sent",
	        "Ask the service for the versions it speaks; the profile may want too new a one" } },
	{ "alert handshake failure",
	    { "the TLS handshake is refused, nothing was sent",
	        "The service may want a client certificate, or another one" } },
};

static const struct http_tls_trouble wrong_pin = {
	"its public key is none of the pinned ones, nothing was sent",
	"Ask the service whether it has a new key, and only then change the pins in the profile",
};

static const struct http_tls_trouble bad_certificate = {
	"our own certificate cannot be used, nothing was sent",
	"Check the certificate and its private key that the configuration names",
};

static const struct http_tls_trouble not_trusted = {
	"not trusted, nothing was sent",
	"Check the trusted certificates and the clock",
};

const struct http_tls_trouble *
http_tls_refusal(const char *detail)
{
	for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
		if (strstr(detail, alerts[i].alert))
			return &alerts[i].trouble;
	}
	return NULL;
}

const struct http_tls_trouble *
http_tls_judge(CURLcode result, const char *detail)
{
	const struct http_tls_trouble *refusal = http_tls_refusal(detail);

	if (refusal)
		return refusal;
	switch (result) {
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return &wrong_pin;
	case CURLE_SSL_CERTPROBLEM:
		return &bad_certificate;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_SETFAILED:
	case CURLE_SSL_ENGINE_INITFAILED:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CLIENTCERT:
		return &not_trusted;
	default:
		return NULL;
	}
}

/* --- the certificate of the other side --- */

/* The value of a line "NAME:value" of the leaf, which comes first. */
static struct slice
certificate_line(const struct curl_certinfo *chain, const char *name)
{
	size_t len = strlen(name);

	for (const struct curl_slist *line = chain->num_of_certs > 0 ? chain->certinfo[0] : NULL;
	     line; line = line->next) {
		if (strncmp(line->data, name, len) == 0 && line->data[len] == ':')
			return slice_trim(slice_of(line->data + len + 1));
	}
	return (struct slice){ NULL, 0 };
}

struct http_certificate
http_tls_certificate(CURL *easy)
{
	const struct curl_certinfo *chain = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain)
		return (struct http_certificate){ .issuer = { NULL, 0 } };
	return (struct http_certificate){
		.issuer = certificate_line(chain, "Issuer"),
		.expires = certificate_line(chain, "Expire date"),
	};
}
