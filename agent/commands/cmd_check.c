/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/commands.h"
#include "agent/commands/failure.h"
#include "agent/commands/list_job.h"

int
cmd_check(const struct options *o)
{
	static const struct list_events none;
	struct list_job job;
	struct err err;
	int code;

	if (list_job_init(&job, o, stdout, &none, &err) || list_job_run(&job, NULL, &err) ||
	    list_job_report(&job, &err))
		code = failure_report(o, &err);
	else
		code = list_job_exit(&job);
	list_job_done(&job);
	return code;
}
