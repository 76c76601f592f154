/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/list_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/hash_record.h"

static void
add_system(struct hash_build *b, int second)
{
	uint32_t since_epoch = (uint32_t)(CAPTURE_UNIX_S + second - HASH_EPOCH_UNIX_S);
	uint8_t p[24] = { [20] = 4, HASH_OS_FULL, 9, 9 };

	for (size_t i = 0; i < 4; i++)
		p[16 + i] = (uint8_t)(since_epoch >> (8 * i));
	hash_build_record(b, HASH_RECORD_SYSTEM, p, sizeof p);
}

static void
add_text(struct hash_build *b, unsigned type, const char *text)
{
	if (text)
		hash_build_text_record(b, type, text);
}

void
capture_records(const struct capture *c, struct hash_build *b)
{
	hash_build_init(b);
	add_system(b, c->second);
	if (c->uuid)
		hash_build_record(b, HASH_RECORD_UUID, c->uuid, 16);
	if (c->ek) {
		uint8_t ek[256] = { 0 };

		memcpy(ek, c->ek, strlen(c->ek));
		hash_build_record(b, HASH_RECORD_EK, ek, sizeof ek);
	}
	add_text(b, HASH_RECORD_SERIAL, c->serial);
	add_text(b, HASH_RECORD_MANUFACTURER, c->maker);
	add_text(b, HASH_RECORD_MODEL, c->model);
	add_text(b, HASH_RECORD_PRODUCT_ID, c->product_id);
}

void
capture_hash(const struct capture *c, char text[HASH_BUILD_CHARS + 1])
{
	struct hash_build b;

	capture_records(c, &b);
	hash_build_finish(&b, text);
}

void
memory_file_open(struct memory_file *f, struct slice content)
{
	f->fd = memfd_create("list", MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	while (content.len > 0) {
		ssize_t n = write(f->fd, content.ptr, content.len);

		assert_true(n > 0);
		content.ptr += n;
		content.len -= (size_t)n;
	}
	(void)snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

void
memory_file_close(struct memory_file *f)
{
	(void)close(f->fd);
}

void
finding_line(struct buf *out, const struct finding *f)
{
	assert_true(f->message.len > 0 && !memchr(f->message.ptr, '\n', f->message.len));
	assert_true(f->advice.len > 0);
	if (f->line > 0)
		buf_addf(out, "%" PRIu64 ": ", f->line);
	buf_addf(out, "%s %s ", severity_name(f->severity), finding_info(f->code)->code);
	if (f->column)
		buf_addf(out, "[%s] ", f->column);
	buf_addf(out, SLICE_FMT "\n", SLICE_ARG(f->message));
	assert_int_equal(out->failed, ERR_OK);
}

struct row_fields
row_fields_of(const char *const cell[NCOLUMN])
{
	struct row_fields f = { .last_and_cut = false };

	for (size_t k = 0; k < NCOLUMN; k++) {
		f.has_column[k] = cell[k] != NULL;
		if (cell[k])
			f.cell[k] = slice_of(cell[k]);
	}
	return f;
}

struct row_checker *
row_checker_of(const struct row_policy *policy)
{
	struct row_checker *rc = NULL;
	struct err err;

	assert_int_equal(row_checker_new(policy, &rc, &err), ERR_OK);
	return rc;
}

void
assert_slice(struct slice s, const char *want)
{
	if (!slice_eq(s, slice_of(want)))
		fail_msg("\"" SLICE_FMT "\" is not \"%s\"", SLICE_ARG(s), want);
}

void
assert_row_findings(const struct checked_row *row, const char *want)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < row->nfinding; i++) {
		const struct finding *f = &row->finding[i];

		finding_line(&text, f);
		assert_slice(f->advice, finding_info(f->code)->advice);
		if (!row->refused)
			assert_true(
			    slice_eq(f->serial, slice_head(row->device.serial, f->serial.len)));
	}
	assert_slice(buf_slice(&text), want);
	buf_done(&text);
}
