/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/maker_connection.h"

#include "agent/engine/maker_profiles.h"
#include "agent/engine/secret_source.h"
#include "oem/oem_channel.h"
#include "oem/oem_credential.h"

/* --- secrets, while a credential is made, which copies them --- */

struct secrets {
	struct secret *token;
	struct secret *certificate;
	struct secret *private_key;
	struct secret_source_key signing_key;
	struct secret *client_secret;
	struct secret *tls_certificate;
	struct secret *tls_private_key;
	struct secret *ca;
};

static void
secrets_done(struct secrets *s)
{
	secret_free(s->token);
	secret_free(s->certificate);
	secret_free(s->private_key);
	secret_source_key_done(&s->signing_key);
	secret_free(s->client_secret);
	secret_free(s->tls_certificate);
	secret_free(s->tls_private_key);
	secret_free(s->ca);
}

static enum err_code
read_if_named(const struct secret_ref *ref, struct secret **out, struct err *err)
{
	return ref->kind == SECRET_NONE ? ERR_OK : secret_source_read(ref, out, err);
}

/* Without a key beside it the certificate holds its own, and is as secret. */
static enum err_code
read_pair(const struct secret_ref *certificate, const struct secret_ref *key,
    struct secret **certificate_out, struct secret **key_out, struct err *err)
{
	if (certificate->kind == SECRET_NONE)
		return ERR_OK;
	if (key->kind == SECRET_NONE)
		return secret_source_identity(certificate, certificate_out, err);
	if (secret_source_certificate(certificate, certificate_out, err))
		return err->code;
	return secret_source_read(key, key_out, err);
}

static enum err_code
read_signer(const struct oem_auth *a, struct secrets *s, struct err *err)
{
	if (a->certificate.kind == SECRET_NONE)
		return ERR_OK;
	if (secret_source_certificate(&a->certificate, &s->certificate, err))
		return err->code;
	return secret_source_key(&a->private_key, &a->private_key_pin, &s->signing_key, err);
}

static enum err_code
read_authorities(const char *path, struct secret **out, struct err *err)
{
	const struct secret_ref file = { SECRET_FILE, path };

	return path ? secret_source_certificate(&file, out, err) : ERR_OK;
}

static enum err_code
read_secrets(const struct maker_connection_options *opt, struct secrets *s, struct err *err)
{
	const struct oem_auth *a = &opt->oem->auth;
	enum err_code rc;

	if ((rc = read_if_named(&a->token, &s->token, err)) ||
	    (rc = read_if_named(&a->client_secret, &s->client_secret, err)) ||
	    (rc = a->method == OEM_MTLS ? read_pair(&a->certificate, &a->private_key,
	                                      &s->certificate, &s->private_key, err)
	                                : read_signer(a, s, err)) ||
	    (rc = read_pair(&a->tls_certificate, &a->tls_private_key, &s->tls_certificate,
	         &s->tls_private_key, err)))
		return rc;
	return read_authorities(opt->profile->tls.ca_file, &s->ca, err);
}

/* --- the connection --- */

static enum err_code
open_credential(const struct maker_connection_options *opt, struct oem_credential **out,
    struct err *err)
{
	struct secrets s = { .token = NULL };
	enum err_code rc = read_secrets(opt, &s, err);

	if (rc == ERR_OK) {
		rc = oem_credential_new(
		    &(struct oem_credential_options){
		        .loop = opt->loop,
		        .http = opt->http,
		        .clock = opt->clock,
		        .random = opt->random,
		        .auth = &opt->oem->auth,
		        .profile = opt->profile,
		        .base_url = opt->oem->base_url,
		        .secrets = { s.token, s.certificate, s.private_key, s.signing_key.key,
		            s.client_secret, s.tls_certificate, s.tls_private_key, s.ca },
		    },
		    out, err);
	}
	secrets_done(&s);
	return rc;
}

enum err_code
maker_connection_open(const struct maker_connection_options *opt, struct maker_connection *out,
    struct err *err)
{
	struct maker_connection m = { .credential = NULL };
	enum err_code rc;

	rc = open_credential(opt, &m.credential, err);
	if (rc == ERR_OK) {
		rc = oem_channel_new(
		    &(struct oem_options){
		        .http = opt->http,
		        .credential = m.credential,
		        .profile = opt->profile,
		        .clock = opt->clock,
		        .random = opt->random,
		        .base_url = opt->oem->base_url,
		        .consent_link = opt->oem->consent_link,
		    },
		    &m.channel, err);
	}
	if (rc) {
		maker_connection_close(&m);
		return err_wrap(err, "oem %s", opt->oem->name);
	}
	*out = m;
	return ERR_OK;
}

void
maker_connection_close(struct maker_connection *m)
{
	if (m->channel)
		m->channel->ops->free(m->channel);
	oem_credential_free(m->credential);
}

enum err_code
maker_connection_check(const struct config *config, struct http_loop *http,
    const struct clock *clock, const struct random *random, struct err *err)
{
	struct oem_profile **profile;
	enum err_code rc;

	if (maker_profiles_load(config, &profile, err))
		return err->code;
	rc = ERR_OK;
	for (size_t i = 0; rc == ERR_OK && i < config->oems.n; i++) {
		const struct maker_connection_options opt = { http, clock, random,
			&config->oems.item[i], profile[i], NULL }; /* nothing is asked */
		struct maker_connection m = { .credential = NULL };

		rc = maker_connection_open(&opt, &m, err);
		if (rc == ERR_OK)
			maker_connection_close(&m);
	}
	maker_profiles_free(profile, config->oems.n);
	return rc;
}
