/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/device_list.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/oa3.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/list_fixture.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define X64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BARE_ROW "A1,,T0" X64 X64 "\n"
#define HEADING "Serial Number,PKID,Model\n"

static const struct list_options plain = { .map = NULL };

/* --- a disk that fails ------------------------------------------------------------------------ */

ssize_t __real_read(int fd, void *dst, size_t n);
ssize_t __wrap_read(int fd, void *dst, size_t n);

static unsigned good_reads = UINT32_MAX; /* then every one fails */

ssize_t
__wrap_read(int fd, void *dst, size_t n)
{
	if (good_reads == 0) {
		errno = EIO;
		return -1;
	}
	if (good_reads < UINT32_MAX)
		good_reads--;
	return __real_read(fd, dst, n);
}

/* --- a list and all that it hands out --------------------------------------------------------- */

struct reading {
	struct device_list *list;
	struct buf text;  /* of the blocks */
	struct buf notes; /* findings, a line each */
	size_t nblock;
	bool at_end; /* the last block said so */
};

static void
read_blocks(struct reading *r)
{
	struct list_block b;
	struct err err;

	assert_int_equal(list_block_init(&b, &err), ERR_OK);
	while (device_list_next(r->list, &b)) {
		assert_false(r->at_end);
		assert_true(b.text.len <= LIST_BLOCK + CSV_ROW_MAX);
		buf_add_slice(&r->text, b.text);
		r->at_end = b.at_end;
		r->nblock++;
	}
	assert_false(device_list_next(r->list, &b));
	list_block_done(&b);
}

/* Opens and reads to the end. reading_done() closes. */
static void
reading_init(struct reading *r, const char *path)
{
	const struct finding *f;
	struct err err;

	memset(r, 0, sizeof *r);
	buf_init(&r->text, 16 * 1024 * 1024);
	buf_init(&r->notes, 4096);
	assert_int_equal(device_list_open(path, &plain, &r->list, &err), ERR_OK);
	read_blocks(r);
	for (size_t i = 0; (f = device_list_finding(r->list, i)) != NULL; i++)
		finding_line(&r->notes, f);
	assert_int_equal(r->text.failed, ERR_OK);
}

static void
reading_done(struct reading *r)
{
	device_list_close(r->list);
	buf_done(&r->text);
	buf_done(&r->notes);
}

/* --- files as they come ----------------------------------------------------------------------- */

#define BYTES(literal) \
	{ \
		literal, sizeof literal - 1 \
	}

static void
files(void **state)
{
	static const struct {
		const char *name;
		struct slice content;
		enum list_format format;
		enum text_encoding encoding;
		const char *text;
		const char *notes;
		uint64_t first_line;
	} tc[] = {
		{ "a list", BYTES(HEADING "A1,,B\nA2,,B"), FORMAT_OTHER, TEXT_UTF8, "A1,,B\nA2,,B",
		    "", 2 },
		{ "with a mark", BYTES("\xef\xbb\xbf\n" HEADING "A1,,B\n"), FORMAT_OTHER,
		    TEXT_UTF8_BOM, "A1,,B\n", "", 3 },
		{ "UTF-16",
		    BYTES("\xff\xfe"
		          "S\0N\0,\0U\0P\0N\0\n\0A\0001\0,\0"),
		    FORMAT_OTHER, TEXT_UTF16LE, "A1,", "", 2 },
		{ "UTF-16, the other way round", BYTES("\0S\0N\0,\0U\0P\0N\0\n\0A"), FORMAT_OTHER,
		    TEXT_UTF16BE, "A", "", 2 },
		{ "Windows-1252", BYTES("SN,Model\nA1,B\xfc\n"), FORMAT_OTHER, TEXT_WINDOWS_1252,
		    "A1,B\xc3\xbc\n", "", 2 },
		{ "a heading alone", BYTES(HEADING), FORMAT_OTHER, TEXT_UTF8, "", "", 2 },
		{ "no heading", BYTES("\nPF0XXXXX,,,LENOVO,20B6008MMH"), FORMAT_HEADERLESS_PC,
		    TEXT_UTF8, "PF0XXXXX,,,LENOVO,20B6008MMH", "", 2 },
		{ "nothing", BYTES(""), FORMAT_UNKNOWN, TEXT_UTF8, "",
		    "1: error list-empty the list is empty\n", 0 },
		{ "no columns", BYTES("a b,c\n"), FORMAT_UNKNOWN, TEXT_UTF8, "",
		    "1: error columns-unknown no column is known in the first row: \"a b\", "
		    "\"c\"\n",
		    1 },
		{ "a workbook", BYTES("PK\3\4xl/workbook.xml"), FORMAT_UNKNOWN, TEXT_UTF8, "",
		    "1: error not-a-list an Excel workbook (.xlsx), not a device list\n", 1 },
		{ "the end lost", BYTES(HEADING "A1,,B\nA2\0\0\0"), FORMAT_OTHER, TEXT_UTF8,
		    "A1,,B\nA2",
		    "1: warning encoding-cut nothing but NUL bytes from byte 33 to the end\n", 2 },
		{ "all of it lost", BYTES("\0\0\0\0"), FORMAT_UNKNOWN, TEXT_UTF8, "",
		    "1: error list-empty the list is empty\n", 0 },
		{ "UTF-16 appended", BYTES(HEADING "A1,,B\nA\0002\0,\0"), FORMAT_OTHER, TEXT_UTF8,
		    "A1,,B\n",
		    "1: error encoding-mixed NUL bytes begin at byte 32: UTF-16 was appended to "
		    "a file of another encoding\n",
		    2 },
		{ "Windows-1252 appended", BYTES(HEADING "A1,,\xc3\xbc\nA2,,\xfc\n"), FORMAT_OTHER,
		    TEXT_UTF8, "A1,,\xc3\xbc\n",
		    "1: error encoding-mixed byte 36 is not UTF-8, though text before it is\n", 2 },
		{ "no text at all", BYTES("abc\0def\1\2\3\0\0xyz"), FORMAT_SERIALS, TEXT_UTF8, "",
		    "1: error not-a-list binary data: there are NUL bytes in it\n", 1 },
		{ "no heading, and something to say", BYTES(BARE_ROW "\0"), FORMAT_AUTOPILOTINFO,
		    TEXT_UTF8, BARE_ROW,
		    "1: warning heading-missing no heading; the columns were recognised by "
		    "their values as autopilotinfo\n"
		    "1: warning encoding-cut nothing but NUL bytes from byte 135 to the end\n",
		    1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct memory_file f;
		struct reading r;

		print_message("  %s\n", tc[i].name);
		memory_file_open(&f, tc[i].content);
		reading_init(&r, f.path);
		assert_slice(buf_slice(&r.notes), tc[i].notes);
		assert_slice(buf_slice(&r.text), tc[i].text);
		assert_int_equal(device_list_layout(r.list)->format, tc[i].format);
		assert_int_equal(device_list_encoding(r.list), tc[i].encoding);
		assert_int_equal(device_list_first_line(r.list), tc[i].first_line);
		assert_int_equal(device_list_size(r.list), tc[i].content.len);
		assert_int_equal(device_list_failed(r.list),
		    strstr(tc[i].notes, ": error ") != NULL);
		if (tc[i].notes[0] == '\0')
			assert_int_equal(device_list_consumed(r.list), tc[i].content.len);
		assert_null(device_list_oa3(r.list));
		reading_done(&r);
		memory_file_close(&f);
	}
}

static void
assert_unreadable(const char *path, const char *notes)
{
	struct reading r;

	reading_init(&r, path);
	assert_slice(buf_slice(&r.notes), notes);
	assert_true(device_list_failed(r.list));
	assert_int_equal(r.nblock, 0);
	assert_int_equal(device_list_size(r.list), 0);
	assert_int_equal(device_list_consumed(r.list), 0);
	assert_int_equal(device_list_encoding(r.list), TEXT_UTF8);
	reading_done(&r);
}

static void
things_that_are_no_files(void **state)
{
	char folder[] = "/tmp/test_device_list.XXXXXX";
	char fifo[sizeof folder + 8];

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(fifo, sizeof fifo, "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_unreadable(folder, "1: error unreadable is a directory\n");
	assert_unreadable(fifo,
	    "1: error list-empty the list is empty\n"); /* nobody writes to it */
	assert_int_equal(unlink(fifo), 0);
	assert_unreadable(fifo,
	    "1: error unreadable cannot be opened: No such file or directory\n");
	assert_int_equal(rmdir(folder), 0);
	assert_unreadable("", "1: error unreadable cannot be opened: No such file or directory\n");
	assert_unreadable("/dev/null", "1: error list-empty the list is empty\n");
}

static void
standard_input(void **state)
{
	struct memory_file f;
	struct reading r;
	int kept = dup(STDIN_FILENO);

	(void)state;
	memory_file_open(&f, slice_of("gone\n" HEADING "A1,,B\n"));
	assert_int_equal(lseek(f.fd, 5, SEEK_SET), 5);
	assert_int_equal(dup2(f.fd, STDIN_FILENO), STDIN_FILENO);
	reading_init(&r, "-");
	assert_slice(buf_slice(&r.text), "A1,,B\n");
	reading_done(&r);
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), 0); /* still open */

	assert_int_equal(close(STDIN_FILENO), 0);
	assert_unreadable("-", "1: error unreadable cannot be opened: Bad file descriptor\n");
	if (kept >= 0) {
		assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
		assert_int_equal(close(kept), 0);
	}
	memory_file_close(&f);
}

static void
a_pipe(void **state)
{
	struct reading r;
	char path[32];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], HEADING "A1,,B\n", sizeof HEADING + 5), sizeof HEADING + 5);
	assert_int_equal(close(fd[1]), 0);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd[0]);
	reading_init(&r, path);
	assert_slice(buf_slice(&r.text), "A1,,B\n");
	assert_int_equal(device_list_size(r.list), 0);
	reading_done(&r);
	assert_int_equal(close(fd[0]), 0);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static void
add_until(struct buf *b, const char *piece, size_t len)
{
	while (b->len < len)
		buf_add_str(b, piece);
}

/* Reads a list of heading and rows, whose first row begins anywhere, and compares all of it. */
static void
assert_whole_rows(const char *row, size_t shift)
{
	struct buf content;
	struct memory_file f;
	struct device_list *l;
	struct list_block b;
	struct err err;
	size_t at = strlen(HEADING);
	size_t nblock = 0;

	buf_init(&content, 16 * 1024 * 1024);
	buf_add_str(&content, HEADING "#");
	add_until(&content, "x", content.len + shift);
	buf_add_char(&content, '\n');
	add_until(&content, row, 4 * LIST_BLOCK);
	memory_file_open(&f, buf_slice(&content));
	assert_int_equal(device_list_open(f.path, &plain, &l, &err), ERR_OK);
	assert_int_equal(list_block_init(&b, &err), ERR_OK);
	for (; device_list_next(l, &b); nblock++) {
		assert_true(at + b.text.len <= content.len);
		assert_memory_equal(b.text.ptr, content.ptr + at, b.text.len);
		at += b.text.len;
		assert_int_equal((at - strlen(HEADING "#\n") - shift) % strlen(row), 0);
	}
	assert_true(nblock >= 3);
	assert_int_equal(at, content.len);
	list_block_done(&b);
	device_list_close(l);
	memory_file_close(&f);
	buf_done(&content);
}

/* Wherever in a row a block happens to end. */
static void
rows_are_never_cut(void **state)
{
	static const char *const row[] = { "A1,,Book 14 \xe2\x82\xac\r\n",
		"\"A\r\n1\",\"\"\"\n\",\"B\n\"\n" };

	(void)state;
	for (size_t k = 0; k < LENGTH(row); k++) {
		for (size_t shift = 0; shift < strlen(row[k]); shift++)
			assert_whole_rows(row[k], shift);
	}
}

/* Appends what the rows of a list are: their first cells, or LONG. */
static void
add_first_cells(struct buf *out, struct device_list *l)
{
	struct csv_cursor cur = { .dialect = device_list_layout(l)->dialect };
	struct csv_row row;
	struct list_block b;
	struct err err;

	assert_int_equal(list_block_init(&b, &err), ERR_OK);
	while (device_list_next(l, &b)) {
		cur.rest = b.text;
		cur.at_end = b.at_end;
		while (csv_next(&cur, &row)) {
			struct slice first =
			    row.flags & CSV_TOO_LONG ? slice_of("LONG") : row.cell[0];

			buf_addf(out, SLICE_FMT " ", SLICE_ARG(slice_head(first, 8)));
		}
	}
	csv_cursor_done(&cur);
	list_block_done(&b);
}

static void
assert_first_cells(const struct buf *content, const char *want)
{
	struct buf cells;
	struct memory_file f;
	struct device_list *l;
	struct err err;

	buf_init(&cells, 1024);
	memory_file_open(&f, buf_slice(content));
	assert_int_equal(device_list_open(f.path, &plain, &l, &err), ERR_OK);
	add_first_cells(&cells, l);
	assert_false(device_list_failed(l));
	assert_slice(buf_slice(&cells), want);
	device_list_close(l);
	memory_file_close(&f);
	buf_done(&cells);
}

/* A row that is too long is one row, and no other is lost, wherever the blocks end. */
static void
long_rows(void **state)
{
	static const struct {
		size_t len; /* of the long row, with its line end */
		const char *end;
		const char *want;
	} tc[] = {
		{ CSV_ROW_MAX - 1, "\n", "A1 xxxxxxxx A2 A3 " },
		{ CSV_ROW_MAX, "\n", "A1 xxxxxxxx A2 A3 " },
		{ CSV_ROW_MAX + 1, "\n", "A1 LONG A2 A3 " },
		{ CSV_ROW_MAX + 2, "\r\n", "A1 LONG A2 A3 " },
		{ CSV_ROW_MAX + LIST_BLOCK - 40, "\n", "A1 LONG A2 A3 " },
		{ CSV_ROW_MAX + LIST_BLOCK, "\n", "A1 LONG A2 A3 " },
		{ 2 * CSV_ROW_MAX + 77, "\r\n", "A1 LONG A2 A3 " },
		{ 9 * LIST_BLOCK + 1, "\n", "A1 LONG A2 A3 " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct buf content;

		print_message("  %zu\n", tc[i].len);
		buf_init(&content, 16 * 1024 * 1024);
		buf_add_str(&content, HEADING "A1,,\n");
		add_until(&content, "x", content.len + tc[i].len - strlen(tc[i].end));
		buf_addf(&content, "%sA2,,\nA3,,\n", tc[i].end);
		assert_first_cells(&content, tc[i].want);
		buf_done(&content);
	}
}

/* Every place at which a long row may end about the end of a read. */
static void
long_rows_about_a_block(void **state)
{
	(void)state;
	for (size_t d = 0; d < 8; d++) {
		struct buf content;

		buf_init(&content, 16 * 1024 * 1024);
		buf_add_str(&content, HEADING);
		add_until(&content, "x", TEXT_HEAD + 6 * LIST_BLOCK - d);
		buf_add_str(&content, "\nA2,,\nA3");
		assert_first_cells(&content, "LONG A2 A3 ");
		buf_done(&content);
	}
}

static void
failing_disk(void **state)
{
	static const struct {
		unsigned good_reads;
		const char *notes;
		bool some_text;
	} tc[] = {
		{ 0, "1: error unreadable cannot be read: Input/output error\n", false },
		{ 1, "1: error unreadable Input/output error\n", false },
		{ 4, "1: error unreadable Input/output error\n", true },
	};
	struct buf content;
	struct memory_file f;

	(void)state;
	buf_init(&content, 16 * 1024 * 1024);
	buf_add_str(&content, HEADING);
	add_until(&content, "A1,,Book 14\n", 8 * LIST_BLOCK);
	memory_file_open(&f, buf_slice(&content));
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct reading r;

		good_reads = tc[i].good_reads;
		reading_init(&r, f.path);
		good_reads = UINT32_MAX;
		assert_slice(buf_slice(&r.notes), tc[i].notes);
		assert_true(device_list_failed(r.list));
		assert_int_equal(r.text.len > 0, tc[i].some_text);
		assert_int_equal(r.text.len % strlen("A1,,Book 14\n"), 0);
		reading_done(&r);
	}
	memory_file_close(&f);
	buf_done(&content);
}

/* --- reports of OA3Tool ----------------------------------------------------------------------- */

static void
oa3_reports(void **state)
{
	struct memory_file f;
	struct reading r;
	const struct row_fields *unit;

	(void)state;
	memory_file_open(&f,
	    slice_of(
	        "<?xml version=\"1.0\"?><Key><ProductKey>VK7JG-NPHTM-C97JM-9MPGT-3V66T</ProductKey>"
	        "<ProductKeyID> 3305517000001 </ProductKeyID><HardwareHash>T0E=\n"
	        "</HardwareHash></Key>"));
	reading_init(&r, f.path);
	unit = device_list_oa3(r.list);
	assert_non_null(unit);
	assert_int_equal(device_list_layout(r.list)->format, FORMAT_OA3_XML);
	assert_slice(buf_slice(&r.notes), "");
	assert_int_equal(r.nblock, 0);
	assert_slice(unit->cell[COLUMN_PRODUCT_ID], "3305517000001");
	assert_slice(unit->cell[COLUMN_HASH], "T0E=");
	for (enum column c = 0; c < NCOLUMN; c++)
		assert_int_equal(unit->has_column[c], c == COLUMN_PRODUCT_ID || c == COLUMN_HASH);
	reading_done(&r);
	memory_file_close(&f);
}

static void
broken_oa3_reports(void **state)
{
	struct buf content;
	struct memory_file f;
	struct reading r;

	(void)state;
	memory_file_open(&f, slice_of("<Key><HardwareHash></Key>"));
	reading_init(&r, f.path);
	assert_slice(buf_slice(&r.notes),
	    "1: error not-a-list an OA3 report that cannot be read: line 1, column 22: "
	    "mismatched tag\n");
	assert_null(device_list_oa3(r.list));
	reading_done(&r);
	memory_file_close(&f);

	buf_init(&content, 16 * 1024 * 1024);
	buf_add_str(&content, "<Key>");
	add_until(&content, " ", OA3_MAX + 2 * LIST_BLOCK);
	memory_file_open(&f, buf_slice(&content));
	reading_init(&r, f.path);
	assert_slice(buf_slice(&r.notes),
	    "1: error not-a-list an OA3 report of more than 262144 bytes\n");
	assert_null(device_list_oa3(r.list));
	reading_done(&r);
	memory_file_close(&f);
	buf_done(&content);
}

/* --- text for others -------------------------------------------------------------------------- */

static void
texts_of_unknown_columns(void **state)
{
	static const struct {
		const char *content;
		const char *want;
	} tc[] = {
		{ "\n a b,c\nd\n", " a b,c\nd\n" },
		{ "A1\nA2\n", "A1\nA2\n" },
		{ HEADING "A1,,B\n", "" },
		{ HEADING, "" },
		{ "", "" },
		{ "PK\3\4xl/workbook.xml", "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		struct memory_file f;
		struct device_list *l;
		struct err err;

		memory_file_open(&f, slice_of(tc[i].content));
		assert_int_equal(device_list_open(f.path, &plain, &l, &err), ERR_OK);
		assert_slice(device_list_text(l), tc[i].want);
		device_list_close(l);
		memory_file_close(&f);
	}
}

/* --- memory ----------------------------------------------------------------------------------- */

static void
try_open(void *path)
{
	struct device_list *l = NULL;
	struct list_block b = { .data = NULL };
	struct err err;
	enum err_code rc = device_list_open(path, &plain, &l, &err);

	assert_int_equal(rc, l ? ERR_OK : ERR_NOMEM);
	if (rc == ERR_OK)
		rc = list_block_init(&b, &err);
	assert_int_equal(rc, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_true(rc == ERR_OK || err.code == ERR_NOMEM);
	assert_true((b.data == NULL) == (rc != ERR_OK));
	list_block_done(&b);
	device_list_close(l);
}

static void
no_memory(void **state)
{
	struct memory_file f;

	(void)state;
	memory_file_open(&f, slice_of(HEADING "A1,,B\n"));
	assert_true(alloc_fault_sweep(try_open, f.path) >= 4);
	memory_file_close(&f);
	device_list_close(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(things_that_are_no_files),
		cmocka_unit_test(standard_input),
		cmocka_unit_test(a_pipe),
		cmocka_unit_test(rows_are_never_cut),
		cmocka_unit_test(long_rows),
		cmocka_unit_test(long_rows_about_a_block),
		cmocka_unit_test(failing_disk),
		cmocka_unit_test(oa3_reports),
		cmocka_unit_test(broken_oa3_reports),
		cmocka_unit_test(texts_of_unknown_columns),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
