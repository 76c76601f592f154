/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "agent/server/http_server.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/web_client.h"

/* Where a server may listen, and where not. */
struct bench {
	uv_loop_t loop;
	struct http_server *server;
};

static const struct http_route route[] = { { .path = NULL } };

/* Anybody on this machine may ask. */
static struct http_access *
local_access(void)
{
	const struct config c = { .listen = { .host = "127.0.0.1" } };
	struct http_access *access;
	struct err err;

	assert_int_equal(http_access_new(&c, &access, &err), ERR_OK);
	return access;
}

static int
set_up(void **state)
{
	static struct bench bench;

	if (sandbox_enter(state) != 0)
		return -1;
	memset(&bench, 0, sizeof bench);
	*state = &bench;
	return uv_loop_init(&bench.loop);
}

static int
tear_down(void **state)
{
	struct bench *b = *state;

	web_client_end_loop(&b->loop);
	return sandbox_leave(state);
}

static enum err_code
open_at(struct bench *b, const char *path, const char *host, uint16_t port, struct err *err)
{
	const struct http_server_options opt = {
		.host = host,
		.port = port,
		.access = local_access(),
		.socket = path,
		.folder = ".",
		.route = route,
		.arg = b,
	};
	enum err_code rc = http_server_open(&b->loop, &opt, &b->server, err);

	http_access_drop(opt.access);
	return rc;
}

static void
sockets_that_are_there(void **state)
{
	char too_long[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	struct bench *b = *state;
	struct http_server *first;
	struct stat st;
	struct err err;

	/* A live one. */
	assert_int_equal(open_at(b, "a.sock", "localhost", 0, &err), ERR_OK);
	assert_int_equal(stat("a.sock", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	first = b->server;
	b->server = NULL;
	assert_int_equal(open_at(b, "a.sock", NULL, 0, &err), ERR_BUSY);
	assert_null(b->server);
	assert_int_equal(open_at(b, "b.sock", "127.0.0.1", http_server_port(first), &err),
	    ERR_BUSY);
	assert_null(b->server);
	(void)uv_run(&b->loop, UV_RUN_NOWAIT);
	assert_int_not_equal(access("b.sock", F_OK), 0);

	/* One whose server died: a link keeps it when the server removes its own. */
	assert_int_equal(link("a.sock", "dead.sock"), 0);
	http_server_close(first, NULL, NULL);
	(void)uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(access("dead.sock", F_OK), 0);
	assert_int_equal(open_at(b, "dead.sock", NULL, 0, &err), ERR_OK);
	http_server_close(b->server, NULL, NULL);
	b->server = NULL;

	/* Something else. */
	sandbox_write("file", "precious");
	assert_int_equal(open_at(b, "file", NULL, 0, &err), ERR_EXISTS);
	sandbox_assert_content("file", slice_of("precious"));

	memset(too_long, 'x', sizeof too_long - 1);
	too_long[sizeof too_long - 1] = '\0';
	assert_int_equal(open_at(b, too_long, NULL, 0, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "at most 107 characters"));
	assert_int_equal(open_at(b, "c.sock", "example.invalid", 0, &err), ERR_IO);
	assert_null(b->server);
}

static void
leftovers_are_swept(void **state)
{
	struct bench *b = *state;
	struct err err;

	sandbox_write("temp-abcdef", "of an agent that died");
	sandbox_write("other", "not ours");
	assert_int_equal(open_at(b, "a.sock", NULL, 0, &err), ERR_OK);
	sandbox_assert_names(".", "a.sock other ");
	http_server_close(b->server, NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sockets_that_are_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(leftovers_are_swept, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
