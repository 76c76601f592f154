/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pass_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/list_fixture.h"

static const struct list_options plain = { .map = NULL };
static const struct row_policy policy = { .now_unix_s = CAPTURE_NOW_UNIX_S,
	.key_seed = "a seed of tests" };

static enum err_code
count(struct record *r, enum event e, struct err *err)
{
	assert_false(r->failed);
	if (++r->nevent[e] < r->fails_at || r->fails != e)
		return ERR_OK;
	r->failed = true;
	return err_set(err, ERR_IO, "event %d", (int)e);
}

static void
render(void *arg, const struct device *d, struct buf *out, struct row_checker *rc,
    struct checked_row *row)
{
	(void)arg;
	(void)rc;
	(void)row;
	buf_add_slice(out, d->serial.len ? d->serial : d->product_id);
	buf_add_str(out, d->hash.len ? " with hash" : "");
}

static enum err_code
on_finding(void *arg, uint32_t list, const struct finding *f, struct err *err)
{
	struct record *r = arg;

	buf_addf(&r->log, "%" PRIu32 "/", list);
	finding_line(&r->log, f);
	return count(r, ON_FINDING, err);
}

static enum err_code
on_device(void *arg, uint64_t line, struct slice rendered, struct slice group_tag, struct err *err)
{
	struct record *r = arg;

	assert_true(line > 0);
	buf_addf(&r->log, "device %" PRIu32 ": " SLICE_FMT, r->ndevice++, SLICE_ARG(rendered));
	buf_addf(&r->log, group_tag.len ? " for " SLICE_FMT "\n" : SLICE_FMT "\n",
	    SLICE_ARG(group_tag));
	return count(r, ON_DEVICE, err);
}

static enum err_code
on_refused(void *arg, uint32_t list, const struct finding *why, const struct row_fields *fields,
    struct slice raw, struct err *err)
{
	struct record *r = arg;

	assert_int_equal(why->severity, SEVERITY_ERROR);
	buf_addf(&r->log, "refused %" PRIu32 "/%" PRIu64 " %s", list, why->line,
	    finding_info(why->code)->code);
	if (fields)
		buf_addf(&r->log, " serial=" SLICE_FMT, SLICE_ARG(fields->cell[COLUMN_SERIAL]));
	buf_addf(&r->log, " (" SLICE_FMT ")\n", SLICE_ARG(slice_head(raw, 12)));
	return count(r, ON_REFUSED, err);
}

static enum err_code
on_batch_end(void *arg, struct err *err)
{
	return count(arg, ON_BATCH_END, err);
}

static void
on_progress(void *arg, uint32_t list, uint64_t done, uint64_t size)
{
	const struct record *r = arg;

	(void)list;
	assert_false(r->failed);
	assert_true(done <= size || size == 0);
}

void
pass_fixture_init(struct pass_fixture *f, unsigned threads)
{
	struct err err;

	memset(f, 0, sizeof *f);
	buf_init(&f->record.log, 64 * 1024 * 1024);
	f->events = (struct list_events){
		.arg = &f->record,
		.render = render,
		.on_finding = on_finding,
		.on_device = on_device,
		.on_batch_end = on_batch_end,
		.on_refused = on_refused,
		.on_progress = on_progress,
	};
	f->options = (struct list_pass_options){ &plain, &policy, &f->events, threads };
	assert_int_equal(list_pass_new(&f->options, &f->pass, &err), ERR_OK);
}

void
pass_fixture_done(struct pass_fixture *f)
{
	list_pass_free(f->pass);
	buf_done(&f->record.log);
}

/* What holds for every pass. */
static void
assert_sums(const struct pass_fixture *f)
{
	size_t n;
	const struct list_summary *s = list_pass_summary(f->pass, &n);
	const struct device_set *set = list_pass_devices(f->pass);
	uint64_t devices = 0;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(s[i].rows, s[i].devices + s[i].refused + s[i].duplicates);
		devices += s[i].devices;
	}
	assert_int_equal(device_set_rows(set), f->record.ndevice);
	assert_int_equal(device_set_rows(set) - device_set_dropped(set), devices);
}

void
pass_fixture_read(struct pass_fixture *f, const char *path)
{
	struct err err;

	assert_int_equal(list_pass_read(f->pass, path, &err), ERR_OK);
	assert_sums(f);
}

void
write_list(const char *name, struct slice content)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	if (content.len > 0)
		assert_int_equal(fwrite(content.ptr, content.len, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static char folder[] = "/tmp/test_list_pass.XXXXXX";

int
enter_list_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

int
leave_list_folder(void **state)
{
	(void)state;
	(void)unlink("a.csv");
	(void)unlink("b.csv");
	(void)unlink("c.csv");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

void
pass_fixture_log_summaries(struct pass_fixture *f)
{
	size_t n;
	const struct list_summary *s = list_pass_summary(f->pass, &n);

	for (size_t i = 0; i < n; i++)
		buf_addf(&f->record.log,
		    "%s %s %c: %d rows, %d devices, %d refused, %d duplicates%s\n", s[i].path,
		    list_format_name(s[i].format), s[i].delimiter ? s[i].delimiter : '-',
		    (int)s[i].rows, (int)s[i].devices, (int)s[i].refused, (int)s[i].duplicates,
		    s[i].failed ? ", failed" : "");
}
