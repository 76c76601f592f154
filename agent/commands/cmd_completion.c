/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "agent/commands/commands.h"
#include "agent/commands/completion.h"
#include "agent/commands/exit_code.h"

int
cmd_completion(const struct options *o)
{
	completion_find(o->operand[0])(stdout);
	return EXIT_DONE;
}
