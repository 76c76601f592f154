/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/commands/commands.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/commands/interrupt.h"
#include "agent/commands/list_job.h"
#include "agent/intake/rejects_file.h"
#include "base/utf8.h"
#include "devices/list_writer.h"
#include "devices/output.h"

enum { TAGS_MAX = 8, TAG_SHOWN = 64 };

/* The group tags of one list, for the formats that cannot hold them. */
struct tags {
	struct {
		char text[TAG_SHOWN + 1];
		uint64_t devices;
	} tag[TAGS_MAX];
	size_t n;
	uint64_t others; /* devices with still other tags */
};

struct convert {
	struct list_job job; /* first: the events' arg */
	const struct list_writer *writer;
	struct output *output;
	struct tags tags;
	uint32_t files;               /* made in the end; 0: a stream, or nothing */
	struct rejects_file *rejects; /* NULL: not wanted */
};

static void
render(void *arg, const struct device *d, struct buf *out, struct row_checker *rc,
    struct checked_row *row)
{
	const struct convert *c = arg;

	list_writer_row(c->writer, d, out, rc, row);
}

static void
count_tag(struct tags *t, struct slice tag)
{
	size_t i;

	tag = utf8_head(tag, TAG_SHOWN);
	for (i = 0; i < t->n; i++) {
		if (slice_eq(tag, slice_of(t->tag[i].text)))
			break;
	}
	if (i == TAGS_MAX) {
		t->others++;
		return;
	}
	if (i == t->n) {
		t->n++;
		memcpy(t->tag[i].text, tag.ptr, tag.len);
		t->tag[i].text[tag.len] = '\0';
		t->tag[i].devices = 0;
	}
	t->tag[i].devices++;
}

static enum err_code
on_device(void *arg, uint64_t line, struct slice rendered, struct slice group_tag, struct err *err)
{
	struct convert *c = arg;

	(void)line;
	if (group_tag.len && !c->writer->has_tag)
		count_tag(&c->tags, group_tag);
	return output_row(c->output, rendered, err);
}

static enum err_code
on_batch_end(void *arg, struct err *err)
{
	struct convert *c = arg;

	if (interrupt_seen())
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	return output_flush(c->output, err);
}

static enum err_code
on_refused(void *arg, uint32_t list, const struct finding *why, const struct row_fields *fields,
    struct slice raw, struct err *err)
{
	struct convert *c = arg;

	if (!c->rejects)
		return ERR_OK;
	return rejects_file_add(c->rejects, c->job.options->operand[list], why, fields, raw, err);
}

/* Says which tags the written list cannot hold: somebody has to type them where it is uploaded. */
static enum err_code
tell_tags(void *arg, uint32_t list, struct err *err)
{
	struct convert *c = arg;
	struct tags *t = &c->tags;
	struct buf text;
	struct finding f;
	enum err_code rc;

	if (!t->n)
		return ERR_OK;
	buf_init(&text, 4096);
	buf_addf(&text, "the %s format has no column for group tags:", c->writer->name);
	for (size_t i = 0; i < t->n; i++)
		buf_addf(&text, "%s \"%s\" (%" PRIu64 " device%s)", i ? "," : "", t->tag[i].text,
		    t->tag[i].devices, t->tag[i].devices == 1 ? "" : "s");
	if (t->others)
		buf_addf(&text, ", others (%" PRIu64 " device%s)", t->others,
		    t->others == 1 ? "" : "s");
	f = (struct finding){
		.code = FINDING_TAG_NOT_WRITTEN,
		.severity = finding_info(FINDING_TAG_NOT_WRITTEN)->severity,
		.line = 1,
		.message = buf_slice(&text),
		.advice = slice_of(finding_info(FINDING_TAG_NOT_WRITTEN)->advice),
		.serial = { "", 0 },
	};
	memset(t, 0, sizeof *t);
	rc = buf_check(&text, err);
	if (rc == ERR_OK)
		rc = list_job_finding(&c->job, list, &f, err);
	buf_done(&text);
	return rc;
}

/* An output that is also an input would be gone before it was read. */
static enum err_code
refuse_input(const struct options *o, const char *path, struct err *err)
{
	struct stat ours, theirs;

	if (!path || stat(path, &ours) != 0 || !S_ISREG(ours.st_mode))
		return ERR_OK;
	for (size_t i = 0; i < o->noperand; i++) {
		if (stat(o->operand[i], &theirs) == 0 && theirs.st_dev == ours.st_dev &&
		    theirs.st_ino == ours.st_ino)
			return err_set(err, ERR_USAGE, "%s is one of the lists to read", path);
	}
	return ERR_OK;
}

static enum err_code
refuse_same_files(const struct options *o, struct err *err)
{
	struct stat st;
	bool same = o->output && o->rejects && strcmp(o->output, o->rejects) == 0;

	if (same && (stat(o->output, &st) != 0 || S_ISREG(st.st_mode)))
		return err_set(err, ERR_USAGE, "-o and --rejects name the same file");
	return refuse_input(o, o->output, err) ? err->code : refuse_input(o, o->rejects, err);
}

/* Puts the list in its place, if there is anything to put. */
static enum err_code
finish_output(struct convert *c, struct err *err)
{
	struct output *output = c->output;

	c->output = NULL;
	if (list_job_devices(&c->job))
		return output_finish(output, list_pass_devices(c->job.pass), &c->files, err);
	output_abandon(output);
	return ERR_OK;
}

static enum err_code
finish_rejects(struct convert *c, struct err *err)
{
	struct rejects_file *rejects = c->rejects;

	c->rejects = NULL;
	return rejects ? rejects_file_finish(rejects, err) : ERR_OK;
}

static void
tell_written(const struct convert *c)
{
	const struct options *o = c->job.options;
	uint64_t devices = list_job_devices(&c->job);

	if (c->files && !o->quiet && !o->json)
		fprintf(stderr, "\n%" PRIu64 " device%s written to %s (%" PRIu32 " file%s)\n",
		    devices, devices == 1 ? "" : "s", o->output, c->files,
		    c->files == 1 ? "" : "s");
}

static enum err_code
convert(struct convert *c, const struct options *o, struct err *err)
{
	static const struct list_events events = {
		.render = render,
		.on_device = on_device,
		.on_batch_end = on_batch_end,
		.on_refused = on_refused,
	};
	struct output_options out = {
		.path = o->output,
		.header = slice_of(c->writer->header),
		.rows_per_file = c->writer->rows_per_file,
	};

	if (o->output || o->rejects)
		interrupt_watch(); /* there will be files to take away */
	if (list_job_init(&c->job, o, stderr, &events, err) || refuse_same_files(o, err) ||
	    output_open(&out, &c->output, err) ||
	    (o->rejects && rejects_file_open(o->rejects, &c->rejects, err)) ||
	    list_job_run(&c->job, tell_tags, err) || finish_output(c, err) ||
	    finish_rejects(c, err) || list_job_report(&c->job, err))
		return err->code;
	tell_written(c);
	return ERR_OK;
}

int
cmd_convert(const struct options *o)
{
	struct convert c = { .writer = o->to };
	struct err err;
	int code;

	code = convert(&c, o, &err) ? failure_report(o, &err) : list_job_exit(&c.job);
	output_abandon(c.output);
	rejects_file_abandon(c.rejects);
	list_job_done(&c.job);
	return code;
}
