/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/commands/children.h"
#include "agent/commands/commands.h"
#include "agent/commands/demo_folder.h"
#include "agent/commands/demo_outcome.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/terminal.h"
#include "base/utf8.h"

#define LISTENING "listening on "
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

enum {
	START_MS = 20 * 1000, /* a slow machine under sanitizers needs one second */
	URL_SIZE = 64,
	LINE_WORDS = 16, /* of a command line, at most */
	EXCERPT_LINES = 4,
	EXCERPT_BYTES = 96,
};

/* Where things lie: beside each other, wherever that was installed. */
struct place {
	char autoreg[PATH_MAX];
	char simulator[PATH_MAX];
	char data[PATH_MAX];
	char scenario[PATH_MAX];
};

struct demo {
	const struct options *options;
	struct place place;
	struct children children;
};

static enum err_code
find_place(struct place *out, struct err *err)
{
	struct place p;
	ssize_t n = readlink("/proc/self/exe", p.autoreg, sizeof p.autoreg);
	int folder;

	if (n < 0)
		return err_errno(err, errno, "/proc/self/exe");
	if ((size_t)n > sizeof p.autoreg - sizeof "/../share/autoreg/demo/scenario.yaml")
		return err_set(err, ERR_LIMIT, "the path of autoreg is too long");
	p.autoreg[n] = '\0';
	folder = (int)(strrchr(p.autoreg, '/') - p.autoreg);
	(void)snprintf(p.simulator, PATH_MAX, "%.*s/autoreg-simulator", folder, p.autoreg);
	(void)snprintf(p.data, PATH_MAX, "%.*s/../share/autoreg/demo", folder, p.autoreg);
	(void)snprintf(p.scenario, PATH_MAX, "%.*s/../share/autoreg/demo/scenario.yaml", folder,
	    p.autoreg);
	*out = p;
	return ERR_OK;
}

static enum err_code
start_simulator(struct demo *d, char url[URL_SIZE], struct err *err)
{
	struct place *p = &d->place;
	char *const argv[] = { "autoreg-simulator", "--until-eof", "--scenario", p->scenario,
		NULL };
	char line[sizeof LISTENING - 1 + URL_SIZE];

	if (access(p->simulator, X_OK) != 0)
		return err_errno(err, errno, "the demo needs the simulator, %s", p->simulator);
	if (access(p->scenario, R_OK) != 0)
		return err_errno(err, errno, "the demo needs its data, %s", p->data);
	if (children_serve(&d->children, p->simulator, argv, START_MS, line, sizeof line, err))
		return err->code;
	if (strncmp(line, LISTENING, strlen(LISTENING)) != 0)
		return err_set(err, ERR_FORMAT, "%s does not say where it listens", p->simulator);
	(void)snprintf(url, URL_SIZE, "%s", line + strlen(LISTENING));
	return ERR_OK;
}

/* --- what is told ------------------------------------------------------------------------------- */

static void
tell_beginning(void)
{
	puts("Two customers have sent five device lists, each in another shape, with a few bad\n"
	     "rows among the good ones:\n"
	     "\n"
	     "  lists/contoso/excel.txt       Unicode text of Excel: UTF-16, tabs\n"
	     "  lists/contoso/script.csv      as Get-WindowsAutopilotInfo writes it\n"
	     "  lists/contoso/supplier.csv    Partner Center's template, filled in\n"
	     "  lists/fabrikam/configmgr.csv  a report of Configuration Manager\n"
	     "  lists/fabrikam/stations.csv   other columns, everything in quotes\n"
	     "\n"
	     "autoreg registers the devices with Partner Center: here with a simulator of it,\n"
	     "on this machine. Nothing leaves the machine, and all devices are made up. The\n"
	     "first request comes at a bad time: the service says 429, come back in a second,\n"
	     "and autoreg does.");
}

/* The beginning of a report: ids and times, which are others each time, stand far to the right. */
static void
put_excerpt(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[4096];

	if (!f)
		return;
	for (int i = 0; i < EXCERPT_LINES && fgets(line, sizeof line, f); i++) {
		struct slice text = { line, strcspn(line, "\r\n") };

		if (slice_starts_nocase(text, slice_of(BYTE_ORDER_MARK)))
			text = slice_from(text, strlen(BYTE_ORDER_MARK));
		fputs("  ", stdout);
		terminal_put(stdout, utf8_head(text, EXCERPT_BYTES));
		puts(text.len > EXCERPT_BYTES ? "…" : "");
	}
	(void)fclose(f);
}

static void
tell_reports(void)
{
	glob_t found;

	if (glob("state/lists/*/*.report.csv", 0, NULL, &found) != 0)
		return;
	puts("\nThe reports have a line for each row of a list. Beside each there is one for\n"
	     "programs (.report.json), and the refused rows to hand back (.rejects.csv).\n");
	for (size_t i = 0; i < found.gl_pathc; i++)
		printf("  %s\n", found.gl_pathv[i]);
	puts("\nThe last one begins so:\n");
	put_excerpt(found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
}

static enum err_code
tell_outcome(struct err *err)
{
	json_t *reports;

	if (demo_outcome_read("state", &reports, err))
		return err->code;
	puts("\nThat was the job. What became of the rows:\n");
	demo_outcome_put_table(stdout, reports);
	puts("\nThose that are not registered, why, and what to do:\n");
	demo_outcome_put_rest(stdout, reports);
	json_decref(reports);
	tell_reports();
	return ERR_OK;
}

static void
tell_end(const char *keep)
{
	if (keep) {
		fputs("\nAll of it is kept in ", stdout);
		terminal_put(stdout, slice_of(keep));
		puts(".");
	} else {
		puts("\nNothing of this is left behind; with --keep DIR all of it stays in DIR.");
	}
}

/* --- what is done ------------------------------------------------------------------------------- */

/* Runs what it shows: argv, n words so far, and the files behind them. */
static enum err_code
run_line(struct demo *d, char *argv[LINE_WORDS + 1], size_t n, const char *files, struct err *err)
{
	int exit_code;
	glob_t found;
	enum err_code rc;

	fputs("\n$ ", stdout);
	for (size_t i = 0; i < n; i++)
		printf("%s ", argv[i]);
	puts(files);

	if (glob(files, 0, NULL, &found) != 0)
		return err_set(err, ERR_NOT_FOUND, "%s: there is none", files);
	for (size_t i = 0; i < found.gl_pathc && n < LINE_WORDS; i++)
		argv[n++] = found.gl_pathv[i];
	argv[n] = NULL;
	rc = children_run(&d->children, d->place.autoreg, argv, &exit_code, err);
	globfree(&found);
	if (rc)
		return rc;
	/* Each customer has a row that is refused, or a device that another organization holds. */
	if (exit_code != EXIT_PARTLY)
		return err_set(err, ERR_CANCELLED, "that ended with %d instead of %d", exit_code,
		    EXIT_PARTLY);
	return ERR_OK;
}

static enum err_code
register_lists(struct demo *d, char *customer, struct err *err)
{
	char *argv[LINE_WORDS + 1] = { "autoreg", "--config", "autoreg.yaml" };
	char files[64];
	size_t n = 3;

	if (d->options->no_progress)
		argv[n++] = "--no-progress";
	argv[n++] = "register";
	argv[n++] = "--customer";
	argv[n++] = customer;
	(void)snprintf(files, sizeof files, "lists/%s/*", customer);
	return run_line(d, argv, n, files, err);
}

/* In the folder, while the simulator serves. */
static enum err_code
play(struct demo *d, struct err *err)
{
	tell_beginning();
	if (register_lists(d, "contoso", err) || register_lists(d, "fabrikam", err))
		return err->code;
	return tell_outcome(err);
}

static enum err_code
play_in_folder(struct demo *d, struct err *err)
{
	const char *keep = d->options->keep;
	struct demo_folder folder;
	char url[URL_SIZE];
	struct err left;
	enum err_code rc;

	if (find_place(&d->place, err) || start_simulator(d, url, err) ||
	    demo_folder_enter(d->place.data, url, keep, &folder, err))
		return err->code;
	rc = play(d, err);
	if (!keep && demo_folder_remove(&folder, &left) && rc == ERR_OK) {
		*err = left;
		return left.code;
	}
	if (rc == ERR_OK)
		tell_end(keep);
	return rc;
}

int
cmd_demo(const struct options *o)
{
	struct demo d = { .options = o };
	struct err err;
	enum err_code rc = children_init(&d.children, &err);

	if (rc == ERR_OK) {
		rc = play_in_folder(&d, &err);
		children_done(&d.children);
	}
	if (rc == ERR_OK)
		return EXIT_DONE;
	failure_tell(o, &err);
	return rc == ERR_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_FAILED;
}
