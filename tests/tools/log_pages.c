/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "agent/tools/log_class.h"
#include "agent/tools/log_key.h"

/*
 * What is made of the tables of the log: packaging/systemd/autoreg.catalog, for journalctl -x, and
 * docs/log.md, for people.
 *
 *	log_pages catalog|page
 */

/* Source: sources.md#journal */
static void
print_catalog(void)
{
	puts("# SPDX-License-Identifier: Apache-2.0\n"
	     "# Made by tests/tools/log_pages.c from agent/tools/log_class.c: do not edit.");
	for (enum log_class i = 0; i < NLOG_CLASS; i++) {
		const struct log_class_info *c = log_class_info(i);

		printf(
		    "\n-- %s\nSubject: %s\nDefined-By: autoreg\nDocumentation: man:autoreg(8)\n\n%s\n",
		    c->id, c->message, c->meaning);
		if (c->advice)
			printf("\n%s\n", c->advice);
	}
}

static void
print_fields_of(const struct log_class_info *c)
{
	const char *between = "\nFields: ";

	for (enum log_key k = 0; k < NLOG_KEY; k++) {
		if (!(c->keys >> k & 1))
			continue;
		printf("%s`%s`", between, log_key_name(k));
		between = ", ";
	}
	if (c->keys)
		puts("");
}

static void
print_events(void)
{
	for (enum log_class i = 0; i < NLOG_CLASS; i++) {
		const struct log_class_info *c = log_class_info(i);

		printf("\n### %s\n\n*%s*, `MESSAGE_ID=%s`: %s\n\n%s", c->name,
		    log_level_name(c->level), c->id, c->message, c->meaning);
		if (c->advice)
			printf(" **What to do:** %s", c->advice);
		puts("");
		print_fields_of(c);
	}
}

static void
print_fields(void)
{
	puts("\n## Fields\n\n| field | tells |\n| --- | --- |");
	for (enum log_key k = 0; k < NLOG_KEY; k++)
		printf("| `%s` | %s |\n", log_key_name(k), log_key_meaning(k));
}

static void
print_page(void)
{
	puts(
	    "<!-- Made by tests/tools/log_pages.c from agent/tools/log_class.c: do not edit. -->\n"
	    "# What the log says\n"
	    "\n"
	    "One event is one line. Its level says who has to act: *error*, a person; *warning*, the "
	    "agent by\n"
	    "itself; *info*, nobody. `autoreg run` shows all three; with `-q` errors only.\n"
	    "\n"
	    "| where it goes | how it looks |\n"
	    "| --- | --- |\n"
	    "| a terminal, and any command | `warning: batch delayed customer=contoso …`, in colour "
	    "unless `NO_COLOR` is set |\n"
	    "| a file or a pipe, from `autoreg run` | logfmt: `ts=… level=warning "
	    "event=batch-delayed msg=\"batch delayed\" customer=contoso …` |\n"
	    "| the journal, as a service | with fields: `journalctl -u autoreg "
	    "AUTOREG_CUSTOMER=contoso`; `-x` explains |\n"
	    "\n"
	    "In the journal the name of the event is `AUTOREG_EVENT`, and a field like `batch_id` is "
	    "`AUTOREG_BATCH_ID`.\n"
	    "Names and ids are never changed: rules may rely on them, and need not read messages.\n"
	    "\n"
	    "An error or a warning that says the same for the sixth time in a minute is kept back; "
	    "when the minute is over\n"
	    "one line tells how often it came: `repeated=117`. The same is: same event, same fields, "
	    "but for `attempt`,\n"
	    "`batch_id`, `request_id` and `trail_id`. A log that nobody reads never holds the agent: "
	    "lines are lost then,\n"
	    "and `lines-lost` tells how many. Secrets and hardware hashes are never in it.\n"
	    "\n"
	    "## Events");
	print_events();
	print_fields();
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "catalog") == 0)
		print_catalog();
	else if (argc == 2 && strcmp(argv[1], "page") == 0)
		print_page();
	else
		return 2;
	return 0;
}
