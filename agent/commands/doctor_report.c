/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/doctor_report.h"

#include <stdio.h>

#include "agent/commands/checkup.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"

int
doctor_report(const struct options *o, enum doctor_scope scope)
{
	struct checkup *found = checkup_new();
	struct err err;
	int code;

	if (!found) {
		(void)err_set(&err, ERR_NOMEM, "out of memory");
		return failure_report(o, &err);
	}
	if (doctor_look(o->config, scope, found, &err) ||
	    (o->json && json_out_print(checkup_json(found), &err))) {
		code = failure_report(o, &err);
	} else {
		if (!o->json)
			checkup_put(found, stdout);
		code = (int)checkup_exit(found);
	}
	checkup_free(found);
	return code;
}
