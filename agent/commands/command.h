/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "agent/commands/exit_code.h"
#include "agent/commands/options.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * What autoreg can do: one table, from which command lines are parsed and help is printed. A new
 * command is a new entry, a new option a new row and a field of struct options. All of it is
 * static.
 */

/* What an option takes, and the type of its field. */
enum option_kind {
	OPTION_FLAG,     /* bool */
	OPTION_COUNT,    /* unsigned: how often */
	OPTION_TEXT,     /* const char * */
	OPTION_NUMBER,   /* unsigned: 0 to max */
	OPTION_DURATION, /* uint64_t: milliseconds, at least 1 */
	OPTION_WRITER,   /* const struct list_writer * */
};

struct option_def {
	const char *name;  /* the long one, without dashes */
	const char *value; /* what help calls the value; NULL if it takes none */
	const char *help;  /* lines of at most HELP_COLUMNS - OPTION_INDENT characters */
	size_t field;      /* offset in struct options */
	unsigned max;      /* OPTION_NUMBER */
	enum option_kind kind;
	char letter; /* the short one, or 0 */
};

struct exit_meaning {
	const char *meaning;
	enum exit_code code;
};

/* No command has more; the parser collects them in arrays of this size. */
enum { OPTIONS_MAX = 32, OPTION_GROUPS = 6, EXIT_MEANINGS_MAX = 10 };

/* Help is for terminals of 80 columns. Option names and their values fit into the indent. */
enum { HELP_COLUMNS = 79, OPTION_INDENT = 32 };

struct command {
	const char *name;
	const char *summary;     /* one line, begins in lower case */
	const char *operands;    /* as help shows them, "" if there are none */
	const char *description; /* paragraphs */
	const char *examples;    /* lines */
	/* Own ones; a group ends with a NULL name. */
	const struct option_def *options[OPTION_GROUPS];
	struct exit_meaning exits[EXIT_MEANINGS_MAX]; /* end with a NULL meaning */
	size_t operands_min;
	size_t operands_max;
	/* What this command requires beyond single options; NULL: nothing. Errors: ERR_USAGE. */
	enum err_code (*validate)(const struct options *o, struct err *err);
	int (*run)(const struct options *o); /* returns the exit code */
};

/* The i-th command as help lists them, NULL behind the last. */
const struct command *command_at(size_t i);

/* NULL if there is none of that name. */
const struct command *command_find(const char *name);

/* The name that was most likely meant, or NULL. */
const char *command_nearest(struct slice name);

/* The i-th of a command's own options, or (NULL) of the global ones; NULL behind the last. */
const struct option_def *command_option(const struct command *command, size_t i);
