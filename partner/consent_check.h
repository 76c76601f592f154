/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * Asks once whether the partner may register devices for a customer: the customer is there, and calls
 * the partner its reseller. Delegated administration is not needed and not asked for. A customer
 * that the service does not know is one without relationship. Source: sources.md#partner-consent
 */
struct partner_options;

/*
 * tenant is copied; opt must outlive the operation. The contract of struct channel_ops. Errors:
 * those of partner/partner_call.h.
 */
MUST_USE enum err_code consent_check_start(const struct partner_options *opt, const char *tenant,
    channel_consent_fn *done, void *arg, struct channel_op **out, struct err *err);
