/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/web_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANSWER_MAX = 64 * 1024 * 1024, PATIENCE_MS = 20 * 1000 };

void
web_client_open(struct web_client *c, uv_loop_t *loop, const char *socket_path, uint16_t port)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	*c = (struct web_client){ .loop = loop };
	buf_init(&c->got, ANSWER_MAX);
	c->fd = socket(socket_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(c->fd >= 0);
	if (socket_path) {
		memcpy(un.sun_path, socket_path, strlen(socket_path));
		assert_int_equal(connect(c->fd, (struct sockaddr *)&un, sizeof un), 0);
	} else {
		assert_int_equal(connect(c->fd, (struct sockaddr *)&in, sizeof in), 0);
	}
}

/* One turn of the loop, after something has happened there or at the client. */
static void
turn(struct web_client *c, short events)
{
	struct pollfd at[] = {
		{ .fd = c->fd, .events = events },
		{ .fd = uv_backend_fd(c->loop), .events = POLLIN },
	};
	int ms;

	(void)uv_run(c->loop, UV_RUN_NOWAIT);
	ms = uv_backend_timeout(c->loop);
	assert_true(poll(at, 2, ms < 0 || ms > PATIENCE_MS ? PATIENCE_MS : ms) > 0 ||
	    (ms >= 0 && ms < PATIENCE_MS));
	(void)uv_run(c->loop, UV_RUN_NOWAIT);
}

void
web_client_send(struct web_client *c, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = send(c->fd, text, left, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			text += n;
			left -= (size_t)n;
		} else if (errno == EAGAIN) {
			turn(c, POLLOUT);
		} else {
			return; /* the server has had enough: it has answered, or hung up */
		}
	}
}

static void
receive(struct web_client *c)
{
	char bytes[16 * 1024];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n > 0)
		buf_add(&c->got, bytes, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		c->ended = true;
	else
		turn(c, POLLIN);
}

void
web_client_await(struct web_client *c, const char *text)
{
	while (!c->got.ptr || !strstr(c->got.ptr, text)) {
		assert_false(c->ended);
		receive(c);
	}
}

void
web_client_await_end(struct web_client *c)
{
	while (!c->ended)
		receive(c);
}

void
web_client_close(struct web_client *c)
{
	(void)close(c->fd);
	buf_done(&c->got);
}

void
web_client_ask(uv_loop_t *loop, const char *socket_path, uint16_t port, const char *request,
    struct buf *answer)
{
	struct web_client c;

	web_client_open(&c, loop, socket_path, port);
	web_client_send(&c, request);
	web_client_await_end(&c);
	(void)close(c.fd);
	*answer = c.got;
}

unsigned
web_client_status(const struct buf *answer)
{
	uint64_t status;

	assert_true(answer->len > 12); /* "HTTP/1.1 200" */
	assert_true(slice_to_u64((struct slice){ answer->ptr + 9, 3 }, 999, &status));
	return (unsigned)status;
}

const char *
web_client_body(const struct buf *answer)
{
	const char *end = answer->ptr ? strstr(answer->ptr, "\r\n\r\n") : NULL;

	assert_non_null(end);
	return end + 4;
}

void
web_client_run_until(uv_loop_t *loop, const bool *flag)
{
	while (!*flag && uv_run(loop, UV_RUN_ONCE) != 0)
		continue;
	assert_true(*flag);
}

void
web_client_end_loop(uv_loop_t *loop)
{
	assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(loop), 0);
}
