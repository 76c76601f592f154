/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "auth/client_assertion.h"
#include "auth/token_source.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * What one application says to Entra ID, or another token endpoint, when it asks for a token: the
 * address and the form, which differs by grant, by version of the endpoint, and by how the application
 * proves who it is. Source: sources.md#token-requests
 */
struct token_request;

/*
 * Copies what it needs of the options but random, which must outlive it.
 * Errors: ERR_NOMEM, ERR_FORMAT (certificate or key); *out is untouched then.
 */
MUST_USE enum err_code token_request_new(const struct token_options *opt,
    struct token_request **out, struct err *err);

/* Accepts NULL. */
void token_request_free(struct token_request *r);

/* Until when the application's certificate is good; 0: it has none. */
int64_t token_request_not_after_unix_s(const struct token_request *r);

/* Where the form is posted to. Borrowed until token_request_free(). */
const char *token_request_url(const struct token_request *r);

/*
 * The body, application/x-www-form-urlencoded, but for an assertion. refresh_token: NULL with
 * TOKEN_CLIENT_CREDENTIALS.
 * Errors: ERR_NOMEM, ERR_LIMIT (longer than any sensible one); *out is untouched then.
 */
MUST_USE enum err_code token_request_form(const struct token_request *r,
    const struct secret *refresh_token, struct secret **out, struct err *err);

/* Does a form take an assertion, which has to be signed? False: the client secret is in it. */
bool token_request_signs(const struct token_request *r);

/* Makes one; only if that is so. The contract and errors of client_assertion_start(). */
MUST_USE enum err_code token_request_sign(const struct token_request *r, int64_t now_unix_s,
    client_assertion_fn *done, void *arg, struct assertion_signing **out, struct err *err);

/* The form with the assertion, to be sent soon because that does not last. Errors: those of form(). */
MUST_USE enum err_code token_request_prove(const struct secret *form,
    const struct secret *assertion, struct secret **out, struct err *err);

/*
 * The same for a sign-in with a code at Entra ID, always on version 2.0: where the code is asked for and where
 * its token, and both forms. Source: sources.md#device-code
 */
const char *token_request_code_url(const struct token_request *r);
const char *token_request_login_url(const struct token_request *r);

MUST_USE enum err_code token_request_code_form(const struct token_request *r, struct secret **out,
    struct err *err);

/* proof: the application proves who it is as well; an assertion is put in afterwards. */
MUST_USE enum err_code token_request_login_form(const struct token_request *r,
    const struct secret *device_code, bool proof, struct secret **out, struct err *err);
