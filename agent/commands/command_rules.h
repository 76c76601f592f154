/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/commands/options.h"
#include "base/err.h"

/*
 * What commands require beyond single options: which of them go together, and which operands. Each is
 * the validate of one command, or of several. Errors: ERR_USAGE.
 */
MUST_USE enum err_code command_rules_claims(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_completion(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_config(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_consent(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_convert(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_demo(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_format(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_gate(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_image(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_profile(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_register(const struct options *o, struct err *err);
MUST_USE enum err_code command_rules_unit(const struct options *o, struct err *err);
