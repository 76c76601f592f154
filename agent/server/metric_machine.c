/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server/metric_machine.h"

static void
put_cpu(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_scaled(out, name, METRIC_LABELS(NULL), f->process.cpu_us, 1000000);
}

static void
put_start(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_seconds(out, name, METRIC_LABELS(NULL), f->started_unix_ms);
}

static void
put_resident(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->process.resident_bytes);
}

static void
put_virtual(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->process.virtual_bytes);
}

static void
put_open_fds(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->process.open_fds);
}

static void
put_max_fds(const struct metric_facts *f, const char *name, struct buf *out)
{
	metric_text_number(out, name, METRIC_LABELS(NULL), f->process.max_fds);
}

/* A disk, or a spool, that cannot be looked at has no sample: 0 would read as full, or as empty. */
static void
put_disks(const struct metric_facts *f, const char *name, struct buf *out)
{
	for (size_t i = 0; i < METRIC_NDISK; i++) {
		if (f->disk[i].known)
			metric_text_number(out, name, METRIC_LABELS("path", f->disk[i].name),
			    f->disk[i].free_bytes);
	}
}

static void
put_spool(const struct metric_facts *f, const char *name, struct buf *out)
{
	if (!f->spool_known)
		return;
	metric_text_number(out, name, METRIC_LABELS("state", "waiting"), f->spool.waiting);
	metric_text_number(out, name, METRIC_LABELS("state", "rejected"), f->spool.rejected);
}

static void
put_spool_age(const struct metric_facts *f, const char *name, struct buf *out)
{
	int64_t oldest_unix_s = f->spool.oldest_unix_s;

	if (f->spool_known)
		metric_text_seconds(out, name, METRIC_LABELS(NULL),
		    oldest_unix_s ? f->now_unix_ms - oldest_unix_s * 1000 : 0);
}

static const struct metric_family family[] = {
	{ "autoreg_disk_free_bytes", METRIC_GAUGE,
	    "What the agent may still write where its state and its spool lie", put_disks },
	{ "autoreg_spool_files", METRIC_GAUGE,
	    "Files in the spool that wait to be taken in, and that were rejected", put_spool },
	{ "autoreg_spool_oldest_file_age_seconds", METRIC_GAUGE,
	    "How long ago the oldest waiting file was written; 0: none waits", put_spool_age },
	{ "process_cpu_seconds_total", METRIC_COUNTER, "User and system CPU time", put_cpu },
	{ "process_start_time_seconds", METRIC_GAUGE, "When the process was started, unix time",
	    put_start },
	{ "process_resident_memory_bytes", METRIC_GAUGE, "Resident memory", put_resident },
	{ "process_virtual_memory_bytes", METRIC_GAUGE, "Virtual memory", put_virtual },
	{ "process_open_fds", METRIC_GAUGE, "Open file descriptors", put_open_fds },
	{ "process_max_fds", METRIC_GAUGE, "File descriptors that the process may have",
	    put_max_fds },
};

const struct metric_family *
metric_machine(size_t *n)
{
	*n = sizeof family / sizeof family[0];
	return family;
}
