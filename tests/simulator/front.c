/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/front.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/simulator/must.h"

enum {
	CONNECTIONS_MAX = 256,
	IDLE_S = 300,
	CONNECTION_BYTES = 64 << 10,
	BLOCK_BYTES = 16 << 10,
	TRICKLE_STEPS = 10, /* a second */
	FIXED_FDS = 3,
	FULL_MS = 20,
};

/*
 * A request on its way:
 *
 *   READING --> (handled) --+----------------------> ANSWERING
 *                           +--> DELAYED --(due)---> ANSWERING <--> TRICKLING
 *                           +--> HANGING
 *
 * DELAYED, HANGING and TRICKLING are suspended and in the list of those that wait. Whoever waits
 * and hangs up is dropped.
 */
enum call_state { CALL_READING, CALL_DELAYED, CALL_HANGING, CALL_ANSWERING, CALL_TRICKLING };

struct call {
	struct front *front;
	struct exchange *x;
	struct MHD_Connection *connection;
	enum call_state state;
	bool met;  /* its headers have been read */
	bool gone; /* the client has hung up */
	int fd;
	uint64_t due_ms; /* UINT64_MAX: never */
	struct call *next_waiting;
};

struct front {
	struct simulator *sim;
	struct MHD_Daemon *daemon;
	struct call *waiting;
	uint16_t port;
	bool closing;
};

/* --- waiting --- */

static void
wait_until(struct call *call, enum call_state state, uint64_t due_ms)
{
	call->state = state;
	call->due_ms = due_ms;
	call->next_waiting = call->front->waiting;
	call->front->waiting = call;
	MHD_suspend_connection(call->connection);
}

/* Goes on with those that are due or have gone; with all of them when the front closes. */
static void
resume_waiting(struct front *f)
{
	uint64_t now = simulator_now_ms(f->sim);
	struct call **at = &f->waiting;

	while (*at) {
		struct call *call = *at;

		if (!f->closing && !call->gone && call->due_ms > now) {
			at = &call->next_waiting;
			continue;
		}
		*at = call->next_waiting;
		if (call->state == CALL_DELAYED)
			call->state = CALL_ANSWERING;
		MHD_resume_connection(call->connection);
	}
}

/* --- answers --- */

/* How much of the body may still be sent; *ended: nothing more ever. */
static size_t
share_of(const struct exchange *x, uint64_t sent, bool *ended)
{
	size_t limit = x->answer.len;

	if (x->delivery.truncated && x->delivery.truncate_bytes < limit)
		limit = x->delivery.truncate_bytes;
	*ended = sent >= limit;
	return *ended ? 0 : limit - (size_t)sent;
}

/* A trickle waits before each piece: suspended as TRICKLING, it comes back here for one. */
static ssize_t
read_answer(void *arg, uint64_t sent, char *out, size_t max)
{
	struct call *call = arg;
	const struct exchange *x = call->x;
	uint64_t rate = x->delivery.trickle;
	uint64_t step = rate < TRICKLE_STEPS ? 1 : rate / TRICKLE_STEPS;
	uint64_t step_ms = rate > 0 ? step * 1000 / rate : 0;
	bool ended;
	size_t n = share_of(x, sent, &ended);

	if (ended || call->gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = n < max ? n : max;
	if (rate > 0 && call->state == CALL_ANSWERING) {
		wait_until(call, CALL_TRICKLING, simulator_now_ms(call->front->sim) + step_ms);
		return 0;
	}
	call->state = CALL_ANSWERING;
	if (rate > 0)
		n = n < step ? n : step;
	memcpy(out, x->answer.ptr + sent, n);
	return (ssize_t)n;
}

static struct MHD_Response *
make_response(struct call *call)
{
	struct exchange *x = call->x;
	const char *name;
	json_t *value;
	struct MHD_Response *r;

	if (x->answer.len > 0 && (x->delivery.truncated || x->delivery.trickle > 0))
		r = MHD_create_response_from_callback(x->answer.len, BLOCK_BYTES, read_answer, call,
		    NULL);
	else
		r = MHD_create_response_from_buffer(x->answer.len,
		    x->answer.ptr ? x->answer.ptr : "", MHD_RESPMEM_PERSISTENT);
	must_have(r);
	json_object_foreach(x->answer_headers, name, value)
	{
		(void)MHD_add_response_header(r, name, json_string_value(value));
	}
	return r;
}

static enum MHD_Result
send_answer(struct call *call)
{
	struct MHD_Response *r = make_response(call);
	enum MHD_Result ok = MHD_queue_response(call->connection, call->x->status, r);

	MHD_destroy_response(r);
	simulator_sends(call->front->sim, call->x);
	return ok;
}

/* --- requests --- */

static enum MHD_Result
add_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct exchange *x = arg;

	(void)kind;
	exchange_add_header(x, name, value ? value : "");
	return MHD_YES;
}

/* Has the client shown a certificate, and has the CA that it was asked for signed it? */
static bool
shows_certificate(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	gnutls_session_t session = info ? info->tls_session : NULL;
	unsigned problems;

	return session && gnutls_certificate_get_peers(session, NULL) &&
	    gnutls_certificate_verify_peers2(session, &problems) == 0 && problems == 0;
}

static void
meet(struct call *call, struct MHD_Connection *connection, const char *method)
{
	const union MHD_ConnectionInfo *info;

	call->met = true;
	call->connection = connection;
	call->x->method = must_copy(method);
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	call->x->connection = *(const uint64_t *)info->socket_context;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	call->fd = info->connect_fd;
	call->x->certificate = shows_certificate(connection);
	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, call->x);
}

static enum MHD_Result
handle(struct call *call)
{
	struct exchange *x = call->x;

	simulator_handle(call->front->sim, x);
	if (x->delivery.cut)
		return MHD_NO;
	if (x->delivery.hang)
		wait_until(call, CALL_HANGING, UINT64_MAX);
	else if (x->delivery.delay_ms > 0)
		wait_until(call, CALL_DELAYED,
		    simulator_now_ms(call->front->sim) + x->delivery.delay_ms);
	else
		call->state = CALL_ANSWERING;
	return call->state == CALL_ANSWERING ? send_answer(call) : MHD_YES;
}

/* MHD calls this with the headers, with each piece of the body, at its end, and when resumed. */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *body, size_t *body_len, void **context)
{
	struct call *call = *context;

	(void)arg;
	(void)url;
	(void)version;
	if (!call->met) {
		meet(call, connection, method);
		return MHD_YES;
	}
	if (*body_len > 0) {
		buf_add(&call->x->body, body, *body_len);
		call->x->too_large = call->x->body.failed != ERR_OK;
		*body_len = 0;
		return MHD_YES;
	}
	if (call->state == CALL_READING)
		return handle(call);
	if (call->state != CALL_ANSWERING || call->gone || call->front->closing)
		return MHD_NO;
	return send_answer(call);
}

/* Before anything else of a request is read: MHD itself would undo the escapes of the path. */
static void *
on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
	struct front *f = arg;
	struct call *call = must_have(calloc(1, sizeof *call));

	(void)connection;
	call->front = f;
	call->x = exchange_new(uri, simulator_now_ms(f->sim));
	return call;
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode why)
{
	struct call *call = *context;

	(void)arg;
	(void)connection;
	(void)why;
	if (!call)
		return;
	exchange_free(call->x);
	free(call);
	*context = NULL;
}

/* Connections are numbered from 1. */
static void
on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct front *f = arg;

	(void)connection;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		uint64_t *n = must_have(malloc(sizeof *n));

		*n = ++f->sim->connections;
		*context = n;
	} else {
		free(*context);
		*context = NULL;
	}
}

/* --- the loop --- */

enum err_code
front_open(struct simulator *sim, uint16_t port, const struct tls_identity *identity,
    struct front **out, struct err *err)
{
	struct front *f = must_have(calloc(1, sizeof *f));
	bool asks = identity && identity->client_ca;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, identity ? identity->key : NULL },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, identity ? identity->certificate : NULL },
		{ asks ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
		    asks ? identity->client_ca : NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (identity ? MHD_USE_TLS : 0);

	f->sim = sim;
	f->daemon = MHD_start_daemon(flags, port, NULL, NULL, on_request, f, MHD_OPTION_SOCK_ADDR,
	    &address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_BYTES, MHD_OPTION_URI_LOG_CALLBACK, on_uri, f,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, f, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, f, MHD_OPTION_ARRAY, identity ? tls : &tls[3], MHD_OPTION_END);
	if (!f->daemon) {
		free(f);
		return err_set(err, ERR_IO, "cannot listen on 127.0.0.1:%u", port);
	}
	f->port = MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	*out = f;
	return ERR_OK;
}

uint16_t
front_port(const struct front *f)
{
	return f->port;
}

static bool
is_full(const struct front *f)
{
	return MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
	           ->num_connections >= CONNECTIONS_MAX;
}

/*
 * Until MHD or somebody who waits has something to do. was_full: before MHD ran the last time. It
 * then does not watch the listening socket, and looks for room only when it runs again.
 */
static int
next_timeout(const struct front *f, bool was_full)
{
	uint64_t now = simulator_now_ms(f->sim);
	MHD_UNSIGNED_LONG_LONG mhd;
	uint64_t least = was_full ? FULL_MS : INT_MAX;

	if (MHD_get_timeout(f->daemon, &mhd) == MHD_YES)
		least = mhd < least ? mhd : least;
	for (const struct call *c = f->waiting; c; c = c->next_waiting) {
		uint64_t left = c->due_ms > now ? c->due_ms - now : 0;

		least = left < least ? left : least;
	}
	return least == INT_MAX ? -1 : (int)least;
}

/* MHD does not look at suspended connections: whether the client is gone is seen here. */
static nfds_t
fill_poll(const struct front *f, struct pollfd *fds)
{
	nfds_t n = FIXED_FDS;

	for (const struct call *c = f->waiting; c; c = c->next_waiting)
		fds[n++] = (struct pollfd){ .fd = c->fd, .events = POLLRDHUP };
	return n;
}

static void
note_gone(struct front *f, const struct pollfd *fds)
{
	nfds_t n = FIXED_FDS;

	for (struct call *c = f->waiting; c; c = c->next_waiting)
		c->gone = fds[n++].revents != 0;
}

/* What is sent on the stream is thrown away; only its end matters. */
static bool
is_at_eof(const struct pollfd *p)
{
	char part[256];

	return p->revents != 0 && read(p->fd, part, sizeof part) <= 0;
}

enum err_code
front_run(struct front *f, int stop_fd, int until_eof_fd, struct err *err)
{
	int mhd_fd = MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	struct pollfd fds[FIXED_FDS + CONNECTIONS_MAX] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = until_eof_fd, .events = POLLIN },
		{ .fd = mhd_fd, .events = POLLIN },
	};

	bool was_full = false;

	for (;;) {
		nfds_t n = fill_poll(f, fds);

		if (poll(fds, n, next_timeout(f, was_full)) < 0) {
			if (errno != EINTR)
				return err_errno(err, errno, "poll");
			continue; /* what stands in fds is of the last time */
		}
		if (fds[0].revents != 0 || is_at_eof(&fds[1]))
			return ERR_OK;
		note_gone(f, fds);
		resume_waiting(f);
		was_full = is_full(f);
		if (MHD_run(f->daemon) != MHD_YES)
			return err_set(err, ERR_IO, "the HTTP server has failed");
	}
}

void
front_close(struct front *f)
{
	if (!f)
		return;
	f->closing = true;
	resume_waiting(f);
	MHD_stop_daemon(f->daemon);
	free(f);
}
