/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * Lists the partner's customers, page by page, to the end.
 */
struct partner_options;

/*
 * opt must outlive the operation. The contract of struct channel_ops. Errors: those of
 * partner/partner_call.h.
 */
MUST_USE enum err_code customer_listing_start(const struct partner_options *opt,
    channel_customers_fn *done, void *arg, struct channel_op **out, struct err *err);
