/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/output.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/output_rows.h"
#include "tests/unit/sandbox.h"

/* --- files ----------------------------------------------------------------------------------- */

static void
assert_file(const char *name, const struct output_rows *rows, size_t first, size_t n)
{
	struct stat st;
	struct buf want;

	output_rows_expect(&want, rows, first, n);
	sandbox_assert_content(name, buf_slice(&want));
	buf_done(&want);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
files_are_cut(void **state)
{
	static const size_t batch[] = { 1, 2, 3, 5, 100 };

	(void)state;
	for (size_t i = 0; i < output_rows_ncase * 5; i++) {
		const char *names = output_rows_case[i / 5].names;
		struct output_rows rows = { output_rows_case[i / 5].fate, OUTPUT_ROWS_SHORT };
		uint32_t per_file = output_rows_case[i / 5].per_file;
		uint32_t files = 0;

		for (const char *c = names; *c; c++)
			files += *c == ' ';
		output_rows_finish(output_rows_open("out.csv", per_file), &rows, batch[i % 5],
		    files);
		sandbox_assert_names(".", names);
		for (uint32_t k = 0; k < files; k++) {
			char name[16] = "out.csv";

			if (files > 1)
				(void)snprintf(name, sizeof name, "out-%03u.csv", (k + 1) % 1000);
			assert_file(name, &rows, k * per_file,
			    per_file ? per_file : OUTPUT_ROWS_ALL);
			assert_int_equal(unlink(name), 0);
		}
	}
}

/* Copying goes in blocks: rows and their headers lie across their borders. */
static void
long_rows(void **state)
{
	static const size_t len[] = { 100 * 1000, 256 * 1024, 256 * 1024 - 8, 600 * 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof len / sizeof len[0]; i++) {
		struct output_rows rows = { ".x..xx.", len[i] };

		output_rows_finish(output_rows_open("out.csv", 2), &rows, 3, 2);
		assert_file("out-001.csv", &rows, 0, 2);
		assert_file("out-002.csv", &rows, 2, 2);
		assert_int_equal(unlink("out-001.csv") | unlink("out-002.csv"), 0);
	}
}

/* A row need not lie behind the one before. */
static void
rows_from_anywhere(void **state)
{
	static const char text[] = "r00002\r\nr00000\r\nr00001\r\n";
	static const size_t at[] = { 8, 16, 0 };
	struct output_rows rows = { "...", OUTPUT_ROWS_SHORT };
	struct device_set *set = output_rows_devices(rows.fate);
	struct output *o = output_rows_open("out.csv", 0);
	uint32_t files;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    output_row(o, (struct slice){ text + at[i], OUTPUT_ROWS_SHORT }, &err), ERR_OK);
	assert_int_equal(output_finish(o, set, &files, &err), ERR_OK);
	assert_file("out.csv", &rows, 0, 3);
	device_set_free(set);
}

static void
names(void **state)
{
	static const struct {
		const char *path;
		const char *first;
		const char *second;
	} tc[] = {
		{ "out", "out-001", "out-002" },
		{ "out.csv", "out-001.csv", "out-002.csv" },
		{ "./out.csv", "out-001.csv", "out-002.csv" },
		{ "a.b.csv", "a.b-001.csv", "a.b-002.csv" },
		{ "out.", "out-001.", "out-002." },
		{ ".out", ".out-001", ".out-002" },
		{ ".out.csv", ".out-001.csv", ".out-002.csv" },
		{ "sub.d/out", "sub.d/out-001", "sub.d/out-002" },
		{ "sub.d/.out", "sub.d/.out-001", "sub.d/.out-002" },
		{ "sub.d/out.csv", "sub.d/out-001.csv", "sub.d/out-002.csv" },
		{ "a b%s.csv", "a b%s-001.csv", "a b%s-002.csv" },
	};
	struct output_rows rows = { "...", OUTPUT_ROWS_SHORT };

	(void)state;
	assert_int_equal(mkdir("sub.d", 0700), 0);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		output_rows_finish(output_rows_open(tc[i].path, 2), &rows, 100, 2);
		assert_file(tc[i].first, &rows, 0, 2);
		assert_file(tc[i].second, &rows, 2, 1);

		/* They are now in the way of the next run, which names one of them. */
		output_rows_assert_not_opened(tc[i].path, 2, ERR_EXISTS, "-00");
		assert_int_equal(unlink(tc[i].first) | unlink(tc[i].second), 0);
		sandbox_assert_names("sub.d", "");
		sandbox_assert_names(".", "sub.d ");
	}
}

static void
parts_of_an_earlier_run(void **state)
{
	static const struct {
		const char *there;
		bool stale;
	} tc[] = {
		{ "out-001.csv", true },
		{ "out-007.csv", true },
		{ "out-2024.csv", false }, /* a year; the thousandth part is never alone */
		{ "out-01.csv", false },
		{ "out-0x1.csv", false },
		{ "out-001.csv.bak", false },
		{ "out-001.txt", false },
		{ "out001.csv", false },
		{ "about-001.csv", false },
		{ "out-.csv", false },
		{ "out-001", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		sandbox_write(tc[i].there, "old");
		if (tc[i].stale)
			output_rows_assert_not_opened("out.csv", 3, ERR_EXISTS, tc[i].there);
		else
			output_abandon(output_rows_open("out.csv", 3));
		output_abandon(output_rows_open("out.csv", 0));
		sandbox_assert_content(tc[i].there, slice_of("old"));
		assert_int_equal(unlink(tc[i].there), 0);
		sandbox_assert_names(".", "");
	}
}

static void
one_file_replaces_the_former(void **state)
{
	struct output_rows rows = { "..", OUTPUT_ROWS_SHORT };

	(void)state;
	sandbox_write("out.csv", "old");
	assert_int_equal(chmod("out.csv", 0644), 0);
	output_rows_finish(output_rows_open("out.csv", 3), &rows, 100, 1);
	sandbox_assert_names(".", "out.csv ");
	assert_file("out.csv", &rows, 0, 2);
}

static void
former_file_in_the_way_of_parts(void **state)
{
	struct output_rows rows = { "....", OUTPUT_ROWS_SHORT };
	struct output *o = output_rows_open("out.csv", 3);
	struct err err;

	(void)state;
	sandbox_write("out.csv", "old");
	assert_int_equal(output_rows_put(o, &rows, 100, &err), ERR_OK);
	output_rows_assert_not_finished(o, rows.fate, ERR_EXISTS, "out.csv");
	sandbox_assert_names(".", "out.csv ");
	sandbox_assert_content("out.csv", slice_of("old"));

	/* Without the dropped row there are no parts. */
	rows.fate = "x...";
	output_rows_finish(output_rows_open("out.csv", 3), &rows, 100, 1);
	assert_file("out.csv", &rows, 0, 3);
}

/* A *.part file may be another run's, or a list to read: it stays as it is. */
static void
unfinished_files(void **state)
{
	struct output_rows rows = { "...", OUTPUT_ROWS_SHORT };
	struct output *o;
	struct err err;

	(void)state;
	sandbox_write("out.csv.part", "theirs");
	output_rows_assert_not_opened("out.csv", 2, ERR_EXISTS, "out.csv.part");
	sandbox_assert_content("out.csv.part", slice_of("theirs"));
	assert_int_equal(unlink("out.csv.part"), 0);

	assert_int_equal(symlink("precious", "out.csv.part"), 0);
	output_rows_assert_not_opened("out.csv", 2, ERR_EXISTS, "out.csv.part");
	sandbox_assert_names(".", "out.csv.part ");
	assert_int_equal(unlink("out.csv.part"), 0);

	sandbox_write("out-001.csv.part", "theirs");
	o = output_rows_open("out.csv", 2);
	assert_int_equal(output_rows_put(o, &rows, 100, &err), ERR_EXISTS);
	assert_non_null(strstr(err.msg, "out-001.csv.part"));
	output_abandon(o);
	sandbox_assert_content("out-001.csv.part", slice_of("theirs"));
	sandbox_assert_names(".", "out-001.csv.part ");
	assert_int_equal(unlink("out-001.csv.part"), 0);

	sandbox_write("out.csv.new.part", "theirs");
	o = output_rows_open("out.csv", 2);
	assert_int_equal(output_rows_put(o, &rows, 100, &err), ERR_OK);
	output_rows_assert_not_finished(o, ".x.", ERR_EXISTS, "out.csv.new.part");
	sandbox_assert_content("out.csv.new.part", slice_of("theirs"));
	sandbox_assert_names(".", "out.csv.new.part ");
}

/* All of the parts, or none. */
static void
part_that_cannot_get_its_name(void **state)
{
	struct output_rows rows = { ".....", OUTPUT_ROWS_SHORT };
	struct output *o = output_rows_open("out.csv", 2);
	struct err err;

	(void)state;
	assert_int_equal(mkdir("out-003.csv", 0700), 0);
	assert_int_equal(output_rows_put(o, &rows, 100, &err), ERR_OK);
	output_rows_assert_not_finished(o, rows.fate, ERR_IO, "out-003.csv");
	sandbox_assert_names(".", "out-003.csv ");
}

static void
mode_under_any_umask(void **state)
{
	static const mode_t mask[] = { 0, 022, 027, 077 };
	struct output_rows rows = { "..x", OUTPUT_ROWS_SHORT };
	mode_t usual = umask(0);

	(void)state;
	for (size_t i = 0; i < sizeof mask / sizeof mask[0]; i++) {
		(void)umask(mask[i]);
		output_rows_finish(output_rows_open("out.csv", 1), &rows, 100, 2);
		assert_file("out-001.csv", &rows, 0, 1);
		assert_file("out-002.csv", &rows, 1, 1);
		assert_int_equal(unlink("out-001.csv") | unlink("out-002.csv"), 0);
	}
	(void)umask(usual);
}

static void
nowhere_to_write(void **state)
{
	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	output_rows_assert_not_opened("nowhere/out.csv", 0, ERR_IO, "nowhere/out.csv");
	output_rows_assert_not_opened("nowhere/out.csv", 3, ERR_IO, "nowhere/");
	output_rows_assert_not_opened("sub", 0, ERR_IO, "sub");
	output_rows_assert_not_opened("sub", 3, ERR_IO, "sub");
	sandbox_assert_names(".", "sub ");
}

static void
abandoned_files(void **state)
{
	struct output_rows rows = { ".....", OUTPUT_ROWS_SHORT };
	struct output *o = output_rows_open("out.csv", 2);
	struct err err;

	(void)state;
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_OK);
	output_abandon(o);
	sandbox_assert_names(".", "");
	output_abandon(NULL);
}

/* --- what cannot be written ------------------------------------------------------------------ */

static void
header_that_does_not_fit(void **state)
{
	(void)state;
	sandbox_limit_files(4);
	output_rows_assert_not_opened("out.csv", 0, ERR_IO, "too large");
	sandbox_assert_names(".", "");
}

static void
rows_that_do_not_fit(void **state)
{
	struct output_rows rows = { ".....", OUTPUT_ROWS_SHORT };
	struct output *o = output_rows_open("out.csv", 4);
	struct err err;

	(void)state;
	sandbox_limit_files(30);
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "too large"));
	output_abandon(o);
	sandbox_assert_names(".", "");
}

/* The last rows are written by the end itself. */
static void
last_rows_that_do_not_fit(void **state)
{
	struct output *o = output_rows_open("out.csv", 0);
	struct err err;

	(void)state;
	sandbox_limit_files(12);
	assert_int_equal(output_row(o, slice_of("r00000\r\n"), &err), ERR_OK);
	output_rows_assert_not_finished(o, ".", ERR_IO, "too large");
	sandbox_assert_names(".", "");
}

static void
copy_that_does_not_fit(void **state)
{
	struct output_rows rows = { "....", OUTPUT_ROWS_SHORT };
	struct output *o = output_rows_open("out.csv", 2);
	struct err err;

	(void)state;
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_OK);
	sandbox_limit_files(20);
	output_rows_assert_not_finished(o, "x...", ERR_IO, "too large");
	sandbox_assert_names(".", "");
}

static void
file_that_went_away(void **state)
{
	struct output_rows rows = { "....", OUTPUT_ROWS_SHORT };
	struct output *o = output_rows_open("out.csv", 2);
	struct err err;

	(void)state;
	assert_int_equal(output_rows_put(o, &rows, 1, &err), ERR_OK);
	assert_int_equal(unlink("out-001.csv.part"), 0);
	output_rows_assert_not_finished(o, "x...", ERR_IO, "out.csv");
	sandbox_assert_names(".", "");
}

/* --- memory ---------------------------------------------------------------------------------- */

struct attempt {
	const char *path;
	const struct device_set *set;
};

static void
try_all(void *arg)
{
	const struct attempt *a = arg;
	struct output_options opt = { a->path, slice_of(OUTPUT_ROWS_HEADER), 2 };
	struct output *o = NULL;
	uint32_t files = 77;
	struct err err = { 0 };
	enum err_code rc = output_open(&opt, &o, &err);

	if (rc == ERR_OK) {
		for (size_t i = 0; i < 5 && rc == ERR_OK; i++)
			rc = output_row(o, slice_of("r00000\r\n"), &err);
		if (rc == ERR_OK)
			rc = output_finish(o, a->set, &files, &err);
		else
			output_abandon(o);
	}
	if (rc != ERR_OK) {
		assert_true(alloc_fault_hit());
		assert_int_equal(rc, ERR_NOMEM);
		assert_int_equal(files, 77);
		sandbox_assert_names(".", "");
	} else {
		assert_int_equal(files, a->path ? 3 : 0);
		(void)unlink("out-001.csv");
		(void)unlink("out-002.csv");
		(void)unlink("out-003.csv");
	}
}

static void
no_memory(void **state)
{
	struct device_set *none = output_rows_devices(".....");
	struct attempt to_files = { "out.csv", none }, to_stream = { NULL, none };
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	assert_int_equal(dup2(fd[1], STDOUT_FILENO), STDOUT_FILENO);
	assert_true(alloc_fault_sweep(try_all, &to_files) > 5);
	assert_true(alloc_fault_sweep(try_all, &to_stream) > 1);
	(void)close(fd[0]);
	(void)close(fd[1]);
	device_set_free(none);
}

int
main(void)
{
#define IN_SANDBOX(test) cmocka_unit_test_setup_teardown(test, sandbox_enter, sandbox_leave)
	const struct CMUnitTest tests[] = {
		IN_SANDBOX(files_are_cut),
		IN_SANDBOX(long_rows),
		IN_SANDBOX(rows_from_anywhere),
		IN_SANDBOX(names),
		IN_SANDBOX(parts_of_an_earlier_run),
		IN_SANDBOX(one_file_replaces_the_former),
		IN_SANDBOX(former_file_in_the_way_of_parts),
		IN_SANDBOX(unfinished_files),
		IN_SANDBOX(part_that_cannot_get_its_name),
		IN_SANDBOX(mode_under_any_umask),
		IN_SANDBOX(nowhere_to_write),
		IN_SANDBOX(abandoned_files),
		IN_SANDBOX(header_that_does_not_fit),
		IN_SANDBOX(rows_that_do_not_fit),
		IN_SANDBOX(last_rows_that_do_not_fit),
		IN_SANDBOX(copy_that_does_not_fit),
		IN_SANDBOX(file_that_went_away),
		IN_SANDBOX(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
