/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <stdio.h>

#include "agent/commands/agent_host.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/log_output.h"
#include "agent/commands/service_life.h"
#include "agent/server/api.h"
#include "agent/tools/inherited_socket.h"
#include "agent/tools/log_event.h"
#include "agent/tools/service_manager.h"
#include "base/clock.h"

/*
 * While opening gets on, the manager hears of it every EXTEND_EVERY_MS, and each time gives that much
 * more time than it would have.
 */
enum { EXTEND_EVERY_MS = 5 * 1000, EXTEND_BY_S = 30 };

struct run {
	struct service_manager manager;
	struct api_sockets sockets;
	struct api *api;           /* NULL: not open */
	struct service_life *life; /* NULL: not ready */
	uint64_t extended_ms;      /* monotonic: when there was last more time */
};

static void
tell_manager(const struct run *r, const char *lines)
{
	struct err err;

	if (service_manager_tell(&r->manager, lines, &err))
		log_event(LOG_MANAGER_NOT_TOLD, LOG_TEXT(ERROR, err.msg));
}

static void
on_progress(void *arg)
{
	struct run *r = arg;
	uint64_t now_ms = clock_mono_ms(clock_system());
	char lines[128];

	if (now_ms - r->extended_ms < EXTEND_EVERY_MS)
		return;
	r->extended_ms = now_ms;
	(void)snprintf(lines, sizeof lines,
	    "EXTEND_TIMEOUT_USEC=%d000000\nSTATUS=bringing the store up to date", EXTEND_BY_S);
	tell_manager(r, lines);
}

/* What systemctl status shows of an agent that is not there. */
static void
on_failure(void *arg, const struct err *err)
{
	const struct run *r = arg;
	char lines[sizeof err->msg + 64];

	(void)snprintf(lines, sizeof lines, "STATUS=not started: %s", err->msg);
	tell_manager(r, lines);
}

static enum err_code
on_open(void *arg, struct agent_host *host, struct err *err)
{
	struct uv_loop_s *loop = agent_host_loop(host);
	struct agent *agent = agent_host_agent(host);
	struct run *r = arg;

	if (api_open(loop, agent, &r->sockets, &r->api, err) ||
	    service_life_open(loop, agent, &r->manager, &r->life, err))
		return err->code;
	log_event(LOG_READY);
	return ERR_OK;
}

static enum err_code
on_reload(void *arg, const struct config *next, struct err *err)
{
	const struct run *r = arg;

	return r->api ? api_reload(r->api, next, err) : ERR_OK;
}

static void
on_change(void *arg)
{
	const struct run *r = arg;

	service_life_touch(r->life);
}

static void
on_stop(void *arg)
{
	struct run *r = arg;

	service_life_close(r->life);
	r->life = NULL;
	if (r->api)
		api_close(r->api, NULL, NULL);
	r->api = NULL;
}

/* All that was handed over by whoever has started us, before anything else is opened. */
static enum err_code
inherit(struct run *r, struct err *err)
{
	struct inherited_socket socket[] = { { "http", -1 }, { "control", -1 } };

	if (service_manager_init(&r->manager, err) || inherited_socket_take(socket, 2, err))
		return err->code;
	r->sockets.http = socket[0].fd > 0 ? socket[0].fd : 0;
	r->sockets.control = socket[1].fd > 0 ? socket[1].fd : 0;
	return ERR_OK;
}

static int
run_agent(struct run *r, const struct options *o)
{
	const struct agent_host_options opt = {
		.options = o,
		.daemon = true,
		.arg = r,
		.on_open = on_open,
		.on_stop = on_stop,
		.on_reload = on_reload,
		.on_change = on_change,
		.on_progress = on_progress,
		.on_failure = on_failure,
	};
	struct config *config;
	int code = config_open(o, &config);

	if (code == EXIT_DONE)
		return agent_host_run(&opt, config);
	tell_manager(r, "STATUS=not started: the configuration was refused, see the log");
	return code;
}

int
cmd_run(const struct options *o)
{
	struct run r = { .extended_ms = clock_mono_ms(clock_system()) };
	struct err err;
	int code;

	/*
	 * The threads share one arena: each of their own would keep a quarter of a mebibyte, and is no
	 * faster, because what they allocate often comes from their caches.
	 */
	(void)mallopt(M_ARENA_MAX, 1);
	log_output_open(o, true);
	if (inherit(&r, &err))
		code = failure_report(o, &err);
	else
		code = run_agent(&r, o);
	service_manager_done(&r.manager);
	return code;
}
