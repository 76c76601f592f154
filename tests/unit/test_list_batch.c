/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_batch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alloc_fault.h"
#include "tests/unit/list_fixture.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define PKID "3305517000001"

static const struct list_options options = { .map = NULL };
static const struct row_policy policy = { .key_seed = "a seed" };

/* Writes the serial number, as often as arg says; refuses those with a comma. */
static void
render(void *arg, const struct device *d, struct buf *out, struct row_checker *rc,
    struct checked_row *row)
{
	const size_t *times = arg;

	if (d->serial.len && memchr(d->serial.ptr, ',', d->serial.len)) {
		row_refuse(rc, row, FINDING_VALUE_NOT_WRITABLE, "Serial Number", "a comma");
		return;
	}
	for (size_t i = 0; i < *times; i++)
		buf_add_slice(out, d->serial);
}

static struct list_batch *
batch_of(const struct list_judge *judge)
{
	struct list_batch *b = NULL;
	struct err err;

	assert_int_equal(list_batch_new(judge, &b, &err), ERR_OK);
	return b;
}

/* Begins a block that holds the text behind its heading. */
static void
begin(struct list_batch *b, const char *text)
{
	struct list_beginning beginning;
	struct list_block block;
	struct slice all = slice_of(text);

	list_layout_recognise(all, true, &options, &beginning);
	assert_false(beginning.has_finding);
	block = (struct list_block){
		.text = { all.ptr + beginning.data, all.len - beginning.data },
		.at_end = true,
	};
	list_batch_begin(b, &block, &beginning.layout);
}

static bool
next(struct list_batch *b)
{
	struct err err;
	bool more;

	assert_int_equal(list_batch_next(b, &more, &err), ERR_OK);
	return more;
}

static void
add_fields(struct buf *out, const struct row_fields *f)
{
	for (enum column c = 0; c < NCOLUMN; c++) {
		if (f->cell[c].len)
			buf_addf(out, " %s=" SLICE_FMT, column_word(c),
			    SLICE_ARG(slice_head(f->cell[c], 20)));
	}
}

/* A row as "line refused|rendered 'what' tag serial (raw) cells", and its findings. */
static void
add_row(struct buf *out, struct list_batch *b, size_t number)
{
	struct judged_row row;
	struct row_fields f;
	struct finding finding;

	list_batch_row(b, number, &row);
	buf_addf(out, "%" PRIu64 " %s", row.line, row.refused ? "refused" : "good");
	buf_addf(out, " '" SLICE_FMT "' " SLICE_FMT " " SLICE_FMT, SLICE_ARG(row.rendered),
	    SLICE_ARG(row.group_tag), SLICE_ARG(row.serial));
	buf_addf(out, " (" SLICE_FMT ")", SLICE_ARG(slice_head(row.raw, 20)));
	if (list_batch_fields(b, number, &f))
		add_fields(out, &f);
	buf_add_char(out, '\n');
	assert_int_equal(row.key.main == 0, row.refused);
	for (size_t i = 0; i < row.nfinding; i++) {
		list_batch_finding(b, number, i, &finding);
		assert_int_equal(finding.line, row.line);
		assert_true(slice_eq(finding.serial, row.serial));
		finding_line(out, &finding);
	}
}

/* All batches of a text: rows, and "-- lines" behind each batch. */
static void
add_batches(struct buf *out, struct list_batch *b)
{
	bool more;

	do {
		more = next(b);
		for (size_t i = 0; i < list_batch_rows(b); i++)
			add_row(out, b, i);
		buf_addf(out, "-- %" PRIu64 "\n", list_batch_lines(b));
	} while (more);
}

static void
rows(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *want;
	} tc[] = {
		{ "good, refused, skipped",
		    "SN,PKID,Group Tag\n A1," PKID ",t\n\n#x\n\"A\n2\",,\nA3," PKID ",\n",
		    "0 good 'A1' t A1 ( A1," PKID ",t) serial= A1 product_id=" PKID " tag=t\n"
		    "warning whitespace [Serial Number] blanks around the value, removed\n"
		    "3 refused ''  A\n2 (\"A\n2\",,) serial=A\n2\n"
		    "3: error damaged-text [Serial Number] a character that is damaged or "
		    "cannot be seen stands in the value\n"
		    "5 good 'A3'  A3 (A3," PKID ",) serial=A3 product_id=" PKID "\n"
		    "-- 6\n" },
		{ "refused by the writer", "SN,PKID,Group Tag\n\"A,1\"," PKID ",t\nA2," PKID ",\n",
		    "0 refused ''  A,1 (\"A,1\"," PKID ",) serial=A,1 product_id=" PKID " tag=t\n"
		    "error value-not-writable [Serial Number] a comma\n"
		    "1 good 'A2'  A2 (A2," PKID ",) serial=A2 product_id=" PKID "\n-- 2\n" },
		{ "bad shapes", "SN,PKID\nA1\nA2," PKID ",x\n\"A3,1\n\"A4\"x,1\nA5," PKID "\n",
		    "0 refused ''   (A1)\nerror column-count 1 cells where the heading has 2\n"
		    "1 refused ''   (A2," PKID
		    ",x)\n1: error column-count 3 cells where the heading has 2\n"
		    "2 refused ''   (\"A3,1)\n2: error unclosed-quote a quote is opened and "
		    "never closed\n"
		    "3 refused ''   (\"A4\"x,1)\n3: error unclosed-quote text stands behind a "
		    "closing quote\n"
		    "4 good 'A5'  A5 (A5," PKID ") serial=A5 product_id=" PKID "\n-- 5\n" },
		{ "the same heading", "SN,PKID\nA1," PKID "\nSN,PKID\nA2," PKID "\n",
		    "0 good 'A1'  A1 (A1," PKID ") serial=A1 product_id=" PKID "\n"
		    "1 refused ''   (SN,PKID)\n1: error header-row a heading stands between the "
		    "devices\n"
		    "2 good 'A2'  A2 (A2," PKID ") serial=A2 product_id=" PKID "\n-- 3\n" },
		{ "another heading", "SN,PKID\nA1," PKID "\nPKID,SN\n" PKID ",A2\n",
		    "0 good 'A1'  A1 (A1," PKID ") serial=A1 product_id=" PKID "\n"
		    "1 refused ''   (PKID,SN)\n1: error header-row a heading stands between the "
		    "devices\n-- 2\n"
		    "0 good 'A2'  A2 (" PKID ",A2) serial=A2 product_id=" PKID "\n-- 1\n" },
		{ "an explanation",
		    "SN,PKID\nA1," PKID "\nSAMPLE EXPLAINED\n\"Line 2\nA3," PKID "\n",
		    "0 good 'A1'  A1 (A1," PKID ") serial=A1 product_id=" PKID "\n-- 2\n-- 2\n" },
		{ "nothing", "SN,PKID\n", "-- 0\n" },
	};
	size_t once = 1;
	const struct list_judge judge = { &options, &policy, render, &once };
	struct list_batch *b = batch_of(&judge);

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct buf out;

		print_message("  %s\n", tc[i].name);
		buf_init(&out, 1 << 20);
		begin(b, tc[i].text);
		add_batches(&out, b);
		assert_slice(buf_slice(&out), tc[i].want);
		buf_done(&out);
	}
	list_batch_free(b);
}

static void
rows_that_are_too_long(void **state)
{
	const struct list_judge judge = { &options, &policy, NULL, NULL };
	struct list_batch *b = batch_of(&judge);
	struct buf text, out;

	(void)state;
	buf_init(&text, 4 * CSV_ROW_MAX);
	buf_init(&out, 4096);
	buf_add_str(&text, "SN,PKID\nA1,");
	for (size_t i = 0; i < CSV_ROW_MAX; i++)
		buf_add_char(&text, 'x');
	buf_add_str(&text, "\nA2," PKID "\n");
	begin(b, text.ptr);
	add_batches(&out, b);
	assert_slice(buf_slice(&out),
	    "0 refused ''   (A1,xxxxxxxxxxxxxxxxx)\nerror row-too-long a row of more than "
	    "262144 bytes\n"
	    "1 good ''  A2 (A2," PKID ") serial=A2 product_id=" PKID "\n-- 2\n");
	buf_done(&text);
	buf_done(&out);
	list_batch_free(b);
}

static void
units(void **state)
{
	static const char *const good[NCOLUMN] = { NULL, PKID, "" };
	static const char *const bad[NCOLUMN] = { NULL, "", "" };
	size_t once = 1;
	const struct list_judge judge = { &options, &policy, render, &once };
	struct list_batch *b = batch_of(&judge);
	struct row_fields f = row_fields_of(good);
	struct err err;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(list_batch_unit(b, &f, &err), ERR_OK);
	add_row(&out, b, 0);
	f = row_fields_of(bad);
	assert_int_equal(list_batch_unit(b, &f, &err), ERR_OK);
	assert_int_equal(list_batch_rows(b), 1);
	add_row(&out, b, 0);
	assert_slice(buf_slice(&out),
	    "0 good ''   () product_id=" PKID "\n"
	    "0 refused ''   ()\n"
	    "error no-identity nothing identifies the device (there is: no value)\n");
	buf_done(&out);
	list_batch_free(b);
}

/* However small the rows or large what becomes of them: a batch ends. */
static void
batches_are_bounded(void **state)
{
	enum { NROW = 10000 };
	static const size_t times[] = { 0, 1, 100, 20000 };
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_add_str(&text, "SN,PKID\n");
	for (int i = 0; i < NROW; i++)
		buf_addf(&text, "A%d," PKID "\n", i);
	for (size_t i = 0; i < LENGTH(times); i++) {
		size_t t = times[i];
		const struct list_judge judge = { &options, &policy, render, &t };
		struct list_batch *b = batch_of(&judge);
		size_t n = 0, nbatch = 0, most = 0;
		uint64_t lines = 0;
		bool more;

		begin(b, text.ptr);
		do {
			more = next(b);
			n += list_batch_rows(b);
			lines += list_batch_lines(b);
			most = list_batch_rows(b) > most ? list_batch_rows(b) : most;
			nbatch++;
			assert_true(list_batch_rows(b) > 0);
		} while (more);
		assert_true(n == NROW && lines == NROW);
		assert_true(most <= 4096 && most * t * 2 <= 2 * LIST_BLOCK + 5 * t * 2);
		assert_true(nbatch >= 3);
		list_batch_free(b);
	}
	buf_done(&text);
}

/* More than the buffers take is an error that says so. */
static void
too_much_for_a_batch(void **state)
{
	size_t times = 64 * 1024 * 1024;
	const struct list_judge judge = { &options, &policy, render, &times };
	struct list_batch *b = batch_of(&judge);
	struct err err;
	bool more;

	(void)state;
	begin(b, "SN,PKID\nA1," PKID "\n");
	assert_int_equal(list_batch_next(b, &more, &err), ERR_LIMIT);
	assert_int_equal(err.code, ERR_LIMIT);
	list_batch_free(b);
}

struct attempt {
	struct list_judge judge;
	struct buf text; /* more findings than the first allocation for them holds */
};

static void
try_batch(void *arg)
{
	struct attempt *a = arg;
	struct list_batch *b = NULL;
	struct err err;
	enum err_code rc = list_batch_new(&a->judge, &b, &err);
	bool more;

	assert_true((b == NULL) == (rc != ERR_OK));
	if (rc == ERR_OK) {
		begin(b, a->text.ptr);
		rc = list_batch_next(b, &more, &err);
	}
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_true(rc == ERR_OK || err.code == ERR_NOMEM);
	assert_true(rc != ERR_OK || list_batch_rows(b) == 100);
	list_batch_free(b);
}

static void
no_memory(void **state)
{
	size_t once = 1;
	struct attempt a = { .judge = { &options, &policy, render, &once } };

	(void)state;
	buf_init(&a.text, 1 << 20);
	buf_add_str(&a.text, "SN,PKID\n");
	for (int i = 0; i < 100; i++)
		buf_addf(&a.text, " A%d," PKID "\n", i);
	assert_true(alloc_fault_sweep(try_batch, &a) >= 8);
	buf_done(&a.text);
	list_batch_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(rows_that_are_too_long),
		cmocka_unit_test(units),
		cmocka_unit_test(batches_are_bounded),
		cmocka_unit_test(too_much_for_a_batch),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
