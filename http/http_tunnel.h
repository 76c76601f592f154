/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "http/http_proxy.h"

/* The way through a proxy as curl wants to be told, and what its failures mean. Private to http/. */

/*
 * p may be NULL: as the environment has it. room: an empty buffer of HTTP_TUNNEL_MAX bytes, and line,
 * have to last as long as the handle; who we are is in there then.
 */
enum { HTTP_TUNNEL_MAX = 4096 };
CURLcode http_tunnel_set(CURL *easy, const struct http_proxy *p, struct buf *room,
    struct curl_slist *line);

/*
 * Why the proxy does not let us through, and what to do; NULL: it is not about that.
 * Source: sources.md#proxy-refusals
 */
const char *http_tunnel_trouble(CURL *easy, CURLcode result);
