/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/checkup.h"
#include "base/err.h"

/*
 * Looks at everything between the configuration and the services, and changes nothing but what a token
 * costs: a refresh token that is used may be replaced, and then the new one is kept as the agent keeps
 * it. While an agent runs its tokens are left alone, and it is asked instead. Blocks.
 */
enum doctor_scope {
	DOCTOR_SERVICES, /* the configuration, credentials, hosts and tokens */
	DOCTOR_ALL,      /* also this machine, the running agent, and a call of each service */
};

/* config_path: of the file. Errors: ERR_NOMEM; what is wrong with the rest stands in out. */
MUST_USE enum err_code doctor_look(const char *config_path, enum doctor_scope scope,
    struct checkup *out, struct err *err);
