/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/command.h"

/* Commands that need no agent and no store. */
extern const struct command command_offline_check;
extern const struct command command_offline_convert;
extern const struct command command_offline_completion;
extern const struct command command_offline_config;
extern const struct command command_offline_demo;
extern const struct command command_offline_doctor;
extern const struct command command_offline_hash;
extern const struct command command_offline_help;
extern const struct command command_offline_profile;
extern const struct command command_offline_version;
