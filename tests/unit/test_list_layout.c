/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_layout.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define X64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HASH "T0" X64 X64
#define PKID "3305517000001"
#define PC "Device Serial Number,Windows Product ID,Hardware Hash"

static void
add_columns(struct buf *out, const struct columns *c)
{
	for (uint16_t i = 0; i < c->ncell; i++) {
		const char *word = "-";

		for (enum column k = 0; k < NCOLUMN; k++) {
			if (c->at[k] == i)
				word = column_word(k);
		}
		buf_addf(out, " %s", word);
	}
}

/* "2: configmgr-builtin ';' - - - serial product_id hash" and what is to be said, a line each. */
static void
add_beginning(struct buf *out, const struct list_beginning *b)
{
	bool refused = b->has_finding && finding_info(b->code)->severity == SEVERITY_ERROR;

	if (b->has_finding)
		buf_addf(out, "%" PRIu64 ": %s %s\n", b->finding_line, finding_info(b->code)->code,
		    b->message);
	buf_addf(out, "%" PRIu64 ": %s", b->line, list_format_name(b->layout.format));
	if (!refused) {
		buf_addf(out, " '%c'", b->layout.dialect.delimiter);
		add_columns(out, &b->layout.columns);
	}
	buf_add_char(out, '\n');
}

static void
add_row(struct buf *out, enum row_kind kind, const struct list_layout *l,
    const struct row_fields *f)
{
	static const char *const name[] = { "skipped", "data", "heading", "count" };

	buf_add_str(out, name[kind]);
	if (kind == ROW_HEADING)
		add_columns(out, &l->columns);
	for (enum column k = 0; kind == ROW_DATA && k < NCOLUMN; k++) {
		assert_int_equal(f->has_column[k], l->columns.at[k] != COLUMN_ABSENT);
		if (f->cell[k].len)
			buf_addf(out, " %s=" SLICE_FMT, column_word(k),
			    SLICE_ARG(slice_head(f->cell[k], 16)));
	}
	buf_addf(out, "%s\n", kind == ROW_DATA && f->last_and_cut ? " (the last)" : "");
}

/* All that list_layout makes of a list, a line for each thing. */
static void
read_list(const char *text, const struct list_options *opt, struct buf *out)
{
	struct slice all = slice_of(text);
	struct list_beginning b;
	struct csv_cursor cur = { .at_end = true };
	struct csv_row row;

	memset(&b, 0xa5, sizeof b);
	list_layout_recognise(all, true, opt, &b);
	add_beginning(out, &b);
	if (b.has_finding && finding_info(b.code)->severity == SEVERITY_ERROR)
		return;
	cur.dialect = b.layout.dialect;
	cur.rest = (struct slice){ all.ptr + b.data, all.len - b.data };
	while (csv_next(&cur, &row)) {
		unsigned generation = b.layout.generation;
		struct columns columns = b.layout.columns;
		struct row_fields f;
		enum row_kind kind = list_layout_row(&b.layout, opt, &row, &f);
		bool changed = memcmp(&columns, &b.layout.columns, sizeof columns) != 0;

		add_row(out, kind, &b.layout, &f);
		assert_true(!changed || b.layout.generation > generation);
		if (b.layout.generation > generation && !changed)
			buf_add_str(out, b.layout.ended ? "ended\n" : "changed\n");
	}
	csv_cursor_done(&cur);
}

struct list_case {
	const char *name;
	const char *text;
	const char *want;
};

static void
check_lists(const struct list_case *tc, size_t n, const struct list_options *opt)
{
	for (size_t i = 0; i < n; i++) {
		struct buf out;

		print_message("  %s\n", tc[i].name);
		buf_init(&out, 64 * 1024);
		read_list(tc[i].text, opt, &out);
		assert_int_equal(out.failed, ERR_OK);
		assert_string_equal(out.ptr, tc[i].want);
		buf_done(&out);
	}
}

static const struct list_options plain = { .map = NULL };

static void
headings(void **state)
{
	static const struct list_case tc[] = {
		{ "autopilotinfo", PC "\nA1,,H\n",
		    "2: autopilotinfo ',' serial product_id hash\ndata serial=A1 hash=H\n" },
		{ "with tag", PC ",Group Tag\r\nA1,,H,t\r\n",
		    "2: autopilotinfo+tag ',' serial product_id hash tag\ndata serial=A1 hash=H "
		    "tag=t\n" },
		{ "intune", PC ",Group Tag,Assigned User\nA1,,H,t,u",
		    "2: intune ',' serial product_id hash tag user\ndata serial=A1 hash=H tag=t "
		    "user=u (the last)\n" },
		{ "partner-center", PC ",Manufacturer name,Device model\nA1,,,M,B\n",
		    "2: partner-center ',' serial product_id hash manufacturer model\n"
		    "data serial=A1 manufacturer=M model=B\n" },
		{ "mmd", " Manufacturer,Model,Serial Number,Hardware Hash\n  M,B,A1,H\n",
		    "2: mmd ',' manufacturer model serial hash\ndata serial=A1 hash=H "
		    "manufacturer=  M model=B\n" },
		{ "mmd-partner-old", "Manufacturer,Model,Serial Number\nM,B,A1\n",
		    "2: mmd-partner-old ',' manufacturer model serial\ndata serial=A1 "
		    "manufacturer=M model=B\n" },
		{ "configmgr-mmd", "Manufacturer,Model,Serial_Number1,HardwareHash2\nM,B,A1,H\n",
		    "2: configmgr-mmd ',' manufacturer model serial hash\ndata serial=A1 hash=H "
		    "manufacturer=M model=B\n" },
		{ "orderid-old", PC ",OrderID\nA1,,H,t\n",
		    "2: orderid-old ',' serial product_id hash tag\ndata serial=A1 hash=H tag=t\n" },
		{ "serials", "Serial Number\nA1\n", "2: serials ',' serial\ndata serial=A1\n" },
		{ "any others", "colour,PKID,Service Tag,Purchase ID\nred,1,A1,PO\n",
		    "2: other ',' - product_id serial order\ndata serial=A1 product_id=1 "
		    "order=PO\n" },
		{ "quoted",
		    "\"Device Serial Number\",\"Windows Product ID\",\"Hardware Hash\"\n"
		    "\"A,1\",\"\",\"H\"\"\"\n",
		    "2: autopilotinfo ',' serial product_id hash\ndata serial=A,1 hash=H\"\n" },
		{ "no rows", PC "\n", "2: autopilotinfo ',' serial product_id hash\n" },
		{ "no line end", PC, "2: autopilotinfo ',' serial product_id hash\n" },
	};

	(void)state;
	check_lists(tc, LENGTH(tc), &plain);
}

static void
delimiters(void **state)
{
	static const struct list_case tc[] = {
		{ "semicolons", "Serial Number;Model;Manufacturer\nA1;B,14;M\n",
		    "2: mmd-partner-old ';' serial model manufacturer\ndata serial=A1 "
		    "manufacturer=M model=B,14\n" },
		{ "tabs", "Serial Number\tPKID\nA1\t1\n",
		    "2: other '\t' serial product_id\ndata serial=A1 product_id=1\n" },
		{ "bars", "Serial Number|PKID\nA1|1\n",
		    "2: other '|' serial product_id\ndata serial=A1 product_id=1\n" },
		{ "old line ends", "Serial Number,PKID\rA1,1\rA2,2\r",
		    "2: other ',' serial product_id\ndata serial=A1 product_id=1\ndata "
		    "serial=A2 product_id=2\n" },
		{ "as Excel was told", "sep=;\nSerial Number;PKID\nA1;1\n",
		    "3: other ';' serial product_id\ndata serial=A1 product_id=1\n" },
		{ "as Excel was told, against all appearance", "SEP=|\nSerial Number,PKID\n",
		    "2: columns-unknown no column is known in the first row: \"Serial "
		    "Number,PKID\"\n2: unknown\n" },
		{ "as Excel was told nonsense", "sep=x\nSerial Number;PKID\n",
		    "3: other ';' serial product_id\n" },
	};

	(void)state;
	check_lists(tc, LENGTH(tc), &plain);
}

static void
preambles(void **state)
{
	static const struct list_case tc[] = {
		{ "blank lines, directives, comments",
		    "\n ,\xc2\xa0\n#TYPE System.Object\n# made by me\n" PC
		    "\nA1,,H\n\n#A2,,H\n,,\nsep=,\nA3,,H\n",
		    "6: autopilotinfo ',' serial product_id hash\ndata serial=A1 hash=H\n"
		    "skipped\nskipped\nskipped\n"
		    "skipped\ndata serial=A3 hash=H\n" },
		{ "a title", "Windows Autopilot Device Information\n\n" PC "\nA1,,H\n",
		    "4: configmgr-builtin ',' serial product_id hash\ndata serial=A1 hash=H\n" },
		{ "a title over other columns", "My devices\nSerial Number,PKID\nA1,1\n",
		    "3: other ',' serial product_id\ndata serial=A1 product_id=1\n" },
		{ "a title of two lines", "My\n\"long\ntitle\"\nSerial Number,PKID\nA1,1\n",
		    "5: other ',' serial product_id\ndata serial=A1 product_id=1\n" },
		{ "labels in each row",
		    "Report\na,b,c,d,e,f\n" PC ",A1," PKID "," HASH "\nRegion two\n" PC ",A2,," HASH
		    "\n" PC ",A3,1,2\n",
		    "3: configmgr-builtin ',' - - - serial product_id hash\n"
		    "data serial=A1 product_id=" PKID " hash=T00123456789abcd\nskipped\n"
		    "data serial=A2 hash=T00123456789abcd\nskipped\n" },
	};

	(void)state;
	check_lists(tc, LENGTH(tc), &plain);
}

/* A heading is looked for in the first 50 rows, and no further. */
static void
long_preambles(void **state)
{
	static const size_t blank[] = { 49, 50 };

	(void)state;
	for (size_t i = 0; i < LENGTH(blank); i++) {
		struct buf text, out;

		buf_init(&text, 1024);
		buf_init(&out, 1024);
		for (size_t k = 0; k < blank[i]; k++)
			buf_add_char(&text, '\n');
		buf_add_str(&text, "Serial Number,PKID\n");
		read_list(text.ptr, &plain, &out);
		assert_string_equal(out.ptr,
		    blank[i] < 50 ? "51: other ',' serial product_id\n"
		                  : "1: list-empty the list is empty\n0: unknown\n");
		buf_done(&text);
		buf_done(&out);
	}
}

static void
lists_without_heading(void **state)
{
	static const struct list_case tc[] = {
		{ "partner-center", "PF0XXXXX,,,LENOVO,20B6008MMH\n",
		    "1: headerless-pc ',' serial product_id hash manufacturer model\n"
		    "data serial=PF0XXXXX manufacturer=LENOVO model=20B6008MMH\n" },
		{ "partner-center by product id", "\n;" PKID ";;;\n",
		    "2: headerless-pc ';' serial product_id hash manufacturer model\ndata "
		    "product_id=" PKID "\n" },
		{ "serial, product id, hash", "A1,," HASH "\n",
		    "1: heading-missing no heading; the columns were recognised by their values "
		    "as autopilotinfo\n"
		    "1: autopilotinfo ',' serial product_id hash\ndata serial=A1 "
		    "hash=T00123456789abcd\n" },
		{ "the same before a heading", "A1,," HASH "\n" PC "\nA2,," HASH "\n",
		    "1: heading-missing no heading; the columns were recognised by their values "
		    "as autopilotinfo\n"
		    "1: autopilotinfo ',' serial product_id hash\ndata serial=A1 "
		    "hash=T00123456789abcd\n"
		    "heading serial product_id hash\ndata serial=A2 hash=T00123456789abcd\n" },
		{ "make, model, serial, hash", "#c\nM,B,A1," HASH "\n",
		    "2: heading-missing no heading; the columns were recognised by their values "
		    "as mmd\n"
		    "2: mmd ',' manufacturer model serial hash\n"
		    "data serial=A1 hash=T00123456789abcd manufacturer=M model=B\n" },
		{ "serials", "A1\nA2\n\nA3",
		    "1: serials ',' serial\ndata serial=A1\ndata serial=A2\nskipped\ndata "
		    "serial=A3 (the last)\n" },
		{ "three cells", "M,B,A1\n",
		    "1: columns-unknown three columns without a heading: corporate device "
		    "identifiers, or manufacturer, "
		    "model and serial?\n1: corp-id\n" },
		{ "two cells", "A1,B\n",
		    "1: columns-unknown no column is known in the first row: \"A1\", \"B\"\n1: "
		    "unknown\n" },
		{ "prose", "Dear colleague\nhere are the devices\n",
		    "1: columns-unknown no column is known in the first row: \"Dear "
		    "colleague\"\n1: unknown\n" },
		{ "code", "int\nmain(void)\n",
		    "1: columns-unknown no column is known in the first row: \"int\"\n1: unknown\n" },
		{ "a word and a row", "A1\nA2,B\n",
		    "1: columns-unknown no column is known in the first row: \"A1\"\n1: unknown\n" },
		{ "a long row", "1,2,3,4,5,6,7,8\n",
		    "1: columns-unknown no column is known in the first row: \"1\", \"2\", "
		    "\"3\", \"4\", \"5\", \"6\"\n1: unknown\n" },
		{ "long cells", X64 "," X64 "," X64 "," X64 "," X64 "," X64 "\n",
		    "1: columns-unknown no column is known in the first row: "
		    "\"0123456789abcdef01234567\", "
		    "\"0123456789abcdef01234567\", \"0123456789abcdef01234567\", "
		    "\"0123456789abcdef01234567\", "
		    "\"0123456789abcdef01234567\", \"0123456789abcdef01\n1: unknown\n" },
		{ "a line end in a cell", "\"A\r\n1\",B\n",
		    "1: columns-unknown no column is known in the first row: \"A  1\", \"B\"\n"
		    "1: unknown\n" },
		{ "a product key", "x VK7JG-NPHTM-C97JM-9MPGT-3V66T,B\n",
		    "1: columns-unknown no column is known in the first row: \"(product key)\", "
		    "\"B\"\n1: unknown\n" },
	};

	(void)state;
	check_lists(tc, LENGTH(tc), &plain);
}

static void
no_lists(void **state)
{
	static const struct list_case tc[] = {
		{ "nothing", "", "1: list-empty the list is empty\n0: unknown\n" },
		{ "blanks and comments", "\n , \n#x\n",
		    "1: list-empty the list is empty\n0: unknown\n" },
		{ "a column twice", "Serial Number,PKID,Serial\n",
		    "1: columns-unknown columns 1 and 3 are both \"Serial Number\"\n2: unknown\n" },
		{ "no identity", "\nManufacturer,Model\n",
		    "2: columns-unknown no heading of 2 names a hardware hash, a product id or "
		    "a serial number\n3: unknown\n" },
		{ "DeviceLink", "DeviceLink ID,Serial Number,Model\n1,A1,B\n",
		    "1: not-a-list a DeviceLink file: another feature, not a device list\n0: "
		    "devicelink\n" },
	};

	(void)state;
	check_lists(tc, LENGTH(tc), &plain);
}

static void
rows(void **state)
{
	static const struct list_case tc[] = {
		{ "counts", "Serial Number,PKID\nA1\nA2,1,x\nA3,1,,\nA4,1, \n",
		    "2: other ',' serial product_id\ncount\ncount\ndata serial=A3 product_id=1\n"
		    "count\n" },
		{ "the same heading again", PC "\nA1,,H\n" PC "\nA2,,H\n",
		    "2: autopilotinfo ',' serial product_id hash\ndata serial=A1 hash=H\n"
		    "heading serial product_id hash\n"
		    "data serial=A2 hash=H\n" },
		{ "another heading",
		    PC "\nA1,,H\nManufacturer,Model,Serial Number,Hardware Hash\nM,B,A2,H\nA3,,H\n",
		    "2: autopilotinfo ',' serial product_id hash\ndata serial=A1 hash=H\n"
		    "heading manufacturer model serial hash\ndata serial=A2 hash=H "
		    "manufacturer=M model=B\ncount\n" },
		{ "a heading that cannot be used", PC "\nModel,Manufacturer,Make\nA1,,H\n",
		    "2: autopilotinfo ',' serial product_id hash\nheading serial product_id "
		    "hash\ndata serial=A1 hash=H\n" },
		{ "an explanation",
		    PC "\nA1,,H\n sample explained:,,\nLine 2 illustrates,,\n" PC "\nA2,,H\n",
		    "2: autopilotinfo ',' serial product_id hash\ndata serial=A1 hash=H\n"
		    "skipped\nended\nskipped\nskipped\nskipped\n" },
	};

	(void)state;
	check_lists(tc, LENGTH(tc), &plain);
}

static void
columns_by_hand(void **state)
{
	static const enum column position[] = { COLUMN_MODEL, COLUMN_UNKNOWN, COLUMN_SERIAL };
	static const struct list_options by_position = { .position = position,
		.nposition = LENGTH(position) };
	static const struct list_case positions[] = {
		{ "no heading", "B,x,A1\nB,A2\n",
		    "1: other ',' model - serial\ndata serial=A1 model=B\ncount\n" },
		{ "another heading says nothing",
		    "Serial Number;PKID;Model\nB;x;A1\nSerial Number;PKID;Model\n",
		    "2: other ';' model - serial\ndata serial=A1 model=B\nheading model - serial\n" },
		{ "nothing", "", "1: list-empty the list is empty\n0: unknown\n" },
	};
	static const struct column_map map = {
		.heading = { [COLUMN_SERIAL] = "Asset", [COLUMN_TAG] = "Serial Number" }
	};
	static const struct list_options by_map = { .map = &map };
	static const struct list_case mapped[] = {
		{ "headings of their own",
		    "asset,PKID,Serial_Number\nA1,1,t\nASSET;PKID\nPKID,Asset,x\n2,A2,\n",
		    "2: other ',' serial product_id tag\ndata serial=A1 product_id=1 tag=t\ncount\n"
		    "heading product_id serial -\ndata serial=A2 product_id=2\n" },
	};

	(void)state;
	check_lists(positions, LENGTH(positions), &by_position);
	check_lists(mapped, LENGTH(mapped), &by_map);
}

/* More cells than are kept: no heading, no data, and no access beyond. */
static void
too_many_cells(void **state)
{
	static const struct {
		size_t ncell;
		const char *want;
	} tc[] = {
		{ CSV_CELLS_MAX, "skipped\n" },
		{ CSV_CELLS_MAX + 1, "count\ncount\n" },
	};
	struct buf text, out;

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		buf_init(&text, 4096);
		buf_init(&out, 4096);
		buf_add_str(&text, "Serial Number,PKID\n");
		for (size_t k = 1; k < tc[i].ncell; k++)
			buf_add_char(&text, ',');
		buf_add_char(&text, '\n');
		for (size_t k = 1; i > 0 && k < tc[i].ncell; k++)
			buf_add_str(&text, k == 1 ? "A1," : ",");
		read_list(text.ptr, &plain, &out);
		assert_string_equal(out.ptr + strlen("2: other ',' serial product_id\n"),
		    tc[i].want);
		buf_done(&text);
		buf_done(&out);
	}
}

static void
a_row_that_is_too_long(void **state)
{
	struct buf text, out;

	(void)state;
	buf_init(&text, 2 * CSV_ROW_MAX);
	buf_init(&out, 4096);
	for (size_t i = 0; i <= CSV_ROW_MAX; i++)
		buf_add_char(&text, 'x');
	read_list(text.ptr, &plain, &out);
	assert_string_equal(out.ptr,
	    "1: columns-unknown no column is known in the first row: more than 262144 bytes\n1: "
	    "unknown\n");
	buf_done(&text);
	buf_done(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(headings),
		cmocka_unit_test(delimiters),
		cmocka_unit_test(preambles),
		cmocka_unit_test(long_preambles),
		cmocka_unit_test(lists_without_heading),
		cmocka_unit_test(no_lists),
		cmocka_unit_test(rows),
		cmocka_unit_test(columns_by_hand),
		cmocka_unit_test(too_many_cells),
		cmocka_unit_test(a_row_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
