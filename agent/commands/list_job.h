/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "agent/commands/column_option.h"
#include "agent/commands/finding_log.h"
#include "agent/commands/options.h"
#include "agent/commands/progress.h"
#include "agent/commands/report_text.h"
#include "base/err.h"
#include "devices/list_pass.h"
#include "devices/row_check.h"

/*
 * What check and convert have in common: the lists of the command line go through one pass, and
 * what is found in them is told, as text at once or as one JSON document at the end.
 *
 * Set up and torn down by its command; not to be moved in between.
 */
struct list_job {
	const struct options *options;
	struct column_option columns;
	struct slice tag;
	struct row_policy policy;
	struct list_events events;
	struct list_pass_options pass_options;
	struct list_pass *pass;
	struct report_text text;
	struct finding_log *log; /* with --json, else NULL */
	struct progress progress;
	uint32_t drawn; /* the list that the progress line shows, counted from 1 */
};

/*
 * stream: where text goes. more: the events that the command wants beside those of the job (which
 * are on_finding and on_progress; arg is the command's own and has to begin with a struct
 * list_job). Errors: ERR_USAGE (--columns), ERR_NOMEM, ERR_IO. list_job_done() is right after an
 * error, too.
 */
MUST_USE enum err_code list_job_init(struct list_job *job, const struct options *o, FILE *stream,
    const struct list_events *more, struct err *err);
void list_job_done(struct list_job *job);

/* A finding of the command's own. */
MUST_USE enum err_code list_job_finding(struct list_job *job, uint32_t list,
    const struct finding *f, struct err *err);

/*
 * Reads the lists. after_list may be NULL; it is called behind each. Errors: as list_pass_read().
 */
MUST_USE enum err_code list_job_run(struct list_job *job,
    enum err_code (*after_list)(void *arg, uint32_t list, struct err *err), struct err *err);

/* Tells the totals, or prints the document. Errors: ERR_NOMEM, ERR_IO. */
MUST_USE enum err_code list_job_report(struct list_job *job, struct err *err);

/* How the command ends, from what became of the lists. */
int list_job_exit(const struct list_job *job);

/* Devices that count, over all lists. */
uint64_t list_job_devices(const struct list_job *job);
