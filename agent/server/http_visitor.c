/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/http_visitor.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>

struct http_visitor {
	struct http_visitor *next;
	struct http_access *access;
	int fd;
	bool asked;        /* its request is being answered */
	uint64_t since_ms; /* that we wait for one, otherwise */
};

struct http_visitor *
http_visitor_new(struct http_visitors *all, struct MHD_Connection *connection,
    struct http_access *access, uint64_t now_ms)
{
	struct http_visitor *v = calloc(1, sizeof *v);
	struct err err;

	if (!v)
		return NULL;
	if (access && http_access_has_tls(access) &&
	    http_access_begin(access,
	        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
	            ->tls_session,
	        &err)) {
		free(v);
		return NULL;
	}
	v->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	v->access = access ? http_access_hold(access) : NULL;
	v->since_ms = now_ms;
	v->next = all->first;
	all->first = v;
	return v;
}

void
http_visitor_free(struct http_visitors *all, struct http_visitor *v)
{
	struct http_visitor **at = &all->first;

	if (!v)
		return;
	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	http_access_drop(v->access);
	free(v);
}

void
http_visitor_asks(struct http_visitor *v)
{
	v->asked = true;
}

void
http_visitor_is_served(struct http_visitor *v, uint64_t now_ms)
{
	v->asked = false;
	v->since_ms = now_ms;
}

/* MHD sees the end of what it reads, and closes by itself what it has no answer for. */
void
http_visitors_hurry(const struct http_visitors *all, uint64_t before_ms)
{
	for (const struct http_visitor *v = all->first; v; v = v->next) {
		if (!v->asked && v->since_ms < before_ms)
			(void)shutdown(v->fd, SHUT_RDWR);
	}
}

void
http_visitors_dismiss(const struct http_visitors *all)
{
	for (const struct http_visitor *v = all->first; v; v = v->next)
		(void)shutdown(v->fd, SHUT_RD);
}
