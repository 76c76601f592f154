/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>

#include "agent/commands/commands.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"

int
cmd_version(const struct options *o)
{
	json_t *doc;
	struct err err;

	if (!o->json) {
		puts("autoreg " AUTOREG_VERSION);
		return EXIT_DONE;
	}
	doc = json_pack("{s:s, s:s}", "version", AUTOREG_VERSION, "commit", AUTOREG_COMMIT);
	return json_out_print(doc, &err) ? failure_report(o, &err) : EXIT_DONE;
}
