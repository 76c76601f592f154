/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/output_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sandbox.h"

const struct output_rows_case output_rows_case[] = {
	{ "no row at all", "", 3, "out.csv " },
	{ "one row", ".", 3, "out.csv " },
	{ "one less than a file", "..", 3, "out.csv " },
	{ "one file exactly", "...", 3, "out.csv " },
	{ "one more than a file", "....", 3, "out-001.csv out-002.csv " },
	{ "two files exactly", "......", 3, "out-001.csv out-002.csv " },
	{ "three files", ".......", 3, "out-001.csv out-002.csv out-003.csv " },
	{ "one row a file", "...", 1, "out-001.csv out-002.csv out-003.csv " },
	{ "no limit", ".......", 0, "out.csv " },
	{ "first dropped", "x...", 3, "out.csv " },
	{ "middle dropped", "...x...", 3, "out-001.csv out-002.csv " },
	{ "last dropped", "...x", 3, "out.csv " },
	{ "a whole file dropped", "...xxx...", 3, "out-001.csv out-002.csv " },
	{ "the first file dropped", "xxx....", 3, "out-001.csv out-002.csv " },
	{ "every other", ".x.x.x.x.x.x.x", 3, "out-001.csv out-002.csv out-003.csv " },
	{ "all but the first", ".xxxxxx", 3, "out.csv " },
	{ "all but one", "xxxx.xx", 3, "out.csv " },
	{ "all but the last", "xxxxxx.", 3, "out.csv " },
	{ "all", "xxxxxxx", 3, "out.csv " },
	{ "no limit, some dropped", "x..x..x", 0, "out.csv " },
	{ "no limit, all dropped", "xx", 0, "out.csv " },
};

const size_t output_rows_ncase = sizeof output_rows_case / sizeof output_rows_case[0];

static void
add_row(struct buf *b, size_t i, size_t len)
{
	char number[OUTPUT_ROWS_SHORT];

	(void)snprintf(number, sizeof number, "r%05zu", i);
	buf_add(b, number, 6);
	while (len > OUTPUT_ROWS_SHORT) {
		static const char filling[4096] = { 0 };
		size_t n = len - OUTPUT_ROWS_SHORT < sizeof filling ? len - OUTPUT_ROWS_SHORT
		                                                    : sizeof filling;

		buf_add(b, filling, n);
		len -= n;
	}
	buf_add_str(b, "\r\n");
}

struct device_set *
output_rows_devices(const char *fate)
{
	struct device_set *set = NULL;
	struct device_place place = { 0, 1 };
	struct device_add added;
	struct err err;
	size_t n = strlen(fate);

	assert_int_equal(device_set_new(&set, &err), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		struct device_key key = { .main = i + 1, .hash = 1 };

		assert_int_equal(device_set_add(set, &key, place, &added, &err), ERR_OK);
		assert_int_equal(added.row, i);
	}
	for (size_t i = 0; i < n; i++) {
		struct device_key key = { .main = i + 1, .hash = 2 };

		if (fate[i] != 'x')
			continue;
		assert_int_equal(device_set_add(set, &key, place, &added, &err), ERR_OK);
		assert_int_equal(added.outcome, DEVICE_CONFLICT);
	}
	return set;
}

void
output_rows_expect(struct buf *b, const struct output_rows *rows, size_t first, size_t n)
{
	size_t kept = 0;

	buf_init(b, SANDBOX_FILE_MAX);
	buf_add_str(b, OUTPUT_ROWS_HEADER);
	for (size_t i = 0; rows->fate[i]; i++) {
		if (rows->fate[i] == 'x')
			continue;
		if (kept >= first && kept - first < n)
			add_row(b, i, rows->len);
		kept++;
	}
	assert_int_equal(b->failed, ERR_OK);
}

enum err_code
output_rows_put(struct output *o, const struct output_rows *rows, size_t batch, struct err *err)
{
	size_t n = strlen(rows->fate);
	struct buf b;
	enum err_code rc = ERR_OK;

	buf_init(&b, SANDBOX_FILE_MAX);
	for (size_t i = 0; i < n && rc == ERR_OK; i += batch) {
		buf_reset(&b);
		for (size_t k = i; k < i + batch && k < n; k++)
			add_row(&b, k, rows->len);
		assert_int_equal(b.failed, ERR_OK);
		for (size_t at = 0; at < b.len && rc == ERR_OK; at += rows->len)
			rc = output_row(o, (struct slice){ b.ptr + at, rows->len }, err);
		if (rc == ERR_OK)
			rc = output_flush(o, err);
		memset(b.ptr, '!', b.len);
	}
	buf_done(&b);
	return rc;
}

struct output *
output_rows_open(const char *path, uint32_t rows_per_file)
{
	struct output_options opt = { path, slice_of(OUTPUT_ROWS_HEADER), rows_per_file };
	struct output *o = NULL;
	struct err err;

	assert_int_equal(output_open(&opt, &o, &err), ERR_OK);
	return o;
}

void
output_rows_assert_not_opened(const char *path, uint32_t rows_per_file, enum err_code want,
    const char *text)
{
	struct output_options opt = { path, slice_of(OUTPUT_ROWS_HEADER), rows_per_file };
	struct output *const untouched = (struct output *)&opt;
	struct output *o = untouched;
	struct err err = { 0 };

	assert_int_equal(output_open(&opt, &o, &err), want);
	assert_int_equal(err.code, want);
	assert_non_null(strstr(err.msg, text));
	assert_ptr_equal(o, untouched);
}

void
output_rows_finish(struct output *o, const struct output_rows *rows, size_t batch, uint32_t files)
{
	struct device_set *set = output_rows_devices(rows->fate);
	uint32_t got = 77;
	struct err err;

	assert_int_equal(output_rows_put(o, rows, batch, &err), ERR_OK);
	assert_int_equal(output_finish(o, set, &got, &err), ERR_OK);
	assert_int_equal(got, files);
	device_set_free(set);
}

void
output_rows_assert_not_finished(struct output *o, const char *fate, enum err_code want,
    const char *text)
{
	struct device_set *set = output_rows_devices(fate);
	uint32_t files = 77;
	struct err err = { 0 };

	assert_int_equal(output_finish(o, set, &files, &err), want);
	assert_int_equal(err.code, want);
	assert_non_null(strstr(err.msg, text));
	assert_int_equal(files, 77);
	device_set_free(set);
}
