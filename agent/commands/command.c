/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/command.h"

#include <string.h>

#include "agent/commands/command_agent.h"
#include "agent/commands/command_offline.h"
#include "agent/commands/command_options.h"
#include "base/nearest.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* In the order of help. */
static const struct command *const command[] = {
	&command_offline_check,
	&command_agent_claims,
	&command_offline_completion,
	&command_agent_consent,
	&command_offline_convert,
	&command_offline_config,
	&command_agent_devices,
	&command_offline_demo,
	&command_offline_doctor,
	&command_agent_events,
	&command_agent_gate,
	&command_offline_hash,
	&command_offline_help,
	&command_agent_image,
	&command_agent_lists,
	&command_agent_login,
	&command_agent_logout,
	&command_agent_pause,
	&command_offline_profile,
	&command_agent_register,
	&command_agent_release,
	&command_agent_reload,
	&command_agent_report,
	&command_agent_resume,
	&command_agent_retry,
	&command_agent_run,
	&command_agent_status,
	&command_agent_support,
	&command_agent_unit,
	&command_offline_version,
};

const struct command *
command_at(size_t i)
{
	return i < LENGTH(command) ? command[i] : NULL;
}

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < LENGTH(command); i++) {
		if (strcmp(command[i]->name, name) == 0)
			return command[i];
	}
	return NULL;
}

const char *
command_nearest(struct slice name)
{
	const char *candidate[LENGTH(command)];

	for (size_t i = 0; i < LENGTH(command); i++)
		candidate[i] = command[i]->name;
	return nearest(name, candidate, LENGTH(command));
}

const struct option_def *
command_option(const struct command *c, size_t i)
{
	const struct option_def *const global[OPTION_GROUPS] = { command_options_global };
	const struct option_def *const *group = c ? c->options : global;

	for (size_t g = 0; g < OPTION_GROUPS && group[g]; g++) {
		for (const struct option_def *def = group[g]; def->name; def++) {
			if (i-- == 0)
				return def;
		}
	}
	return NULL;
}
