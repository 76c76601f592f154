/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Where a request goes, and whether it may. */
enum { HTTP_AUTHORITY_SIZE = 255 + 6 + 1 }; /* the longest name, ":65535" and the NUL */

struct http_address {
	bool plain; /* http, not https */
	bool local; /* never leaves the machine: loopback, or a Unix socket */
	char authority[HTTP_AUTHORITY_SIZE]; /* "host" or "host:port", for messages */
};

/* An address as curl tells it of a connection, without brackets: 127.0.0.0/8 or ::1? */
bool http_address_is_loopback(const char *ip);

/*
 * unix_socket: requests go to a Unix socket, whatever the host.
 * Errors: ERR_USAGE (no absolute URL, neither https nor http, http to another machine, a user name in
 * it), ERR_NOMEM. *out is untouched then. Messages hold the authority at most: the rest of a URL may
 * be confidential.
 */
MUST_USE enum err_code http_address_parse(const char *url, bool unix_socket,
    struct http_address *out, struct err *err);
