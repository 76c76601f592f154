/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"
#include "channel/channel.h"

/*
 * The link by which the administrator of a customer makes the partner its reseller. It is the same
 * for all customers. Source: sources.md#partner-consent
 */
struct partner_options;

enum { RELATIONSHIP_LINK_SIZE = 2048 + 1 };

/*
 * The link in the body of an answer: an address with https, of printable ASCII alone, since people
 * open it. False, and out untouched: there is none.
 */
bool relationship_link_read(struct slice body, char out[RELATIONSHIP_LINK_SIZE]);

/*
 * opt must outlive the operation. The contract of struct channel_ops. Errors: those of
 * partner/partner_call.h.
 */
MUST_USE enum err_code relationship_link_start(const struct partner_options *opt,
    channel_link_fn *done, void *arg, struct channel_op **out, struct err *err);
