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
	/* Fixed at creation. */
	struct http_loop *http;
	struct client_certificate certificate; /* ours, which is shown; zeroed: none */
	int64_t not_after_unix_s;              /* of it, or of what signs if that ends before */
	struct secret *ca;
	char *pins;
	struct http_tls tls;       /* of the service */
	struct http_tls token_tls; /* of the token endpoint */
	struct secret *token;      /* a fixed one; or else: */
	struct token_source *tokens;

	/* Changes. */
	size_t nwait;
};

/* Of the two one is set: the one that it waits for. */
struct oem_wait {
	struct oem_credential *credential;
	token_fn *done;
	void *arg;
	struct token_wait *wait;
	struct http_call *turn; /* nothing is asked, but nobody is called back from inside get */
	bool refused;           /* with it: the fixed token was */
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
	struct client_certificate signer;

	if (!s->certificate)
		return ERR_OK;
	if (client_certificate_read(s->certificate, s->private_key, &signer, err))
		return err->code;
	note_end(c, signer.not_after_unix_s);
	client_certificate_done(&signer);
	return ERR_OK;
}

static enum err_code
open_tokens(struct oem_credential *c, const struct oem_credential_options *opt, struct err *err)
{
	const struct token_options token = {
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
		.private_key = opt->secrets.private_key,
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
	c->http = opt->http;
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
	assert(c->nwait == 0);
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

bool
oem_credential_wants_token(const struct oem_credential *c)
{
	return c->token || c->tokens;
}

const struct secret *
oem_credential_cached(struct oem_credential *c)
{
	return c->tokens ? token_source_cached(c->tokens) : c->token;
}

int64_t
oem_credential_not_after_unix_s(const struct oem_credential *c)
{
	return c->not_after_unix_s;
}

/* --- asking --- */

/* The last that happens to w; done may free the credential. */
static void
answer(struct oem_wait *w, const struct token_result *r, const struct err *err)
{
	struct oem_wait wait = *w;

	free(w);
	wait.credential->nwait--;
	wait.done(wait.arg, r, err);
}

static void
on_token(void *arg, const struct token_result *r, const struct err *err)
{
	answer(arg, r, err);
}

/* There is no other token to be had than the one that was refused. */
static void
on_turn(void *arg, const struct http_response *rsp, const struct err *err)
{
	static const struct err refusal = { ERR_FORMAT, "the service refuses the token" };
	static const struct token_result stopped = {
		.trouble = TOKEN_STOPPED,
		.retry_after_ms = -1,
		.advice = "It was stopped here. Start it again.",
	};
	static const struct token_result refused = {
		.trouble = TOKEN_CREDENTIAL,
		.retry_after_ms = -1,
		.advice =
		    "Put a token that is good there where the configuration says, and reload.",
	};
	struct oem_wait *w = arg;
	const struct token_result granted = { .access = w->credential->token };

	(void)rsp;
	if (err)
		answer(w, &stopped, err);
	else if (w->refused)
		answer(w, &refused, &refusal);
	else
		answer(w, &granted, NULL);
}

enum err_code
oem_credential_get(struct oem_credential *c, const struct secret *refused, token_fn *done,
    void *arg, struct oem_wait **out, struct err *err)
{
	struct oem_wait *w = calloc(1, sizeof *w);
	enum err_code rc;

	assert(oem_credential_wants_token(c));
	if (!w)
		return err_set(err, ERR_NOMEM, "out of memory");
	*w = (struct oem_wait){
		.credential = c,
		.done = done,
		.arg = arg,
		.refused =
		    refused && c->token && slice_eq(secret_get(refused), secret_get(c->token)),
	};
	if (c->tokens)
		rc = token_source_get(c->tokens, refused, on_token, w, &w->wait, err);
	else
		rc = http_call_skip(c->http, on_turn, w, &w->turn, err);
	if (rc) {
		free(w);
		return rc;
	}
	c->nwait++;
	*out = w;
	return ERR_OK;
}

void
oem_credential_cancel(struct oem_wait *w)
{
	if (w->wait)
		token_wait_cancel(w->wait);
	else
		http_call_cancel(w->turn);
}
