/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "auth/token_answer.h"
#include "auth/token_source.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * One request for a token: has an assertion signed if one is wanted, sends the form, reads the answer, and has a replaced refresh token made
 * durable before anybody gets to see the new tokens.
 *
 * Thread: the loop's.
 */
struct http_loop;
struct http_tls;
struct token_fetch;
struct token_request;

/* Borrowed until the callback, but for form. */
struct token_fetch_options {
	struct http_loop *http;
	const struct token_keeper *keeper; /* NULL: no refresh token is wanted */
	const char *url;
	const struct secret *form;  /* read during start */
	const struct http_tls *tls; /* NULL: nothing of the kind */
	bool other;                 /* the endpoint is not known to be Entra ID's */
	/* Signs an assertion for the form; NULL: that is whole. now_unix_s: with it. */
	const struct token_request *prove;
	int64_t now_unix_s;
};

/* What came of it. A plain value, lent to the callback, which may take tokens by clearing them. */
struct token_outcome {
	/*
	 * access: NULL on error. refresh: only after the keeper has saved it; NULL: the one in use
	 * stays in use.
	 */
	struct token_answer token;
	struct token_result result; /* when err says something; its access is not set */
	struct err err;             /* ERR_OK, or what happened; beside a token: it was not saved */
};

typedef void token_fetch_fn(void *arg, struct token_outcome *outcome);

/*
 * If it returns ERR_OK the callback runs exactly once, later, on the loop thread, never inside
 * start or cancel; otherwise never. The object is gone when the callback runs.
 * Errors: those of http_call_start() and token_request_sign(); *out is untouched then.
 */
MUST_USE enum err_code token_fetch_start(const struct token_fetch_options *opt,
    token_fetch_fn *done, void *arg, struct token_fetch **out, struct err *err);

/*
 * A wish: idempotent, and it ends in the callback with ERR_CANCELLED. A signature that has begun is
 * waited for. So is a save, and what the service gave is delivered then.
 */
void token_fetch_cancel(struct token_fetch *f);
