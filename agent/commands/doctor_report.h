/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/doctor.h"
#include "agent/commands/options.h"

/* Looks, and prints what was found. Returns the exit code, after having told what failed. */
int doctor_report(const struct options *o, enum doctor_scope scope);
