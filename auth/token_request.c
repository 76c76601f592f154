/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token_request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/secret_text.h"
#include "base/percent.h"

/* A token of TOKEN_MAX with every byte encoded, and what stands around it. */
enum { FORM_MAX = 64 * 1024 };

static const char *const path[] = {
	[TOKEN_V2] = "/oauth2/v2.0/token",
	[TOKEN_V1] = "/oauth2/token",
};

/* Fixed at creation. */
struct token_request {
	enum token_grant grant;
	enum token_endpoint endpoint;
	char *url;
	char *client_id;
	char *audience;               /* NULL: another endpoint, as with code_url */
	char *scope;                  /* of that; NULL: none is asked for */
	struct secret *client_secret; /* or NULL, and then: */
	struct client_assertion *assertion;
	char *login_url; /* of version 2.0; what an assertion is addressed to, and of another
	                    endpoint the same as url */
	char *code_url;
	const struct random *random;
};

/* NULL without memory. */
static char *
endpoint_url(const struct token_options *opt, const char *endpoint)
{
	char *url;

	if (asprintf(&url, "%s/%s%s", opt->login, opt->tenant, endpoint) < 0)
		return NULL;
	return url;
}

static bool
copy_text(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static bool
copy_addresses(struct token_request *r, const struct token_options *opt)
{
	if (opt->token_url)
		return copy_text(opt->token_url, &r->url) &&
		    copy_text(opt->token_url, &r->login_url);
	return (r->url = endpoint_url(opt, path[opt->endpoint])) &&
	    (r->login_url = endpoint_url(opt, path[TOKEN_V2])) &&
	    (r->code_url = endpoint_url(opt, "/oauth2/v2.0/devicecode"));
}

static enum err_code
copy_proof(struct token_request *r, const struct token_options *opt, struct err *err)
{
	struct slice secret;

	if (!opt->client_secret)
		return client_assertion_new(
		    &(struct client_assertion_options){
		        .loop = opt->loop,
		        .certificate = opt->certificate,
		        .key = opt->key,
		        .form = opt->assertion,
		    },
		    &r->assertion, err);
	secret = secret_get(opt->client_secret);
	return secret_new(secret.ptr, secret.len, &r->client_secret, err);
}

enum err_code
token_request_new(const struct token_options *opt, struct token_request **out, struct err *err)
{
	struct token_request *r = calloc(1, sizeof *r);
	enum err_code rc;

	assert(!opt->token_url == !!opt->audience);
	assert(!opt->token_url || opt->grant == TOKEN_CLIENT_CREDENTIALS);
	if (!r)
		return err_set(err, ERR_NOMEM, "out of memory");
	*r = (struct token_request){
		.grant = opt->grant,
		.endpoint = opt->endpoint,
		.random = opt->random,
	};
	if (!copy_addresses(r, opt) || !copy_text(opt->client_id, &r->client_id) ||
	    !copy_text(opt->audience, &r->audience) || !copy_text(opt->scope, &r->scope)) {
		rc = err_set(err, ERR_NOMEM, "out of memory");
		goto out;
	}
	if ((rc = copy_proof(r, opt, err)))
		goto out;
	*out = r;
	r = NULL; /* handed over */
out:
	token_request_free(r);
	return rc;
}

void
token_request_free(struct token_request *r)
{
	if (!r)
		return;
	free(r->url);
	free(r->client_id);
	free(r->audience);
	free(r->scope);
	secret_free(r->client_secret);
	client_assertion_free(r->assertion);
	free(r->login_url);
	free(r->code_url);
	free(r);
}

int64_t
token_request_not_after_unix_s(const struct token_request *r)
{
	return r->assertion ? client_assertion_not_after_unix_s(r->assertion) : 0;
}

const char *
token_request_url(const struct token_request *r)
{
	return r->url;
}

/* --- the form --- */

static void
add_field(struct buf *b, const char *name, struct slice value)
{
	if (b->len > 0)
		buf_add_char(b, '&');
	buf_addf(b, "%s=", name);
	percent_add(b, value);
}

static void
add_client_secret(struct buf *b, const struct token_request *r)
{
	if (r->client_secret)
		add_field(b, "client_secret", secret_get(r->client_secret));
}

/*
 * Version 1 names a resource, version 2.0 permissions of one; it refuses a resource. Elsewhere it is
 * as the service says.
 */
static void
add_audience(struct buf *b, const struct token_request *r)
{
	bool by_user = r->grant == TOKEN_REFRESH;

	if (!r->audience) {
		if (r->scope)
			add_field(b, "scope", slice_of(r->scope));
		return;
	}
	if (r->endpoint == TOKEN_V1) {
		add_field(b, "resource", slice_of(r->audience));
		if (by_user)
			add_field(b, "scope", slice_of("openid"));
		return;
	}
	add_field(b, "scope", slice_of(r->audience));
	percent_add(b, slice_of(by_user ? "/user_impersonation offline_access" : "/.default"));
}

enum err_code
token_request_form(const struct token_request *r, const struct secret *refresh_token,
    struct secret **out, struct err *err)
{
	struct buf b;
	enum err_code rc;

	assert((r->grant == TOKEN_REFRESH) == (refresh_token != NULL));
	secret_text_init(&b, FORM_MAX);
	add_field(&b, "client_id", slice_of(r->client_id));
	add_client_secret(&b, r);
	if (refresh_token) {
		add_field(&b, "grant_type", slice_of("refresh_token"));
		add_field(&b, "refresh_token", secret_get(refresh_token));
	} else {
		add_field(&b, "grant_type", slice_of("client_credentials"));
	}
	add_audience(&b, r);
	rc = secret_text_take(&b, out, err);
	secret_text_done(&b);
	return rc;
}

/* --- an assertion --- */

bool
token_request_signs(const struct token_request *r)
{
	return r->assertion != NULL;
}

enum err_code
token_request_sign(const struct token_request *r, int64_t now_unix_s, client_assertion_fn *done,
    void *arg, struct assertion_signing **out, struct err *err)
{
	const struct assertion_claims claims = {
		.audience = r->login_url,
		.client_id = r->client_id,
		.now_unix_s = now_unix_s,
	};

	return client_assertion_start(r->assertion, &claims, r->random, done, arg, out, err);
}

enum err_code
token_request_prove(const struct secret *form, const struct secret *assertion, struct secret **out,
    struct err *err)
{
	struct buf b;
	enum err_code rc;

	secret_text_init(&b, FORM_MAX);
	buf_add_slice(&b, secret_get(form));
	add_field(&b, "client_assertion_type",
	    slice_of("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
	add_field(&b, "client_assertion", secret_get(assertion));
	rc = secret_text_take(&b, out, err);
	secret_text_done(&b);
	return rc;
}

/* --- a sign-in with a code --- */

const char *
token_request_code_url(const struct token_request *r)
{
	return r->code_url;
}

const char *
token_request_login_url(const struct token_request *r)
{
	return r->login_url;
}

/* An identity token comes with "openid", and who has signed in stands in it with "profile". */
enum err_code
token_request_code_form(const struct token_request *r, struct secret **out, struct err *err)
{
	struct buf b;
	enum err_code rc;

	secret_text_init(&b, FORM_MAX);
	add_field(&b, "client_id", slice_of(r->client_id));
	add_field(&b, "scope", slice_of(r->audience));
	percent_add(&b, slice_of("/user_impersonation offline_access openid profile"));
	rc = secret_text_take(&b, out, err);
	secret_text_done(&b);
	return rc;
}

enum err_code
token_request_login_form(const struct token_request *r, const struct secret *device_code,
    bool proof, struct secret **out, struct err *err)
{
	struct buf b;
	enum err_code rc;

	secret_text_init(&b, FORM_MAX);
	add_field(&b, "client_id", slice_of(r->client_id));
	if (proof)
		add_client_secret(&b, r);
	add_field(&b, "grant_type", slice_of("urn:ietf:params:oauth:grant-type:device_code"));
	add_field(&b, "device_code", secret_get(device_code));
	rc = secret_text_take(&b, out, err);
	secret_text_done(&b);
	return rc;
}
