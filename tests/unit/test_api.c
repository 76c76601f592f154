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
#include "tests/unit/agent_fake.h"
#include "tests/unit/sandbox.h"
#include "tests/unit/web_client.h"

#define SOCKET "control.sock"
#define END " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
#define T0 AGENT_FAKE_NOW

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
                                  "oems:\n"
                                  "  fabrikam:\n"
                                  "    profile: reference-v1\n"
                                  "    base_url: https://oem.example\n"
                                  "    auth: {method: bearer, token: {env: X}}\n"
                                  "customers:\n"
                                  "  contoso:\n"
                                  "    tenant: 22222222-2222-4222-8222-222222222222\n"
                                  "    domain: contoso.onmicrosoft.com\n"
                                  "    via: partner/northwind\n"
                                  "    group_tag: Tag\n";

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
	uint64_t contested;
	struct err err;
	int64_t id;

	assert_int_equal(store_open("state", STORE_WRITE, &fixed, &s, &err), ERR_OK);
	assert_int_equal(store_list_begin(s, slice_of("contoso"), slice_of("a.csv"),
	                     slice_of("Tag"), LIST_FROM_COMMAND, &id, &err),
	    ERR_OK);
	assert_int_equal(id, 1);
	assert_int_equal(store_list_add(s, id, row, 2, &err), ERR_OK);
	assert_int_equal(store_list_refuse(s, id, &refusal, 1, &err), ERR_OK);
	assert_int_equal(store_list_end(s, id, 3, &contested, &err), ERR_OK);
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
	if (uv_loop_init(&b.loop))
		return -1;
	agent_fake_init(&b.agent, &b.loop);
	return config_parse(slice_of(config_text), ".", CONFIG_NO_LOOK, &b.agent.config, &problems,
	           &err) ||
	    store_open("state", STORE_READ, &fixed, &s, &err) ||
	    store_async_new(&b.loop, s, STORE_ASYNC_SINGLE, &b.agent.reader, &err) ||
	    store_open("state", STORE_WRITE, &fixed, &s, &err) ||
	    store_async_new(&b.loop, s, STORE_ASYNC_GROUPS, &b.agent.writer, &err) ||
	    api_open(&b.loop, &b.agent, &(struct api_sockets){ 0 }, &b.api, &err);
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
	store_async_close(b->agent.writer, NULL, NULL);
	store_async_close(b->agent.reader, on_closed, &b->store_closed);
	agent_fake_close(&b->agent);
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
		{ "ready", "GET /readyz" END, 503, "{\"name\":\"store\",\"state\":\"ok\"}" },
		{ "version", "GET /v1/version" END, 200,
		    "{\"version\":\"" AUTOREG_VERSION "\",\"commit\":\"" },
		{ "claims", "GET /v1/claims?customer=contoso&all=yes" END, 200,
		    "{\"claims\":[\n]}\n" },
		{ "claims of nonsense", "GET /v1/claims?all=maybe" END, 400, "all is yes or no" },
		{ "claim of a stranger", "GET /v1/claims/PF9" END, 404, "was ever claimed" },
		{ "consent", "GET /v1/consent" END, 200,
		    "{\"consent\":[{\"customer\":\"contoso\"" },
		{ "consent of a customer", "GET /v1/consent?customer=contoso" END, 200,
		    "\"state\":\"unknown\"" },
		{ "consent of a stranger", "GET /v1/consent/x" END, 404, "no customer x" },
		{ "lists", "GET /v1/lists" END, 200, "{\"lists\":[\n" LIST "\n]}\n" },
		{ "lists of a customer", "GET /v1/lists?customer=contoso" END, 200, LIST },
		{ "lists of a stranger", "GET /v1/lists?customer=adatum" END, 404,
		    "the configuration has no customer adatum" },
		{ "devices of a stranger", "GET /v1/devices?customer=adatum" END, 404, "adatum" },
		{ "claims of a stranger", "GET /v1/claims?customer=adatum" END, 404, "adatum" },
		{ "what happened to a stranger", "GET /v1/trail?customer=adatum" END, 404,
		    "adatum" },
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
		    "\"account\":null,\"signed_in\":null,\"good_until\":null,"
		    "\"message\":null}],\"oems\":[{\"name\":\"fabrikam\",\"credential\":\"refused\","
		    "\"certificate_until\":\"2030-01-01T00:00:00Z\",\"message\":\"Get "
		    "<another>.\"}],\"queue\":{\"queued\":2,\"oldest\":\"2030-01-01T00:00:00Z\"}}"
		    "\n" },
		{ "metrics", "GET /metrics" END, 200,
		    "\nautoreg_devices{customer=\"contoso\",state=\"queued\"} 2\n" },
		{ "open metrics",
		    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
		    "Accept: application/openmetrics-text\r\n\r\n",
		    200, "\n# EOF\n" },
		{ "page", "GET /" END, 200, "<td>Ask &lt;them&gt;.</td>" },
		{ "page, a maker's service", "GET /" END, 200,
		    "<tr><td>fabrikam</td><td>refused</td><td>2030-01-01T00:00:00Z</td>"
		    "<td>Get &lt;another&gt;.</td></tr>" },
		{ "gate", "GET /v1/gate/PF2" END, 409,
		    "{\"gate\":[{\"serial\":\"PF2\",\"customer\":\"contoso\",\"may_ship\":false,"
		    "\"accepted\":true,\"sent\":false,\"registered\":false,\"state\":\"queued\",\"cause\":\"waits\",\"reason\":\"not sent yet\"," },
		{ "gate of a list", "GET /v1/gate?serial=%20pf%2f1%20" END, 200,
		    "{\"gate\":[{\"serial\":\"PF/1\"," },
		{ "gate of a stranger", "GET /v1/gate/PF9" END, 404,
		    "\"serial\":\"PF9\",\"customer\":null,\"may_ship\":false,\"accepted\":false," },
		{ "gate of strangers", "GET /v1/gate?serial=PF9" END, 200,
		    "\"cause\":\"unknown\"" },
		{ "gate that does not wait for what is unknown", "GET /v1/gate/PF9?wait=60s" END,
		    404, "\"unknown\"" },
		{ "gate that has waited", "GET /v1/gate/PF2?wait=30ms" END, 409, "\"queued\"" },
		{ "gate that waits too long", "GET /v1/gate/PF2?wait=61s" END, 400, "at most 60s" },
		{ "gate that waits for no time", "GET /v1/gate?serial=PF2&wait=x" END, 400,
		    "wait is a time" },
		{ "gate of nothing", "GET /v1/gate" END, 400, "the serial number is empty" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		print_message("  %s\n", tc[i].name);
		ask(b, tc[i].request, tc[i].status, tc[i].body);
	}
	sandbox_assert_names(".", "control.sock state ");
}

#define CONSENT \
	"{\"customer\":\"contoso\",\"via\":\"partner/northwind\",\"state\":\"unknown\"," \
	"\"since\":null,\"checked\":null,\"link\":null,\"evidence\":null}"

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
		{ "claim: note", "POST /v1/claims/PF%2F1/note?text=a%26b", 0, 0, NULL, 200,
		    "{\"claims\":5}\n", "claim 1 [PF/1] [] [a&b]" },
		{ "claim: case", "POST /v1/claims/PF2/case?customer=contoso&text=7", 0, 0, NULL,
		    200, "{\"claims\":5}\n", "claim 0 [PF2] [contoso] [7]" },
		{ "claim: note of nothing", "POST /v1/claims/PF2/note", 0, 0, NULL, 400,
		    "?text=TEXT", "" },
		{ "claim: stop", "POST /v1/claims/PF2/stop", 0, 0, NULL, 200, "{\"claims\":5}\n",
		    "claim 2 [PF2] [] []" },
		{ "claim: resume", "POST /v1/claims/PF2/resume", 0, 0, NULL, 200,
		    "{\"claims\":5}\n", "claim 3 [PF2] [] []" },
		{ "claim: stop a stranger", "POST /v1/claims/PF9/stop", 0, ERR_NOT_FOUND, NULL, 404,
		    "why not", "claim 2 [PF9] [] []" },
		{ "consent: check", "POST /v1/consent/contoso/check", 0, 0, NULL, 200,
		    "{\"consent\":[" CONSENT "],\"check\":{\"outcome\":\"no_consent\",\"call\":"
		    "\"GET customers/{customer}\",\"status\":403,\"code\":\"20002\",\"message\":"
		    "\"no\",\"advice\":\"Ask.\"}}\n",
		    "check contoso" },
		{ "consent: check a stranger", "POST /v1/consent/x/check", 0, 0, NULL, 404,
		    "no customer x", "" },
		{ "consent: check that cannot begin", "POST /v1/consent/contoso/check", ERR_BUSY, 0,
		    NULL, 503, "why not", "check contoso" },
		{ "consent: check that fails", "POST /v1/consent/contoso/check", 0, ERR_IO, NULL,
		    500, "why not", "check contoso" },
		{ "consent: link", "POST /v1/consent/contoso/link", 0, 0, NULL, 200,
		    "{\"customer\":\"contoso\",\"link\":\"https://a\"}\n", "link contoso 1" },
		{ "consent: no link", "POST /v1/consent/contoso/link", 0, ERR_NOT_FOUND, NULL, 404,
		    "why not. Ask.", "link contoso 1" },
		{ "consent: discover", "POST /v1/consent/discover", 0, 0, NULL, 200,
		    "\"unconfigured\":[{\"partner\":\"northwind\",\"tenant\":\"t\",\"domain\":"
		    "\"d\",\"company\":\"C\",\"granted\":true}],\"failed\":[{\"partner\":"
		    "\"northwind\",\"message\":\"no\",\"advice\":\"Ask.\"}]}\n",
		    "discover" },
		{ "flush", "POST /v1/units/flush?customer=c", 0, 0, NULL, 200,
		    "{\"flushed\":true}\n", "flush c" },
		{ "flush of a stranger", "POST /v1/units/flush", ERR_NOT_FOUND, 0, NULL, 404,
		    "why not", "flush all" },
		{ "unit", "POST /v1/units?customer=c", 0, 0, NULL, 202,
		    "{\"serial\":\"body\",\"accepted\":true,\"list\":\"7\",\"state\":\"queued\","
		    "\"known\":true,\"held_for\":null}\n",
		    "unit c body" },
		{ "unit that cannot be taken", "POST /v1/units", ERR_BUSY, 0, NULL, 503, "why not",
		    "unit - body" },
		{ "unit on a full disk", "POST /v1/units", 0, ERR_IO, NULL, 500, "why not",
		    "unit - body" },
		{ "image", "POST /v1/image?serial=%20pf2%20", 0, 0, NULL, 200,
		    "{\"acknowledged\":5}\n", "image [pf2] [] 0" },
		{ "image of a list", "POST /v1/image?list=1&customer=contoso", 0, 0, NULL, 200,
		    "{\"acknowledged\":5}\n", "image [] [contoso] 1" },
		{ "image of nothing", "POST /v1/image", 0, 0, NULL, 400,
		    "serial=SERIAL or ?list=ID", "" },
		{ "image of anything", "POST /v1/image?serial=%20", 0, 0, NULL, 400,
		    "serial=SERIAL or ?list=ID", "" },
		{ "image of two things", "POST /v1/image?serial=PF2&list=1", 0, 0, NULL, 400,
		    "serial=SERIAL or ?list=ID", "" },
		{ "image of no list's number", "POST /v1/image?list=x", 0, 0, NULL, 400,
		    "list is a number", "" },
		{ "image of a stranger", "POST /v1/image?serial=PF9", 0, ERR_NOT_FOUND, NULL, 404,
		    "why not", "image [PF9] [] 0" },
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
		{ "retry", "POST /v1/retry?serial=a%26b&customer=contoso&list=7&state=held", 0, 0,
		    NULL, 200, "{\"queued\":5}\n", "retry [a&b] [contoso] 7 held" },
		{ "retry all", "POST /v1/retry", 0, 0, NULL, 200, "{\"queued\":5}\n",
		    "retry [] [] 0 -" },
		{ "release", "POST /v1/release?customer=contoso", 0, 0, NULL, 200,
		    "{\"queued\":5}\n", "release [] [contoso] 0 -" },
		{ "release of a state", "POST /v1/release?state=failed", 0, 0, NULL, 400, "state",
		    "" },
		{ "retry nonsense", "POST /v1/retry?list=-1", 0, 0, NULL, 400, "list is a number",
		    "" },
		{ "reload", "POST /v1/reload", 0, 0, NULL, 200, "{\"reloaded\":true}\n", "reload" },
		{ "reload nonsense", "POST /v1/reload", ERR_FORMAT, 0, NULL, 422, "\"why not\"",
		    "reload" },
		{ "reload during another", "POST /v1/reload", ERR_BUSY, 0, NULL, 503, "\"why not\"",
		    "reload" },
		{ "reload that hangs", "POST /v1/reload", 0, ERR_BUSY, NULL, 503, "\"why not\"",
		    "reload" },
		{ "reload, and a stop", "POST /v1/reload", 0, ERR_CANCELLED, NULL, 503,
		    "\"why not\"", "reload" },
		{ "reload, and a secret is gone", "POST /v1/reload", 0, ERR_NOT_FOUND, NULL, 422,
		    "\"why not\"", "reload" },
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
put_lines(struct bench *b, const char *lines, unsigned status, const char *body)
{
	struct buf request;

	buf_init(&request, 1024 * 1024);
	buf_addf(&request,
	    "POST /v1/units HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Content-Type: Application/X-NDJSON; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s",
	    strlen(lines), lines);
	assert_int_equal(request.failed, ERR_OK);
	ask(b, request.ptr, status, body);
	buf_done(&request);
}

#define TAKEN(serial) \
	"{\"serial\":\"" serial "\",\"accepted\":true,\"list\":\"7\",\"state\":\"queued\"," \
	"\"known\":true,\"held_for\":null}\n"
#define REFUSED(serial) \
	"{\"serial\":\"" serial "\",\"accepted\":false,\"code\":\"no-identity\"," \
	"\"detail\":\"why not\",\"advice\":\"Do so.\"}\n"

static void
lines_are_answered_in_their_order(void **state)
{
	struct bench *b = *state;

	put_lines(b, "a\n\r\n!b\nc", 200, TAKEN("a") REFUSED("!b") TAKEN("c"));
	put_lines(b, "\n", 200, "");
	b->agent.failure = (struct err){ ERR_IO, "why not" };
	put_lines(b, "a\nb\n", 500, "why not");
	b->agent.failure.code = ERR_OK;
	b->agent.refusal = (struct err){ ERR_BUSY, "why not" };
	put_lines(b, "a\nb\n", 503, "why not");
}

/* More than are under way at a time, and more than stays in memory. */
static void
many_lines_take_turns(void **state)
{
	struct bench *b = *state;
	struct buf lines;

	buf_init(&lines, 1024 * 1024);
	for (int i = 0; i < 4000; i++)
		buf_addf(&lines, "u%04d%100s\n", i, "x");
	put_lines(b, lines.ptr, 200, "\"u3999");
	assert_int_equal(b->agent.nunit, 0);
	assert_int_equal(b->agent.nunit_most, 64);
	buf_done(&lines);
	sandbox_assert_names("state", "agent.lock autoreg.db autoreg.db-shm autoreg.db-wal ");
}

/* Who would wait for the end is answered when the agent stops. */
static void
nobody_waits_for_a_closing_gate(void **state)
{
	struct bench *b = *state;
	struct web_client waiting;

	web_client_open(&waiting, &b->loop, SOCKET, 0);
	web_client_send(&waiting, "GET /v1/gate/PF2?wait=60s HTTP/1.1\r\nHost: x\r\n\r\n");
	ask(b, "GET /v1/gate/PF2?wait=100ms" END, 409, "\"queued\"");
	api_close(b->api, on_closed, &b->closed);
	b->api = NULL;
	web_client_await_end(&waiting);
	assert_int_equal(web_client_status(&waiting.got), 409);
	web_client_close(&waiting);
}

static void
sign_ins(void **state)
{
	ask(*state, "GET /v1/login/northwind" END, 503,
	    "\"detail\":\"the agent is stopping or reading");
	ask(*state, "POST /v1/login/northwind" END, 503,
	    "\"detail\":\"the agent is stopping or reading");
	ask(*state, "POST /v1/logout/northwind" END, 503,
	    "\"detail\":\"the agent is stopping or reading");
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
		cmocka_unit_test_setup_teardown(lines_are_answered_in_their_order, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(many_lines_take_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_waits_for_a_closing_gate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sign_ins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
