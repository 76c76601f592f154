/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * One attempt to upload a batch. The service has one call that makes a batch and another that adds
 * to one, and what the first does with a name that exists is not documented: so the batches are
 * listed before, unless the name is known, and a refusal because of the name leads to one more look.
 *
 * Whatever goes wrong before the upload is told as CHANNEL_UNSENT, unless a person or time has to mend it:
 * only the upload itself can end as CHANNEL_REFUSED, CHANNEL_SERVER or CHANNEL_UNKNOWN.
 * An upload that follows a refused one has a new request id.
 */
struct known_batches;
struct partner_options;

/*
 * opt and known must outlive the operation. The contract of struct channel_ops. Errors: those of
 * partner/partner_call.h.
 */
MUST_USE enum err_code batch_submit_start(const struct partner_options *opt,
    struct known_batches *known, const struct batch *b, channel_submit_fn *done, void *arg,
    struct channel_op **out, struct err *err);
