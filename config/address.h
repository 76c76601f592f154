/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Addresses as text: URLs and host:port. Nothing is resolved. */

/* 127.0.0.0/8, ::1 (without brackets) or localhost. */
bool address_is_loopback(struct slice host);

/* An IPv4 address, or an IPv6 one without brackets. */
bool address_is_literal(struct slice host);

/* The name of a host, or an address as above. */
bool address_is_host(struct slice host);

/*
 * Splits "host:port" or "[IPv6]:port"; the host comes without brackets. The port is 1 to 65535.
 * False if it is neither; host and port are then untouched.
 */
bool address_split(struct slice text, struct slice *host, uint16_t *port);

/*
 * NULL if this is a URL that requests may go to: https, or http on loopback; a host; no user name;
 * nothing but visible ASCII; a query only if that is allowed, a fragment never. Else what is wrong
 * with it, as the end of a sentence.
 */
const char *address_url_fault(struct slice url, bool query);

/* The same of the URL of a proxy: http or https, a host and a port, nothing else. */
const char *address_proxy_fault(struct slice url);
