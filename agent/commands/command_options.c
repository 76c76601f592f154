/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/command_options.h"

#include <stdint.h>

#include "devices/list_pass.h"

#define FIELD(name) offsetof(struct options, name)

const struct option_def command_options_global[] = {
	{ .name = "config",
	    .value = "FILE",
	    .kind = OPTION_TEXT,
	    .field = FIELD(config),
	    .help = "the configuration; default: AUTOREG_CONFIG,\n"
	            "or else /etc/autoreg/autoreg.yaml" },
	{ .name = "json",
	    .kind = OPTION_FLAG,
	    .field = FIELD(json),
	    .help = "the result as one JSON document" },
	{ .name = "quiet",
	    .letter = 'q',
	    .kind = OPTION_FLAG,
	    .field = FIELD(quiet),
	    .help = "only results and errors" },
	{ .name = "verbose",
	    .letter = 'v',
	    .kind = OPTION_COUNT,
	    .field = FIELD(verbose),
	    .help = "all findings, not only 20 of a kind; twice:\n"
	            "trace on stderr" },
	{ .name = "no-progress",
	    .kind = OPTION_FLAG,
	    .field = FIELD(no_progress),
	    .help = "no progress bar" },
	{ .name = "help",
	    .letter = 'h',
	    .kind = OPTION_FLAG,
	    .field = FIELD(help),
	    .help = "explain the program, or a command" },
	{ .name = "version",
	    .kind = OPTION_FLAG,
	    .field = FIELD(version),
	    .help = "print the version" },
	{ .name = NULL },
};

/* Of every command that reads device lists. */
const struct option_def command_options_list[] = {
	{ .name = "explain",
	    .value = "CODE",
	    .kind = OPTION_TEXT,
	    .field = FIELD(explain),
	    .help = "explain a finding code; reads no list" },
	{ .name = "columns",
	    .value = "MAP",
	    .kind = OPTION_TEXT,
	    .field = FIELD(columns),
	    .help = "which column holds what, see above" },
	{ .name = "group-tag",
	    .value = "TAG",
	    .kind = OPTION_TEXT,
	    .field = FIELD(group_tag),
	    .help = "refuse rows that have another group tag,\n"
	            "give it to rows that have none" },
	{ .name = "accept-serial-mismatch",
	    .kind = OPTION_FLAG,
	    .field = FIELD(accept_serial_mismatch),
	    .help = "only warn of serial numbers that are not\n"
	            "those inside the hashes" },
	{ .name = "threads",
	    .value = "N",
	    .kind = OPTION_NUMBER,
	    .field = FIELD(threads),
	    .max = LIST_THREADS_MAX,
	    .help = "check with N threads, at most 8; default 0:\n"
	            "as many as there are processors" },
	{ .name = NULL },
};

const struct option_def command_options_register[] = {
	{ .name = "customer",
	    .value = "NAME",
	    .kind = OPTION_TEXT,
	    .field = FIELD(customer),
	    .help = "for whom, a name of the configuration" },
	{ .name = "group-tag",
	    .value = "TAG",
	    .kind = OPTION_TEXT,
	    .field = FIELD(group_tag),
	    .help = "for rows that have none, instead of the\n"
	            "customer's group_tag" },
	{ .name = "no-wait",
	    .kind = OPTION_FLAG,
	    .field = FIELD(no_wait),
	    .help = "end as soon as the lists are durable" },
	{ .name = "dry-run",
	    .kind = OPTION_FLAG,
	    .field = FIELD(dry_run),
	    .help = "show what would be sent; send nothing" },
	{ .name = "timeout",
	    .value = "TIME",
	    .kind = OPTION_DURATION,
	    .field = FIELD(timeout_ms),
	    .help = "wait no longer than that: 30s, 10m, 2h" },
	{ .name = NULL },
};

const struct option_def command_options_convert[] = {
	{ .name = "to",
	    .value = "FORMAT",
	    .kind = OPTION_WRITER,
	    .field = FIELD(to),
	    .help = "partner-center, intune, mmd or tuples" },
	{ .name = "output",
	    .letter = 'o',
	    .value = "FILE",
	    .kind = OPTION_TEXT,
	    .field = FIELD(output),
	    .help = "where to write; default: stdout" },
	{ .name = "rejects",
	    .value = "FILE",
	    .kind = OPTION_TEXT,
	    .field = FIELD(rejects),
	    .help = "write the refused rows, and why, to FILE" },
	{ .name = NULL },
};

const struct option_def command_options_demo[] = {
	{ .name = "keep",
	    .value = "DIR",
	    .kind = OPTION_TEXT,
	    .field = FIELD(keep),
	    .help = "make DIR and keep everything in it; default:\n"
	            "a temporary folder that is removed" },
	{ .name = NULL },
};

/* Of the commands that ask or tell the agent something. */
const struct option_def command_options_customer[] = {
	{ .name = "customer",
	    .value = "NAME",
	    .kind = OPTION_TEXT,
	    .field = FIELD(customer),
	    .help = "only of this customer" },
	{ .name = NULL },
};

const struct option_def command_options_id[] = {
	{ .name = "list",
	    .value = "ID",
	    .kind = OPTION_TEXT,
	    .field = FIELD(list),
	    .help = "only of this list" },
	{ .name = NULL },
};

const struct option_def command_options_serial[] = {
	{ .name = "serial",
	    .value = "SERIAL",
	    .kind = OPTION_TEXT,
	    .field = FIELD(serial),
	    .help = "only with this serial number" },
	{ .name = NULL },
};

const struct option_def command_options_state[] = {
	{ .name = "state",
	    .value = "STATE",
	    .kind = OPTION_TEXT,
	    .field = FIELD(state),
	    .help = "only in this state, such as failed or held" },
	{ .name = NULL },
};

const struct option_def command_options_limit[] = {
	{ .name = "limit",
	    .value = "N",
	    .kind = OPTION_NUMBER,
	    .field = FIELD(limit),
	    .max = UINT32_MAX,
	    .help = "at most so many; default 0: all" },
	{ .name = NULL },
};

const struct option_def command_options_format[] = {
	{ .name = "format",
	    .value = "csv",
	    .kind = OPTION_TEXT,
	    .field = FIELD(format),
	    .help = "a table for spreadsheets" },
	{ .name = NULL },
};

const struct option_def command_options_events[] = {
	{ .name = "follow",
	    .kind = OPTION_FLAG,
	    .field = FIELD(follow),
	    .help = "go on with what happens from now on" },
	{ .name = "kind",
	    .value = "KIND",
	    .kind = OPTION_TEXT,
	    .field = FIELD(kind),
	    .help = "only of this kind, such as list_done" },
	{ .name = "serial",
	    .value = "SERIAL",
	    .kind = OPTION_TEXT,
	    .field = FIELD(serial),
	    .help = "only of this serial number" },
	{ .name = "limit",
	    .value = "N",
	    .kind = OPTION_NUMBER,
	    .field = FIELD(limit),
	    .max = UINT32_MAX,
	    .help = "the newest N; default: 100" },
	{ .name = NULL },
};

const struct option_def command_options_claims[] = {
	{ .name = "all",
	    .kind = OPTION_FLAG,
	    .field = FIELD(all),
	    .help = "those that were released, too" },
	{ .name = "format",
	    .value = "csv|json",
	    .kind = OPTION_TEXT,
	    .field = FIELD(format),
	    .help = "a table for spreadsheets, or as --json" },
	{ .name = "output",
	    .letter = 'o',
	    .value = "DIR",
	    .kind = OPTION_TEXT,
	    .field = FIELD(output),
	    .help = "where a dossier's folder is made; default:\n"
	            "the current folder" },
	{ .name = NULL },
};

const struct option_def command_options_config[] = {
	{ .name = "online",
	    .kind = OPTION_FLAG,
	    .field = FIELD(online),
	    .help = "check: also whether the services answer, and\n"
	            "give us a token" },
	{ .name = NULL },
};

const struct option_def command_options_support[] = {
	{ .name = "output",
	    .letter = 'o',
	    .value = "FILE",
	    .kind = OPTION_TEXT,
	    .field = FIELD(output),
	    .help = "where to; default: a name with the time, in\n"
	            "the current folder" },
	{ .name = "dry-run",
	    .kind = OPTION_FLAG,
	    .field = FIELD(dry_run),
	    .help = "only show what it would hold" },
	{ .name = "yes",
	    .kind = OPTION_FLAG,
	    .field = FIELD(yes),
	    .help = "do not ask on a terminal" },
	{ .name = NULL },
};

const struct option_def command_options_consent[] = {
	{ .name = "mail",
	    .kind = OPTION_FLAG,
	    .field = FIELD(mail),
	    .help = "with link: a message that is ready to be sent" },
	{ .name = "template",
	    .value = "FILE",
	    .kind = OPTION_TEXT,
	    .field = FIELD(template),
	    .help = "with link: a message of one's own, with\n"
	            "{customer}, {domain}, {tenant}, {partner}\n"
	            "and {link} in it" },
	{ .name = "discover",
	    .kind = OPTION_FLAG,
	    .field = FIELD(discover),
	    .help = "with list: also customers of the partners\n"
	            "that the configuration has not" },
	{ .name = NULL },
};

const struct option_def command_options_profile[] = {
	{ .name = "serial",
	    .value = "SERIAL",
	    .kind = OPTION_TEXT,
	    .field = FIELD(serial),
	    .help = "with test: the device's serial number" },
	{ .name = "manufacturer",
	    .value = "NAME",
	    .kind = OPTION_TEXT,
	    .field = FIELD(manufacturer),
	    .help = "with test: its manufacturer" },
	{ .name = "model",
	    .value = "NAME",
	    .kind = OPTION_TEXT,
	    .field = FIELD(model),
	    .help = "with test: its model" },
	{ .name = "product-id",
	    .value = "ID",
	    .kind = OPTION_TEXT,
	    .field = FIELD(product_id),
	    .help = "with test: its product key id" },
	{ .name = "group-tag",
	    .value = "TAG",
	    .kind = OPTION_TEXT,
	    .field = FIELD(group_tag),
	    .help = "with test: its group tag" },
	{ .name = "order",
	    .value = "ORDER",
	    .kind = OPTION_TEXT,
	    .field = FIELD(order),
	    .help = "with test: its purchase order" },
	{ .name = NULL },
};

const struct option_def command_options_gate[] = {
	{ .name = "wait",
	    .value = "TIME",
	    .kind = OPTION_DURATION,
	    .field = FIELD(wait_ms),
	    .help = "until it is settled, but no longer: 10s; at\n"
	            "most 60s for each serial number" },
	{ .name = NULL },
};

const struct option_def command_options_unit[] = {
	{ .name = "customer",
	    .value = "NAME",
	    .kind = OPTION_TEXT,
	    .field = FIELD(customer),
	    .help = "for whom; with --ndjson of units that do\n"
	            "not say" },
	{ .name = "serial",
	    .value = "SERIAL",
	    .kind = OPTION_TEXT,
	    .field = FIELD(serial),
	    .help = "its serial number" },
	{ .name = "manufacturer",
	    .value = "NAME",
	    .kind = OPTION_TEXT,
	    .field = FIELD(manufacturer),
	    .help = "as its firmware says, as is the model" },
	{ .name = "model",
	    .value = "NAME",
	    .kind = OPTION_TEXT,
	    .field = FIELD(model),
	    .help = "its model" },
	{ .name = "product-id",
	    .value = "PKID",
	    .kind = OPTION_TEXT,
	    .field = FIELD(product_id),
	    .help = "its product key id, 13 digits" },
	{ .name = "order",
	    .value = "ORDER",
	    .kind = OPTION_TEXT,
	    .field = FIELD(order),
	    .help = "the order that it belongs to" },
	{ .name = "group-tag",
	    .value = "TAG",
	    .kind = OPTION_TEXT,
	    .field = FIELD(group_tag),
	    .help = "instead of the customer's group_tag" },
	{ .name = "replaces",
	    .value = "SERIAL",
	    .kind = OPTION_TEXT,
	    .field = FIELD(replaces),
	    .help = "the serial number that it had before" },
	{ .name = "ndjson",
	    .kind = OPTION_FLAG,
	    .field = FIELD(ndjson),
	    .help = "units from FILE, a JSON object a line" },
	{ .name = NULL },
};
