/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/channel.h"

/*
 * The channel of an indirect reseller, who has no API: whatever is asked is denied, with what the
 * reseller can do instead, and nothing is sent. Source: sources.md#partner-urls
 *
 * Thread: the loop's.
 */
struct uv_loop_s;

/* loop must outlive it. Errors: ERR_NOMEM; *out is untouched then. Freed by its ops. */
MUST_USE enum err_code denied_channel_new(struct uv_loop_s *loop, struct channel **out,
    struct err *err);
