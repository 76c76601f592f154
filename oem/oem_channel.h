/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "channel/channel.h"
#include "config/oem_profile.h"

/*
 * A maker's registration service as a channel, spoken to as its profile says. Thread: the loop's.
 *
 * What never leaves: a hardware hash, whatever the profile says; and a tenant id or a domain that is
 * empty, because at some services that takes devices away from their owner. The last is refused
 * when a customer is configured, when a request is made and, last, asserted where it is sent; only
 * `release` means it. Source: sources.md#oem-service
 *
 * Requests in an interval are counted here: what is too much ends in CHANNEL_THROTTLED before it
 * leaves. The other limits of the profile (devices, bytes, requests whose result is not known) are
 * its user's to keep.
 */
struct http_loop;
struct oem_credential;

/* All of it must outlive the channel, but the texts, which are copied. */
struct oem_options {
	struct http_loop *http;
	struct oem_credential *credential;
	const struct oem_profile *profile;
	const struct clock *clock; /* for what is known of consent */
	const struct random *random;
	const char *base_url;     /* no slash at its end */
	const char *consent_link; /* what customers are sent; NULL: nobody knows */
};

/* Errors: ERR_NOMEM; *out is untouched then. Freed by its ops. */
MUST_USE enum err_code oem_channel_new(const struct oem_options *opt, struct channel **out,
    struct err *err);
