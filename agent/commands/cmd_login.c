/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/commands/commands.h"
#include "agent/commands/config_open.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/login_local.h"
#include "agent/commands/login_remote.h"
#include "agent/engine/login_desk.h"

/* "login" and "logout": through the agent that runs on this state folder, if one does. */

static enum err_code
check_partner(const struct config *c, const char *name, struct err *err)
{
	const struct partner *partner = config_partner(c, name);

	if (partner)
		return login_desk_check(partner, err);
	return err_set(err, ERR_NOT_FOUND, "there is no partner %s in the configuration", name);
}

/* The latter takes config over. */
typedef bool remote_fn(const struct options *o, const struct config *c, const char *partner,
    int *code);
typedef int local_fn(const struct options *o, struct config *config, const char *partner);

static int
do_it(const struct options *o, remote_fn *remote, local_fn *local)
{
	const char *partner = o->operand[0];
	struct config *config;
	struct err err;
	int code = config_open(o, &config);

	if (code)
		return code;
	if (check_partner(config, partner, &err))
		code = failure_report(o, &err);
	else if (!remote(o, config, partner, &code))
		return local(o, config, partner);
	config_free(config);
	return code;
}

int
cmd_login(const struct options *o)
{
	return do_it(o, login_remote_in, login_local_in);
}

int
cmd_logout(const struct options *o)
{
	return do_it(o, login_remote_out, login_local_out);
}
