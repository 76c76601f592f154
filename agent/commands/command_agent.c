/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/command_agent.h"

#include <stdint.h>

#include "agent/commands/command_options.h"
#include "agent/commands/command_rules.h"
#include "agent/commands/commands.h"

const struct command command_agent_claims = {
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
	{ "no such device is claimed, or there is no such customer", EXIT_NOT_FOUND },
	{ "no agent is running", EXIT_NO_DAEMON },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .validate = command_rules_claims,
    .run = cmd_claims,
};

const struct command command_agent_consent = {
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
};

const struct command command_agent_devices = {
    .name = "devices",
    .summary = "show what became of devices",
    .operands = "",
    .description =
	"Shows devices, where they stand and why, in the order in which they came.\n"
	"Asks the running agent, or if none runs the store in the state folder.\n",
    .examples = "autoreg devices --serial PF0ABCDE\n"
		"autoreg devices --customer contoso --state failed --format csv\n",
    .options = { command_options_serial, command_options_state, command_options_customer, command_options_id, command_options_limit, command_options_format },
    .exits = {
	{ "printed", EXIT_DONE },
	{ "the agent, or its store, could not answer", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "there is no such device, list or customer", EXIT_NOT_FOUND },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .validate = command_rules_format,
    .run = cmd_devices,
};

const struct command command_agent_events = {
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
	{ "there is no such customer", EXIT_NOT_FOUND },
	{ "--follow, and no agent is running, or it has ended", EXIT_NO_DAEMON },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .validate = command_rules_format,
    .run = cmd_events,
};

const struct command command_agent_gate = {
    .name = "gate",
    .summary = "tell whether devices may be delivered",
    .operands = "SERIAL...",
    .description =
	"Prints a line for each serial number: yes or no, and the one reason that\n"
	"matters most with what to do about it. A device may go when it is registered,\n"
	"nobody else claims it, its group tag is one of the customer's, and somebody has\n"
	"acknowledged its image where the customer's gate needs that. If several\n"
	"devices have the serial number, all of them have to be fit. Where the\n"
	"customer's gate settles for less, it is enough that the device was taken in,\n"
	"or that the service has accepted it. With --wait the agent answers as soon as\n"
	"it is settled.\n"
	"Asks the running agent, or if none runs the store in the state folder.\n",
    .examples = "autoreg gate PF0ABCDE\n"
		"autoreg gate --wait 10s PF0ABCDE\n"
		"autoreg gate --json PF0ABCDE PF0ABCDF\n",
    .options = { command_options_gate },
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
    .validate = command_rules_gate,
    .run = cmd_gate,
};

const struct command command_agent_image = {
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
};

const struct command command_agent_lists = {
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
	{ "there is no such list or customer", EXIT_NOT_FOUND },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .validate = command_rules_format,
    .run = cmd_lists,
};

const struct command command_agent_login = {
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
};

const struct command command_agent_logout = {
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
};

const struct command command_agent_pause = {
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
};

const struct command command_agent_register = {
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
};

const struct command command_agent_release = {
    .name = "release",
    .summary = "let go of devices that are held, once the cause is mended",
    .operands = "",
    .description =
	"Devices that wait for a person (consent, credentials, a tag, a directory that\n"
	"has to be cleaned) are queued again, and whether consent and credentials are\n"
	"there is looked at anew: 'autoreg retry --state held' under a name of its own,\n"
	"also in the trail. What is still not mended is held again.\n",
    .examples = "autoreg release --customer contoso\n"
		"autoreg release --serial PF0ABCDE\n",
    .options = { command_options_serial, command_options_customer, command_options_id },
    .exits = {
	{ "done", EXIT_DONE },
	{ "the agent could not do it", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "no device has that serial number, or there is no such list or customer", EXIT_NOT_FOUND },
	{ "no agent is running", EXIT_NO_DAEMON },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .run = cmd_release,
};

const struct command command_agent_reload = {
    .name = "reload",
    .summary = "have the agent read its configuration again",
    .operands = "",
    .description =
	"The agent reads its configuration and its secrets again. If something is wrong\n"
	"with them the old ones stay in force. Requests in flight get five seconds to\n"
	"end; when the command has ended the new ones are in force and take work.\n",
    .examples = "autoreg reload\n",
    .exits = {
	{ "done", EXIT_DONE },
	{ "the agent could not do it", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "another reload is under way, or has not ended within half a minute", EXIT_TEMPORARY },
	{ "no agent is running", EXIT_NO_DAEMON },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .run = cmd_reload,
};

const struct command command_agent_report = {
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
};

const struct command command_agent_resume = {
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
};

const struct command command_agent_retry = {
    .name = "retry",
    .summary = "try failed, held and claimed devices again",
    .operands = "",
    .description =
	"Puts devices that failed, wait for a person or belong to somebody else back\n"
	"into the queue, and looks anew whether consent and credentials are there.\n",
    .examples = "autoreg retry --serial PF0ABCDE\n"
		"autoreg retry --customer contoso --state held\n",
    .options = { command_options_serial, command_options_state, command_options_customer, command_options_id },
    .exits = {
	{ "done", EXIT_DONE },
	{ "the agent could not do it", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "no device has that serial number, or there is no such list or customer", EXIT_NOT_FOUND },
	{ "no agent is running", EXIT_NO_DAEMON },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .run = cmd_retry,
};

const struct command command_agent_run = {
    .name = "run",
    .summary = "run the agent: take lists from the spool, register devices",
    .operands = "",
    .description =
	"Takes lists from the spool and from the control socket, registers their\n"
	"devices, retries what has to be retried and writes a report for each list.\n"
	"Runs until SIGTERM; a second one ends it at once. SIGHUP reads the\n"
	"configuration again.\n"
	"Whatever happens to the process, the next one goes on where it was.\n"
	"\n"
	"Logs to standard error: into systemd's journal with fields, in short lines on a\n"
	"terminal, else in logfmt. With -q errors only, with -vv also a trace.\n"
	"\n"
	"As a service of systemd (Type=notify) it says when it is ready and what it is\n"
	"doing, feeds the watchdog only while all of it is alive, and takes over the\n"
	"sockets that are called \"http\" and \"control\" (FileDescriptorName=). Those must\n"
	"listen where 'listen' and 'control' in the configuration say.\n",
    .examples = "autoreg --config autoreg.yaml run\n"
		"systemd-socket-activate -l 127.0.0.1:9417 --fdname=http autoreg run\n",
    .exits = {
	{ "stopped", EXIT_DONE },
	{ "it could not begin, or not end cleanly", EXIT_FAILED },
	{ "the command line is wrong, or what the service manager passes on", EXIT_USAGE },
	{ "somebody else has the state folder, the control socket or the port", EXIT_TEMPORARY },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .run = cmd_run,
};

const struct command command_agent_status = {
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
};

const struct command command_agent_support = {
    .name = "support-bundle",
    .summary = "gather what somebody who helps has to know",
    .operands = "",
    .description =
	"Writes an archive (tar) for whoever helps: versions, the configuration with\n"
	"references in place of secrets, status, lists, events of the last day, metrics,\n"
	"what 'autoreg doctor' finds, the state of the store, names and sizes of files,\n"
	"and the last lines of the journal. It shows what it holds before it writes. No\n"
	"secret, token, hardware hash, serial number or row of a device is in it; names\n"
	"of customers and lists, tenants, domains and accounts are. FILE must not exist,\n"
	"and is for its owner only.\n",
    .examples = "autoreg support-bundle --dry-run\n"
		"autoreg support-bundle -o /tmp/autoreg.tar\n",
    .options = { command_options_support },
    .exits = {
	{ "written, or shown", EXIT_DONE },
	{ "it cannot be written, or FILE exists", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "the configuration is invalid", EXIT_CONFIG },
	{ "nothing was written, as was wished", EXIT_INTERRUPTED },
    },
    .run = cmd_support_bundle,
};

const struct command command_agent_unit = {
    .name = "unit",
    .summary = "register units as a production line finishes them",
    .operands = "[flush|FILE]",
    .description =
	"Gives the agent one unit, or with --ndjson as many as FILE has lines, and\n"
	"prints a line for each: accepted, which means that it is durable and will be\n"
	"sent, or refused, and why. FILE may be - for standard input, which is also the\n"
	"default; what is written into a pipe is answered line by line. The members of\n"
	"a line are customer, serial, manufacturer, model, product_id, order, group_tag,\n"
	"hash and replaces. Units wait a moment for others, to be sent with them;\n"
	"'unit flush' ends that, as at the end of a pallet.\n",
    .examples = "autoreg unit --customer contoso --serial PF0ABCDE \\\n"
		"  --manufacturer Contoso --model 'Book 14' --order PO-1\n"
		"autoreg unit --customer contoso --ndjson units.ndjson\n"
		"autoreg unit flush --customer contoso\n",
    .options = { command_options_unit },
    .operands_max = 1,
    .exits = {
	{ "all are accepted", EXIT_DONE },
	{ "none is, or the agent could not do it", EXIT_FAILED },
	{ "the command line is wrong", EXIT_USAGE },
	{ "some are refused", EXIT_PARTLY },
	{ "it may succeed later", EXIT_TEMPORARY },
	{ "with flush: there is no such customer", EXIT_NOT_FOUND },
	{ "no agent is running", EXIT_NO_DAEMON },
	{ "the configuration is invalid", EXIT_CONFIG },
    },
    .validate = command_rules_unit,
    .run = cmd_unit,
};
