/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/login_local.h"

#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "agent/commands/agent_host.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/login_report.h"
#include "agent/engine/login_desk.h"
#include "agent/server/login_json.h"

enum { LOOK_MS = 200, ACTOR_SIZE = 32 };

struct local {
	const struct options *options;
	const char *partner;
	struct agent_host *host;
	uv_timer_t look;
	bool looking;
	char actor[ACTOR_SIZE];
};

static json_t *
state_of(const struct local *l, const struct sign_in_news *news)
{
	return login_json(l->partner, news,
	    agent_config(agent_host_agent(l->host))->login.lifetime_ms);
}

static void
fail(struct local *l, const struct err *err)
{
	agent_host_stop(l->host, failure_report(l->options, err));
}

static void
on_stop(void *arg)
{
	struct local *l = arg;

	if (l->looking)
		uv_close((uv_handle_t *)&l->look, NULL);
	l->looking = false;
}

/* --- signing in --- */

static void
on_look(uv_timer_t *timer)
{
	struct local *l = timer->data;
	const struct login_desk *d = agent_login_desk(agent_host_agent(l->host));
	const struct sign_in_news *news;
	struct err err;

	if (!d || login_desk_news(d, l->partner, &news, &err))
		return; /* it is being stopped */
	if (news->state == SIGN_IN_DONE || news->state == SIGN_IN_FAILED)
		agent_host_stop(l->host, login_report_end(l->options, state_of(l, news)));
}

static void
on_shown(void *arg, const struct sign_in_news *news)
{
	struct local *l = arg;
	json_t *state;

	if (!l->looking)
		return; /* it is being stopped */
	state = state_of(l, news);
	if (login_report_is_waiting(state))
		login_report_prompt(state);
	json_decref(state);
	(void)uv_timer_start(&l->look, on_look, 0, LOOK_MS);
}

static enum err_code
begin_in(void *arg, struct agent_host *host, struct err *err)
{
	struct local *l = arg;

	l->host = host;
	(void)uv_timer_init(agent_host_loop(host), &l->look);
	l->look.data = l;
	l->looking = true;
	return login_desk_sign_in(agent_login_desk(agent_host_agent(host)), l->partner, l->actor,
	    on_shown, l, err);
}

/* --- signing out --- */

static void
on_signed_out(void *arg, const struct err *err)
{
	struct local *l = arg;

	if (err)
		fail(l, err);
	else
		agent_host_stop(l->host, login_report_signed_out(l->options, l->partner));
}

static enum err_code
begin_out(void *arg, struct agent_host *host, struct err *err)
{
	struct local *l = arg;

	l->host = host;
	return login_desk_sign_out(agent_login_desk(agent_host_agent(host)), l->partner, l->actor,
	    on_signed_out, l, err);
}

/* --- both --- */

static int
run(const struct options *o, struct config *config, const char *partner,
    enum err_code (*begin)(void *arg, struct agent_host *host, struct err *err))
{
	struct local l = { .options = o, .partner = partner };
	const struct agent_host_options opt = {
		.options = o,
		.arg = &l,
		.on_open = begin,
		.on_stop = on_stop,
	};

	(void)snprintf(l.actor, sizeof l.actor, "uid %ld", (long)getuid());
	return agent_host_run(&opt, config);
}

int
login_local_in(const struct options *o, struct config *config, const char *partner)
{
	return run(o, config, partner, begin_in);
}

int
login_local_out(const struct options *o, struct config *config, const char *partner)
{
	return run(o, config, partner, begin_out);
}
