/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices/field_rules.h"
#include "devices/list_pass.h"
#include "devices/list_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
	const struct list_writer *writer;
	uint32_t devices;
	uint64_t errors;
	uint64_t refused;
};

static void
render(void *arg, const struct device *d, struct buf *out, struct row_checker *rc,
    struct checked_row *row)
{
	const struct tally *t = arg;

	list_writer_row(t->writer, d, out, rc, row);
}

static void
check_no_key(struct slice s)
{
	size_t at;

	assert(!text_has_product_key(s, &at));
}

static void
check_one_line(struct slice s)
{
	assert(!memchr(s.ptr, '\n', s.len) && !memchr(s.ptr, '\r', s.len));
}

static enum err_code
on_finding(void *arg, uint32_t list, const struct finding *f, struct err *err)
{
	struct tally *t = arg;

	(void)list;
	(void)err;
	assert(f->line > 0);
	assert(f->severity >= finding_info(f->code)->severity); /* that is the gravest it can be */
	assert(f->message.len > 0 && f->advice.len > 0);
	check_one_line(f->message);
	check_no_key(f->message);
	check_no_key(f->serial);
	t->errors += f->severity == SEVERITY_ERROR;
	return ERR_OK;
}

/* A line of as many cells as the format has columns. */
static enum err_code
on_device(void *arg, uint64_t line, struct slice rendered, struct slice group_tag, struct err *err)
{
	struct tally *t = arg;
	size_t commas = 0;

	(void)group_tag;
	(void)err;
	assert(line > 0);
	t->devices++;
	assert(rendered.len > 2 && memcmp(rendered.ptr + rendered.len - 2, "\r\n", 2) == 0);
	rendered.len -= 2;
	check_one_line(rendered);
	check_no_key(rendered);
	assert(!memchr(rendered.ptr, '"', rendered.len));
	for (size_t i = 0; i < rendered.len; i++)
		commas += rendered.ptr[i] == ',';
	for (const char *p = t->writer->header; (p = strchr(p, ',')) != NULL; p++)
		commas--;
	assert(commas == 0);
	return ERR_OK;
}

static enum err_code
on_refused(void *arg, uint32_t list, const struct finding *why, const struct row_fields *fields,
    struct slice raw, struct err *err)
{
	struct tally *t = arg;

	(void)list;
	(void)fields;
	(void)raw;
	(void)err;
	assert(why->severity == SEVERITY_ERROR);
	t->refused++;
	return ERR_OK;
}

static void
on_progress(void *arg, uint32_t list, uint64_t done, uint64_t size)
{
	(void)arg;
	(void)list;
	assert(done <= size);
}

static void
check_summary(const struct list_pass *pass, const struct tally *t)
{
	size_t n;
	const struct list_summary *s = list_pass_summary(pass, &n);
	const struct device_set *set = list_pass_devices(pass);

	assert(n == 1);
	assert(s->rows == s->devices + s->refused + s->duplicates);
	assert(device_set_rows(set) == t->devices);
	assert(s->devices == t->devices - device_set_dropped(set));
	assert(s->refused == t->refused);
	assert(t->errors >= s->refused + s->failed);
	assert(s->failed || s->rows > 0);
}

/* Input: the bytes of a list. Their number says which format it is written in. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const *names = list_writer_names();
	static const struct slice allowed_tag = { "North", 5 };
	static const struct row_policy policy = {
		.default_tag = { "North", 5 },
		.allowed_tag = &allowed_tag,
		.nallowed_tag = 1,
		.accept_serial_mismatch = true,
		.now_unix_s = 1760000000,
		.key_seed = "a seed of tests",
	};
	static const struct list_options options = { .map = NULL };
	struct tally t = { .writer = list_writer_find(slice_of(names[size % 4])) };
	const struct list_events events = {
		.arg = &t,
		.render = render,
		.on_finding = on_finding,
		.on_device = on_device,
		.on_refused = on_refused,
		.on_progress = on_progress,
	};
	const struct list_pass_options opt = { &options, &policy, &events, 1 };
	int fd = memfd_create("list", MFD_CLOEXEC);
	struct list_pass *pass = NULL;
	enum err_code rc;
	struct err err;
	ssize_t written;
	char path[32];

	assert(fd >= 0);
	written = write(fd, data, size);
	assert(written == (ssize_t)size);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	rc = list_pass_new(&opt, &pass, &err);
	assert(rc == ERR_OK);
	rc = list_pass_read(pass, path, &err);
	assert(rc == ERR_OK);
	check_summary(pass, &t);
	list_pass_free(pass);
	(void)close(fd);
	return 0;
}
