/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/register_local.h"
#include "agent/commands/register_plan.h"
#include "agent/commands/register_remote.h"

/* Through the agent that runs on this state folder, if one does, else by ourselves. */
static int
do_register(const struct options *o, struct config *config, const struct customer *customer)
{
	int code;

	if (o->dry_run)
		code = register_plan(o, config, customer);
	else if (!register_remote(o, config, customer, &code))
		return register_local(o, config, customer);
	config_free(config);
	return code;
}

int
cmd_register(const struct options *o)
{
	const struct customer *customer;
	struct config *config;
	struct err err;
	int code = config_open(o, &config);

	if (code)
		return code;
	customer = config_customer(config, slice_of(o->customer));
	if (customer)
		return do_register(o, config, customer);
	(void)err_set(&err, ERR_NOT_FOUND, "the configuration has no customer %s", o->customer);
	config_free(config);
	return failure_report(o, &err);
}
