/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct command;
struct list_writer;

/*
 * A command line, understood: one field for each option, zero if it was not given. All strings
 * are the caller's argv, or static.
 */
struct options {
	const struct command *command; /* NULL only with help or version */
	char **operand;
	size_t noperand;

	/* of every command */
	const char *config; /* never NULL */
	bool json;
	bool quiet;
	unsigned verbose; /* how often it was given */
	bool no_progress;
	bool help;
	bool version;

	/* of check and convert */
	const char *explain; /* a finding code, not yet looked up */
	const char *columns; /* as given */
	const char *group_tag;
	bool accept_serial_mismatch;
	unsigned threads; /* 0: as many as there are processors, within LIST_THREADS_MAX */

	/* of register; customer also of others */
	const char *customer;
	bool no_wait;
	bool dry_run;
	uint64_t timeout_ms; /* 0: none */

	/* of demo */
	const char *keep;

	/* of status, lists, devices, claims, report, retry */
	const char *serial;
	const char *state; /* as given, as are the next two */
	const char *list;
	const char *format;
	unsigned limit; /* 0: none */

	/* of events */
	const char *kind;
	bool follow;

	/* of claims; output also of convert */
	bool all;

	/* of support-bundle; output and dry_run as well */
	bool yes;

	/* of config */
	bool online;

	/* of consent */
	bool mail;
	const char *template; /* a file */
	bool discover;

	/* of gate */
	uint64_t wait_ms; /* 0: not at all */

	/* of profile test and unit; group_tag, serial and customer as well */
	const char *manufacturer;
	const char *model;
	const char *product_id;
	const char *order;
	const char *replaces;
	bool ndjson;

	/* of convert */
	const struct list_writer *to;
	const char *output;
	const char *rejects;
};

/*
 * Understands a command line as getopt_long() would: "--name=value" or "--name value", unambiguous
 * beginnings of names, single letters grouped, options and operands in any order, "--" before
 * operands that look like options. Global options may stand before the command as well.
 *
 * Moves the operands together within argv.
 *
 * Errors: ERR_USAGE. Then *out must not be acted upon, but tells how the mistake is to be
 * reported: command, as far as it was understood, and json, wherever that stands in argv.
 */
MUST_USE enum err_code options_parse(int argc, char **argv, struct options *out, struct err *err);
