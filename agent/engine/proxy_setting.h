/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "config/config.h"
#include "http/http_proxy.h"

/*
 * The section `http` of the configuration, with its secret, as the way out for requests; for
 * http_loop_set_proxy(). Blocks on the disk.
 *
 * Errors: those of secret_source_read(), ERR_FORMAT (no user:password) with "http" in front, ERR_NOMEM;
 * *out is untouched then.
 */
MUST_USE enum err_code proxy_setting_read(const struct http_settings *s, struct http_proxy **out,
    struct err *err);
