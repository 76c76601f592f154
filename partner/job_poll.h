/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * Asks once what became of an accepted batch: one call, whose answer is read by
 * partner/job_result.h. An answer that cannot be read is CHANNEL_UNKNOWN.
 */
struct partner_options;

/*
 * b->tracking names the job. opt must outlive the operation. The contract of struct channel_ops.
 * Errors: those of partner/partner_call.h.
 */
MUST_USE enum err_code job_poll_start(const struct partner_options *opt, const struct batch *b,
    channel_poll_fn *done, void *arg, struct channel_op **out, struct err *err);
