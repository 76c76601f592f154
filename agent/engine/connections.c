/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/connections.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/engine/denied_channel.h"
#include "agent/engine/login_record.h"
#include "agent/engine/maker_connection.h"
#include "agent/engine/maker_profiles.h"
#include "agent/engine/secret_source.h"
#include "agent/engine/token_vault.h"
#include "agent/meter/meter.h"
#include "agent/sending/roster.h"
#include "agent/tools/log_event.h"
#include "auth/token_seal.h"
#include "auth/token_source.h"
#include "base/buf.h"
#include "partner/partner_channel.h"

struct connection {
	struct token_vault *vault;
	struct token_source *tokens;
};

struct connections {
	struct connections_options opt;
	struct connection *partner;
	struct oem_profile **profile;
	struct maker_connection *maker;
	struct channel **channel;      /* of partners, then of makers, whose connection owns it */
	struct service_limits *limits; /* beside channel */
	struct poll_times *poll;       /* of makers, beside profile */
	size_t npartner, nmaker;
};

/* Secrets while a source of tokens is made, which copies them. */
struct proof {
	struct secret *client_secret;
	struct secret *certificate;
	struct secret_source_key private_key;
	struct token_vault_find refresh;
};

static void
proof_done(struct proof *p)
{
	secret_free(p->client_secret);
	secret_free(p->certificate);
	secret_source_key_done(&p->private_key);
	secret_free(p->refresh.token);
}

static enum err_code
read_proof(const struct app_proof *from, struct proof *to, struct err *err)
{
	if (from->client_secret.kind != SECRET_NONE)
		return secret_source_read(&from->client_secret, &to->client_secret, err);
	if (secret_source_certificate(&from->certificate, &to->certificate, err))
		return err->code;
	return secret_source_key(&from->private_key, &from->private_key_pin, &to->private_key, err);
}

/* --- the refresh token --- */

/* Under this name the store remembers which seed the stored token has grown from. */
static void
seed_name(const char *partner, char out[ENTITY_NAME_SIZE + 8])
{
	(void)snprintf(out, ENTITY_NAME_SIZE + 8, "%s#seed", partner);
}

static enum err_code
save_sealed(const struct connections_options *opt, const char *name, const struct secret *token,
    struct err *err)
{
	struct buf sealed;
	enum err_code rc;

	buf_init(&sealed, 64 * 1024);
	if ((rc = token_seal(opt->seal_key, slice_of(name), token, opt->random, &sealed, err)) ==
	    ERR_OK)
		rc = store_token_save(opt->store, slice_of(name), buf_slice(&sealed), err);
	buf_done(&sealed);
	return rc;
}

/* A new seed takes the place of what was stored, both at once. */
static enum err_code
plant(const struct connections_options *opt, const char *partner, const struct secret *seed,
    struct err *err)
{
	char name[ENTITY_NAME_SIZE + 8];
	enum err_code rc;
	struct err end;

	seed_name(partner, name);
	if (store_group_begin(opt->store, err))
		return err->code;
	/* The token first: the group goes on without what fails in it. */
	if ((rc = save_sealed(opt, partner, seed, err)) == ERR_OK &&
	    (rc = save_sealed(opt, name, seed, err)) == ERR_OK)
		rc = login_record_try(opt->store, partner, err);
	if (store_group_end(opt->store, &end) && rc == ERR_OK) {
		*err = end;
		rc = end.code;
	}
	return rc;
}

static bool
same_secret(const struct secret *a, const struct secret *b)
{
	return slice_eq(secret_get(a), secret_get(b));
}

/*
 * What the seed of the configuration is for: nothing if the stored token has grown from it. Of a stored
 * seed that does not open nobody knows whether it is the same; then it is not planted either, because
 * that would be the end of a token that the right key may still open.
 */
static enum err_code
look_at_seed(const struct connections_options *opt, const char *partner, const struct secret *seed,
    bool *sealed, struct err *err)
{
	char name[ENTITY_NAME_SIZE + 8];
	struct token_vault_find planted;
	enum err_code rc = ERR_OK;

	seed_name(partner, name);
	if (token_vault_load(opt->store, name, opt->seal_key, &planted, err))
		return err->code;
	if (!planted.sealed && !(planted.token && same_secret(planted.token, seed)))
		rc = plant(opt, partner, seed, err);
	secret_free(planted.token);
	if (rc == ERR_OK)
		*sealed = planted.sealed;
	return rc;
}

/* Somebody has signed in since the key was lost: the next seed is told from this one again. */
static enum err_code
seal_again(const struct connections_options *opt, const char *partner, const struct secret *seed,
    struct err *err)
{
	char name[ENTITY_NAME_SIZE + 8];

	seed_name(partner, name);
	return save_sealed(opt, name, seed, err);
}

/*
 * The newest refresh token: the one that was stored last, unless a person has put another seed in
 * place since, because the old token would not do any more. Without any out->token stays NULL, and the
 * partner's customers wait until somebody signs in.
 */
static enum err_code
find_refresh_token(const struct connections_options *opt, const struct partner *p,
    struct token_vault_find *out, struct err *err)
{
	struct secret *seed = NULL;
	bool sealed = false;
	enum err_code rc = ERR_OK;

	if (p->auth.refresh_token.kind != SECRET_NONE &&
	    ((rc = secret_source_read(&p->auth.refresh_token, &seed, err)) ||
	        (rc = look_at_seed(opt, p->name, seed, &sealed, err))))
		goto out;
	if ((rc = token_vault_load(opt->store, p->name, opt->seal_key, out, err)))
		goto out;
	if (out->sealed) {
		log_event(LOG_SIGN_IN_LOST, LOG_TEXT(PARTNER, p->name),
		    LOG_TEXT(ERROR, TOKEN_SEAL_LOST));
		rc = login_record_sealed(opt->store, p->name, err);
	} else if (!out->token) {
		rc = login_record_absent(opt->store, p->name, err);
	} else if ((rc = login_record_opened(opt->store, p->name, err)) == ERR_OK && sealed) {
		rc = seal_again(opt, p->name, seed, err);
	}
out:
	secret_free(seed);
	return rc;
}

/* --- a partner --- */

static enum err_code
open_partner(struct connections *c, size_t i, struct err *err)
{
	const struct connections_options *opt = &c->opt;
	const struct partner *p = &opt->config->partners.item[i];
	const struct cloud *cloud = config_cloud(opt->config, p->cloud);
	struct connection *to = &c->partner[i];
	struct meter_partner *counted = meter_partner(opt->meter, p->name);
	bool refresh = p->auth.method == PARTNER_REFRESH_TOKEN;
	struct proof proof = { .client_secret = NULL };
	enum err_code rc;

	if (p->role == PARTNER_INDIRECT_RESELLER)
		return denied_channel_new(opt->loop, &c->channel[i], err);
	if ((rc = read_proof(&p->auth.proof, &proof, err)) ||
	    (refresh && (rc = find_refresh_token(opt, p, &proof.refresh, err))) ||
	    (refresh &&
	        (rc = token_vault_new(p->name, opt->seal_key, opt->random, opt->writer, &to->vault,
	             err))))
		goto out;
	const struct token_options token = {
		.loop = opt->loop,
		.http = opt->http,
		.clock = opt->clock,
		.random = opt->random,
		.keeper = refresh ? token_vault_keeper(to->vault) : NULL,
		.counts = counted ? &counted->tokens : NULL,
		.login = cloud->login,
		.tenant = p->tenant,
		.client_id = p->client_id,
		.audience = cloud->audience,
		.grant = refresh ? TOKEN_REFRESH : TOKEN_CLIENT_CREDENTIALS,
		.endpoint = p->auth.endpoint == TOKEN_VERSION_1 ? TOKEN_V1 : TOKEN_V2,
		.assertion = p->auth.assertion == ASSERTION_RS256 ? TOKEN_RS256 : TOKEN_PS256,
		.client_secret = proof.client_secret,
		.certificate = proof.certificate,
		.key = proof.private_key.key,
		.refresh_token = proof.refresh.token,
		.sealed = proof.refresh.sealed,
	};

	if ((rc = token_source_new(&token, &to->tokens, err)))
		goto out;
	rc = partner_channel_new(
	    &(struct partner_options){
	        .http = opt->http,
	        .tokens = to->tokens,
	        .random = opt->random,
	        .base_url = cloud->partner_center,
	    },
	    &c->channel[i], err);
out:
	proof_done(&proof);
	return rc ? err_wrap(err, "partner %s", p->name) : ERR_OK;
}

/* --- makers --- */

/* Who starts or reloads may have put other secrets in place: they are tried. */
static enum err_code
try_again(struct store *s, const char *oem, struct err *err)
{
	char scope[SCOPE_NAME_SIZE];

	(void)snprintf(scope, sizeof scope, "oem/%s", oem);
	return store_unhold(s, slice_of(scope), slice_of(hold_reason_name(HOLD_CREDENTIALS)), err);
}

static struct poll_times
poll_of(const struct poll_times *profile, const struct poll_times *config)
{
	return (struct poll_times){
		.first_ms = profile->first_ms ? profile->first_ms : config->first_ms,
		.max_ms = profile->max_ms ? profile->max_ms : config->max_ms,
		.deadline_ms = profile->deadline_ms ? profile->deadline_ms : config->deadline_ms,
	};
}

static enum err_code
open_makers(struct connections *c, struct err *err)
{
	const struct connections_options *opt = &c->opt;

	if (maker_profiles_load(opt->config, &c->profile, err))
		return err->code;
	for (size_t i = 0; i < c->nmaker; i++) {
		const struct oem_batching *b = &c->profile[i]->batching;
		const struct maker_connection_options maker = { opt->http, opt->clock, opt->random,
			&opt->config->oems.item[i], c->profile[i], opt->loop };

		if (maker_connection_open(&maker, &c->maker[i], err) ||
		    try_again(opt->store, maker.oem->name, err))
			return err->code;
		c->channel[c->npartner + i] = c->maker[i].channel;
		c->poll[i] = poll_of(&c->profile[i]->job.poll, &opt->config->poll);
		c->limits[c->npartner + i] = (struct service_limits){
			b->max_devices,
			b->max_bytes,
			b->in_flight,
			&c->poll[i],
		};
	}
	return ERR_OK;
}

/* --- all of them --- */

enum err_code
connections_open(const struct connections_options *opt, struct connections **out, struct err *err)
{
	struct connections *c = calloc(1, sizeof *c);
	enum err_code rc = ERR_OK;
	size_t n;

	if (!c)
		return err_set(err, ERR_NOMEM, "services");
	c->opt = *opt;
	c->npartner = opt->config->partners.n;
	c->nmaker = opt->config->oems.n;
	n = c->npartner + c->nmaker;
	c->partner = calloc(c->npartner + 1, sizeof *c->partner);
	c->maker = calloc(c->nmaker + 1, sizeof *c->maker);
	c->channel = calloc(n + 1, sizeof(struct channel *));
	c->limits = calloc(n + 1, sizeof *c->limits);
	c->poll = calloc(c->nmaker + 1, sizeof *c->poll);
	if (!c->partner || !c->maker || !c->channel || !c->limits || !c->poll)
		rc = err_set(err, ERR_NOMEM, "services");
	for (size_t i = 0; rc == ERR_OK && i < c->npartner; i++)
		rc = open_partner(c, i, err);
	if (rc == ERR_OK)
		rc = open_makers(c, err);
	if (rc)
		connections_close(c);
	else
		*out = c;
	return rc;
}

struct channel *const *
connections_channels(const struct connections *c)
{
	return c->channel;
}

const struct service_limits *
connections_limits(const struct connections *c)
{
	return c->limits;
}

struct oem_profile *const *
connections_profiles(const struct connections *c)
{
	return c->profile;
}

struct oem_credential *
connections_credential(const struct connections *c, size_t oem)
{
	return c->maker[oem].credential;
}

struct token_source *
connections_tokens(const struct connections *c, size_t partner)
{
	return c->partner[partner].tokens;
}

enum err_code
connections_forget_seed(const struct connections *c, size_t partner, struct store *s,
    struct err *err)
{
	char name[ENTITY_NAME_SIZE + 8];
	struct token_vault_find planted;

	seed_name(c->opt.config->partners.item[partner].name, name);
	if (token_vault_load(s, name, c->opt.seal_key, &planted, err))
		return err->code;
	secret_free(planted.token);
	return planted.sealed ? store_token_forget(s, slice_of(name), err) : ERR_OK;
}

void
connections_close(struct connections *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->channel && c->partner && i < c->npartner; i++) {
		if (c->channel[i])
			c->channel[i]->ops->free(c->channel[i]);
		token_source_free(c->partner[i].tokens);
		token_vault_free(c->partner[i].vault);
	}
	for (size_t i = 0; c->maker && i < c->nmaker; i++)
		maker_connection_close(&c->maker[i]);
	maker_profiles_free(c->profile, c->nmaker);
	free(c->limits);
	free(c->poll);
	free(c->channel);
	free(c->maker);
	free(c->partner);
	free(c);
}

bool
connections_need_seal(const struct config *config)
{
	for (size_t i = 0; i < config->partners.n; i++) {
		const struct partner *p = &config->partners.item[i];

		if (p->role != PARTNER_INDIRECT_RESELLER && p->auth.method == PARTNER_REFRESH_TOKEN)
			return true;
	}
	return false;
}
