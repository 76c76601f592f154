/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/api.h"

#include <stdlib.h>
#include <string.h>

#include "agent/server/api_consent.h"
#include "agent/server/api_gate.h"
#include "agent/server/api_login.h"
#include "agent/server/api_metrics.h"
#include "agent/server/api_order.h"
#include "agent/server/api_question.h"
#include "agent/server/api_ready.h"
#include "agent/server/api_unit.h"
#include "agent/server/event_feed.h"
#include "agent/server/gate_desk.h"
#include "agent/server/http_server.h"
#include "base/clock.h"

struct api {
	struct agent *agent;
	int64_t started_unix_ms;
	char *folder;
	struct event_feed *feed;
	struct gate_desk *gate;
	struct http_server *server;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* A browser that was cut off says by the header where it was. */
static void
follow(void *arg, struct http_exchange *x)
{
	const struct api *api = arg;
	const char *last = http_exchange_header(x, "Last-Event-ID");
	const char *after = last ? last : http_exchange_parameter(x, "after");
	uint64_t id = 0;
	struct err err;

	if (after && !slice_to_u64(slice_of(after), INT64_MAX, &id)) {
		(void)err_set(&err, ERR_USAGE, "after is the id of an event, not %s", after);
		http_exchange_fail(x, &err);
		return;
	}
	event_feed_follow(api->feed, x, after ? (int64_t)id : -1);
}

static const struct http_route route[] = {
	{ HTTP_VERB_GET, "/", NULL, HTTP_BODY_NONE, api_question_page },
	{ HTTP_VERB_GET, "/healthz", NULL, HTTP_BODY_NONE, api_question_health },
	{ HTTP_VERB_GET, "/metrics", NULL, HTTP_BODY_NONE, api_metrics },
	{ HTTP_VERB_GET, "/readyz", NULL, HTTP_BODY_NONE, api_ready },
	{ HTTP_VERB_GET, "/v1/claims", "customer all", HTTP_BODY_NONE, api_question_claims },
	{ HTTP_VERB_GET, "/v1/claims/{}", "customer", HTTP_BODY_NONE, api_question_claim },
	{ HTTP_VERB_GET, "/v1/consent", "customer", HTTP_BODY_NONE, api_consent_list },
	{ HTTP_VERB_GET, "/v1/consent/{}", NULL, HTTP_BODY_NONE, api_consent_one },
	{ HTTP_VERB_GET, "/v1/status", NULL, HTTP_BODY_NONE, api_question_status },
	{ HTTP_VERB_GET, "/v1/events", "after", HTTP_BODY_NONE, follow },
	{ HTTP_VERB_GET, "/v1/lists", "customer", HTTP_BODY_NONE, api_question_lists },
	{ HTTP_VERB_GET, "/v1/lists/{}", "customer", HTTP_BODY_NONE, api_question_list },
	{ HTTP_VERB_GET, "/v1/lists/{}/report", "format", HTTP_BODY_NONE, api_question_report },
	{ HTTP_VERB_GET, "/v1/devices", "serial customer list state limit", HTTP_BODY_NONE,
	    api_question_devices },
	{ HTTP_VERB_GET, "/v1/devices/{}", NULL, HTTP_BODY_NONE, api_question_device },
	{ HTTP_VERB_GET, "/v1/login/{}", NULL, HTTP_BODY_NONE, api_login_look },
	{ HTTP_VERB_GET, "/v1/gate", "serial wait", HTTP_BODY_NONE, api_gate_list },
	{ HTTP_VERB_GET, "/v1/gate/{}", "wait", HTTP_BODY_NONE, api_gate_device },
	{ HTTP_VERB_GET, "/v1/trail", "after kind customer serial limit", HTTP_BODY_NONE,
	    api_question_trail },
	{ HTTP_VERB_GET, "/v1/version", NULL, HTTP_BODY_NONE, api_question_version },
	{ HTTP_VERB_POST, "/v1/claims/{}/case", "customer text", HTTP_BODY_NONE,
	    api_order_claim_case },
	{ HTTP_VERB_POST, "/v1/claims/{}/note", "customer text", HTTP_BODY_NONE,
	    api_order_claim_note },
	{ HTTP_VERB_POST, "/v1/claims/{}/resume", "customer", HTTP_BODY_NONE,
	    api_order_claim_resume },
	{ HTTP_VERB_POST, "/v1/claims/{}/stop", "customer", HTTP_BODY_NONE, api_order_claim_stop },
	{ HTTP_VERB_POST, "/v1/image", "serial customer list", HTTP_BODY_NONE, api_order_image },
	{ HTTP_VERB_POST, "/v1/consent/discover", NULL, HTTP_BODY_NONE, api_consent_discover },
	{ HTTP_VERB_POST, "/v1/consent/{}/check", NULL, HTTP_BODY_NONE, api_consent_check },
	{ HTTP_VERB_POST, "/v1/consent/{}/link", NULL, HTTP_BODY_NONE, api_consent_link },
	{ HTTP_VERB_POST, "/v1/lists", "customer group_tag name", HTTP_BODY_FILE, api_order_list },
	{ HTTP_VERB_POST, "/v1/login/{}", NULL, HTTP_BODY_NONE, api_login_begin },
	{ HTTP_VERB_POST, "/v1/logout/{}", NULL, HTTP_BODY_NONE, api_login_end },
	{ HTTP_VERB_POST, "/v1/reload", NULL, HTTP_BODY_NONE, api_order_reload },
	{ HTTP_VERB_POST, "/v1/pause", "customer", HTTP_BODY_NONE, api_order_pause },
	{ HTTP_VERB_POST, "/v1/resume", "customer", HTTP_BODY_NONE, api_order_resume },
	{ HTTP_VERB_POST, "/v1/release", "serial customer list", HTTP_BODY_NONE,
	    api_order_release },
	{ HTTP_VERB_POST, "/v1/retry", "serial customer list state", HTTP_BODY_NONE,
	    api_order_retry },
	{ HTTP_VERB_POST, "/v1/units", "customer", HTTP_BODY_SPILL, api_unit_take },
	{ HTTP_VERB_POST, "/v1/units/flush", "customer", HTTP_BODY_NONE, api_order_flush },
	{ .path = NULL },
};

/* The server is gone, and with it whoever followed; the feed may still wait for the store. */
static void
on_feed_closed(void *arg)
{
	struct api *api = arg;
	void (*closed)(void *arg) = api->closed;
	void *closed_arg = api->closed_arg;

	free(api->folder);
	free(api);
	if (closed)
		closed(closed_arg);
}

static void
on_gate_closed(void *arg)
{
	struct api *api = arg;

	event_feed_close(api->feed, on_feed_closed, api);
}

static void
on_server_closed(void *arg)
{
	struct api *api = arg;

	gate_desk_close(api->gate, on_gate_closed, api);
}

void
api_close(struct api *api, void (*closed)(void *arg), void *arg)
{
	api->closed = closed;
	api->closed_arg = arg;
	http_server_close(api->server, on_server_closed, api);
	gate_desk_hurry(api->gate);
}

static enum err_code
open_server(struct uv_loop_s *loop, struct api *api, const struct api_sockets *sockets,
    struct err *err)
{
	const struct config *c = agent_config(api->agent);
	struct http_server_options opt = {
		.host = c->listen.host,
		.port = c->listen.port,
		.socket = c->control,
		.tcp_fd = sockets->http,
		.socket_fd = sockets->control,
		.folder = api->folder,
		.route = route,
		.arg = api,
	};

	if (http_access_new(c, &opt.access, err))
		return err->code;
	if (http_server_open(loop, &opt, &api->server, err))
		api->server = NULL;
	http_access_drop(opt.access);
	return api->server ? ERR_OK : err->code;
}

enum err_code
api_reload(struct api *api, const struct config *next, struct err *err)
{
	struct http_access *access;
	enum err_code rc;

	if (http_access_new(next, &access, err))
		return err->code;
	rc = http_server_set_access(api->server, access, err);
	http_access_drop(access);
	return rc;
}

enum err_code
api_open(struct uv_loop_s *loop, struct agent *a, const struct api_sockets *sockets,
    struct api **out, struct err *err)
{
	struct api *api = calloc(1, sizeof *api);

	if (!api || !(api->folder = strdup(agent_config(a)->state))) {
		free(api);
		return err_set(err, ERR_NOMEM, "HTTP server");
	}
	api->agent = a;
	api->started_unix_ms = clock_unix_ms(clock_system());
	if (event_feed_new(loop, agent_reader(a), &api->feed, err)) {
		free(api->folder);
		free(api);
		return err->code;
	}
	if (gate_desk_new(loop, a, &api->gate, err)) {
		on_gate_closed(api);
		return err->code;
	}
	if (open_server(loop, api, sockets, err)) {
		on_server_closed(api);
		return err->code;
	}
	*out = api;
	return ERR_OK;
}

struct agent *
api_agent(const struct api *api)
{
	return api->agent;
}

struct gate_desk *
api_gate_desk(const struct api *api)
{
	return api->gate;
}

const char *
api_folder(const struct api *api)
{
	return api->folder;
}

int64_t
api_started_unix_ms(const struct api *api)
{
	return api->started_unix_ms;
}

int64_t
api_certificate_until_unix_ms(const struct api *api)
{
	const struct http_access *access = http_server_access(api->server);

	return access ? http_access_not_after_unix_s(access) * 1000 : 0;
}
