/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/command.h"

#include <stdint.h>
#include <string.h>

#include "agent/commands.h"
#include "base/nearest.h"
#include "devices/list_pass.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define FIELD(name) offsetof(struct options, name)

static const struct option_def global_options[] = {
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
static const struct option_def list_options[] = {
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

static const struct option_def convert_options[] = {
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

#define COLUMNS_TEXT \
	"\nColumns are found by their headings. --columns names them by hand, with the\n" \
	"words serial, product_id, hash, manufacturer, model, tag, user and order: by\n" \
	"heading, as in --columns 'serial=Asset S/N,model=Type', or for a list without\n" \
	"headings in the order of its columns, as in --columns serial,,hash.\n"

static enum err_code
validate_convert(const struct options *o, struct err *err)
{
	if (!o->to)
		return err_set(err, ERR_USAGE, "convert needs --to FORMAT");
	if (o->rejects && strcmp(o->rejects, "-") == 0)
		return err_set(err, ERR_USAGE, "--rejects needs a file, not standard output");
	if (o->json && (!o->output || strcmp(o->output, "-") == 0))
		return err_set(err, ERR_USAGE,
		    "convert --json needs -o FILE: stdout cannot hold the list as well");
	return ERR_OK;
}

static enum err_code
validate_config(const struct options *o, struct err *err)
{
	static const char *const part[] = { "check", "show", "schema", "init" };
	const char *word = o->operand[0];
	const char *meant;

	for (size_t i = 0; i < LENGTH(part); i++) {
		if (strcmp(part[i], word) != 0)
			continue;
		if (o->json && strcmp(word, "init") == 0)
			return err_set(err, ERR_USAGE, "config init writes YAML, not JSON");
		return ERR_OK;
	}
	meant = nearest(slice_of(word), part, LENGTH(part));
	if (meant)
		return err_set(err, ERR_USAGE, "config cannot %s; did you mean %s?", word, meant);
	return err_set(err, ERR_USAGE, "config cannot %s", word);
}

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
	    .options = { list_options },
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
	    .options = { convert_options, list_options },
	    .operands_min = 1,
	    .operands_max = SIZE_MAX,
	    .exits = {
		{ "all devices were written", EXIT_DONE },
		{ "nothing is usable, a file is no device list, or a file failed", EXIT_FAILED },
		{ "the command line is wrong", EXIT_USAGE },
		{ "some rows were refused, the others were written", EXIT_PARTLY },
	    },
	    .validate = validate_convert,
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
	    .validate = validate_config,
	    .run = cmd_config,
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
	const struct option_def *const global[OPTION_GROUPS] = { global_options };
	const struct option_def *const *group = c ? c->options : global;

	for (size_t g = 0; g < OPTION_GROUPS && group[g]; g++) {
		for (const struct option_def *def = group[g]; def->name; def++) {
			if (i-- == 0)
				return def;
		}
	}
	return NULL;
}
