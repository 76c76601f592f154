/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/http_server.h"

#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "agent/server/header_check.h"
#include "agent/server/http_visitor.h"
#include "agent/server/listen_socket.h"
#include "agent/server/socket_peer.h"
#include "agent/tools/temp_file.h"
#include "base/slice.h"

enum {
	CONNECTIONS = 64,
	CONNECTIONS_OF_ONE = 16, /* address */
	IDLE_S = 15,
	REQUEST_S = 30,
	LOOK_MS = 1000,               /* how often we look who has had his time */
	CONNECTION_BYTES = 32 * 1024, /* all headers of a request, and what waits to be read */
	LAST_TURNS = 16,              /* of a server that closes, for answers that are ready */
	NOBODY = -1,                  /* a group that nobody is in */
};

/* TLS 1.2 and 1.3, with what GnuTLS holds for 128 bits of security or more. */
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/*
 * One listening socket. MHD runs without a thread: it is to be run when its epoll descriptor is
 * readable, when the time is up that it asks for, and after a connection was resumed. Its epoll is
 * edge-triggered: what it left for later with a time of 0 is never reported again.
 */
struct front {
	struct http_server *server;
	struct http_exchange_home home;
	struct MHD_Daemon *daemon;  /* NULL: not open, or closed */
	struct http_access *access; /* over TCP; NULL: the Unix socket */
	gid_t group;                /* of the Unix socket */
	struct http_visitors visitors;
	uv_poll_t poll;
	uv_timer_t timer;
	uv_timer_t patience; /* runs while there are visitors */
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

/* 405 names the methods that there are. Source: sources.md#method-not-allowed */
static void
refuse_method(struct http_exchange *x, unsigned verbs, const char *why)
{
	static const char *const allowed[] = {
		[1u << HTTP_VERB_GET] = "GET, HEAD",
		[1u << HTTP_VERB_POST] = "POST",
		[1u << HTTP_VERB_GET | 1u << HTTP_VERB_POST] = "GET, HEAD, POST",
	};

	http_exchange_allow(x, allowed[verbs]);
	refuse(x, MHD_HTTP_METHOD_NOT_ALLOWED, ERR_USAGE, why);
}

/* The route, or NULL, and *verbs are those for which there is one. */
static const struct http_route *
find_route(const struct front *f, const struct http_exchange *x, const char *method,
    unsigned *verbs)
{
	*verbs = 0;
	for (const struct http_route *r = f->server->opt.route; r->path; r++) {
		if ((f->home.over_tcp && r->verb != HTTP_VERB_GET) ||
		    !http_exchange_matches(x, r->path))
			continue;
		if (is_verb(method, r->verb))
			return r;
		*verbs |= 1u << r->verb;
	}
	return NULL;
}

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool
announces_too_much(const struct front *f, struct MHD_Connection *connection)
{
	const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t n;

	return length && !slice_to_u64(slice_of(length), f->home.upload_max, &n);
}

/* 0, or the status with which whoever asks is refused, and why. */
static unsigned
judge_visitor(const struct front *f, const struct http_exchange *x,
    struct MHD_Connection *connection, struct err *err)
{
	const union MHD_ConnectionInfo *tls =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const struct http_access_claim claim = {
		.host = header(connection, MHD_HTTP_HEADER_HOST),
		.authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
		.session = tls ? tls->tls_session : NULL,
	};
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	const struct ucred *peer = http_exchange_peer(x);

	if (f->home.over_tcp)
		return http_access_judge(f->access, &claim, err);
	if (peer && socket_peer_may_order(fd, peer, f->group))
		return 0;
	(void)err_set(err, ERR_USAGE,
	    "this socket is for the members of its group; ask whoever runs the agent to add you");
	return MHD_HTTP_FORBIDDEN;
}

/* Finds the handler, or refuses. */
static void
find_handler(const struct front *f, struct http_exchange *x, struct MHD_Connection *connection,
    const char *method)
{
	const struct http_route *r;
	const char *stranger;
	unsigned verbs;
	struct err err;

	if (f->home.over_tcp && !is_verb(method, HTTP_VERB_GET)) {
		refuse_method(x, 1u << HTTP_VERB_GET,
		    "here are only answers; orders go to the control socket");
	} else if (!(r = find_route(f, x, method, &verbs))) {
		if (verbs)
			refuse_method(x, verbs, "this address takes another method");
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

/* Judges the headers: who asks, and for what. Whoever may not ask learns nothing of the rest. */
static void
admit(const struct front *f, struct http_exchange *x, struct MHD_Connection *connection,
    const char *method)
{
	const struct err *bad = http_exchange_meet(x, connection);
	const char *fault = header_check_fault(connection);
	struct err err;
	unsigned status = judge_visitor(f, x, connection, &err);

	if (fault)
		refuse(x, MHD_HTTP_BAD_REQUEST, ERR_FORMAT, fault);
	else if (status)
		http_exchange_refuse(x, status, &err);
	else if (f->home.closing)
		refuse(x, MHD_HTTP_SERVICE_UNAVAILABLE, ERR_CANCELLED, "the agent is stopping");
	else if (bad)
		http_exchange_fail(x, bad);
	else
		find_handler(f, x, connection, method);
}

/* NULL: there was no memory for one. */
static struct http_visitor *
visitor_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
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
	struct http_visitor *v = visitor_of(connection);
	bool go_on;

	(void)url;
	(void)version;
	if (!x || !v)
		return MHD_NO; /* there was no memory for it */
	if (http_exchange_is_new(x)) {
		http_visitor_asks(v);
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
	struct front *f = arg;
	struct http_visitor *v = visitor_of(connection);

	(void)why;
	http_exchange_free(*context);
	*context = NULL;
	if (v)
		http_visitor_is_served(v, uv_now(f->patience.loop));
}

/* --- who is connected --- */

static void
on_patience(uv_timer_t *timer)
{
	struct front *f = timer->data;
	uint64_t patience_ms = UINT64_C(1000) * f->server->opt.request_s;
	uint64_t now_ms = uv_now(timer->loop);

	if (now_ms > patience_ms)
		http_visitors_hurry(&f->visitors, now_ms - patience_ms);
	if (!f->visitors.first)
		(void)uv_timer_stop(timer);
}

static void
on_connection(void *arg, struct MHD_Connection *connection, void **visitor,
    enum MHD_ConnectionNotificationCode what)
{
	struct front *f = arg;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		http_visitor_free(&f->visitors, *visitor);
		*visitor = NULL;
		return;
	}
	*visitor = http_visitor_new(&f->visitors, connection, f->access, uv_now(f->patience.loop));
	if (!uv_is_active((uv_handle_t *)&f->patience))
		(void)uv_timer_start(&f->patience, on_patience, LOOK_MS, LOOK_MS);
}

/* What a TLS session shows it is given when it begins; without that it shows nothing. */
static int
show_nothing(gnutls_session_t session, const gnutls_datum_t *ca, int nca,
    const gnutls_pk_algorithm_t *algorithm, int nalgorithm, gnutls_pcert_st **certificate,
    unsigned *ncertificate, gnutls_privkey_t *key)
{
	(void)session;
	(void)ca;
	(void)nca;
	(void)algorithm;
	(void)nalgorithm;
	(void)certificate;
	(void)ncertificate;
	(void)key;
	return -1;
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
	uv_close((uv_handle_t *)&f->patience, on_closed);
	http_access_drop(f->access);
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
	char priorities[] = TLS_PRIORITIES; /* read here, but not taken as const */
	const struct http_server_options *opt = &f->server->opt;
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)show_nothing },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, priorities },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };
	bool secure = f->access && http_access_has_tls(f->access);

	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
	        (secure ? MHD_USE_TLS : 0),
	    0, NULL, NULL, on_request, f, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
	    on_uri, f, MHD_OPTION_NOTIFY_COMPLETED, on_completed, f, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, f, MHD_OPTION_CONNECTION_LIMIT, opt->connections,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ONE,
	    MHD_OPTION_CONNECTION_TIMEOUT, opt->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_BYTES, MHD_OPTION_ARRAY, secure ? tls : plain, MHD_OPTION_END);
}

/* Takes fd over. */
static enum err_code
open_front(struct http_server *s, struct front *f, struct uv_loop_s *loop, int fd, struct err *err)
{
	bool over_tcp = f == &s->front[FRONT_TCP];
	const union MHD_DaemonInfo *info;

	f->server = s;
	f->access = over_tcp ? s->opt.access : NULL;
	if (over_tcp || !socket_peer_group(fd, &f->group))
		f->group = (gid_t)NOBODY;
	f->home = (struct http_exchange_home){
		.folder = s->opt.folder,
		.upload_max = over_tcp ? 0 : s->opt.upload_max,
		.over_tcp = over_tcp,
		.arg = f,
		.wake = wake,
	};
	f->poll.data = f->timer.data = f->patience.data = f;
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
	(void)uv_timer_init(loop, &f->patience);
	s->handles += 3;
	if (f->access)
		http_access_hold(f->access);
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
	if (!opt->request_s)
		opt->request_s = REQUEST_S;
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

/* A file that somebody else made serves the next one who listens. */
static void
remove_file(const struct http_server *s)
{
	if (s->opt.socket_fd == 0)
		(void)unlink(s->opt.socket);
}

void
http_server_close(struct http_server *s, void (*closed)(void *arg), void *arg)
{
	s->closed = closed;
	s->closed_arg = arg;
	remove_file(s);
	for (size_t i = 0; i < NFRONT; i++)
		close_front(&s->front[i]);
}

static void
drop(int fd)
{
	if (fd > 0)
		(void)close(fd);
}

static enum err_code
open_socket(struct http_server *s, struct uv_loop_s *loop, struct err *err)
{
	int fd = s->opt.socket_fd;

	if (fd > 0 ? listen_socket_check_unix(fd, s->opt.socket, err)
	           : listen_socket_unix(s->opt.socket, &fd, err)) {
		drop(fd);
		return err->code;
	}
	if (open_front(s, &s->front[FRONT_SOCKET], loop, fd, err))
		remove_file(s);
	return s->front[FRONT_SOCKET].daemon ? ERR_OK : err->code;
}

static enum err_code
open_tcp(struct http_server *s, struct uv_loop_s *loop, struct err *err)
{
	int fd = s->opt.tcp_fd;

	if (!s->opt.host && fd == 0)
		return ERR_OK;
	if (fd > 0 ? listen_socket_check_tcp(fd, s->opt.host, s->opt.port, err)
	           : listen_socket_tcp(s->opt.host, s->opt.port, &fd, err)) {
		drop(fd);
		return err->code;
	}
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
		drop(opt->tcp_fd);
		free(s);
		return err->code;
	}
	if (open_tcp(s, loop, err)) {
		http_server_close(s, NULL, NULL); /* frees s once the loop has run */
		return err->code;                 /* NOLINT(clang-analyzer-unix.Malloc) */
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

const struct http_access *
http_server_access(const struct http_server *s)
{
	return s->front[FRONT_TCP].access;
}

/* Streams may go on for days, so that they would outlive a token that was withdrawn. */
enum err_code
http_server_set_access(struct http_server *s, struct http_access *access, struct err *err)
{
	struct front *f = &s->front[FRONT_TCP];

	if (!f->access || f->home.closing || http_access_same(f->access, access))
		return ERR_OK;
	if (http_access_has_tls(f->access) != http_access_has_tls(access))
		return err_set(err, ERR_USAGE,
		    "\"server: certificate\" cannot come or go while the agent runs: restart it");
	http_access_drop(f->access);
	f->access = http_access_hold(access);
	http_visitors_dismiss(&f->visitors);
	http_exchange_end_streams(&f->home);
	return ERR_OK;
}
