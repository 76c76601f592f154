/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "agent/commands/options.h"

/*
 * What the commands do: each prints its result on stdout, tells its failures itself, and returns
 * the exit code. They rely on what options_parse() has checked.
 */
int cmd_check(const struct options *o);
int cmd_claims(const struct options *o);
int cmd_completion(const struct options *o);
int cmd_config(const struct options *o);
int cmd_consent(const struct options *o);
int cmd_convert(const struct options *o);
int cmd_demo(const struct options *o);
int cmd_devices(const struct options *o);
int cmd_doctor(const struct options *o);
int cmd_events(const struct options *o);
int cmd_gate(const struct options *o);
int cmd_hash(const struct options *o);
int cmd_image(const struct options *o);
int cmd_lists(const struct options *o);
int cmd_login(const struct options *o);
int cmd_logout(const struct options *o);
int cmd_pause(const struct options *o);
int cmd_profile(const struct options *o);
int cmd_register(const struct options *o);
int cmd_release(const struct options *o);
int cmd_reload(const struct options *o);
int cmd_report(const struct options *o);
int cmd_resume(const struct options *o);
int cmd_retry(const struct options *o);
int cmd_run(const struct options *o);
int cmd_status(const struct options *o);
int cmd_support_bundle(const struct options *o);
int cmd_unit(const struct options *o);
int cmd_version(const struct options *o);

/* Serves "help [TOPIC]", --help with any command, and --explain CODE. */
int cmd_help(const struct options *o);

/* The few lines for somebody who typed nothing but the program's name. */
void cmd_help_usage(FILE *out);

/* Of "claims": without a word it is a question like "devices". */
int cmd_claims_list(const struct options *o);
