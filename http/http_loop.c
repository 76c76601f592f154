/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_loop.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uv.h>

#include "http/http_call.h"
#include "http/http_proxy.h"
#include "http/http_transfer.h"

/*
 * curl says which sockets it waits for and when it wants to be woken; libuv waits. Whatever curl was
 * told, settle() follows: it takes out the transfers that are over and runs their callbacks, outside
 * of curl, so that these may start, cancel or close anything.
 *
 *   http_call_start ──> running ── curl is done, deadline, cancel ──> over ── settle() ──> callback
 *
 * What ends a call from outside of curl's events starts `kick`, which brings settle() in the loop's
 * next round.
 */
enum {
	CONNECTIONS_MAX = 64, /* to all hosts together, in use or kept */
	OPTION_TEXTS = 3,
};

struct http_call {
	TAILQ_ENTRY(http_call) link;
	struct http_loop *loop;
	struct http_transfer *transfer; /* NULL: nothing is sent */
	const char *api;                /* as in the request */
	uint64_t deadline_ms;           /* of the loop's time; UINT64_MAX: none */
	bool over;
	bool cancelled;
	CURLcode result; /* if it is over */
	http_done_fn *done;
	void *arg;
};

TAILQ_HEAD(call_list, http_call);

struct http_loop {
	uv_loop_t *uv;
	CURLM *multi; /* NULL: nothing was sent yet */
	uv_timer_t curl_timer;
	uv_timer_t deadline;
	uint64_t deadline_ms; /* when it fires; UINT64_MAX: it is not set */
	uv_idle_t kick;
	size_t nhandle; /* of libuv, not yet closed */

	struct http_options opt;
	char *text[OPTION_TEXTS]; /* what opt points to */
	struct http_proxy *proxy; /* the same; NULL: none was set */
	struct http_counters counters;
	struct call_list running, over;
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* What libuv watches for curl. */
struct http_socket {
	uv_poll_t poll;
	struct http_loop *loop;
	curl_socket_t fd;
};

/* --- handles of libuv --- */

static void
loop_free(struct http_loop *hl)
{
	for (size_t i = 0; i < OPTION_TEXTS; i++)
		free(hl->text[i]);
	http_proxy_free(hl->proxy);
	free(hl);
}

static void
handle_closed(struct http_loop *hl)
{
	void (*closed)(void *arg) = hl->closed;
	void *arg = hl->closed_arg;

	if (--hl->nhandle > 0)
		return;
	loop_free(hl);
	if (closed)
		closed(arg);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

static void
on_socket_closed(uv_handle_t *handle)
{
	struct http_socket *s = handle->data;
	struct http_loop *hl = s->loop;

	free(s);
	handle_closed(hl);
}

/* --- the end of calls --- */

/* Only marks: this may be called from inside curl, or by somebody who is called back later. */
static void
end_call(struct http_call *c, CURLcode result)
{
	struct http_loop *hl = c->loop;

	if (c->over)
		return;
	c->over = true;
	c->result = result;
	TAILQ_REMOVE(&hl->running, c, link);
	TAILQ_INSERT_TAIL(&hl->over, c, link);
}

static void
call_free(struct http_call *c)
{
	if (!c)
		return;
	http_transfer_free(c->transfer);
	free(c);
}

static void
count(struct http_call *c)
{
	struct http_loop *hl = c->loop;
	struct http_traffic t;

	http_transfer_measure(c->transfer, &t);
	t.api = c->api;
	t.cancelled = c->cancelled;
	if (c->result != CURLE_OK)
		t.status = 0; /* what came of an answer is none */
	hl->counters.calls++;
	hl->counters.connections += t.connections;
	hl->counters.sent_bytes += t.sent_bytes;
	hl->counters.received_bytes += t.received_bytes;
	if (hl->opt.observe)
		hl->opt.observe(hl->opt.observer, &t);
}

static void
deliver(struct http_call *c)
{
	struct http_loop *hl = c->loop;
	struct http_response rsp = { .call = c };
	enum err_code failed = ERR_OK;
	struct err err;

	TAILQ_REMOVE(&hl->over, c, link);
	if (c->transfer) {
		(void)curl_multi_remove_handle(hl->multi, http_transfer_easy(c->transfer));
		count(c);
	}
	if (c->cancelled)
		failed = err_set(&err, ERR_CANCELLED, "cancelled");
	else if (c->transfer)
		failed = http_transfer_outcome(c->transfer, c->result, &rsp, &err);
	c->done(c->arg, failed || !c->transfer ? NULL : &rsp, failed ? &err : NULL);
	call_free(c); /* only now: the answer lives in it */
}

static void
shut_multi(struct http_loop *hl)
{
	(void)curl_multi_cleanup(hl->multi); /* knows NULL */
	hl->multi = NULL;
	curl_global_cleanup();
}

/* All handles but those of sockets; curl closes these, and may still set its timer meanwhile. */
static void
tear_down(struct http_loop *hl)
{
	if (hl->multi)
		shut_multi(hl);
	uv_close((uv_handle_t *)&hl->curl_timer, on_handle_closed);
	uv_close((uv_handle_t *)&hl->deadline, on_handle_closed);
	uv_close((uv_handle_t *)&hl->kick, on_handle_closed);
}

/* Runs from callbacks of libuv only, so that a call's callback never runs inside start or cancel. */
static void
settle(struct http_loop *hl)
{
	struct http_call *c;
	CURLMsg *m;
	int left;

	while (hl->multi && (m = curl_multi_info_read(hl->multi, &left))) {
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		end_call(c, m->data.result);
	}
	while ((c = TAILQ_FIRST(&hl->over)))
		deliver(c); /* NOLINT(clang-analyzer-unix.Malloc): it takes c off the queue first */
	(void)uv_idle_stop(&hl->kick);
	if (!TAILQ_EMPTY(&hl->running))
		return;
	(void)uv_timer_stop(&hl->deadline);
	hl->deadline_ms = UINT64_MAX;
	if (hl->closing)
		tear_down(hl);
}

/* --- what curl waits for --- */

/* Always settles: with the last transfer's end nothing runs any more, and it is over nevertheless. */
static void
drive(struct http_loop *hl, curl_socket_t fd, int mask)
{
	int running;

	(void)curl_multi_socket_action(hl->multi, fd, mask, &running);
	settle(hl);
}

static void
on_curl_timer_due(uv_timer_t *handle)
{
	drive(handle->data, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http_loop *hl = arg;

	(void)multi;
	if (timeout_ms < 0)
		(void)uv_timer_stop(&hl->curl_timer);
	else
		(void)uv_timer_start(&hl->curl_timer, on_curl_timer_due, (uint64_t)timeout_ms, 0);
	return 0;
}

static void
on_poll(uv_poll_t *handle, int status, int events)
{
	struct http_socket *s = handle->data;
	int mask = 0;

	/* An error on the socket. Told that it can read and write, curl finds out which. */
	if (status < 0)
		mask = CURL_CSELECT_ERR | CURL_CSELECT_IN | CURL_CSELECT_OUT;
	if (events & UV_READABLE)
		mask |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		mask |= CURL_CSELECT_OUT;
	drive(s->loop, s->fd, mask);
}

/* NULL if there is no memory. */
static struct http_socket *
socket_new(struct http_loop *hl, curl_socket_t fd)
{
	struct http_socket *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	if (uv_poll_init_socket(hl->uv, &s->poll, fd) != 0) {
		free(s);
		return NULL;
	}
	s->loop = hl;
	s->fd = fd;
	s->poll.data = s;
	hl->nhandle++;
	(void)curl_multi_assign(hl->multi, fd, s);
	return s;
}

/*
 * A socket that cannot be watched ends its call. To tell curl of it would end all calls: for curl a
 * socket callback that fails is the end of the multi.
 */
static int
on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct http_loop *hl = arg;
	struct http_socket *s = socket;
	struct http_call *c = NULL;
	int events = 0;

	if (what == CURL_POLL_REMOVE) {
		if (s) {
			(void)curl_multi_assign(hl->multi, fd, NULL);
			uv_close((uv_handle_t *)&s->poll, on_socket_closed);
		}
		return 0;
	}
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	if (!s)
		s = socket_new(hl, fd);
	if (!s || uv_poll_start(&s->poll, events, on_poll) != 0) {
		(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&c);
		if (c) /* newer curls also close connections under a handle of their own */
			end_call(c, CURLE_OUT_OF_MEMORY);
	}
	return 0;
}

/* --- deadlines --- */

static void on_deadline(uv_timer_t *handle);

/*
 * curl's own total time-out does not count while a transfer waits for a free connection. One timer,
 * set to the soonest deadline; that call may be over when it fires, then it is merely set anew.
 */
static void
set_deadline(struct http_loop *hl, uint64_t deadline_ms)
{
	uint64_t now_ms = uv_now(hl->uv);

	if (deadline_ms >= hl->deadline_ms)
		return;
	hl->deadline_ms = deadline_ms;
	(void)uv_timer_start(&hl->deadline, on_deadline,
	    deadline_ms > now_ms ? deadline_ms - now_ms : 0, 0);
}

static void
on_deadline(uv_timer_t *handle)
{
	struct http_loop *hl = handle->data;
	uint64_t now_ms = uv_now(hl->uv);
	struct http_call *c, *next;

	hl->deadline_ms = UINT64_MAX;
	for (c = TAILQ_FIRST(&hl->running); c; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->deadline_ms <= now_ms)
			end_call(c, CURLE_OPERATION_TIMEDOUT);
		else
			set_deadline(hl, c->deadline_ms);
	}
	settle(hl);
}

/* What is streamed takes as long as it needs, unless the caller knows better. */
static uint64_t
deadline_of(const struct http_loop *hl, const struct http_request *req)
{
	uint64_t total_ms = req->total_ms;

	if (total_ms == 0 && (req->body || req->stream))
		return UINT64_MAX;
	if (total_ms == 0)
		total_ms = hl->opt.total_ms;
	return uv_now(hl->uv) + (total_ms < INT64_MAX ? total_ms : INT64_MAX);
}

/* --- calls --- */

static bool
set_up(CURLM *multi, struct http_loop *hl)
{
	return !curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
	           (long)hl->opt.host_connections) &&
	    !curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_MAX) &&
	    !curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX) &&
	    !curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket) &&
	    !curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, hl) &&
	    !curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer) &&
	    !curl_multi_setopt(multi, CURLMOPT_TIMERDATA, hl);
}

/*
 * With the first request: to begin, curl and OpenSSL touch 2 MiB of their code and data, which an
 * agent that has nothing to send never needs.
 */
static enum err_code
open_multi(struct http_loop *hl, struct err *err)
{
	if (hl->multi)
		return ERR_OK;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return err_set(err, ERR_NOMEM, "out of memory");
	hl->multi = curl_multi_init();
	if (hl->multi && set_up(hl->multi, hl))
		return ERR_OK;
	shut_multi(hl);
	return err_set(err, ERR_NOMEM, "out of memory");
}

enum err_code
http_call_start(struct http_loop *hl, const struct http_request *req, http_done_fn *done, void *arg,
    struct http_call **out, struct err *err)
{
	struct http_call *c = NULL;
	enum err_code rc;

	if (hl->closing)
		return err_set(err, ERR_CANCELLED, "no request is sent any more");
	c = calloc(1, sizeof *c);
	if (!c)
		return err_set(err, ERR_NOMEM, "out of memory");
	if ((rc = open_multi(hl, err)) ||
	    (rc = http_transfer_new(&hl->opt, req, c, &c->transfer, err)))
		goto out;
	if (curl_multi_add_handle(hl->multi, http_transfer_easy(c->transfer))) {
		rc = err_set(err, ERR_NOMEM, "out of memory");
		goto out;
	}
	uv_update_time(hl->uv); /* whoever calls may have been busy */
	c->loop = hl;
	c->api = req->api;
	c->deadline_ms = deadline_of(hl, req);
	c->done = done;
	c->arg = arg;
	TAILQ_INSERT_TAIL(&hl->running, c, link);
	set_deadline(hl, c->deadline_ms);
	*out = c;
	c = NULL;
out:
	call_free(c);
	return rc;
}

static void
on_kick(uv_idle_t *handle)
{
	settle(handle->data);
}

static void
kick(struct http_loop *hl)
{
	(void)uv_idle_start(&hl->kick, on_kick);
}

enum err_code
http_call_skip(struct http_loop *hl, http_done_fn *done, void *arg, struct http_call **out,
    struct err *err)
{
	struct http_call *c;

	if (hl->closing)
		return err_set(err, ERR_CANCELLED, "no request is sent any more");
	c = calloc(1, sizeof *c);
	if (!c)
		return err_set(err, ERR_NOMEM, "out of memory");
	*c = (struct http_call){ .loop = hl, .over = true, .done = done, .arg = arg };
	TAILQ_INSERT_TAIL(&hl->over, c, link);
	kick(hl);
	*out = c;
	return ERR_OK;
}

void
http_call_cancel(struct http_call *c)
{
	c->cancelled = true;
	end_call(c, CURLE_ABORTED_BY_CALLBACK);
	kick(c->loop);
}

struct slice
http_response_header(const struct http_response *rsp, const char *name)
{
	return http_transfer_header(rsp->call->transfer, name);
}

int64_t
http_response_date_unix_s(const struct http_response *rsp)
{
	struct slice date = http_response_header(rsp, "Date");

	return date.len > 0 ? (int64_t)curl_getdate(date.ptr, NULL) : -1; /* NUL behind it */
}

struct http_certificate
http_response_certificate(const struct http_response *rsp)
{
	return http_transfer_certificate(rsp->call->transfer);
}

/* --- the loop --- */

/* Makes *text, which may be NULL, a copy of our own. */
static bool
copy_text(const char **text, char **own)
{
	if (!*text)
		return true;
	*own = strdup(*text);
	*text = *own;
	return *own;
}

static bool
copy_options(struct http_loop *hl, const struct http_options *opt)
{
	hl->opt = *opt;
	if (!hl->opt.host_connections)
		hl->opt.host_connections = 8;
	if (!hl->opt.connect_ms)
		hl->opt.connect_ms = 10 * 1000;
	if (!hl->opt.total_ms)
		hl->opt.total_ms = 5 * 60 * 1000;
	if (!hl->opt.low_speed_s)
		hl->opt.low_speed_s = 60;
	return copy_text(&hl->opt.ca_file, &hl->text[0]) &&
	    copy_text(&hl->opt.unix_socket, &hl->text[1]) &&
	    copy_text(&hl->opt.user_agent, &hl->text[2]);
}

enum err_code
http_loop_open(struct uv_loop_s *loop, const struct http_options *opt, struct http_loop **out,
    struct err *err)
{
	struct http_loop *hl = calloc(1, sizeof *hl);

	if (!hl)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (!copy_options(hl, opt)) {
		loop_free(hl);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	TAILQ_INIT(&hl->running);
	TAILQ_INIT(&hl->over);
	hl->uv = loop;
	hl->deadline_ms = UINT64_MAX;
	(void)uv_timer_init(loop, &hl->curl_timer);
	(void)uv_timer_init(loop, &hl->deadline);
	(void)uv_idle_init(loop, &hl->kick);
	hl->curl_timer.data = hl->deadline.data = hl->kick.data = hl;
	hl->nhandle = 3;
	*out = hl;
	return ERR_OK;
}

void
http_loop_close(struct http_loop *hl, void (*closed)(void *arg), void *arg)
{
	struct http_call *c;

	assert(!hl->closing);
	hl->closing = true;
	hl->closed = closed;
	hl->closed_arg = arg;
	while ((c = TAILQ_FIRST(&hl->running)))
		http_call_cancel(c);
	kick(hl);
}

uint64_t
http_loop_late_ms(const struct http_loop *hl)
{
	uint64_t now_ms = uv_now(hl->uv);

	return now_ms > hl->deadline_ms ? now_ms - hl->deadline_ms : 0;
}

void
http_loop_set_proxy(struct http_loop *hl, struct http_proxy *proxy)
{
	http_proxy_free(hl->proxy);
	hl->opt.proxy = hl->proxy = proxy;
}

struct http_counters
http_loop_counters(const struct http_loop *hl)
{
	return hl->counters;
}

const char *
http_loop_curl_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}

/* curl says "OpenSSL/3.0.15". */
const char *
http_loop_tls_version(void)
{
	const char *text = curl_version_info(CURLVERSION_NOW)->ssl_version;
	const char *slash = text ? strchr(text, '/') : NULL;

	return slash ? slash + 1 : "unknown";
}
