/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "channel/channel.h"
#include "config/config.h"
#include "config/oem_profile.h"

/*
 * The way to one maker's service: what proves who we are, and the channel. A plain value that owns what
 * it points to.
 *
 * Thread: the loop's, but for open, which is called wherever nothing else uses the same.
 */
struct http_loop;
struct oem_credential;
struct uv_loop_s;

struct maker_connection {
	struct oem_credential *credential;
	struct channel *channel;
};

/* Must outlive the connection, but for oem, which is read during open. */
struct maker_connection_options {
	struct http_loop *http;
	const struct clock *clock;
	const struct random *random;
	const struct oem *oem;
	const struct oem_profile *profile;
	struct uv_loop_s *loop;
};

/*
 * Reads the secrets: blocks on the disk. Errors: those of secret_source_read() and
 * oem_credential_new(), with the maker's name; *out is untouched then.
 */
MUST_USE enum err_code maker_connection_open(const struct maker_connection_options *opt,
    struct maker_connection *out, struct err *err);

/* Nothing may be in flight. Accepts a zeroed one. */
void maker_connection_close(struct maker_connection *m);

/* Whether all makers of a configuration can be opened, which is tried. Errors: the same, and ERR_NOMEM. */
MUST_USE enum err_code maker_connection_check(const struct config *config, struct http_loop *http,
    const struct clock *clock, const struct random *random, struct err *err);
