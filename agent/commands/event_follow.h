/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/options.h"
#include "agent/records/question.h"
#include "config/config.h"

/*
 * "events --follow": prints the events of the running agent that q asks for, and goes on with what
 * happens, until it is interrupted or no agent answers any more. Returns the exit code; what went
 * wrong has been told.
 */
int event_follow_run(const struct options *o, const struct config *c, const struct question *q);
