/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/agent_host.h"
#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/server/api.h"
#include "base/log.h"

static enum err_code
on_open(void *arg, struct agent_host *host, struct err *err)
{
	struct api **api = arg;

	if (api_open(agent_host_loop(host), agent_host_agent(host), api, err))
		return err->code;
	log_info("ready");
	return ERR_OK;
}

static void
on_stop(void *arg)
{
	struct api **api = arg;

	if (*api)
		api_close(*api, NULL, NULL);
	*api = NULL;
}

int
cmd_run(const struct options *o)
{
	struct api *api = NULL;
	const struct agent_host_options opt = {
		.options = o,
		.daemon = true,
		.arg = &api,
		.on_open = on_open,
		.on_stop = on_stop,
	};
	struct config *config;
	int code = config_open(o, &config);

	return code ? code : agent_host_run(&opt, config);
}
