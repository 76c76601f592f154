/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "base/slice.h"

/*
 * What a receiver that knows the secret can check a body with: "sha256=" and the HMAC-SHA256 of its
 * bytes in small hexadecimal digits. Source: sources.md#body-signatures
 */
enum { BODY_SIGNATURE_SIZE = sizeof "sha256=" + 64 };

/* Errors: ERR_NOMEM; out is untouched then. */
MUST_USE enum err_code body_signature_make(const struct secret *key, struct slice body,
    char out[BODY_SIGNATURE_SIZE], struct err *err);
