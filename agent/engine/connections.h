/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "agent/engine/agent.h"
#include "channel/channel.h"

/*
 * The ways to the services that the configuration names: for each partner its secrets, its source
 * of tokens and its channel, and for each maker its profile, its credential and its channel.
 */
struct connections;
struct http_loop;
struct meter;
struct oem_credential;
struct oem_profile;
struct service_limits;
struct uv_loop_s;
struct token_source;

struct connections_options {
	const struct config *config;
	const struct clock *clock;
	const struct random *random;
	struct uv_loop_s *loop;
	struct http_loop *http;
	struct store *store; /* read, and given new seeds and holds, during open only */
	struct store_async *writer;
	struct meter *meter;           /* knows the partners of config */
	const struct secret *seal_key; /* NULL: no partner keeps a refresh token */
};

/*
 * Reads all secrets: blocks on the disk. Customers of a maker that wait for credentials do so no more. Everything in opt but store must outlive the object. The
 * customers of a partner that has no refresh token, neither stored nor as a seed, or one that does not
 * open under the seal key, are held for credentials.
 * Errors: those of secret_source_read(), token_source_new(), maker_profiles_load() and
 * maker_connection_open(), with the name, and of the store.
 */
MUST_USE enum err_code connections_open(const struct connections_options *opt,
    struct connections **out, struct err *err);

/* One for each partner of the configuration, in its order, then one for each maker. */
struct channel *const *connections_channels(const struct connections *c);
/* What they take at once, beside them. */
const struct service_limits *connections_limits(const struct connections *c);
/* Of the makers alone. */
struct oem_profile *const *connections_profiles(const struct connections *c);
struct oem_credential *connections_credential(const struct connections *c, size_t oem);
/* NULL: an indirect reseller's, who has no use for any. */
struct token_source *connections_tokens(const struct connections *c, size_t partner);

/*
 * The partner's stored seed is forgotten if it does not open, so that the one of the configuration is
 * planted at the next start. Blocks, on the store's thread.
 */
MUST_USE enum err_code connections_forget_seed(const struct connections *c, size_t partner,
    struct store *s, struct err *err);

/* Nothing may be in flight. Accepts NULL. */
void connections_close(struct connections *c);

/* Does a partner of this configuration keep a refresh token, so that there has to be a seal key? */
bool connections_need_seal(const struct config *config);
