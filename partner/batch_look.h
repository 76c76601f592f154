/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * Looks which devices of a batch the service lists under its name, page by page until all are found.
 * The list does not show hashes, so a device that has neither serial number nor product id is never
 * there. A batch of which the service says by code that it does not exist has no devices:
 * that is CHANNEL_DONE. A list that cannot be read to its end is CHANNEL_UNKNOWN.
 *
 * A look that fails between two pages is remembered, and the next one for that batch goes on from the
 * page that failed; from the first if the service does not take its token any more.
 */
struct look_memory;
struct partner_options;

/*
 * opt and memory must outlive the operation. The contract of struct channel_ops. Errors: those of
 * partner/partner_call.h.
 */
MUST_USE enum err_code batch_look_start(const struct partner_options *opt,
    struct look_memory *memory, const struct batch *b, channel_look_fn *done, void *arg,
    struct channel_op **out, struct err *err);
