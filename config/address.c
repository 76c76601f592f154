/* SPDX-License-Identifier: Apache-2.0 */
#include "config/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* The end of the first n bytes of s that are none of stop. */
static size_t
span_until(struct slice s, const char *stop)
{
	size_t n = 0;

	while (n < s.len && !strchr(stop, s.ptr[n]))
		n++;
	return n;
}

bool
address_is_loopback(struct slice host)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in_addr v4;
	struct in6_addr v6;

	if (slice_eq(host, slice_of("localhost")))
		return true;
	if (host.len >= sizeof text || host.len == 0)
		return false;
	memcpy(text, host.ptr, host.len);
	if (inet_pton(AF_INET, text, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* A name or an IPv4 address; resolving tells the rest. */
static bool
is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-')
			return false;
	}
	return s.len > 0;
}

static bool
is_ipv6(struct slice s)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr v6;

	if (s.len == 0 || s.len >= sizeof text)
		return false;
	memcpy(text, s.ptr, s.len);
	return inet_pton(AF_INET6, text, &v6) == 1;
}

bool
address_is_literal(struct slice host)
{
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr v4;

	if (is_ipv6(host))
		return true;
	if (host.len == 0 || host.len >= sizeof text)
		return false;
	memcpy(text, host.ptr, host.len);
	return inet_pton(AF_INET, text, &v4) == 1;
}

bool
address_is_host(struct slice host)
{
	return is_name(host) || is_ipv6(host);
}

/* Takes the host off the front of s, brackets included. */
static bool
take_host(struct slice *s, struct slice *host)
{
	size_t len;

	if (s->len > 0 && s->ptr[0] == '[') {
		len = span_until(*s, "]");
		if (len == s->len || !is_ipv6((struct slice){ s->ptr + 1, len - 1 }))
			return false;
		*host = (struct slice){ s->ptr + 1, len - 1 };
		*s = slice_from(*s, len + 1);
		return true;
	}
	len = span_until(*s, ":");
	if (!is_name(slice_head(*s, len)))
		return false;
	*host = slice_head(*s, len);
	*s = slice_from(*s, len);
	return true;
}

/* s: ":port". */
static bool
read_port(struct slice s, uint16_t *port)
{
	uint64_t number;

	if (s.len < 2 || s.ptr[0] != ':' || !slice_to_u64(slice_from(s, 1), UINT16_MAX, &number) ||
	    number == 0)
		return false;
	*port = (uint16_t)number;
	return true;
}

bool
address_split(struct slice text, struct slice *host, uint16_t *port)
{
	struct slice h;

	if (!take_host(&text, &h) || !read_port(text, port))
		return false;
	*host = h;
	return true;
}

static bool
is_visible_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~' || strchr("\"<>\\^`{|}", s.ptr[i]))
			return false;
	}
	return true;
}

static const char *
authority_fault(struct slice authority, bool http)
{
	struct slice host;
	uint16_t port;

	if (memchr(authority.ptr, '@', authority.len))
		return "holds a user name";
	if (!take_host(&authority, &host))
		return "names no host";
	if (authority.len > 0 && !read_port(authority, &port))
		return "has a port that is none";
	if (http && !address_is_loopback(host))
		return "is http, which is for loopback only";
	return NULL;
}

/* Takes the scheme off the front of the URL. */
static const char *
scheme_fault(struct slice *url, bool *http)
{
	static const struct slice https_scheme = { "https://", 8 };
	static const struct slice http_scheme = { "http://", 7 };

	if (!is_visible_ascii(*url))
		return "holds characters that a URL must escape";
	*http = slice_starts_nocase(*url, http_scheme);
	if (!*http && !slice_starts_nocase(*url, https_scheme))
		return "does not begin with https://";
	*url = slice_from(*url, *http ? http_scheme.len : https_scheme.len);
	return NULL;
}

const char *
address_url_fault(struct slice url, bool query)
{
	bool http;
	const char *fault = scheme_fault(&url, &http);

	if (fault)
		return fault;
	fault = authority_fault(slice_head(url, span_until(url, "/?#")), http);
	if (fault)
		return fault;
	if (memchr(url.ptr, '#', url.len))
		return "holds a fragment";
	if (!query && memchr(url.ptr, '?', url.len))
		return "holds a query";
	return NULL;
}

/* Without a port curl would take 1080, which nobody expects. */
const char *
address_proxy_fault(struct slice url)
{
	struct slice host;
	uint16_t port;
	bool http = false;
	const char *fault = scheme_fault(&url, &http);

	if (fault)
		return http ? fault : "does not begin with http:// or https://";
	if (memchr(url.ptr, '@', url.len))
		return "holds a user name";
	return address_split(url, &host, &port) ? NULL : "is not just a host and a port";
}
