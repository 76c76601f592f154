/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/random.h"
#include "channel/channel.h"

/*
 * Partner Center as a channel. Thread: the loop's.
 */
struct http_loop;
struct token_source;

/* http, tokens and random must outlive the channel; the text is copied. */
struct partner_options {
	struct http_loop *http;
	struct token_source *tokens;
	const struct random *random;
	const char *base_url; /* "https://api.partnercenter.microsoft.com", no slash at its end */
};

/* Errors: ERR_NOMEM; *out is untouched then. Freed by its ops. */
MUST_USE enum err_code partner_channel_new(const struct partner_options *opt, struct channel **out,
    struct err *err);
