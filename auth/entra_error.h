/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/token_source.h"
#include "base/err.h"
#include "http/http_call.h"

/*
 * Why Entra ID gave no token, and who can mend it.
 *
 * Status 429 and 5xx, and the error temporarily_unavailable, mean to wait, whatever else the
 * answer says. Beyond that the AADSTS number chooses trouble and advice; of a number that is not in
 * the table, and where there is none, the value of "error" does, which is all that Entra ID
 * promises to keep. Source: sources.md#token-errors
 */
enum { ENTRA_KEY_UNKNOWN = 700027 }; /* the signature of an assertion is not known, or not yet */

/*
 * Judges an answer other than 200. *out gets no access token, *err the service's words with its
 * trace and correlation ids, on one line. Returns err->code: ERR_FORMAT.
 */
enum err_code entra_error_judge(const struct http_response *rsp, struct token_result *out,
    struct err *err);

/* The same when there was no answer, or none that can be read, for what is in *why. */
struct token_result entra_error_without_answer(const struct err *why);
