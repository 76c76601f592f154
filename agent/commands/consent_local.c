/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/consent_local.h"

#include "agent/commands/agent_host.h"
#include "agent/commands/config_open.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"

struct consent_local {
	const struct options *options;
	enum consent_wish wish;
	const char *customer;
	struct agent_host *host;
	json_t *doc;
};

static void
on_done(void *arg, json_t *doc, const struct err *failed)
{
	struct consent_local *l = arg;
	struct err err;

	if (!doc && !failed)
		(void)err_set(&err, ERR_NOMEM, "out of memory");
	else if (failed)
		err = *failed;
	l->doc = doc;
	/* Whoever has stopped the agent has told why. */
	if (doc)
		agent_host_stop(l->host, EXIT_DONE);
	else if (err.code != ERR_CANCELLED)
		agent_host_stop(l->host, failure_report(l->options, &err));
}

static enum err_code
on_open(void *arg, struct agent_host *host, struct err *err)
{
	struct consent_local *l = arg;

	l->host = host;
	return consent_task_start(agent_host_agent(host), l->wish, l->customer, on_done, l, err);
}

int
consent_local(const struct options *o, enum consent_wish wish, const char *customer, json_t **out)
{
	struct consent_local l = { .options = o, .wish = wish, .customer = customer };
	const struct agent_host_options opt = {
		.options = o,
		.arg = &l,
		.on_open = on_open,
	};
	struct config *config;
	int code = config_open(o, &config);

	if (code)
		return code;
	code = agent_host_run(&opt, config);
	if (code == EXIT_DONE)
		*out = l.doc;
	else
		json_decref(l.doc);
	return code;
}
