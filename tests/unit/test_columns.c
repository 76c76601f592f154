/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/csv.h"

enum { CELLS = 8 };

/* The cells up to the first NULL. */
static size_t
cells_of(const char *const text[CELLS], struct slice cell[CELLS])
{
	size_t n = 0;

	for (; n < CELLS && text[n]; n++)
		cell[n] = slice_of(text[n]);
	return n;
}

static void
folding(void **state)
{
	static const struct {
		struct slice cell;
		const char *want;
	} tc[] = {
		{ { NULL, 0 }, "" },
		{ { "Serial Number", 13 }, "serial number" },
		{ { "Serial_Number", 13 }, "serial number" },
		{ { "SERIAL-NUMBER", 13 }, "serial number" },
		{ { "Serial . _-Number", 17 }, "serial number" },
		{ { "Serial\xc2\xa0Number", 14 }, "serial number" },
		{ { "  \"Serial Number\" ", 18 }, "serial number" },
		{ { "\" \"Serial\" \"", 12 }, "serial" },
		{ { "\xef\xbb\xbfSerial No.", 13 }, "serial no" },
		{ { "S/N \"x\" y", 9 }, "s/n \"x\" y" },
		{ { "a\0b", 3 }, "a b" },
		{ { "\"_-. \"", 6 }, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		char folded[HEADING_MAX];

		heading_fold(tc[i].cell, folded);
		assert_string_equal(folded, tc[i].want);
	}
}

static void
long_headings_are_cut(void **state)
{
	char text[300];
	char folded[HEADING_MAX];

	(void)state;
	memset(text, 'a', sizeof text);
	heading_fold((struct slice){ text, HEADING_MAX - 1 }, folded);
	assert_int_equal(strlen(folded), HEADING_MAX - 1);
	heading_fold((struct slice){ text, sizeof text }, folded);
	assert_int_equal(strlen(folded), HEADING_MAX - 1);
	memset(text, ' ', sizeof text);
	memcpy(text + sizeof text - 6, "serial", 6);
	heading_fold((struct slice){ text, sizeof text }, folded);
	assert_string_equal(folded, "serial"); /* what is dropped does not count */
}

static void
known_headings(void **state)
{
	static const struct {
		const char *heading;
		enum column want;
	} tc[] = {
		{ "Device Serial Number", COLUMN_SERIAL },
		{ "Device serial number", COLUMN_SERIAL },
		{ "DeviceSerialNumber", COLUMN_SERIAL },
		{ "Serial Number", COLUMN_SERIAL },
		{ "Serial_Number", COLUMN_SERIAL },
		{ "serialNumber", COLUMN_SERIAL },
		{ "Serial", COLUMN_SERIAL },
		{ "Serial No.", COLUMN_SERIAL },
		{ "Service Tag", COLUMN_SERIAL },
		{ "SN", COLUMN_SERIAL },
		{ "Serial_Number1", COLUMN_SERIAL },
		{ "Serial Number 12", COLUMN_SERIAL },
		{ "Windows Product ID", COLUMN_PRODUCT_ID },
		{ "Windows product ID", COLUMN_PRODUCT_ID },
		{ "WindowsProductID", COLUMN_PRODUCT_ID },
		{ "Product ID", COLUMN_PRODUCT_ID },
		{ "productKey", COLUMN_PRODUCT_ID },
		{ "Product Key ID", COLUMN_PRODUCT_ID },
		{ "PKID", COLUMN_PRODUCT_ID },
		{ "Hardware Hash", COLUMN_HASH },
		{ "HardwareHash", COLUMN_HASH },
		{ "HardwareHash2", COLUMN_HASH },
		{ "Hardware Identifier", COLUMN_HASH },
		{ "hardwareIdentifier", COLUMN_HASH },
		{ "HWID", COLUMN_HASH },
		{ "4K HH", COLUMN_HASH },
		{ "Manufacturer", COLUMN_MANUFACTURER },
		{ " Manufacturer", COLUMN_MANUFACTURER },
		{ "Manufacturer name", COLUMN_MANUFACTURER },
		{ "ManufacturerName", COLUMN_MANUFACTURER },
		{ "OEM Manufacturer Name", COLUMN_MANUFACTURER },
		{ "oemManufacturerName", COLUMN_MANUFACTURER },
		{ "Make", COLUMN_MANUFACTURER },
		{ "Model", COLUMN_MODEL },
		{ "Device model", COLUMN_MODEL },
		{ "DeviceModel", COLUMN_MODEL },
		{ "Model Name", COLUMN_MODEL },
		{ "modelName", COLUMN_MODEL },
		{ "Product Name", COLUMN_MODEL },
		{ "Group Tag", COLUMN_TAG },
		{ "groupTag", COLUMN_TAG },
		{ "Group Name", COLUMN_TAG },
		{ "OrderID", COLUMN_TAG },
		{ "Order Identifier", COLUMN_TAG },
		{ "Assigned User", COLUMN_USER },
		{ "AssignedUser", COLUMN_USER },
		{ "UPN", COLUMN_USER },
		{ "User Principal Name", COLUMN_USER },
		{ "userPrincipalName", COLUMN_USER },
		{ "Order ID", COLUMN_ORDER },
		{ "Purchase ID", COLUMN_ORDER },
		{ "Device Name", COLUMN_UNKNOWN },
		{ "Textbox7", COLUMN_UNKNOWN },
		{ "Serial Number 1a", COLUMN_UNKNOWN },
		{ "Serial Numbers", COLUMN_UNKNOWN },
		{ "Serial Nu", COLUMN_UNKNOWN },
		{ "Asset S/N", COLUMN_UNKNOWN },
		{ "7", COLUMN_UNKNOWN },
		{ "", COLUMN_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		if (column_of(slice_of(tc[i].heading), NULL) != tc[i].want)
			fail_msg("\"%s\"", tc[i].heading);
	}
}

static void
names_and_words(void **state)
{
	static const struct {
		enum column column;
		const char *name;
		const char *word;
	} tc[] = {
		{ COLUMN_SERIAL, "Serial Number", "serial" },
		{ COLUMN_PRODUCT_ID, "Windows Product ID", "product_id" },
		{ COLUMN_HASH, "Hardware Hash", "hash" },
		{ COLUMN_MANUFACTURER, "Manufacturer", "manufacturer" },
		{ COLUMN_MODEL, "Model", "model" },
		{ COLUMN_TAG, "Group Tag", "tag" },
		{ COLUMN_USER, "Assigned User", "user" },
		{ COLUMN_ORDER, "Order ID", "order" },
	};

	(void)state;
	assert_int_equal(sizeof tc / sizeof tc[0], NCOLUMN);
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		assert_string_equal(column_name(tc[i].column), tc[i].name);
		assert_int_equal(column_of(slice_of(tc[i].name), NULL), tc[i].column);
		assert_string_equal(column_word(tc[i].column), tc[i].word);
		assert_int_equal(column_from_word(slice_of(tc[i].word)), tc[i].column);
	}
	assert_int_equal(column_from_word(slice_of("Serial")), COLUMN_UNKNOWN);
	assert_int_equal(column_from_word(slice_of("")), COLUMN_UNKNOWN);
}

#define NONE COLUMN_ABSENT

static const struct column_map by_hand = {
	.heading = { [COLUMN_SERIAL] = "Asset S/N", [COLUMN_MODEL] = "Serial" },
};

static void
parsing(void **state)
{
	static const struct {
		const char *name;
		const char *cell[CELLS];
		const struct column_map *map;
		enum err_code want;
		uint16_t at[NCOLUMN]; /* serial, product id, hash, make, model, tag, user, order */
		const char *msg;      /* part of err.msg */
	} tc[] = {
		{ "script", { "Device Serial Number", "Windows Product ID", "Hardware Hash" }, NULL,
		    ERR_OK, { 0, 1, 2, NONE, NONE, NONE, NONE, NONE }, NULL },
		{ "report", { "HardwareHash2", "Serial_Number1", "Model", "Manufacturer" }, NULL,
		    ERR_OK, { 1, NONE, 0, 3, 2, NONE, NONE, NONE }, NULL },
		{ "unknown and empty", { "Asset", "PKID", "", "Order ID", "OrderID", "UPN" }, NULL,
		    ERR_OK, { NONE, 1, NONE, NONE, NONE, 4, 5, 3 }, NULL },
		{ "serials", { "Service Tag" }, NULL, ERR_OK,
		    { 0, NONE, NONE, NONE, NONE, NONE, NONE, NONE }, NULL },
		{ "by hand", { "asset s/n", "serial" }, &by_hand, ERR_OK,
		    { 0, NONE, NONE, NONE, 1, NONE, NONE, NONE }, NULL },
		{ "by hand wins before", { "Asset S/N", "Serial Number", "SN" }, &by_hand, ERR_OK,
		    { 0, NONE, NONE, NONE, NONE, NONE, NONE, NONE }, NULL },
		{ "by hand wins behind", { "SN", "Serial Number", "Asset S/N" }, &by_hand, ERR_OK,
		    { 2, NONE, NONE, NONE, NONE, NONE, NONE, NONE }, NULL },
		{ "by hand, not there", { "SN", "Model" }, &by_hand, ERR_OK,
		    { 0, NONE, NONE, NONE, 1, NONE, NONE, NONE }, NULL },
		{ "by hand, twice", { "Asset S/N", "Asset_S/N" }, &by_hand, ERR_FORMAT, { 0 },
		    "columns 1 and 2 are both \"Serial Number\"" },
		{ "twice the same", { "Model", "SN", "model" }, NULL, ERR_FORMAT, { 0 },
		    "columns 1 and 3 are both \"Model\"" },
		{ "synonyms", { "Serial", "Asset", "Serial Number" }, NULL, ERR_FORMAT, { 0 },
		    "columns 1 and 3 are both \"Serial Number\"" },
		{ "numbered copies", { "Serial_Number", "Serial_Number1" }, NULL, ERR_FORMAT, { 0 },
		    "columns 1 and 2 are both" },
		{ "nothing known", { "Asset", "Colour" }, NULL, ERR_FORMAT, { 0 },
		    "no heading of 2 names a hardware hash" },
		{ "no identity", { "Manufacturer", "Model" }, NULL, ERR_FORMAT, { 0 },
		    "no heading of 2 names a hardware hash" },
		{ "no cell", { NULL }, NULL, ERR_FORMAT, { 0 }, "no heading of 0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice cell[CELLS];
		size_t n = cells_of(tc[i].cell, cell);
		struct columns c;
		struct columns poison;
		struct err err = { .code = ERR_OK };

		print_message("  %s\n", tc[i].name);
		memset(&c, 9, sizeof c);
		poison = c;
		assert_int_equal(columns_parse(cell, n, tc[i].map, &c, &err), tc[i].want);
		if (tc[i].want == ERR_OK) {
			assert_memory_equal(c.at, tc[i].at, sizeof c.at);
			assert_int_equal(c.ncell, n);
		} else {
			assert_int_equal(err.code, tc[i].want);
			assert_non_null(strstr(err.msg, tc[i].msg));
			assert_memory_equal(&c, &poison, sizeof c);
		}
	}
}

static void
most_columns(void **state)
{
	static struct slice cell[CSV_CELLS_MAX + 1];
	struct columns c = { .ncell = 9 };
	struct err err;

	(void)state;
	cell[CSV_CELLS_MAX - 1] = slice_of("Serial Number");
	assert_int_equal(columns_parse(cell, CSV_CELLS_MAX + 1, NULL, &c, &err), ERR_LIMIT);
	assert_string_equal(err.msg, "257 columns, the limit is 256");
	assert_int_equal(c.ncell, 9);
	assert_int_equal(columns_parse(cell, CSV_CELLS_MAX, NULL, &c, &err), ERR_OK);
	assert_int_equal(c.at[COLUMN_SERIAL], CSV_CELLS_MAX - 1);
	assert_int_equal(c.ncell, CSV_CELLS_MAX);
}

static char hash[200]; /* "T0AAA…", filled by main() */

static void
heading_rows(void **state)
{
	static const struct {
		const char *name;
		const char *cell[CELLS];
		bool want;
	} tc[] = {
		{ "script", { "Device Serial Number", "Windows Product ID", "Hardware Hash" },
		    true },
		{ "one cell", { "Serial Number" }, true },
		{ "one cell, unknown", { "PF0ABCDE" }, false },
		{ "one filled cell", { "Serial", "", "" }, true },
		{ "more than half", { "Serial", "Model", "Asset" }, true },
		{ "half", { "Serial", "Model", "Asset", "Site" }, false },
		{ "empty cells do not count", { "Serial", "", "Model", "", "Asset" }, true },
		{ "one of two", { "Serial", "Asset" }, false },
		{ "none", { "Asset", "Site" }, false },
		{ "empty", { "", " " }, false },
		{ "no cell", { NULL }, false },
		{ "labels before a hash", { "Serial", "PKID", "Hardware Hash", "PF0", "", hash },
		    false },
		{ "labels before a product id",
		    { "Serial", "PKID", "Hardware Hash", "", "0012345678901" }, false },
		{ "a device", { "PF0ABCDE", "", hash }, false },
		{ "a tuple", { "LENOVO", "20B6008MMH", "PF0ABCDE" }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice cell[CELLS];
		size_t n = cells_of(tc[i].cell, cell);

		if (columns_is_heading(cell, n, NULL) != tc[i].want)
			fail_msg("%s", tc[i].name);
	}
}

static void
heading_rows_by_hand(void **state)
{
	static const struct slice cell[] = { { "Asset S/N", 9 }, { "Site", 4 }, { "Model", 5 } };

	(void)state;
	assert_false(columns_is_heading(cell, 3, NULL));
	assert_true(columns_is_heading(cell, 3, &by_hand));
}

int
main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(folding),
		cmocka_unit_test(long_headings_are_cut),
		cmocka_unit_test(known_headings),
		cmocka_unit_test(names_and_words),
		cmocka_unit_test(parsing),
		cmocka_unit_test(most_columns),
		cmocka_unit_test(heading_rows),
		cmocka_unit_test(heading_rows_by_hand),
	};

	memset(hash, 'A', sizeof hash - 1);
	memcpy(hash, "T0", 2);
	return cmocka_run_group_tests(test, NULL, NULL);
}
