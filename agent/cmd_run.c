/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/agent_host.h"
#include "agent/commands.h"
#include "agent/config_open.h"
#include "base/log.h"

static enum err_code
on_open(void *arg, struct agent_host *host, struct err *err)
{
	(void)arg;
	(void)host;
	(void)err;
	log_info("ready");
	return ERR_OK;
}

int
cmd_run(const struct options *o)
{
	const struct agent_host_options opt = {
		.options = o,
		.daemon = true,
		.on_open = on_open,
	};
	struct config *config;
	int code = config_open(o, &config);

	return code ? code : agent_host_run(&opt, config);
}
