/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/command_offline.h"

#include <stdint.h>

#include "agent/commands/command_options.h"
#include "agent/commands/command_rules.h"
#include "agent/commands/commands.h"

#define COLUMNS_TEXT \
	"\nColumns are found by their headings. --columns names them by hand, with the\n" \
	"words serial, product_id, hash, manufacturer, model, tag, user and order: by\n" \
	"heading, as in --columns 'serial=Asset S/N,model=Type', or for a list without\n" \
	"headings in the order of its columns, as in --columns serial,,hash.\n"

const struct command command_offline_check = {
    .name = "check",
    .summary = "find out what is wrong with device lists",
    .operands = "LIST...",
    .description =
	"Reads device lists of any format and reports every finding with its line, its\n"
	"column and what to do about it. Proves each hardware hash. Sends nothing,\n"
	"changes nothing and needs no configuration. LIST is a file, or - for standard\n"
	"input.\n" COLUMNS_TEXT,
    .examples = "autoreg check lists/*.csv\n"
		"autoreg check --group-tag Microsoft365Managed_Autopilot --json a.csv\n"
		"autoreg check --explain hash-truncated\n",
    .options = { command_options_list },
    .operands_min = 1,
    .operands_max = SIZE_MAX,
    .exits = {
	{ "all rows are usable, perhaps with warnings, repairs and duplicates", EXIT_DONE },
	{ "nothing is usable, a file is no device list, or cannot be read", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "some rows were refused", EXIT_PARTLY },
    },
    .run = cmd_check,
};

const struct command command_offline_convert = {
    .name = "convert",
    .summary = "merge and repair device lists into one of another format",
    .operands = "LIST...",
    .description =
	"Reads device lists as check does and writes the usable devices, each once, in\n"
	"the column order that FORMAT prescribes:\n"
	"\n"
	"  partner-center  for Partner Center, at most 1,000 devices a file\n"
	"  intune          for the Intune admin center, at most 500 devices a file\n"
	"  mmd             manufacturer, model, serial number and hardware hash\n"
	"  tuples          manufacturer, model and serial number\n"
	"\n"
	"What does not fit into one file goes to out-001.csv, out-002.csv and so on for\n"
	"-o out.csv. Standard output is never split.\n" COLUMNS_TEXT,
    .examples = "autoreg convert --to partner-center -o contoso.csv lists/*.csv\n"
		"autoreg convert --to mmd --rejects refused.csv report.csv > mmd.csv\n",
    .options = { command_options_convert, command_options_list },
    .operands_min = 1,
    .operands_max = SIZE_MAX,
    .exits = {
	{ "all devices were written", EXIT_DONE },
	{ "nothing is usable, a file is no device list, or a file failed", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "some rows were refused, the others were written", EXIT_PARTLY },
    },
    .validate = command_rules_convert,
    .run = cmd_convert,
};

const struct command command_offline_completion = {
    .name = "completion",
    .summary = "print what a shell needs to complete the command line",
    .operands = "bash|zsh|fish",
    .description =
	"Packages install these scripts. Without one: for bash, let ~/.bashrc read what\n"
	"is printed; for zsh, put it into a folder of $fpath as _autoreg; for fish, into\n"
	"~/.config/fish/completions/autoreg.fish.\n",
    .examples = "source <(autoreg completion bash)\n"
		"autoreg completion zsh > ~/.zfunc/_autoreg\n",
    .operands_min = 1,
    .operands_max = 1,
    .exits = {
	{ "printed", EXIT_DONE },
	{ "the command line is wrong", EXIT_USAGE },
    },
    .validate = command_rules_completion,
    .run = cmd_completion,
};

const struct command command_offline_config = {
    .name = "config",
    .summary = "check, show or begin the configuration file",
    .operands = "check|show|schema|init",
    .description =
	"  check   tells all that is wrong with the file, with line, column and advice;\n"
	"          looks whether the files that it names are there, and private where\n"
	"          they hold secrets; sends nothing. With --online it resolves the names\n"
	"          of the services, connects, and fetches a token for each partner, as\n"
	"          'autoreg doctor' does, which looks at more\n"
	"  show    prints the configuration as it is in force, defaults filled in;\n"
	"          secrets stay references\n"
	"  schema  prints a JSON Schema of the file, for editors\n"
	"  init    prints a commented file to begin with\n",
    .examples = "autoreg config init > autoreg.yaml\n"
		"autoreg --config autoreg.yaml config check --online\n",
    .options = { command_options_config },
    .operands_min = 1,
    .operands_max = 1,
    .exits = {
	{ "printed, or nothing is wrong", EXIT_DONE },
	{ "out of memory; with --online: something has failed", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "with --online: authentication is needed", EXIT_AUTH },
	{ "with --online: a service is out of reach; try again later", EXIT_TEMPORARY },
	{ "the configuration is invalid, or cannot be read", EXIT_CONFIG },
    },
    .validate = command_rules_config,
    .run = cmd_config,
};

const struct command command_offline_demo = {
    .name = "demo",
    .summary = "show the main job with made-up devices and a simulator",
    .operands = "",
    .description =
	"Registers five lists of two customers with a simulator of Partner Center, which\n"
	"runs on this machine meanwhile. Needs no configuration and no network, takes a\n"
	"few seconds, and leaves nothing behind unless it is told to.\n",
    .examples = "autoreg demo\n"
		"autoreg demo --keep /tmp/autoreg-demo\n",
    .options = { command_options_demo },
    .exits = {
	{ "all went as it should", EXIT_DONE },
	{ "it did not", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "interrupted", EXIT_INTERRUPTED },
    },
    .validate = command_rules_demo,
    .run = cmd_demo,
};

const struct command command_offline_doctor = {
    .name = "doctor",
    .summary = "find out what keeps the agent from its work",
    .operands = "",
    .description =
	"Looks at the configuration, the credentials, the folders and the disk, the\n"
	"running agent, and each service: its name, TLS, the clock, a token, and one\n"
	"call that changes nothing. Prints a line for each, ok, warn, fail or skip, and\n"
	"below it what to do. While an agent runs its tokens are left alone, and it is\n"
	"asked for them. Ask as the user that the agent runs as.\n",
    .examples = "autoreg doctor\n"
		"sudo -u autoreg autoreg doctor --json\n",
    .exits = {
	{ "nothing has failed, perhaps with warnings", EXIT_DONE },
	{ "something has failed", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "authentication or consent is needed", EXIT_AUTH },
	{ "a service is out of reach; try again later", EXIT_TEMPORARY },
	{ "the configuration is invalid, or a credential cannot be read", EXIT_CONFIG },
    },
    .run = cmd_doctor,
};

const struct command command_offline_hash = {
    .name = "hash",
    .summary = "tell what hardware hashes say about their devices",
    .operands = "[LIST|-]...",
    .description =
	"Decodes hardware hashes: which device each is of, when it was collected, and\n"
	"whether it is whole and undamaged. LIST is a device list of any format, or a\n"
	"file of nothing but hashes; without any, and for -, standard input is read. The\n"
	"hash itself is never printed.\n",
    .examples = "autoreg hash hash.txt\n"
		"autoreg hash --json < hash.txt\n",
    .operands_max = SIZE_MAX,
    .exits = {
	{ "all hashes are whole", EXIT_DONE },
	{ "none is whole, or an input cannot be read", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "some hashes are not whole", EXIT_PARTLY },
    },
    .run = cmd_hash,
};

const struct command command_offline_help = {
    .name = "help",
    .summary = "explain a command or a finding code",
    .operands = "[COMMAND|CODE]",
    .description =
	"Without an operand, lists the commands. COMMAND prints the same as that command\n"
	"with --help, CODE explains a finding of check and convert.\n",
    .examples = "autoreg help convert\n"
		"autoreg help serial-mismatch\n",
    .operands_max = 1,
    .exits = {
	{ "explained", EXIT_DONE },
	{ "there is no such command or code", EXIT_USAGE },
    },
    .run = cmd_help,
};

const struct command command_offline_profile = {
    .name = "profile",
    .summary = "check and try the profile of a maker's service",
    .operands = "check|test|show|schema [FILE]",
    .description =
	"A profile is a file that says how a maker's registration service is spoken to.\n"
	"Needs no configuration, and sends nothing.\n"
	"\n"
	"  check FILE  tells all that is wrong with it, with line, column and advice\n"
	"  test FILE   prints what would be sent for one device, which is made up where\n"
	"              options do not describe it; \"\" is a value that it does not have.\n"
	"              A token is shown as ***, also if a certificate takes its place\n"
	"  show NAME   prints one that is built in, to begin with: reference-v1\n"
	"  schema      prints a JSON Schema of such files, for editors\n",
    .examples = "autoreg profile show reference-v1 > fabrikam.yaml\n"
		"autoreg profile check fabrikam.yaml\n"
		"autoreg profile test fabrikam.yaml --serial PF0ABCDE --model 'Book 7'\n",
    .options = { command_options_profile },
    .operands_min = 1,
    .operands_max = 2,
    .exits = {
	{ "printed, or nothing is wrong", EXIT_DONE },
	{ "out of memory", EXIT_FAILED },
	{ "the command line is wrong, or no such device can be sent", EXIT_USAGE },
	{ "no profile of that name is built in", EXIT_NOT_FOUND },
	{ "the profile is invalid, or cannot be read", EXIT_CONFIG },
    },
    .validate = command_rules_profile,
    .run = cmd_profile,
};

const struct command command_offline_version = {
	.name = "version",
	.summary = "print the version",
	.operands = "",
	.description =
	    "Prints the version of autoreg; with --json also the commit it was built from.\n",
	.examples = "autoreg version --json\n",
	.exits = { { "printed", EXIT_DONE } },
	.run = cmd_version,
};
