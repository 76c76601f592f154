/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * What an answer's status, or the lack of an answer, means for sending the request again. One
 * table; what to do about it is the caller's policy. Source: sources.md#http-status
 */
enum http_class {
	HTTP_DONE,      /* 2xx */
	HTTP_REFUSED,   /* a clear no to this request: 4xx not named below, 501, 505, redirects */
	HTTP_TOO_LARGE, /* 413 */
	HTTP_NOT_FOUND, /* 404, 410 */
	HTTP_UNAUTHORIZED, /* 401 */
	HTTP_FORBIDDEN,    /* 403 */
	HTTP_THROTTLED,    /* 429: refused for now; nothing took effect */
	HTTP_UNSENT,       /* nothing reached the service: send again later */
	HTTP_UNKNOWN,      /* 5xx, 408, connection lost, time-out: it may have taken effect */
	HTTP_STOPPED,      /* our own doing: cancelled, out of memory */
};

enum http_class http_status_class(unsigned status);
enum http_class http_failure_class(enum err_code code);
