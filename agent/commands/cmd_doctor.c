/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/commands.h"
#include "agent/commands/doctor_report.h"

int
cmd_doctor(const struct options *o)
{
	return doctor_report(o, DOCTOR_ALL);
}
