/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/secret.h"

/*
 * The way out: the proxy that stands between us and the services. What is NULL is as the environment
 * has it (https_proxy, no_proxy), as with every program. Requests that stay on this machine never go
 * there, and all others go through it as TLS (CONNECT), so that it sees host names and nothing else.
 */
struct http_proxy {
	char *url;                    /* "": none */
	char *direct;                 /* hosts and domains without it, separated by commas */
	struct secret *authorization; /* "Basic …", for the proxy alone; NULL: none */
};

/* And all that it holds. Accepts NULL. */
void http_proxy_free(struct http_proxy *p);
