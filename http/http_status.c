/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_status.h"

#include <assert.h>
#include <stddef.h>

enum http_class
http_status_class(unsigned status)
{
	/* The first row that fits. */
	static const struct {
		unsigned first, last;
		enum http_class class;
	} row[] = {
		{ 200, 299, HTTP_DONE },
		{ 401, 401, HTTP_UNAUTHORIZED },
		{ 403, 403, HTTP_FORBIDDEN },
		{ 404, 404, HTTP_NOT_FOUND },
		{ 408, 408, HTTP_UNKNOWN },
		{ 410, 410, HTTP_NOT_FOUND },
		{ 413, 413, HTTP_TOO_LARGE },
		{ 429, 429, HTTP_THROTTLED },
		{ 300, 499, HTTP_REFUSED },
		{ 501, 501, HTTP_REFUSED },
		{ 505, 505, HTTP_REFUSED },
	};

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		if (status >= row[i].first && status <= row[i].last)
			return row[i].class;
	}
	return HTTP_UNKNOWN; /* 5xx, and what HTTP does not know */
}

enum http_class
http_failure_class(enum err_code code)
{
	assert(code != ERR_OK);
	switch (code) {
	case ERR_CONNECT:
	case ERR_TLS:
		return HTTP_UNSENT;
	case ERR_NET:
	case ERR_TIMEOUT:
	case ERR_LIMIT: /* there was an answer, but it has not been read to its end */
		return HTTP_UNKNOWN;
	default:
		return HTTP_STOPPED;
	}
}
