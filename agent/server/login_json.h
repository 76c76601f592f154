/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "agent/engine/sign_in.h"

/*
 * A sign-in in the shape that scripts rely on: {"partner", "state": "none", "waiting", "done" or
 * "failed", "user_code", "verification_uri", "expires", "message", "account", "roles", "renew_by",
 * "warning", "error": {"code": "refused", "temporary" or "cancelled", "message", "advice"}}; what is
 * not known is null.
 *
 * lifetime_ms: how long a sign-in lasts that nobody uses. NULL: no memory.
 */
json_t *login_json(const char *partner, const struct sign_in_news *news, uint64_t lifetime_ms);
