/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/token_source.h"
#include "base/err.h"
#include "http/http_call.h"

/*
 * Why a token endpoint that is not known to be Entra ID's gave no token, and who can mend it: what the
 * standard's values of "error" mean. Where the answer has an AADSTS number it is Entra ID after all,
 * and auth/entra_error.h knows better. Source: sources.md#oauth-errors
 */

/* The contract of entra_error_judge(). */
enum err_code oauth_error_judge(const struct http_response *rsp, struct token_result *out,
    struct err *err);

/* The contract of entra_error_without_answer(). */
struct token_result oauth_error_without_answer(const struct err *why);
