/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/agent_host.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/log_timer.h"
#include "agent/tools/log_event.h"
#include "base/log.h"

/* Below the time that service managers wait before they kill. */
enum { STOP_MS = 45 * 1000 };

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
enum { NSIGNAL = sizeof signals / sizeof signals[0] };

struct agent_host {
	struct agent_host_options opt;
	uv_loop_t loop;
	uv_signal_t signal[NSIGNAL];
	uv_timer_t deadline;
	struct log_timer log_timer;
	struct agent *agent;
	bool stopping;
	int exit_code;
};

/* --- the end ------------------------------------------------------------------------------------ */

static void
on_agent_closed(void *arg)
{
	struct agent_host *h = arg;

	h->agent = NULL;
	for (size_t i = 0; i < NSIGNAL; i++)
		uv_close((uv_handle_t *)&h->signal[i], NULL);
	uv_close((uv_handle_t *)&h->deadline, NULL);
	log_timer_close(&h->log_timer);
}

static void
on_deadline(uv_timer_t *timer)
{
	struct agent_host *h = timer->data;

	log_event(LOG_STOP_TOOK_TOO_LONG);
	(void)log_flush(true);
	(void)fflush(NULL);
	_exit(h->exit_code ? h->exit_code : EXIT_FAILED);
}

void
agent_host_stop(struct agent_host *h, int exit_code)
{
	if (h->stopping)
		return;
	if (h->opt.daemon)
		log_event(LOG_STOPPING);
	h->stopping = true;
	h->exit_code = exit_code;
	if (h->opt.on_stop)
		h->opt.on_stop(h->opt.arg);
	(void)uv_timer_start(&h->deadline, on_deadline, STOP_MS, 0);
	agent_stop(h->agent, on_agent_closed, h);
}

/* --- signals --------------------------------------------------------------------------------------- */

/* Nobody waits for an answer: the agent itself says in the log what is wrong. */
static void
reload(struct agent_host *h)
{
	struct err err;
	enum err_code rc = agent_reload(h->agent, "signal", NULL, NULL, &err);

	(void)rc;
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct agent_host *h = handle->data;

	if (number == SIGHUP && h->opt.daemon) {
		if (!h->stopping)
			reload(h);
	} else if (!h->stopping) {
		/* A daemon that is told to stop has done its duty. */
		agent_host_stop(h, h->opt.daemon ? EXIT_DONE : EXIT_INTERRUPTED);
	} else {
		agent_stop(h->agent, NULL, NULL); /* cuts the grace short */
	}
}

static void
watch_signals(struct agent_host *h)
{
	for (size_t i = 0; i < NSIGNAL; i++) {
		(void)uv_signal_init(&h->loop, &h->signal[i]);
		h->signal[i].data = h;
		(void)uv_signal_start(&h->signal[i], on_signal, signals[i]);
	}
	(void)uv_timer_init(&h->loop, &h->deadline);
	h->deadline.data = h;
}

/* --- life -------------------------------------------------------------------------------------------- */

static void
on_list_done(void *arg, int64_t list)
{
	struct agent_host *h = arg;

	if (h->opt.on_list_done && !h->stopping)
		h->opt.on_list_done(h->opt.arg, list);
}

static enum err_code
on_reload(void *arg, const struct config *next, struct err *err)
{
	struct agent_host *h = arg;

	return h->opt.on_reload ? h->opt.on_reload(h->opt.arg, next, err) : ERR_OK;
}

static void
on_change(void *arg)
{
	struct agent_host *h = arg;

	if (h->opt.on_change && !h->stopping)
		h->opt.on_change(h->opt.arg);
}

static void
on_progress(void *arg)
{
	struct agent_host *h = arg;

	if (h->opt.on_progress)
		h->opt.on_progress(h->opt.arg);
}

/* Tells why it cannot begin. Returns the exit code. */
static int
fail(struct agent_host *h, const struct err *err)
{
	if (h->opt.on_failure)
		h->opt.on_failure(h->opt.arg, err);
	return failure_report(h->opt.options, err);
}

static void
tell_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	log_event(LOG_HANDLE_LEFT_OPEN, LOG_TEXT(WHAT, uv_handle_type_name(handle->type)));
}

/* Runs the loop until nothing is left in it. */
static int
drain(struct agent_host *h)
{
	(void)uv_run(&h->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&h->loop) == 0)
		return h->exit_code;
	uv_walk(&h->loop, tell_handle, NULL);
	return EXIT_FAILED;
}

int
agent_host_run(const struct agent_host_options *opt, struct config *config)
{
	struct agent_host h = { .opt = *opt };
	const struct agent_options agent = {
		.loop = &h.loop,
		.config_path = opt->options->config,
		.config = config,
		.clock = clock_system(),
		.random = random_system(),
		.daemon = opt->daemon,
		.arg = &h,
		.on_list_done = on_list_done,
		.on_change = on_change,
		.on_progress = on_progress,
		.on_reload = on_reload,
	};
	struct err err;

	if (uv_loop_init(&h.loop) != 0) {
		(void)err_set(&err, ERR_NOMEM, "loop");
		config_free(config);
		return failure_report(opt->options, &err);
	}
	if (agent_open(&agent, &h.agent, &err)) {
		h.exit_code = fail(&h, &err);
		h.exit_code = drain(&h); /* what had been opened still reads the configuration */
		config_free(config);
		return h.exit_code;
	}
	watch_signals(&h);
	log_timer_open(&h.log_timer, &h.loop);
	if (opt->on_open(opt->arg, &h, &err))
		agent_host_stop(&h, fail(&h, &err));
	return drain(&h);
}

struct agent *
agent_host_agent(struct agent_host *h)
{
	return h->agent;
}

struct uv_loop_s *
agent_host_loop(struct agent_host *h)
{
	return &h->loop;
}
