/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/register_local.h"
#include "agent/commands/register_plan.h"
#include "agent/commands/register_remote.h"

static const struct customer *
find_customer(const struct config *c, const char *name, struct err *err)
{
	for (size_t i = 0; i < c->customers.n; i++) {
		if (strcmp(c->customers.item[i].name, name) == 0)
			return &c->customers.item[i];
	}
	(void)err_set(err, ERR_NOT_FOUND, "there is no customer %s in the configuration", name);
	return NULL;
}

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
	customer = find_customer(config, o->customer, &err);
	if (customer)
		return do_register(o, config, customer);
	config_free(config);
	return failure_report(o, &err);
}
