/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/command.h"

#include <stdint.h>
#include <string.h>

#include "agent/commands/command_options.h"
#include "agent/commands/command_rules.h"
#include "agent/commands/commands.h"
#include "base/nearest.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

#define COLUMNS_TEXT \
	"\nColumns are found by their headings. --columns names them by hand, with the\n" \
	"words serial, product_id, hash, manufacturer, model, tag, user and order: by\n" \
	"heading, as in --columns 'serial=Asset S/N,model=Type', or for a list without\n" \
	"headings in the order of its columns, as in --columns serial,,hash.\n"

static const struct command command[] = {
	{
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
	},
	{
	    .name = "claims",
	    .summary = "show and follow devices that other organizations hold",
	    .operands = "[note|case|stop|resume|dossier SERIAL [TEXT]]",
	    .description =
		"Without an operand, shows the devices that another organization holds: since\n"
		"when, how often the service was asked, and what to do.\n"
		"\n"
		"  note SERIAL TEXT    keeps a note with the claim\n"
		"  case SERIAL NUMBER  keeps the number of the case of support\n"
		"  stop SERIAL         does not ask the service about it any more\n"
		"  resume SERIAL       asks again, at once\n"
		"  dossier SERIAL      writes a folder with what support wants to know\n"
		"\n"
		"What changes something needs a running agent. The dossier is made from the\n"
		"store in the state folder; its device.csv holds the hardware hash, so the\n"
		"folder is private.\n",
	    .examples = "autoreg claims --customer contoso --format csv > claims.csv\n"
			"autoreg claims case PF0ABCDE 2311170040001234\n"
			"autoreg claims dossier PF0ABCDE -o /tmp\n",
	    .options = { command_options_customer, command_options_claims },
	    .operands_max = 3,
	    .exits = {
		{ "done", EXIT_DONE },
		{ "the agent, or its store, could not do it", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "no such device is claimed", EXIT_NOT_FOUND },
		{ "no agent is running", EXIT_NO_DAEMON },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .validate = command_rules_claims,
	    .run = cmd_claims,
	},
	{
	    .name = "consent",
	    .summary = "show, ask for and check the consent of customers",
	    .operands = "[list|link|check] [CUSTOMER]",
	    .description =
		"A partner may register devices for customers that have agreed to it.\n"
		"\n"
		"  list   how it stands, of one customer or of all; the default\n"
		"  link   the link that an administrator of the customer has to open and\n"
		"         accept; from then on the consent counts as requested\n"
		"  check  asks the service now\n"
		"\n"
		"The running agent does it; if none runs this command does it by itself.\n",
	    .examples = "autoreg consent list --discover\n"
			"autoreg consent link contoso --mail > mail.txt\n"
			"autoreg consent check contoso\n",
	    .options = { command_options_consent },
	    .operands_max = 2,
	    .exits = {
		{ "printed; with check: it is granted", EXIT_DONE },
		{ "the agent, or its store, could not do it", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "with --discover: some partners could not be asked", EXIT_PARTLY },
		{ "with check: it is not granted", EXIT_AUTH },
		{ "the service could not be asked; try again later", EXIT_TEMPORARY },
		{ "there is no such customer", EXIT_NOT_FOUND },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .validate = command_rules_consent,
	    .run = cmd_consent,
	},
	{
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
	},
	{
	    .name = "config",
	    .summary = "check, show or begin the configuration file",
	    .operands = "check|show|schema|init",
	    .description =
		"  check   tells all that is wrong with the file, with line, column and advice;\n"
		"          looks whether the files that it names are there, and private where\n"
		"          they hold secrets; sends nothing\n"
		"  show    prints the configuration as it is in force, defaults filled in;\n"
		"          secrets stay references\n"
		"  schema  prints a JSON Schema of the file, for editors\n"
		"  init    prints a commented file to begin with\n",
	    .examples = "autoreg config init > autoreg.yaml\n"
			"autoreg --config autoreg.yaml config check\n",
	    .operands_min = 1,
	    .operands_max = 1,
	    .exits = {
		{ "printed, or nothing is wrong", EXIT_DONE },
		{ "out of memory", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "the configuration is invalid, or cannot be read", EXIT_CONFIG },
	    },
	    .validate = command_rules_config,
	    .run = cmd_config,
	},
	{
	    .name = "devices",
	    .summary = "show what became of devices",
	    .operands = "",
	    .description =
		"Shows devices, where they stand and why, in the order in which they came.\n"
		"Asks the running agent, or if none runs the store in the state folder.\n",
	    .examples = "autoreg devices --serial PF0ABCDE\n"
			"autoreg devices --customer contoso --state failed --format csv\n",
	    .options = { command_options_device, command_options_customer, command_options_id, command_options_limit, command_options_format },
	    .exits = {
		{ "printed", EXIT_DONE },
		{ "the agent, or its store, could not answer", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "no such device has that serial number, or no such list", EXIT_NOT_FOUND },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .validate = command_rules_format,
	    .run = cmd_devices,
	},
	{
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
	},
	{
	    .name = "events",
	    .summary = "show what has happened",
	    .operands = "",
	    .description =
		"Shows the newest events of the audit trail, oldest first: lists that came and\n"
		"were done, consent, claims, sign-ins, and who ordered what. With --follow it\n"
		"goes on until it is interrupted; with --json each event is a line then.\n"
		"Asks the running agent, or if none runs the store in the state folder; only an\n"
		"agent can be followed.\n",
	    .examples = "autoreg events --customer contoso\n"
			"autoreg events --serial PF0ABCDE --format csv\n"
			"autoreg events --follow --json\n",
	    .options = { command_options_events, command_options_customer, command_options_format },
	    .exits = {
		{ "printed", EXIT_DONE },
		{ "the agent, or its store, could not answer", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "--follow, and no agent is running, or it has ended", EXIT_NO_DAEMON },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .validate = command_rules_format,
	    .run = cmd_events,
	},
	{
	    .name = "gate",
	    .summary = "tell whether devices may be delivered",
	    .operands = "SERIAL...",
	    .description =
		"Prints a line for each serial number: yes or no, and the one reason that\n"
		"matters most with what to do about it. A device may go when it is registered,\n"
		"nobody else claims it, its group tag is one of the customer's, and somebody has\n"
		"acknowledged its image where the customer's gate needs that. If several\n"
		"devices have the serial number, all of them have to be fit.\n"
		"Asks the running agent, or if none runs the store in the state folder.\n",
	    .examples = "autoreg gate PF0ABCDE\n"
			"autoreg gate --json PF0ABCDE PF0ABCDF\n",
	    .operands_min = 1,
	    .operands_max = SIZE_MAX,
	    .exits = {
		{ "all may be delivered", EXIT_DONE },
		{ "the agent, or its store, could not answer", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "some may not", EXIT_PARTLY },
		{ "a serial number is unknown", EXIT_NOT_FOUND },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .run = cmd_gate,
	},
	{
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
	},
	{
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
	},
	{
	    .name = "image",
	    .summary = "acknowledge that the image of devices is right",
	    .operands = "ack SERIAL|LIST-ID",
	    .description =
		"Tells the agent that somebody has looked at the image of a device, or of all\n"
		"devices of a list, and that it is right: 'autoreg gate' asks for that where the\n"
		"customer's gate needs an image. A number that is no serial number is the id of\n"
		"a list. Who has acknowledged it is kept in the trail.\n",
	    .examples = "autoreg image ack PF0ABCDE\n"
			"autoreg image ack 7\n",
	    .operands_min = 2,
	    .operands_max = 2,
	    .exits = {
		{ "done", EXIT_DONE },
		{ "the agent could not do it", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "no device has that serial number, or there is no such list", EXIT_NOT_FOUND },
		{ "no agent is running", EXIT_NO_DAEMON },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .validate = command_rules_image,
	    .run = cmd_image,
	},
	{
	    .name = "lists",
	    .summary = "show the lists that were taken in",
	    .operands = "",
	    .description =
		"Shows lists, newest first, and how many of their devices are in which state.\n"
		"Asks the running agent, or if none runs the store in the state folder.\n",
	    .examples = "autoreg lists --customer contoso\n"
			"autoreg lists --json\n",
	    .options = { command_options_customer, command_options_id, command_options_format },
	    .exits = {
		{ "printed", EXIT_DONE },
		{ "the agent, or its store, could not answer", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "there is no such list", EXIT_NOT_FOUND },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .validate = command_rules_format,
	    .run = cmd_lists,
	},
	{
	    .name = "login",
	    .summary = "sign in for a partner",
	    .operands = "PARTNER",
	    .description =
		"Shows a code, which a person enters in any browser, and waits until that person\n"
		"has signed in. The token that comes of it is kept sealed in the state folder,\n"
		"and the running agent renews it, so that this is done once, and again when\n"
		"'autoreg status' asks for it. The sign-in needs multi-factor authentication.\n"
		"If an agent runs on the same state folder it does the work; else this command\n"
		"does it by itself.\n",
	    .examples = "autoreg login northwind\n",
	    .operands_min = 1,
	    .operands_max = 1,
	    .exits = {
		{ "signed in", EXIT_DONE },
		{ "the agent could not do it", EXIT_FAILED },
		{ "the command line is wrong, or nobody signs in for this partner", EXIT_USAGE },
		{ "the sign-in was refused", EXIT_AUTH },
		{ "nobody entered the code in time, or the service is out of reach", EXIT_TEMPORARY },
		{ "there is no such partner", EXIT_NOT_FOUND },
		{ "the configuration is invalid", EXIT_CONFIG },
		{ "interrupted", EXIT_INTERRUPTED },
	    },
	    .run = cmd_login,
	},
	{
	    .name = "logout",
	    .summary = "sign out for a partner",
	    .operands = "PARTNER",
	    .description =
		"Forgets the token of the sign-in; the customers of the partner wait until\n"
		"somebody signs in again. The service is not told: whoever wants the sign-in to\n"
		"end there as well revokes the user's sessions in Entra ID.\n",
	    .examples = "autoreg logout northwind\n",
	    .operands_min = 1,
	    .operands_max = 1,
	    .exits = {
		{ "signed out", EXIT_DONE },
		{ "the agent could not do it", EXIT_FAILED },
		{ "the command line is wrong, or nobody signs in for this partner", EXIT_USAGE },
		{ "somebody is signing in just now", EXIT_TEMPORARY },
		{ "there is no such partner", EXIT_NOT_FOUND },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .run = cmd_logout,
	},
	{
	    .name = "pause",
	    .summary = "send nothing any more",
	    .operands = "",
	    .description =
		"From now on nothing new is sent for the customer, or for any, until 'autoreg\n"
		"resume'. What the service has accepted is still followed. Survives restarts.\n",
	    .examples = "autoreg pause --customer contoso\n",
	    .options = { command_options_customer },
	    .exits = {
		{ "done", EXIT_DONE },
		{ "the agent could not do it", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "there is no such customer", EXIT_NOT_FOUND },
		{ "no agent is running", EXIT_NO_DAEMON },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .run = cmd_pause,
	},
	{
	    .name = "register",
	    .summary = "register the devices of lists, and wait until each is settled",
	    .operands = "LIST...",
	    .description =
		"Takes the lists in, registers their devices for the customer under the exact\n"
		"group tag, and waits until each device is registered, refused, or waits for a\n"
		"person. If an agent runs on the same state folder it does the work; else this\n"
		"command does it by itself. What is not settled when it ends goes on with the\n"
		"next agent. A list that is given again sends nothing that is registered.\n"
		"LIST is a file, or - for standard input.\n",
	    .examples = "autoreg register --customer contoso lists/*.csv\n"
			"autoreg register --customer contoso --timeout 2h --json a.csv\n",
	    .options = { command_options_register },
	    .operands_min = 1,
	    .operands_max = SIZE_MAX,
	    .exits = {
		{ "all devices are registered", EXIT_DONE },
		{ "none is, a list is none, or the agent could not begin", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "some rows were refused, or devices failed or wait", EXIT_PARTLY },
		{ "all devices wait for consent or credentials", EXIT_AUTH },
		{ "another agent is at work and cannot be reached", EXIT_TEMPORARY },
		{ "there is no such customer", EXIT_NOT_FOUND },
		{ "not all were settled in time; they go on later", EXIT_TIMED_OUT },
	    },
	    .validate = command_rules_register,
	    .run = cmd_register,
	},
	{
	    .name = "reload",
	    .summary = "have the agent read its configuration again",
	    .operands = "",
	    .description =
		"The agent reads its configuration and its secrets again. If something is wrong\n"
		"with them the old ones stay in force.\n",
	    .examples = "autoreg reload\n",
	    .exits = {
		{ "done", EXIT_DONE },
		{ "the agent could not do it", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "no agent is running", EXIT_NO_DAEMON },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .run = cmd_reload,
	},
	{
	    .name = "report",
	    .summary = "show what became of each row of a list",
	    .operands = "LIST-ID",
	    .description =
		"Shows each row of a list with its state, its verdict and what to do about it.\n"
		"The ids of lists are those of 'autoreg lists'.\n"
		"Asks the running agent, or if none runs the store in the state folder.\n",
	    .examples = "autoreg report 7\n"
			"autoreg report 7 --format csv > report.csv\n",
	    .options = { command_options_format },
	    .operands_min = 1,
	    .operands_max = 1,
	    .exits = {
		{ "printed", EXIT_DONE },
		{ "the agent, or its store, could not answer", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "there is no such list", EXIT_NOT_FOUND },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .validate = command_rules_format,
	    .run = cmd_report,
	},
	{
	    .name = "resume",
	    .summary = "send again after a pause",
	    .operands = "",
	    .description =
		"Ends what 'autoreg pause' has begun, for the customer or for all.\n",
	    .examples = "autoreg resume --customer contoso\n",
	    .options = { command_options_customer },
	    .exits = {
		{ "done", EXIT_DONE },
		{ "the agent could not do it", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "there is no such customer", EXIT_NOT_FOUND },
		{ "no agent is running", EXIT_NO_DAEMON },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .run = cmd_resume,
	},
	{
	    .name = "retry",
	    .summary = "try failed, held and claimed devices again",
	    .operands = "",
	    .description =
		"Puts devices that failed, wait for a person or belong to somebody else back\n"
		"into the queue, and looks anew whether consent and credentials are there.\n",
	    .examples = "autoreg retry --serial PF0ABCDE\n"
			"autoreg retry --customer contoso --state held\n",
	    .options = { command_options_device, command_options_customer, command_options_id },
	    .exits = {
		{ "done", EXIT_DONE },
		{ "the agent could not do it", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "no such device has that serial number, or no such list", EXIT_NOT_FOUND },
		{ "no agent is running", EXIT_NO_DAEMON },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .run = cmd_retry,
	},
	{
	    .name = "run",
	    .summary = "run the agent: take lists from the spool, register their devices",
	    .operands = "",
	    .description =
		"Takes lists from the spool and from the control socket, registers their\n"
		"devices, retries what has to be retried and writes a report for each list.\n"
		"Runs until SIGTERM; a second one ends it at once. SIGHUP reads the\n"
		"configuration again.\n"
		"Whatever happens to the process, the next one goes on where it was.\n",
	    .examples = "autoreg --config autoreg.yaml run\n",
	    .exits = {
		{ "stopped", EXIT_DONE },
		{ "it could not begin, or not end cleanly", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "another agent has the state folder, or the control socket", EXIT_TEMPORARY },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .run = cmd_run,
	},
	{
	    .name = "status",
	    .summary = "show how things stand",
	    .operands = "",
	    .description =
		"Shows the customers with their consent and devices, the partners with their\n"
		"tokens, and what waits to be sent.\n"
		"Asks the running agent, or if none runs the store in the state folder.\n",
	    .examples = "autoreg status\n"
			"autoreg status --json\n",
	    .exits = {
		{ "printed", EXIT_DONE },
		{ "the agent, or its store, could not answer", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "the configuration is invalid", EXIT_CONFIG },
	    },
	    .run = cmd_status,
	},
	{
	    .name = "version",
	    .summary = "print the version",
	    .operands = "",
	    .description =
		"Prints the version of autoreg; with --json also the commit it was built from.\n",
	    .examples = "autoreg version --json\n",
	    .exits = { { "printed", EXIT_DONE } },
	    .run = cmd_version,
	},
};

const struct command *
command_at(size_t i)
{
	return i < LENGTH(command) ? &command[i] : NULL;
}

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < LENGTH(command); i++) {
		if (strcmp(command[i].name, name) == 0)
			return &command[i];
	}
	return NULL;
}

const char *
command_nearest(struct slice name)
{
	const char *candidate[LENGTH(command)];

	for (size_t i = 0; i < LENGTH(command); i++)
		candidate[i] = command[i].name;
	return nearest(name, candidate, LENGTH(command));
}

const struct option_def *
command_option(const struct command *c, size_t i)
{
	const struct option_def *const global[OPTION_GROUPS] = { command_options_global };
	const struct option_def *const *group = c ? c->options : global;

	for (size_t g = 0; g < OPTION_GROUPS && group[g]; g++) {
		for (const struct option_def *def = group[g]; def->name; def++) {
			if (i-- == 0)
				return def;
		}
	}
	return NULL;
}
