/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "agent/server/http_exchange.h"
#include "store/store_async.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/web_client.h"

#define SOCKET "control.sock"
#define END " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
#define T0 1893456000000 /* 2030-01-01T00:00:00Z */

static const char config_text[] = "version: 1\n"
                                  "state: state\n"
                                  "spool: spool\n"
                                  "listen: \"off\"\n"
                                  "control: control.sock\n"
                                  "partners:\n"
                                  "  northwind:\n"
                                  "    cloud: global\n"
                                  "    tenant: 11111111-1111-4111-8111-111111111111\n"
                                  "    client_id: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa\n"
                                  "    role: direct\n"
                                  "    auth: {method: refresh_token, client_secret: {env: X}}\n"
                                  "customers:\n"
                                  "  contoso:\n"
                                  "    tenant: 22222222-2222-4222-8222-222222222222\n"
                                  "    domain: contoso.onmicrosoft.com\n"
                                  "    via: partner/northwind\n"
                                  "    group_tag: Tag\n";

/* --- an agent that does as it is told, on a real store --- */

struct agent {
	struct config *config;
	struct store_async *reader;
	char seen[512];       /* what it was asked to do */
	const char *rejected; /* lists are none */
	struct err refusal;   /* of what is started; ERR_OK: none */
	struct err failure;   /* of what has been started */
	uv_timer_t later;     /* gives the answers */
	incoming_fn *list_done;
	agent_done_fn *done;
	void *arg;
};

const struct config *
agent_config(const struct agent *a)
{
	return a->config;
}

struct store_async *
agent_reader(struct agent *a)
{
	return a->reader;
}

static void
on_later(uv_timer_t *timer)
{
	struct agent *a = timer->data;
	const struct err *err = a->failure.code ? &a->failure : NULL;
	const struct incoming_taken taken = { 42, 3, 2, 1, 0, a->rejected };

	if (a->list_done)
		a->list_done(a->arg, err ? NULL : &taken, err);
	else
		a->done(a->arg, 5, err);
}

static enum err_code
answer_later(struct agent *a, incoming_fn *list_done, agent_done_fn *done, void *arg,
    struct err *err)
{
	if (a->refusal.code) {
		*err = a->refusal;
		return err->code;
	}
	a->list_done = list_done;
	a->done = done;
	a->arg = arg;
	return (enum err_code)uv_timer_start(&a->later, on_later, 0, 0);
}

enum err_code
agent_take_list(struct agent *a, const struct incoming_list *list, incoming_fn *done, void *arg,
    struct err *err)
{
	char content[64] = "";
	FILE *f = fopen(list->path, "r");

	assert_non_null(f);
	assert_true(fread(content, 1, sizeof content - 1, f) < sizeof content);
	(void)fclose(f);
	assert_int_equal(list->source, LIST_FROM_SOCKET);
	assert_true(list->move);
	(void)snprintf(a->seen, sizeof a->seen, "list %s %s %s %s", list->customer->name,
	    list->name, list->tag ? list->tag : "-", content);
	return answer_later(a, done, NULL, arg, err);
}

enum err_code
agent_retry(struct agent *a, const struct store_device_query *q, agent_done_fn *done, void *arg,
    struct err *err)
{
	(void)snprintf(a->seen, sizeof a->seen, "retry [" SLICE_FMT "] [" SLICE_FMT "] %lld %s",
	    SLICE_ARG(q->serial), SLICE_ARG(q->customer), (long long)q->list,
	    q->by_state ? device_state_name(q->state) : "-");
	return answer_later(a, NULL, done, arg, err);
}

enum err_code
agent_pause(struct agent *a, const char *customer, agent_done_fn *done, void *arg, struct err *err)
{
	(void)snprintf(a->seen, sizeof a->seen, "pause %s", customer ? customer : "all");
	return answer_later(a, NULL, done, arg, err);
}

enum err_code
agent_resume(struct agent *a, const char *customer, agent_done_fn *done, void *arg, struct err *err)
{
	(void)snprintf(a->seen, sizeof a->seen, "resume %s", customer ? customer : "all");
	return answer_later(a, NULL, done, arg, err);
}

enum err_code
agent_reload(struct agent *a, struct problems *problems, struct err *err)
{
	(void)snprintf(a->seen, sizeof a->seen, "reload");
	if (!a->refusal.code)
		return ERR_OK;
	(void)problems_add(problems, (struct place){ 3, 1 }, "unknown key");
	*err = a->refusal;
	return err->code;
}

void
agent_customer_status(const struct agent *a, size_t i, struct agent_customer_status *out)
{
	(void)a;
	assert_int_equal(i, 0);
	*out = (struct agent_customer_status){ "withdrawn", "consent", "Ask <them>.", T0, 1 };
}

void
agent_partner_status(const struct agent *a, size_t i, struct agent_partner_status *out)
{
	(void)a;
	assert_int_equal(i, 0);
	*out = (struct agent_partner_status){ "valid", T0, "" };
}

/* --- the bench --- */

struct bench {
	uv_loop_t loop;
	struct agent agent;
	struct api *api;
	bool closed;
	bool store_closed;
};

static int64_t
fixed_ms(void *arg)
{
	(void)arg;
	return T0;
}

static uint64_t
fixed_mono_ms(void *arg)
{
	(void)arg;
	return 0;
}

static const struct clock fixed = { fixed_ms, fixed_mono_ms, NULL };

/* A list of two devices and a refused row. */
static void
fill_store(void)
{
	const struct store_row row[] = {
		{ .line = 2,
		    .serial = slice_of("PF/1"),
		    .manufacturer = slice_of("Contoso"),
		    .model = slice_of("Book"),
		    .tag = slice_of("Tag") },
		{ .line = 3,
		    .serial = slice_of("PF2"),
		    .manufacturer = slice_of("Contoso"),
		    .model = slice_of("Book"),
		    .tag = slice_of("Tag") },
	};
	const struct store_refusal refusal = {
		.line = 4,
		.serial = slice_of("PF3"),
		.code = slice_of("hash-truncated"),
		.message = slice_of("too short"),
		.advice = slice_of("capture again"),
	};
	struct store *s = NULL;
	struct err err;
	int64_t id;

	assert_int_equal(store_open("state", STORE_WRITE, &fixed, &s, &err), ERR_OK);
	assert_int_equal(store_list_begin(s, slice_of("contoso"), slice_of("a.csv"),
	                     slice_of("Tag"), LIST_FROM_COMMAND, &id, &err),
	    ERR_OK);
	assert_int_equal(id, 1);
	assert_int_equal(store_list_add(s, id, row, 2, &err), ERR_OK);
	assert_int_equal(store_list_refuse(s, id, &refusal, 1, &err), ERR_OK);
	assert_int_equal(store_list_end(s, id, 3, &err), ERR_OK);
	store_close(s);
}

static void
on_closed(void *flag)
{
	*(bool *)flag = true;
}

static int
set_up(void **state)
{
	static struct bench b;
	struct problems problems;
	struct store *s = NULL;
	struct err err;

	if (sandbox_enter(state) != 0)
		return -1;
	memset(&b, 0, sizeof b);
	*state = &b;
	fill_store();
	if (uv_loop_init(&b.loop) || uv_timer_init(&b.loop, &b.agent.later))
		return -1;
	b.agent.later.data = &b.agent;
	return config_parse(slice_of(config_text), ".", CONFIG_NO_LOOK, &b.agent.config, &problems,
	           &err) ||
	    store_open("state", STORE_READ, &fixed, &s, &err) ||
	    store_async_new(&b.loop, s, STORE_ASYNC_SINGLE, &b.agent.reader, &err) ||
	    api_open(&b.loop, &b.agent, &b.api, &err);
}

/* As the daemon does it: the agent may go at once. */
static int
tear_down(void **state)
{
	struct bench *b = *state;

	if (b->api)
		api_close(b->api, on_closed, &b->closed);
	b->api = NULL;
	web_client_run_until(&b->loop, &b->closed);
	store_async_close(b->agent.reader, on_closed, &b->store_closed);
	uv_close((uv_handle_t *)&b->agent.later, NULL);
	web_client_end_loop(&b->loop);
	config_free(b->agent.config);
	return sandbox_leave(state);
}

static void
ask(struct bench *b, const char *request, unsigned status, const char *body)
{
	struct buf answer;

	web_client_ask(&b->loop, SOCKET, 0, request, &answer);
	if (web_client_status(&answer) != status || !strstr(web_client_body(&answer), body))
		print_message("%s\n", answer.ptr);
	assert_int_equal(web_client_status(&answer), status);
	assert_non_null(strstr(web_client_body(&answer), body));
	buf_done(&answer);
}

#define LIST \
	"{\"id\":\"1\",\"customer\":\"contoso\",\"file\":\"a.csv\",\"received\":\"2030-01-01T00:00:00Z\"," \
	"\"rows\":3,\"done\":false,\"states\":{\"refused\":1,\"queued\":2}}"
#define DEVICE(serial, line) \
	"{\"serial\":\"" serial \
	"\",\"product_id\":null,\"manufacturer\":\"Contoso\",\"model\":\"Book\"," \
	"\"customer\":\"contoso\",\"list\":\"1\",\"line\":" line ",\"group_tag\":\"Tag\"," \
	"\"state\":\"queued\",\"verdict\":null,\"held_for\":null,\"held_message\":null," \
	"\"attempts\":0,\"request_id\":null,\"correlation_id\":null," \
	"\"updated\":\"2030-01-01T00:00:00Z\"}"

static void
questions(void **state)
{
	static const struct {
		const char *name;
		const char *request;
		unsigned status;
		const char *body;
	} tc[] = {
		{ "health", "GET /healthz" END, 200, "ok\n" },
		{ "ready", "GET /readyz" END, 200, "ready\n" },
		{ "lists", "GET /v1/lists" END, 200, "{\"lists\":[\n" LIST "\n]}\n" },
		{ "lists of a customer", "GET /v1/lists?customer=contoso" END, 200, LIST },
		{ "lists of another", "GET /v1/lists?customer=adatum" END, 200,
		    "{\"lists\":[\n]}\n" },
		{ "a list", "GET /v1/lists/1" END, 200, "{\"lists\":[\n" LIST "\n]}\n" },
		{ "no such list", "GET /v1/lists/2" END, 404, "there is no list 2" },
		{ "no list's number", "GET /v1/lists/x" END, 400, "list is a number, not x" },
		{ "devices", "GET /v1/devices" END, 200,
		    "{\"devices\":[\n" DEVICE("PF/1", "2") ",\n" DEVICE("PF2", "3") "\n]}\n" },
		{ "some devices", "GET /v1/devices?limit=1&list=1&state=queued" END, 200,
		    "{\"devices\":[\n" DEVICE("PF/1", "2") "\n]}\n" },
		{ "devices in no state", "GET /v1/devices?state=failed" END, 200,
		    "{\"devices\":[\n]}\n" },
		{ "a state there is not", "GET /v1/devices?state=odd" END, 400,
		    "the states are refused, held" },
		{ "devices of no list", "GET /v1/devices?list=9" END, 404, "there is no list 9" },
		{ "a device", "GET /v1/devices/PF%2F1" END, 200,
		    "{\"devices\":[\n" DEVICE("PF/1", "2") "\n]}\n" },
		{ "no such device", "GET /v1/devices/PF9" END, 404, "serial number PF9" },
		{ "report", "GET /v1/lists/1/report" END, 200, "\"finding\":{\"code\":\"hash-tru" },
		{ "report as CSV", "GET /v1/lists/1/report?format=csv" END, 200, "\r\n4,\"PF3\"," },
		{ "report of no list", "GET /v1/lists/7/report" END, 404, "there is no list 7" },
		{ "report in a form there is not", "GET /v1/lists/1/report?format=xml" END, 400,
		    "csv or json" },
		{ "status", "GET /v1/status" END, 200,
		    "\",\"running\":true,\"customers\":[{"
		    "\"name\":\"contoso\",\"consent\":\"withdrawn\",\"states\":{\"queued\":2},"
		    "\"held_for\":\"consent\",\"held_message\":\"Ask <them>.\","
		    "\"next\":\"2030-01-01T00:00:00Z\",\"in_flight\":1}],\"partners\":[{"
		    "\"name\":\"northwind\",\"token\":\"valid\",\"expires\":\"2030-01-01T00:00:00Z\","
		    "\"message\":null}],\"queue\":{\"queued\":2,\"oldest\":\"2030-01-01T00:00:00Z\"}}"
		    "\n" },
		{ "page", "GET /" END, 200, "<td>Ask &lt;them&gt;.</td>" },
		{ "what is for later", "GET /v1/gate/PF2" END, 404, "nothing at this address" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		ask(b, tc[i].request, tc[i].status, tc[i].body);
	}
	sandbox_assert_names(".", "control.sock state ");
}

static void
orders(void **state)
{
	static const struct {
		const char *name;
		const char *request;
		enum err_code refusal;
		enum err_code failure;
		const char *rejected;
		unsigned status;
		const char *body;
		const char *seen;
	} tc[] = {
		{ "list", "POST /v1/lists?customer=contoso&group_tag=T%20a%67&name=b.csv", 0, 0,
		    NULL, 202,
		    "{\"id\":\"42\",\"rows\":3,\"devices\":2,\"refused\":1,\"duplicates\":0}\n",
		    "list contoso b.csv T ag body" },
		{ "list without a name", "POST /v1/lists?customer=contoso", 0, 0, NULL, 202, "42",
		    "list contoso list.csv - body" },
		{ "list of nobody", "POST /v1/lists", 0, 0, NULL, 400, "?customer=NAME", "" },
		{ "list of a stranger", "POST /v1/lists?customer=x", 0, 0, NULL, 404,
		    "no customer x", "" },
		{ "no list", "POST /v1/lists?customer=contoso", 0, 0, "this is a picture", 422,
		    "this is a picture", "list contoso list.csv - body" },
		{ "list when too many wait", "POST /v1/lists?customer=contoso", ERR_LIMIT, 0, NULL,
		    503, "why not", "list contoso list.csv - body" },
		{ "list that fails", "POST /v1/lists?customer=contoso", 0, ERR_IO, NULL, 500,
		    "why not", "list contoso list.csv - body" },
		{ "pause", "POST /v1/pause?customer=contoso", 0, 0, NULL, 200,
		    "{\"paused\":true}\n", "pause contoso" },
		{ "pause all", "POST /v1/pause", 0, 0, NULL, 200, "{\"paused\":true}\n",
		    "pause all" },
		{ "pause a stranger", "POST /v1/pause?customer=x", 0, 0, NULL, 404, "no customer x",
		    "" },
		{ "pause that fails", "POST /v1/pause", 0, ERR_IO, NULL, 500, "why not",
		    "pause all" },
		{ "pause that cannot begin", "POST /v1/pause", ERR_CANCELLED, 0, NULL, 503,
		    "why not", "pause all" },
		{ "resume", "POST /v1/resume?customer=contoso", 0, 0, NULL, 200,
		    "{\"paused\":false}\n", "resume contoso" },
		{ "retry", "POST /v1/retry?serial=a%26b&customer=c&list=7&state=held", 0, 0, NULL,
		    200, "{\"queued\":5}\n", "retry [a&b] [c] 7 held" },
		{ "retry all", "POST /v1/retry", 0, 0, NULL, 200, "{\"queued\":5}\n",
		    "retry [] [] 0 -" },
		{ "retry nonsense", "POST /v1/retry?list=-1", 0, 0, NULL, 400, "list is a number",
		    "" },
		{ "reload", "POST /v1/reload", 0, 0, NULL, 200, "{\"reloaded\":true}\n", "reload" },
		{ "reload nonsense", "POST /v1/reload", ERR_FORMAT, 0, NULL, 422,
		    "line 3: unknown key", "reload" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char request[512];

		print_message("  %s\n", tc[i].name);
		b->agent.seen[0] = '\0';
		b->agent.rejected = tc[i].rejected;
		b->agent.refusal = (struct err){ tc[i].refusal, "why not" };
		b->agent.failure = (struct err){ tc[i].failure, "why not" };
		(void)snprintf(request, sizeof request,
		    "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody",
		    tc[i].request);
		ask(b, request, tc[i].status, tc[i].body);
		assert_string_equal(b->agent.seen, tc[i].seen);
	}
	/* No upload is left. */
	sandbox_assert_names("state", "agent.lock autoreg.db autoreg.db-shm autoreg.db-wal ");
}

static void
events(void **state)
{
	static const char want[] =
	    "event: states\ndata: {\"refused\":0,\"held\":0,\"queued\":2,\"submitted\":0,"
	    "\"registered\":0,\"ready\":0,\"claimed\":0,\"failed\":0}\n\n";
	struct bench *b = *state;
	struct web_client first, second;

	web_client_open(&first, &b->loop, SOCKET, 0);
	web_client_send(&first, "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
	web_client_await(&first, want);
	assert_non_null(strstr(first.got.ptr, "Content-Type: text/event-stream\r\n"));
	web_client_open(&second, &b->loop, SOCKET, 0);
	web_client_send(&second, "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
	web_client_await(&second, want);
	web_client_close(&second);
	api_close(b->api, on_closed, &b->closed);
	b->api = NULL;
	web_client_await_end(&first);
	web_client_close(&first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(questions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(orders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
