/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

#include "base/buf.h"
#include "http/http_call.h"

/*
 * What is asked of TLS, and shown there, as curl wants to be told; and what its failures mean.
 * Private to http/.
 */

/*
 * Makes the settings of tls, which is not needed any more afterwards. room: an empty buffer of
 * HTTP_TLS_MAX bytes that has to last as long as the handle; there is a private key in it then.
 *
 * curl shares a connection among handles whose settings are the same, certificate and all.
 * Source: sources.md#curl-tls
 */
enum { HTTP_TLS_MAX = 256 * 1024 };
CURLcode http_tls_set(CURL *easy, const struct http_tls *tls, struct buf *room);

struct http_tls_trouble {
	const char *what;
	const char *advice;
};

/* detail: curl's error buffer. NULL: the failure is about something else. */

/*
 * Our certificate was refused, or the handshake: nobody has acted on the request then, even if it was
 * sent, because that comes before a look at what was sent.
 */
const struct http_tls_trouble *http_tls_refusal(const char *detail);

/* The same, or whatever else about trust keeps a connection from being made. */
const struct http_tls_trouble *http_tls_judge(CURLcode result, const char *detail);

/* Of a transfer that is over, as http_response_certificate(). */
struct http_certificate http_tls_certificate(CURL *easy);
