/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/control_client.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "agent/server/http_server.h"
#include "tests/unit/sandbox.h"

#define SOCKET "control.sock"

/* --- an agent in a thread of its own --- */

struct other_side {
	pthread_t thread;
	uv_loop_t loop;
	uv_async_t stop;
	struct http_server *server;
};

static void
handle_hello(void *arg, struct http_exchange *x)
{
	(void)arg;
	http_exchange_text(x, 200, "text/plain", slice_of(http_exchange_parameter(x, "q")));
}

static void
handle_nothing(void *arg, struct http_exchange *x)
{
	(void)arg;
	http_exchange_text(x, 200, "text/plain", slice_of(""));
}

static void
handle_fail(void *arg, struct http_exchange *x)
{
	struct err err;
	uint64_t code;

	(void)arg;
	assert_true(slice_to_u64(slice_of(http_exchange_segment(x, 1)), ERR_CANCELLED, &code));
	(void)err_set(&err, (enum err_code)code, "says the agent");
	http_exchange_fail(x, &err);
}

static void
handle_bare(void *arg, struct http_exchange *x)
{
	(void)arg;
	http_exchange_text(x, 418, "text/plain", slice_of("no problem document"));
}

static void
handle_upload(void *arg, struct http_exchange *x)
{
	struct stat st;
	char text[32];

	(void)arg;
	assert_int_equal(stat(http_exchange_upload(x), &st), 0);
	(void)snprintf(text, sizeof text, "%lld", (long long)st.st_size);
	http_exchange_text(x, 202, "text/plain", slice_of(text));
}

static const struct http_route route[] = {
	{ HTTP_VERB_GET, "/hello", "q", HTTP_BODY_NONE, handle_hello },
	{ HTTP_VERB_GET, "/nothing", NULL, HTTP_BODY_NONE, handle_nothing },
	{ HTTP_VERB_GET, "/fail/{}", NULL, HTTP_BODY_NONE, handle_fail },
	{ HTTP_VERB_GET, "/bare", NULL, HTTP_BODY_NONE, handle_bare },
	{ HTTP_VERB_POST, "/upload", NULL, HTTP_BODY_FILE, handle_upload },
	{ .path = NULL },
};

static void
on_stop(uv_async_t *stop)
{
	struct other_side *o = stop->data;

	http_server_close(o->server, NULL, NULL);
	uv_close((uv_handle_t *)stop, NULL);
}

static void *
run(void *arg)
{
	struct other_side *o = arg;

	(void)uv_run(&o->loop, UV_RUN_DEFAULT);
	return NULL;
}

static int
set_up(void **state)
{
	static struct other_side o;
	const struct http_server_options opt = { .socket = SOCKET, .folder = ".", .route = route };
	struct err err;

	if (sandbox_enter(state) != 0)
		return -1;
	*state = &o;
	o.stop.data = &o;
	return uv_loop_init(&o.loop) || uv_async_init(&o.loop, &o.stop, on_stop) ||
	    http_server_open(&o.loop, &opt, &o.server, &err) ||
	    pthread_create(&o.thread, NULL, run, &o);
}

static int
tear_down(void **state)
{
	struct other_side *o = *state;

	assert_int_equal(uv_async_send(&o->stop), 0);
	assert_int_equal(pthread_join(o->thread, NULL), 0);
	assert_int_equal(uv_loop_close(&o->loop), 0);
	return sandbox_leave(state);
}

/* --- what comes of asking --- */

static enum err_code
ask(enum http_method method, const char *address, const struct http_body *body, struct buf *got,
    struct err *err)
{
	const struct control_request req = { method, address, body, NULL };

	buf_init(got, 4096);
	return control_client_ask(SOCKET, &req, &(struct byte_sink){ byte_sink_gather, got }, err);
}

static void
answers(void **state)
{
	struct buf got;
	struct err err;

	(void)state;
	assert_int_equal(ask(HTTP_GET, "/hello?q=a%20b", NULL, &got, &err), ERR_OK);
	assert_string_equal(got.ptr, "a b");
	buf_done(&got);
	assert_int_equal(ask(HTTP_GET, "/nothing", NULL, &got, &err), ERR_OK);
	assert_int_equal(got.len, 0);
	buf_done(&got);
}

static void
refusals(void **state)
{
	static const struct {
		const char *name;
		enum err_code said;
		enum err_code want;
		const char *msg;
	} tc[] = {
		{ "not found", ERR_NOT_FOUND, ERR_NOT_FOUND, "says the agent" },
		{ "usage", ERR_USAGE, ERR_USAGE, "says the agent" },
		{ "exists", ERR_EXISTS, ERR_EXISTS, "says the agent" },
		{ "busy", ERR_BUSY, ERR_BUSY, "says the agent" },
		{ "trouble of its own", ERR_IO, ERR_IO, "says the agent" },
		{ "another advice than ours", ERR_LIMIT, ERR_BUSY,
		    "says the agent. Split the input into smaller parts." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char address[32];
		struct buf got;
		struct err err;

		print_message("  %s\n", tc[i].name);
		(void)snprintf(address, sizeof address, "/fail/%d", (int)tc[i].said);
		assert_int_equal(ask(HTTP_GET, address, NULL, &got, &err), tc[i].want);
		assert_string_equal(err.msg, tc[i].msg);
		assert_int_equal(got.len, 0);
		buf_done(&got);
	}
}

static void
other_answers(void **state)
{
	struct buf got;
	struct err err;

	(void)state;
	assert_int_equal(ask(HTTP_GET, "/bare", NULL, &got, &err), ERR_IO);
	assert_string_equal(err.msg, "the agent answers with status 418");
	buf_done(&got);
	assert_int_equal(ask(HTTP_GET, "/nowhere", NULL, &got, &err), ERR_NOT_FOUND);
	assert_string_equal(err.msg, "there is nothing at this address");
	buf_done(&got);
}

static size_t
read_xs(void *arg, char *out, size_t cap)
{
	(void)arg;
	memset(out, 'x', cap);
	return cap;
}

static void
rewind_xs(void *arg)
{
	(void)arg;
}

static void
sends_a_body(void **state)
{
	const struct http_body body = { 300 * 1000, read_xs, rewind_xs, NULL };
	struct buf got;
	struct err err;

	(void)state;
	assert_int_equal(ask(HTTP_POST, "/upload", &body, &got, &err), ERR_OK);
	assert_string_equal(got.ptr, "300000");
	buf_done(&got);
}

static enum err_code
refuse(void *arg, struct slice bytes, struct err *err)
{
	(void)arg;
	(void)bytes;
	return err_set(err, ERR_LIMIT, "enough");
}

static void
sink_that_fails(void **state)
{
	const struct control_request req = { HTTP_GET, "/hello?q=1", NULL, NULL };
	struct err err;

	(void)state;
	assert_int_equal(
	    control_client_ask(SOCKET, &req, &(struct byte_sink){ refuse, NULL }, &err), ERR_LIMIT);
	assert_string_equal(err.msg, "enough");
}

static void
nobody_there(void **state)
{
	struct buf got;
	struct err err;

	(void)state;
	assert_int_equal(ask(HTTP_GET, "/hello?q=1", NULL, &got, &err), ERR_CONNECT);
	assert_string_equal(err.msg, "no agent answers at " SOCKET);
	buf_done(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sends_a_body, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sink_that_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_there, sandbox_enter, sandbox_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
