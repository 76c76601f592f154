/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * What became of a batch that was submitted. Devices that were left out because the service could not
 * take them are VERDICT_BAD_INPUT. CHANNEL_GONE: the service does not know the job, or its result was
 * known here alone and is lost.
 */
struct oem_service;

/* As channel_ops.poll. */
MUST_USE enum err_code oem_poll_start(const struct oem_service *s, const struct batch *b,
    channel_poll_fn *done, void *arg, struct channel_op **out, struct err *err);
