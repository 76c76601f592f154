/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/client_assertion.h"

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "auth/entra_error.h"
#include "auth/pem_text.h"
#include "auth/secret_text.h"
#include "auth/signer.h"
#include "base/guid.h"

enum { ASSERTION_MAX = 8 * 1024 };

struct client_assertion {
	const struct form *form;
	struct signer *signer;
	int64_t not_after_unix_s;
	unsigned char thumbprint[EVP_MAX_MD_SIZE];
	unsigned thumbprint_len;
};

/* One token, while its signature is made. */
struct assertion_signing {
	struct buf text; /* all but the signature; a secret from then on */
	struct signer_job *job;
	client_assertion_fn *done;
	void *arg;
};

static const struct form {
	const char *alg;
	const char *thumbprint; /* the header's member */
	const EVP_MD *(*thumbprint_md)(void);
	bool pss;
} forms[] = {
	[TOKEN_PS256] = { "PS256", "x5t#S256", EVP_sha256, true },
	[TOKEN_RS256] = { "RS256", "x5t", EVP_sha1, false },
};

/* --- the certificate and its key --- */

enum err_code
client_assertion_new(const struct client_assertion_options *opt, struct client_assertion **out,
    struct err *err)
{
	struct client_assertion *a = calloc(1, sizeof *a);
	X509 *certificate = NULL;
	enum err_code rc;

	if (!a)
		return err_set(err, ERR_NOMEM, "out of memory");
	a->form = &forms[opt->form];
	certificate = pem_text_certificate(opt->certificate);
	if (!certificate) {
		rc = err_set(err, ERR_FORMAT,
		    "the certificate is not PEM; it begins with -----BEGIN CERTIFICATE-----");
		goto out;
	}
	rc = pem_text_not_after(certificate, &a->not_after_unix_s, err);
	if (rc)
		goto out;
	rc = signer_new(
	    &(struct signer_options){
	        .loop = opt->loop,
	        .certificate = certificate,
	        .key = opt->key,
	        .pss = a->form->pss,
	    },
	    &a->signer, err);
	if (rc)
		goto out;
	if (X509_digest(certificate, a->form->thumbprint_md(), a->thumbprint, &a->thumbprint_len) !=
	    1) {
		rc = err_set(err, ERR_NOMEM, "the certificate's thumbprint cannot be made");
		goto out;
	}
	*out = a;
	a = NULL; /* handed over */
out:
	ERR_clear_error(); /* else the next TLS connection of this thread finds our errors */
	X509_free(certificate);
	client_assertion_free(a);
	return rc;
}

int64_t
client_assertion_not_after_unix_s(const struct client_assertion *a)
{
	return a->not_after_unix_s;
}

void
client_assertion_free(struct client_assertion *a)
{
	if (!a)
		return;
	signer_free(a->signer);
	free(a);
}

/* --- the token --- */

/* Without padding. Source: sources.md#base64url */
static void
add_base64url(struct buf *b, const void *bytes, size_t n)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *byte = bytes;
	unsigned bits = 0, nbits = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | byte[i];
		for (nbits += 8; nbits >= 6; nbits -= 6)
			buf_add_char(b, alphabet[bits >> (nbits - 6) & 63]);
	}
	if (nbits > 0)
		buf_add_char(b, alphabet[bits << (6 - nbits) & 63]);
}

/* Takes doc over, which is NULL when memory was out. */
static enum err_code
add_json(struct buf *b, json_t *doc, struct err *err)
{
	char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;

	json_decref(doc);
	if (!text)
		return err_set(err, ERR_NOMEM, "out of memory");
	add_base64url(b, text, strlen(text));
	free(text);
	return ERR_OK;
}

static enum err_code
add_header(struct buf *b, const struct client_assertion *a, struct err *err)
{
	struct buf thumbprint;
	enum err_code rc;

	buf_init(&thumbprint, 2 * EVP_MAX_MD_SIZE);
	add_base64url(&thumbprint, a->thumbprint, a->thumbprint_len);
	rc = buf_check(&thumbprint, err);
	if (!rc)
		rc = add_json(b,
		    json_pack("{s:s,s:s,s:s}", "alg", a->form->alg, "typ", "JWT",
		        a->form->thumbprint, thumbprint.ptr),
		    err);
	buf_done(&thumbprint);
	return rc;
}

static enum err_code
add_claims(struct buf *b, const struct assertion_claims *c, const struct random *random,
    struct err *err)
{
	json_int_t now = c->now_unix_s;
	char id[GUID_SIZE];

	if (guid_new(random, id, err))
		return err->code;
	return add_json(b,
	    json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "aud", c->audience, "iss", c->client_id,
	        "sub", c->client_id, "jti", id, "nbf", now, "iat", now, "exp",
	        now + CLIENT_ASSERTION_LIFE_S),
	    err);
}

/* --- signing --- */

static void
signing_free(struct assertion_signing *g)
{
	secret_text_done(&g->text);
	free(g);
}

static void
on_signed(void *arg, struct slice signature, const struct err *failed)
{
	struct assertion_signing *g = arg;
	client_assertion_fn *done = g->done;
	void *done_arg = g->arg;
	struct secret *out = NULL;
	struct err why;

	if (!failed) {
		buf_add_char(&g->text, '.');
		add_base64url(&g->text, signature.ptr, signature.len);
		if (secret_text_take(&g->text, &out, &why))
			failed = &why;
	}
	signing_free(g); /* first, so that done may start or free anything */
	done(done_arg, &out, failed);
	secret_free(out);
}

static enum err_code
write_text(struct buf *b, const struct client_assertion *a, const struct assertion_claims *claims,
    const struct random *random, struct err *err)
{
	if (add_header(b, a, err))
		return err->code;
	buf_add_char(b, '.');
	if (add_claims(b, claims, random, err))
		return err->code;
	return buf_check(b, err);
}

enum err_code
client_assertion_start(struct client_assertion *a, const struct assertion_claims *claims,
    const struct random *random, client_assertion_fn *done, void *arg,
    struct assertion_signing **out, struct err *err)
{
	struct assertion_signing *g = calloc(1, sizeof *g);
	enum err_code rc;

	if (!g)
		return err_set(err, ERR_NOMEM, "out of memory");
	g->done = done;
	g->arg = arg;
	secret_text_init(&g->text, ASSERTION_MAX);
	if ((rc = write_text(&g->text, a, claims, random, err)) ||
	    (rc = signer_start(a->signer, buf_slice(&g->text), on_signed, g, &g->job, err)))
		signing_free(g);
	else
		*out = g;
	return rc;
}

void
client_assertion_cancel(struct assertion_signing *g)
{
	signer_cancel(g->job);
}

struct token_result
client_assertion_judge(const struct err *why)
{
	struct token_result r = entra_error_without_answer(why);

	if (why->code == ERR_FORMAT) {
		r.trouble = TOKEN_CREDENTIAL;
		r.advice = "Mend what is said of the private key, then run 'autoreg reload'.";
	} else if (why->code == ERR_NOT_FOUND || why->code == ERR_IO) {
		r.advice =
		    "See that the token or TPM with the private key is there and works. It is "
		    "tried again.";
	}
	return r;
}
