/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "base/err.h"
#include "base/slice.h"
#include "http/http_call.h"
#include "http/http_loop.h"

/*
 * One request as curl sees it: a handle with every setting made, the body that goes out, the answer
 * that comes in, and what became of it. It knows no loop. Private to http/.
 */
struct http_transfer;

/*
 * opt: no zeros left in it. owner: what CURLINFO_PRIVATE of the handle will say.
 * Errors: those of http_call_start(). *out is untouched then.
 */
MUST_USE enum err_code http_transfer_new(const struct http_options *opt,
    const struct http_request *req, void *owner, struct http_transfer **out, struct err *err);

/* Wipes what was secret. Not while the handle is in a multi. Accepts NULL. */
void http_transfer_free(struct http_transfer *t);

/* Borrowed. */
CURL *http_transfer_easy(struct http_transfer *t);

/*
 * What became of it, once it is over: fills the answer (but for rsp->call), whose body is valid until
 * the transfer is freed, or returns the error as http_done_fn has it.
 */
MUST_USE enum err_code http_transfer_outcome(struct http_transfer *t, CURLcode result,
    struct http_response *rsp, struct err *err);

/* Once it is over: what it took. api and cancelled are the caller's to set. */
void http_transfer_measure(struct http_transfer *t, struct http_traffic *out);

/* As http_response_header(). */
struct slice http_transfer_header(struct http_transfer *t, const char *name);

/* As http_response_certificate(). */
struct http_certificate http_transfer_certificate(const struct http_transfer *t);
