/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_credential.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/client_certificate.h"
#include "base/buf.h"
#include "http/http_address.h"

enum { PINS_MAX = 16 * 1024 };

struct oem_credential {
	struct client_certificate certificate; /* ours, which is shown; zeroed: none */
	int64_t not_after_unix_s;              /* of it, or of what signs if that ends before */
	struct secret *ca;
	char *pins;
	struct http_tls tls;       /* of the service */
	struct http_tls token_tls; /* of the token endpoint */
	struct secret *token;      /* a fixed one; or else: */
	struct token_source *tokens;
};

/* --- creation --- */

static enum err_code
copy_secret(const struct secret *from, struct secret **to, struct err *err)
{
	struct slice s;

	if (!from)
		return ERR_OK;
	s = secret_get(from);
	return secret_new(s.ptr, s.len, to, err);
}

static void
note_end(struct oem_credential *c, int64_t not_after_unix_s)
{
	if (c->not_after_unix_s == 0 || not_after_unix_s < c->not_after_unix_s)
		c->not_after_unix_s = not_after_unix_s;
}

static enum err_code
read_certificate(struct oem_credential *c, const struct oem_credential_options *opt,
    struct err *err)
{
	bool mtls = opt->auth->method == OEM_MTLS;
	const struct oem_secrets *s = &opt->secrets;
	const struct secret *certificate = mtls ? s->certificate : s->tls_certificate;
	const struct secret *key = mtls ? s->private_key : s->tls_private_key;

	if (!certificate)
		return ERR_OK;
	if (client_certificate_read(certificate, key, &c->certificate, err))
		return err->code;
	note_end(c, c->certificate.not_after_unix_s);
	return ERR_OK;
}

/* curl takes several with semicolons between them. */
static enum err_code
join_pins(struct oem_credential *c, const struct text_list *pins, struct err *err)
{
	struct buf b;

	if (pins->n == 0)
		return ERR_OK;
	buf_init(&b, PINS_MAX);
	for (size_t i = 0; i < pins->n; i++)
		buf_addf(&b, "%s%s", i > 0 ? ";" : "", pins->item[i]);
	if (buf_check(&b, err))
		(void)err_wrap(err, "pins");
	else if (!(c->pins = buf_take(&b)))
		(void)err_set(err, ERR_NOMEM, "out of memory");
	else
		return ERR_OK;
	buf_done(&b);
	return err->code;
}

static enum err_code
set_up_tls(struct oem_credential *c, const struct oem_credential_options *opt, struct err *err)
{
	const struct oem_tls *wanted = &opt->profile->tls;
	enum err_code rc;

	assert(!wanted->ca_file == !opt->secrets.ca);
	if ((rc = read_certificate(c, opt, err)) ||
	    (rc = copy_secret(opt->secrets.ca, &c->ca, err)) ||
	    (rc = join_pins(c, &wanted->pins, err)))
		return rc;
	c->tls = (struct http_tls){
		.certificate = c->certificate.certificate,
		.private_key = c->certificate.private_key,
		.ca = c->ca ? secret_get(c->ca) : (struct slice){ NULL, 0 },
		.pins = c->pins,
		.tls_1_3 = wanted->minimum == OEM_TLS_1_3,
	};
	return ERR_OK;
}

/* --- tokens that are asked for --- */

/* What a service is pinned to and trusted by says nothing of other hosts. */
static enum err_code
set_up_token_tls(struct oem_credential *c, const struct oem_credential_options *opt,
    struct err *err)
{
	struct http_address service, endpoint;

	if (http_address_parse(opt->base_url, false, &service, err) ||
	    http_address_parse(opt->auth->token_url, false, &endpoint, err))
		return err->code;
	c->token_tls = (struct http_tls){
		.certificate = c->certificate.certificate,
		.private_key = c->certificate.private_key,
	};
	if (strcasecmp(service.authority, endpoint.authority) == 0)
		c->token_tls = c->tls;
	return ERR_OK;
}

static enum err_code
note_signer(struct oem_credential *c, const struct oem_secrets *s, struct err *err)
{
	int64_t not_after_unix_s;

	if (!s->certificate)
		return ERR_OK;
	if (client_certificate_end(s->certificate, &not_after_unix_s, err))
		return err->code;
	note_end(c, not_after_unix_s);
	return ERR_OK;
}

static enum err_code
open_tokens(struct oem_credential *c, const struct oem_credential_options *opt, struct err *err)
{
	const struct token_options token = {
		.loop = opt->loop,
		.http = opt->http,
		.clock = opt->clock,
		.random = opt->random,
		.tls = &c->token_tls,
		.token_url = opt->auth->token_url,
		.scope = opt->auth->scope,
		.client_id = opt->auth->client_id,
		.grant = TOKEN_CLIENT_CREDENTIALS,
		.assertion = TOKEN_PS256,
		.client_secret = opt->secrets.client_secret,
		.certificate = opt->secrets.certificate,
		.key = opt->secrets.signing_key,
	};

	if (note_signer(c, &opt->secrets, err) || set_up_token_tls(c, opt, err))
		return err->code;
	return token_source_new(&token, &c->tokens, err);
}

/* --- tokens that are there --- */

static enum err_code
take_fixed(struct oem_credential *c, const struct oem_credential_options *opt, struct err *err)
{
	struct slice token = secret_get(opt->secrets.token);

	if (opt->auth->method == OEM_HEADER && !opt->profile->auth_header)
		return err_set(err, ERR_FORMAT,
		    "method is header, but the profile has no auth_header: name the header there, "
		    "or make the method bearer");
	for (size_t i = 0; i < token.len; i++) {
		if (token.ptr[i] < ' ' || token.ptr[i] > '~')
			return err_set(err, ERR_FORMAT,
			    "the token has characters that no header takes: it is one line of "
			    "ASCII");
	}
	return copy_secret(opt->secrets.token, &c->token, err);
}

static enum err_code
open_method(struct oem_credential *c, const struct oem_credential_options *opt, struct err *err)
{
	switch (opt->auth->method) {
	case OEM_BEARER:
	case OEM_HEADER:
		return take_fixed(c, opt, err);
	case OEM_OAUTH2:
		return open_tokens(c, opt, err);
	case OEM_MTLS:
		break;
	}
	return ERR_OK;
}

enum err_code
oem_credential_new(const struct oem_credential_options *opt, struct oem_credential **out,
    struct err *err)
{
	struct oem_credential *c = calloc(1, sizeof *c);

	if (!c)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (set_up_tls(c, opt, err) || open_method(c, opt, err)) {
		oem_credential_free(c);
		return err->code;
	}
	*out = c;
	return ERR_OK;
}

void
oem_credential_free(struct oem_credential *c)
{
	if (!c)
		return;
	token_source_free(c->tokens);
	secret_free(c->token);
	client_certificate_done(&c->certificate);
	secret_free(c->ca);
	free(c->pins);
	free(c);
}

/* --- what a request carries --- */

static bool
is_special(const struct http_tls *tls)
{
	return tls->certificate || tls->ca.len > 0 || tls->pins || tls->tls_1_3;
}

const struct http_tls *
oem_credential_tls(const struct oem_credential *c)
{
	return is_special(&c->tls) ? &c->tls : NULL;
}

const struct secret *
oem_credential_token(const struct oem_credential *c)
{
	return c->token;
}

struct token_source *
oem_credential_tokens(const struct oem_credential *c)
{
	return c->tokens;
}

int64_t
oem_credential_not_after_unix_s(const struct oem_credential *c)
{
	return c->not_after_unix_s;
}
