/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * Sends a batch, without the devices that oem_request_judge() refuses; oem_poll tells their verdict.
 *
 * The batch's request_id is the key by which a service that knows the request already answers as it did
 * then. The body is made of nothing but the batch, so that the two belong together as long as no device
 * leaves the batch and request_id stays, also over a crash. The same key with another body is our bug
 * (HTTP 422), and refused.
 *
 * tracking: the path at which the job can be asked about (OEM_ASYNC_LOCATION), its id (OEM_ASYNC_ID), or
 * the request id: with OEM_SYNC the verdicts are known at once, and kept for the poll that follows. If
 * the program ends between the two, that poll ends in CHANNEL_GONE, and the devices are found out
 * about as in oem_known.h.
 */
struct oem_service;

/* As channel_ops.submit. */
MUST_USE enum err_code oem_submit_start(const struct oem_service *s, const struct batch *b,
    channel_submit_fn *done, void *arg, struct channel_op **out, struct err *err);
