/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * What is answered without a request, because there is nothing that could be asked: no maker's service
 * has a list, of devices or of customers. Source: sources.md#oem-service
 *
 * So nobody can look which devices of a batch arrived: none is there, says oem_known_look(), and whoever
 * asked sends the batch again, a look later. That is how it is found out. Where the profile
 * says that a repeat is safe, the request goes with the same id and body, and the service answers as it
 * did, or would have done, the first time. Where it is not, what the first one registered is
 * "already here", which is as good as registered. Sending is left to submit, where consent and
 * pauses are looked at: a look never sends.
 *
 * The link is the one that the configuration has; CHANNEL_GONE: it has none. Customers: CHANNEL_GONE.
 */
struct oem_service;

/* As the functions of channel_ops. */
MUST_USE enum err_code oem_known_look(const struct oem_service *s, const struct batch *b,
    channel_look_fn *done, void *arg, struct channel_op **out, struct err *err);
MUST_USE enum err_code oem_known_link(const struct oem_service *s, channel_link_fn *done, void *arg,
    struct channel_op **out, struct err *err);
MUST_USE enum err_code oem_known_customers(const struct oem_service *s, channel_customers_fn *done,
    void *arg, struct channel_op **out, struct err *err);
