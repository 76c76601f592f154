/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/http_server.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "agent/server/listen_socket.h"
#include "agent/tools/temp_file.h"
#include "base/slice.h"
#include "config/address.h"

enum {
	CONNECTIONS = 64,
	CONNECTIONS_OF_ONE = 16, /* address */
	IDLE_S = 15,
	CONNECTION_BYTES = 32 * 1024, /* all headers of a request, and what waits to be read */
	LAST_TURNS = 16,              /* of a server that closes, for answers that are ready */
};

/*
 * One listening socket. MHD runs without a thread: it is to be run when its epoll descriptor is
 * readable, when the time is up that it asks for, and after a connection was resumed. Its epoll is
 * edge-triggered: what it left for later with a time of 0 is never reported again.
 */
struct front {
	struct http_server *server;
	struct http_exchange_home home;
	struct MHD_Daemon *daemon; /* NULL: not open, or closed */
	uv_poll_t poll;
	uv_timer_t timer;
};

enum { FRONT_TCP, FRONT_SOCKET, NFRONT };

struct http_server {
	struct http_server_options opt;
	struct front front[NFRONT];
	uint16_t port;
	unsigned handles; /* of libuv, that are not closed */
	void (*closed)(void *arg);
	void *closed_arg;
};

/* --- one request --- */

static bool
is_loopback(const char *host)
{
	struct slice name = host ? slice_of(host) : slice_of("");
	uint16_t port;

	(void)address_split(name, &name, &port);
	if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
		name = (struct slice){ name.ptr + 1, name.len - 2 };
	return address_is_loopback(name);
}

static bool
is_verb(const char *method, enum http_verb verb)
{
	if (verb == HTTP_VERB_POST)
		return strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	return strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
	    strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

static void
refuse(struct http_exchange *x, unsigned status, enum err_code code, const char *why)
{
	struct err err;

	(void)err_set(&err, code, "%s", why);
	http_exchange_refuse(x, status, &err);
}

/* The route, or NULL, and *elsewhere says whether there is one for another method. */
static const struct http_route *
find_route(const struct front *f, const struct http_exchange *x, const char *method,
    bool *elsewhere)
{
	*elsewhere = false;
	for (const struct http_route *r = f->server->opt.route; r->path; r++) {
		if ((f->home.over_tcp && r->verb != HTTP_VERB_GET) ||
		    !http_exchange_matches(x, r->path))
			continue;
		if (is_verb(method, r->verb))
			return r;
		*elsewhere = true;
	}
	return NULL;
}

static bool
announces_too_much(const struct front *f, struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
	    MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t n;

	return length && !slice_to_u64(slice_of(length), f->home.upload_max, &n);
}

/* Judges the headers: refuses, or finds the handler. */
static void
admit(struct front *f, struct http_exchange *x, struct MHD_Connection *connection,
    const char *method)
{
	const struct err *bad = http_exchange_meet(x, connection);
	const struct http_route *r;
	const char *stranger;
	bool elsewhere;
	struct err err;

	if (bad) {
		http_exchange_fail(x, bad);
	} else if (f->home.closing) {
		refuse(x, MHD_HTTP_SERVICE_UNAVAILABLE, ERR_CANCELLED, "the agent is stopping");
	} else if (f->home.over_tcp &&
	    !is_loopback(
	        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST))) {
		refuse(x, MHD_HTTP_FORBIDDEN, ERR_USAGE,
		    "the Host header must name this machine: localhost or its address");
	} else if (f->home.over_tcp && !is_verb(method, HTTP_VERB_GET)) {
		refuse(x, MHD_HTTP_METHOD_NOT_ALLOWED, ERR_USAGE,
		    "here are only answers; orders go to the control socket");
	} else if (!(r = find_route(f, x, method, &elsewhere))) {
		if (elsewhere)
			refuse(x, MHD_HTTP_METHOD_NOT_ALLOWED, ERR_USAGE,
			    "this address takes another method");
		else
			refuse(x, MHD_HTTP_NOT_FOUND, ERR_NOT_FOUND,
			    "there is nothing at this address");
	} else if ((stranger = http_exchange_stranger(x, r->known ? r->known : ""))) {
		(void)err_set(&err, ERR_USAGE, "unknown parameter %s", stranger);
		http_exchange_fail(x, &err);
	} else if (announces_too_much(f, connection)) {
		refuse(x, MHD_HTTP_CONTENT_TOO_LARGE, ERR_LIMIT, "the body is too large");
	} else {
		http_exchange_accept(x, r->handler, r->body);
	}
}

/*
 * MHD calls this with the headers, with each piece of the body, at its end, and after the connection
 * was resumed.
 */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *body, size_t *body_len, void **context)
{
	struct front *f = arg;
	struct http_exchange *x = *context;
	bool go_on;

	(void)url;
	(void)version;
	if (!x)
		return MHD_NO; /* there was no memory for it */
	if (http_exchange_is_new(x)) {
		admit(f, x, connection, method);
		go_on = http_exchange_proceed_early(x);
	} else if (*body_len > 0) {
		go_on = http_exchange_take(x, (struct slice){ body, *body_len });
		*body_len = 0;
	} else {
		go_on = http_exchange_proceed(x, f->server->opt.arg);
	}
	return go_on ? MHD_YES : MHD_NO;
}

/* Before anything else of a request is read: MHD itself would undo the escapes of the path. */
static void *
on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
	struct front *f = arg;

	(void)connection;
	return http_exchange_new(&f->home, uri);
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)connection;
	(void)why;
	http_exchange_free(*context);
	*context = NULL;
}

/* --- the loop --- */

static void
on_closed(uv_handle_t *handle)
{
	struct front *f = handle->data;
	struct http_server *s = f->server;
	void (*closed)(void *arg) = s->closed;
	void *arg = s->closed_arg;

	if (--s->handles > 0)
		return;
	free(s);
	if (closed)
		closed(arg);
}

/* All connections end here, and so do the exchanges that are still being sent. */
static void
stop(struct front *f)
{
	MHD_UNSIGNED_LONG_LONG ms;

	for (int i = 0; i < LAST_TURNS && MHD_get_timeout(f->daemon, &ms) == MHD_YES && ms == 0;
	     i++)
		(void)MHD_run(f->daemon);
	(void)uv_poll_stop(&f->poll); /* before its descriptor is closed */
	MHD_stop_daemon(f->daemon);
	f->daemon = NULL;
	uv_close((uv_handle_t *)&f->poll, on_closed);
	uv_close((uv_handle_t *)&f->timer, on_closed);
}

static void on_timer(uv_timer_t *timer);

/* Not at once: whoever has resumed a connection may be in the middle of something. */
static void
wake(void *arg)
{
	struct front *f = arg;

	(void)uv_timer_start(&f->timer, on_timer, 0, 0);
}

static unsigned
connections(struct front *f)
{
	return MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

/*
 * A full server does not watch the listening socket. It only sees at the beginning of a run that it
 * is not full any more, so that after the run in which connections have gone there has to be another.
 */
static void
run(struct front *f)
{
	bool was_full = connections(f) >= f->server->opt.connections;
	MHD_UNSIGNED_LONG_LONG ms;

	(void)MHD_run(f->daemon);
	if (f->home.closing && f->home.unanswered == 0)
		stop(f);
	else if (was_full && connections(f) < f->server->opt.connections)
		wake(f);
	else if (MHD_get_timeout(f->daemon, &ms) == MHD_YES)
		(void)uv_timer_start(&f->timer, on_timer, ms, 0);
	else
		(void)uv_timer_stop(&f->timer);
}

static void
on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

/* --- opening and closing --- */

static struct MHD_Daemon *
start_daemon(struct front *f, int fd)
{
	const struct http_server_options *opt = &f->server->opt;

	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
	    f, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, f,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, f, MHD_OPTION_CONNECTION_LIMIT,
	    opt->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ONE,
	    MHD_OPTION_CONNECTION_TIMEOUT, opt->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_BYTES, MHD_OPTION_END);
}

/* Takes fd over. */
static enum err_code
open_front(struct http_server *s, struct front *f, struct uv_loop_s *loop, int fd, struct err *err)
{
	const union MHD_DaemonInfo *info;

	f->server = s;
	f->home = (struct http_exchange_home){
		.folder = s->opt.folder,
		.upload_max = s->opt.upload_max,
		.over_tcp = f == &s->front[FRONT_TCP],
		.arg = f,
		.wake = wake,
	};
	f->poll.data = f->timer.data = f;
	f->daemon = start_daemon(f, fd);
	if (!f->daemon) {
		(void)close(fd);
		return err_set(err, ERR_NOMEM, "HTTP server");
	}
	info = MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (uv_poll_init(loop, &f->poll, info->epoll_fd) != 0) {
		MHD_stop_daemon(f->daemon);
		f->daemon = NULL;
		return err_set(err, ERR_NOMEM, "HTTP server");
	}
	(void)uv_timer_init(loop, &f->timer);
	s->handles += 2;
	(void)uv_poll_start(&f->poll, UV_READABLE, on_poll);
	return ERR_OK;
}

static void
set_defaults(struct http_server_options *opt)
{
	if (!opt->upload_max)
		opt->upload_max = HTTP_UPLOAD_MAX;
	if (!opt->connections)
		opt->connections = CONNECTIONS;
	if (!opt->idle_s)
		opt->idle_s = IDLE_S;
}

static void
close_front(struct front *f)
{
	int fd;

	if (!f->daemon || f->home.closing)
		return;
	f->home.closing = true;
	fd = MHD_quiesce_daemon(f->daemon);
	if (fd >= 0)
		(void)close(fd);
	http_exchange_end_streams(&f->home);
	wake(f);
}

void
http_server_close(struct http_server *s, void (*closed)(void *arg), void *arg)
{
	s->closed = closed;
	s->closed_arg = arg;
	(void)unlink(s->opt.socket);
	for (size_t i = 0; i < NFRONT; i++)
		close_front(&s->front[i]);
}

static enum err_code
open_socket(struct http_server *s, struct uv_loop_s *loop, struct err *err)
{
	int fd;

	if (listen_socket_unix(s->opt.socket, &fd, err))
		return err->code;
	if (open_front(s, &s->front[FRONT_SOCKET], loop, fd, err))
		(void)unlink(s->opt.socket);
	return s->front[FRONT_SOCKET].daemon ? ERR_OK : err->code;
}

static enum err_code
open_tcp(struct http_server *s, struct uv_loop_s *loop, struct err *err)
{
	int fd;

	if (!s->opt.host)
		return ERR_OK;
	if (listen_socket_tcp(s->opt.host, s->opt.port, &fd, err))
		return err->code;
	s->port = listen_socket_port(fd);
	return open_front(s, &s->front[FRONT_TCP], loop, fd, err);
}

enum err_code
http_server_open(struct uv_loop_s *loop, const struct http_server_options *opt,
    struct http_server **out, struct err *err)
{
	struct http_server *s = calloc(1, sizeof *s);

	if (!s)
		return err_set(err, ERR_NOMEM, "HTTP server");
	s->opt = *opt;
	set_defaults(&s->opt);
	if (open_socket(s, loop, err)) {
		free(s);
		return err->code;
	}
	if (open_tcp(s, loop, err)) {
		http_server_close(s, NULL, NULL); /* frees s once the loop has run */
		return err->code;
	}
	temp_file_sweep(opt->folder); /* nobody else is there now who might have one */
	*out = s;
	return ERR_OK;
}

uint16_t
http_server_port(const struct http_server *s)
{
	return s->port;
}
