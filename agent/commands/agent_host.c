/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/agent_host.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
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
}

static void
on_deadline(uv_timer_t *timer)
{
	struct agent_host *h = timer->data;

	log_error("stopping took too long; what was in flight is asked for at the next start");
	(void)fflush(NULL);
	_exit(h->exit_code ? h->exit_code : EXIT_FAILED);
}

void
agent_host_stop(struct agent_host *h, int exit_code)
{
	if (h->stopping)
		return;
	h->stopping = true;
	h->exit_code = exit_code;
	if (h->opt.on_stop)
		h->opt.on_stop(h->opt.arg);
	(void)uv_timer_start(&h->deadline, on_deadline, STOP_MS, 0);
	agent_stop(h->agent, on_agent_closed, h);
}

/* --- signals --------------------------------------------------------------------------------------- */

static void
reload(struct agent_host *h)
{
	struct problems problems = { .n = 0 };
	struct err err;

	if (agent_reload(h->agent, "signal", &problems, &err) == ERR_OK)
		return;
	log_error("the old configuration stays in force: %s", err.msg);
	for (size_t i = 0; i < problems.n; i++)
		log_error("%s:%zu:%zu: %s", h->opt.options->config, problems.item[i].at.line,
		    problems.item[i].at.column, problems.item[i].message);
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

static void
tell_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	log_error("left open: %s", uv_handle_type_name(handle->type));
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
	};
	struct err err;

	if (uv_loop_init(&h.loop) != 0) {
		(void)err_set(&err, ERR_NOMEM, "loop");
		config_free(config);
		return failure_report(opt->options, &err);
	}
	if (agent_open(&agent, &h.agent, &err)) {
		h.exit_code = failure_report(opt->options, &err);
		h.exit_code = drain(&h); /* what had been opened still reads the configuration */
		config_free(config);
		return h.exit_code;
	}
	watch_signals(&h);
	if (opt->on_open(opt->arg, &h, &err))
		agent_host_stop(&h, failure_report(opt->options, &err));
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
