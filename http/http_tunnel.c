/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_tunnel.h"

/* In a line of our own: curl would copy user and password, and nobody would wipe that. */
static CURLcode
set_authorization(CURL *easy, const struct secret *authorization, struct buf *room,
    struct curl_slist *line)
{
	static const char name[] = "Proxy-Authorization: ";
	struct slice text = secret_get(authorization);

	if (!buf_reserve(room, sizeof name + text.len))
		return CURLE_OUT_OF_MEMORY;
	buf_add_str(room, name);
	buf_add_slice(room, text);
	buf_add_char(room, '\0');
	*line = (struct curl_slist){ .data = room->ptr };
	return curl_easy_setopt(easy, CURLOPT_PROXYHEADER, line);
}

CURLcode
http_tunnel_set(CURL *easy, const struct http_proxy *p, struct buf *room, struct curl_slist *line)
{
	CURLcode cc;

	if (!p)
		return CURLE_OK;
	if ((p->url && (cc = curl_easy_setopt(easy, CURLOPT_PROXY, p->url))) ||
	    (p->direct && (cc = curl_easy_setopt(easy, CURLOPT_NOPROXY, p->direct))))
		return cc;
	return p->authorization ? set_authorization(easy, p->authorization, room, line) : CURLE_OK;
}

const char *
http_tunnel_trouble(CURL *easy, CURLcode result)
{
	long status = 0;

	if (result == CURLE_COULDNT_RESOLVE_PROXY)
		return "the proxy's name does not resolve. Check http: proxy in the configuration, or "
		       "https_proxy in the environment";
	if (curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status) != CURLE_OK)
		return NULL;
	switch (status) {
	case 0:
	case 200:
		return NULL;
	case 401: /* tinyproxy, of a password that is wrong */
	case 407:
		return "the proxy asks who we are, or does not know us (407). Check http: "
		       "proxy_credential in the configuration";
	case 403:
		return "the proxy does not let us go there (403). Ask whoever runs it to allow this "
		       "host, or name it in http: no_proxy";
	case 502:
	case 503:
	case 504:
		return "the proxy cannot reach it (502 to 504). Ask whoever runs the proxy";
	default:
		return "the proxy refuses. Ask whoever runs it to allow CONNECT to this host";
	}
}
