/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool
http_address_is_loopback(const char *ip)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, ip, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, ip, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* curl itself resolves localhost to the loopback addresses, whatever the resolver says. */
static bool
is_loopback(const char *host)
{
	char text[INET6_ADDRSTRLEN + 1] = "";
	size_t len = strlen(host);

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (host[0] != '[')
		return http_address_is_loopback(host);
	if (len < 3 || len - 2 >= sizeof text)
		return false;
	memcpy(text, host + 1, len - 2);
	return http_address_is_loopback(text);
}

struct parts {
	char *scheme, *host;
	char *port; /* NULL: the URL names none */
};

static CURLUcode
split(CURLU *u, const char *url, struct parts *p)
{
	CURLUcode uc;

	if ((uc = curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER)) ||
	    (uc = curl_url_get(u, CURLUPART_SCHEME, &p->scheme, 0)) ||
	    (uc = curl_url_get(u, CURLUPART_HOST, &p->host, 0)))
		return uc;
	uc = curl_url_get(u, CURLUPART_PORT, &p->port, 0);
	return uc == CURLUE_NO_PORT ? CURLUE_OK : uc;
}

static enum err_code
judge(const struct parts *p, bool unix_socket, struct http_address *out, struct err *err)
{
	struct http_address a;
	int n = snprintf(a.authority, sizeof a.authority, "%s%s%s", p->host, p->port ? ":" : "",
	    p->port ? p->port : "");

	if (n < 0 || (size_t)n >= sizeof a.authority)
		return err_set(err, ERR_USAGE, "the address has a host name that is too long");
	a.plain = strcasecmp(p->scheme, "http") == 0;
	a.local = unix_socket || is_loopback(p->host);
	if (!a.plain && strcasecmp(p->scheme, "https") != 0)
		return err_set(err, ERR_USAGE, "%s: the address has to begin with https://",
		    a.authority);
	if (a.plain && !a.local)
		return err_set(err, ERR_USAGE,
		    "%s: plain http is for this machine only; use https://", a.authority);
	*out = a;
	return ERR_OK;
}

enum err_code
http_address_parse(const char *url, bool unix_socket, struct http_address *out, struct err *err)
{
	struct parts p = { NULL, NULL, NULL };
	CURLU *u = curl_url();
	CURLUcode uc = u ? split(u, url, &p) : CURLUE_OUT_OF_MEMORY;
	enum err_code rc;

	if (uc == CURLUE_OUT_OF_MEMORY)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	else if (uc)
		rc = err_set(err, ERR_USAGE, "the address is none that can be called: %s",
		    curl_url_strerror(uc));
	else
		rc = judge(&p, unix_socket, out, err);
	curl_free(p.port);
	curl_free(p.host);
	curl_free(p.scheme);
	curl_url_cleanup(u);
	return rc;
}
