/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/command.h"

/* The options of the commands, in groups that several of them share. Each ends with a NULL name. */
extern const struct option_def command_options_global[];
extern const struct option_def command_options_list[];
extern const struct option_def command_options_register[];
extern const struct option_def command_options_convert[];
extern const struct option_def command_options_demo[];
extern const struct option_def command_options_customer[];
extern const struct option_def command_options_id[];
extern const struct option_def command_options_serial[];
extern const struct option_def command_options_state[];
extern const struct option_def command_options_limit[];
extern const struct option_def command_options_format[];
extern const struct option_def command_options_events[];
extern const struct option_def command_options_claims[];
extern const struct option_def command_options_config[];
extern const struct option_def command_options_consent[];
extern const struct option_def command_options_gate[];
extern const struct option_def command_options_support[];
extern const struct option_def command_options_unit[];
extern const struct option_def command_options_profile[];
