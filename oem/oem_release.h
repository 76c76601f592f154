/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * Takes the first device of a batch back. If that is a job it takes several attempts: the first
 * begins it and ends with "not released", and those that follow ask what became of it. Which
 * job that is is forgotten when the program ends; then it is taken back once more, which is the same.
 *
 * Released: also if the service never had it, or has it for somebody else.
 */
struct oem_service;

/* As channel_ops.release. Not with OEM_DEREGISTER_NONE. */
MUST_USE enum err_code oem_release_start(const struct oem_service *s, const struct batch *b,
    channel_release_fn *done, void *arg, struct channel_op **out, struct err *err);
