/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * Asks whether a customer consents. A yes is remembered for as long as the profile says, with the ids of
 * the request that brought it; a no never is. What is neither is CHANNEL_UNSENT, with what came: a
 * service that cannot tell has not said no, and nothing is known.
 */
struct oem_service;

/* As channel_ops.consent; tenant is copied. */
MUST_USE enum err_code oem_consent_start(const struct oem_service *s,
    const struct channel_tenant *tenant, channel_consent_fn *done, void *arg,
    struct channel_op **out, struct err *err);

/* The service has said otherwise meanwhile: the next question goes to it. */
void oem_consent_forget(const struct oem_service *s, const char *tenant_id);
