/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/list_job.h"

#include <string.h>
#include <unistd.h>

#include "agent/commands/exit_code.h"
#include "agent/commands/report_json.h"
#include "agent/tools/terminal.h"
#include "base/clock.h"
#include "base/random.h"

static enum err_code
on_finding(void *arg, uint32_t list, const struct finding *f, struct err *err)
{
	return list_job_finding(arg, list, f, err);
}

static void
on_progress(void *arg, uint32_t list, uint64_t done, uint64_t size)
{
	struct list_job *job = arg;

	if (job->drawn != list + 1) {
		job->drawn = list + 1;
		progress_begin(&job->progress, job->options->operand[list], size);
	}
	progress_update(&job->progress, done);
}

static unsigned
thread_count(const struct options *o)
{
	long n = o->threads ? (long)o->threads : sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		return 1;
	return n < LIST_THREADS_MAX ? (unsigned)n : LIST_THREADS_MAX;
}

enum err_code
list_job_init(struct list_job *job, const struct options *o, FILE *stream,
    const struct list_events *more, struct err *err)
{
	memset(job, 0, sizeof *job);
	job->options = o;
	report_text_init(&job->text, stream, terminal_wants_colour(stream), o->verbose > 0);
	progress_init(&job->progress, stderr, clock_system(),
	    terminal_is(stderr) && !o->json && !o->quiet && !o->no_progress);
	if (o->group_tag) {
		job->tag = slice_of(o->group_tag);
		job->policy.allowed_tag = &job->tag;
		job->policy.nallowed_tag = 1;
		job->policy.default_tag = job->tag;
	}
	job->policy.accept_serial_mismatch = o->accept_serial_mismatch;
	job->policy.now_unix_s = clock_unix_s(clock_system());
	job->events = *more;
	job->events.arg = job;
	job->events.on_finding = on_finding;
	job->events.on_progress = on_progress;
	job->pass_options = (struct list_pass_options){
		.list = &job->columns.list,
		.policy = &job->policy,
		.events = &job->events,
		.threads = thread_count(o),
	};
	if (column_option_parse(o->columns, &job->columns, err) ||
	    random_system()->fill(NULL, job->policy.key_seed, sizeof job->policy.key_seed, err) ||
	    (o->json && finding_log_new(&job->log, err)))
		return err->code;
	return list_pass_new(&job->pass_options, &job->pass, err);
}

void
list_job_done(struct list_job *job)
{
	progress_end(&job->progress);
	list_pass_free(job->pass);
	finding_log_free(job->log);
	column_option_done(&job->columns);
}

enum err_code
list_job_finding(struct list_job *job, uint32_t list, const struct finding *f, struct err *err)
{
	if (job->log)
		return finding_log_add(job->log, list, f, err);
	if (job->options->quiet)
		return ERR_OK;
	progress_clear(&job->progress);
	report_text_finding(&job->text, list, job->options->operand[list], f);
	return ERR_OK;
}

enum err_code
list_job_run(struct list_job *job,
    enum err_code (*after_list)(void *arg, uint32_t list, struct err *err), struct err *err)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; rc == ERR_OK && i < job->options->noperand; i++) {
		rc = list_pass_read(job->pass, job->options->operand[i], err);
		if (rc == ERR_OK && after_list)
			rc = after_list(job, (uint32_t)i, err);
	}
	progress_end(&job->progress);
	return rc;
}

enum err_code
list_job_report(struct list_job *job, struct err *err)
{
	size_t n;
	const struct list_summary *s = list_pass_summary(job->pass, &n);

	if (job->log)
		return report_json(s, n, job->log, err);
	if (!job->options->quiet) {
		report_text_end(&job->text);
		report_text_summary(&job->text, s, n);
	}
	return ERR_OK;
}

uint64_t
list_job_devices(const struct list_job *job)
{
	uint64_t devices = 0;
	size_t n;
	const struct list_summary *s = list_pass_summary(job->pass, &n);

	for (size_t i = 0; i < n; i++)
		devices += s[i].devices;
	return devices;
}

int
list_job_exit(const struct list_job *job)
{
	size_t n;
	const struct list_summary *s = list_pass_summary(job->pass, &n);
	int code = EXIT_DONE;

	if (list_job_devices(job) == 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < n; i++) {
		if (s[i].failed)
			return EXIT_FAILED;
		if (s[i].refused)
			code = EXIT_PARTLY;
	}
	return code;
}
