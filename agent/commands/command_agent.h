/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/command.h"

/* Commands of the agent: those that run it, ask it, and order it. */
extern const struct command command_agent_claims;
extern const struct command command_agent_consent;
extern const struct command command_agent_devices;
extern const struct command command_agent_events;
extern const struct command command_agent_gate;
extern const struct command command_agent_image;
extern const struct command command_agent_lists;
extern const struct command command_agent_login;
extern const struct command command_agent_logout;
extern const struct command command_agent_pause;
extern const struct command command_agent_register;
extern const struct command command_agent_release;
extern const struct command command_agent_reload;
extern const struct command command_agent_report;
extern const struct command command_agent_resume;
extern const struct command command_agent_retry;
extern const struct command command_agent_run;
extern const struct command command_agent_status;
extern const struct command command_agent_support;
extern const struct command command_agent_unit;
