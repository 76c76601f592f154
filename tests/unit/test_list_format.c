/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CELLS = 8 };

static char hash[200]; /* "T0AAA…", filled by main() */

#define NONE COLUMN_ABSENT
#define PKID "0012345678901"

static size_t
cells_of(const char *const text[CELLS], struct slice cell[CELLS])
{
	size_t n = 0;

	for (; n < CELLS && text[n]; n++)
		cell[n] = slice_of(text[n]);
	return n;
}

static void
names(void **state)
{
	static const char *const name[] = {
		[FORMAT_UNKNOWN] = "unknown",
		[FORMAT_AUTOPILOTINFO] = "autopilotinfo",
		[FORMAT_AUTOPILOTINFO_TAG] = "autopilotinfo+tag",
		[FORMAT_INTUNE] = "intune",
		[FORMAT_PARTNER_CENTER] = "partner-center",
		[FORMAT_MMD] = "mmd",
		[FORMAT_MMD_PARTNER_OLD] = "mmd-partner-old",
		[FORMAT_CONFIGMGR_MMD] = "configmgr-mmd",
		[FORMAT_CONFIGMGR_BUILTIN] = "configmgr-builtin",
		[FORMAT_ORDERID_OLD] = "orderid-old",
		[FORMAT_HEADERLESS_PC] = "headerless-pc",
		[FORMAT_SERIALS] = "serials",
		[FORMAT_CORP_ID] = "corp-id",
		[FORMAT_DEVICELINK] = "devicelink",
		[FORMAT_OA3_XML] = "oa3-xml",
		[FORMAT_OTHER] = "other",
	};

	(void)state;
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
		assert_string_equal(list_format_name((enum list_format)i), name[i]);
}

static void
by_heading(void **state)
{
	static const struct {
		const char *name;
		const char *cell[CELLS];
		enum list_format want;
	} tc[] = {
		{ "script", { "Device Serial Number", "Windows Product ID", "Hardware Hash" },
		    FORMAT_AUTOPILOTINFO },
		{ "script with tag",
		    { "Device Serial Number", "Windows Product ID", "Hardware Hash", "Group Tag" },
		    FORMAT_AUTOPILOTINFO_TAG },
		{ "Intune",
		    { "Device Serial Number", "Windows Product ID", "Hardware Hash", "Group Tag",
		        "Assigned User" },
		    FORMAT_INTUNE },
		{ "script for partners",
		    { "Device Serial Number", "Windows Product ID", "Hardware Hash",
		        "Manufacturer name", "Device model" },
		    FORMAT_PARTNER_CENTER },
		{ "Partner Center",
		    { "Device serial number", "Windows product ID", "Hardware hash",
		        "Manufacturer name", "Device model" },
		    FORMAT_PARTNER_CENTER },
		{ "MMD", { " Manufacturer", "Model", "Serial Number", "Hardware Hash" },
		    FORMAT_MMD },
		{ "MMD for partners, old", { "Manufacturer", "Model", "Serial Number" },
		    FORMAT_MMD_PARTNER_OLD },
		{ "report", { "Manufacturer", "Model", "Serial_Number", "HardwareHash" },
		    FORMAT_CONFIGMGR_MMD },
		{ "report with copied boxes",
		    { "Manufacturer1", "Model2", "Serial_Number1", "HardwareHash3" },
		    FORMAT_CONFIGMGR_MMD },
		{ "order id of old",
		    { "Device Serial Number", "Windows Product ID", "Hardware Hash", "OrderID" },
		    FORMAT_ORDERID_OLD },
		{ "serials", { "Serial Number" }, FORMAT_SERIALS },
		{ "service tags", { "Service Tag" }, FORMAT_SERIALS },
		{ "serials among others", { "Asset", "Serial Number", "Site" }, FORMAT_SERIALS },
		{ "another order", { "Hardware Hash", "Serial", "PKID" }, FORMAT_AUTOPILOTINFO },
		{ "another order, report",
		    { "HardwareHash", "Serial_Number", "Model", "Manufacturer" }, FORMAT_MMD },
		{ "another column",
		    { "Device Serial Number", "Windows Product ID", "Hardware Hash", "Site" },
		    FORMAT_AUTOPILOTINFO },
		{ "another tag", { "Group Name", "PKID", "SN", "HWID" }, FORMAT_AUTOPILOTINFO_TAG },
		{ "two columns", { "Serial Number", "Hardware Hash" }, FORMAT_OTHER },
		{ "product ids", { "PKID" }, FORMAT_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice cell[CELLS];
		size_t n = cells_of(tc[i].cell, cell);
		struct columns c;
		struct err err;

		assert_int_equal(columns_parse(cell, n, NULL, &c, &err), ERR_OK);
		if (list_format_of_heading(cell, n, &c) != tc[i].want)
			fail_msg("%s", tc[i].name);
	}
}

static void
devicelink(void **state)
{
	static const struct {
		const char *name;
		const char *cell[CELLS];
		bool want;
	} tc[] = {
		{ "one word", { "DeviceLink ID", "Asset" }, true },
		{ "two words, last", { "Serial Number", "Device_Link" }, true },
		{ "another heading", { "Serial Number", "Device", "Link" }, false },
		{ "none", { "" }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice cell[CELLS];
		size_t n = cells_of(tc[i].cell, cell);

		if (list_format_is_devicelink(cell, n) != tc[i].want)
			fail_msg("%s", tc[i].name);
	}
}

static void
by_data(void **state)
{
	static const struct {
		const char *name;
		const char *cell[CELLS];
		enum list_format want;
		uint16_t at[NCOLUMN]; /* serial, product id, hash, make, model, tag, user, order */
	} tc[] = {
		{ "partner tuple", { "PF0ABCDE", "", "", "LENOVO", "20B6008MMH" },
		    FORMAT_HEADERLESS_PC, { 0, 1, 2, 3, 4, NONE, NONE, NONE } },
		{ "partner product id", { "", PKID, "", "", "" }, FORMAT_HEADERLESS_PC,
		    { 0, 1, 2, 3, 4, NONE, NONE, NONE } },
		{ "partner hash", { "", "", hash, "", "" }, FORMAT_HEADERLESS_PC,
		    { 0, 1, 2, 3, 4, NONE, NONE, NONE } },
		{ "partner, no model", { "PF0ABCDE", "", "", "LENOVO", " " }, FORMAT_UNKNOWN,
		    { 0 } },
		{ "partner, no make", { "PF0ABCDE", "", "", "", "20B6008MMH" }, FORMAT_UNKNOWN,
		    { 0 } },
		{ "partner, no serial", { "", "", "", "LENOVO", "20B6008MMH" }, FORMAT_UNKNOWN,
		    { 0 } },
		{ "Intune", { "PF0ABCDE", "", hash, "Sales", "ana@contoso.com" }, FORMAT_UNKNOWN,
		    { 0 } },
		{ "script", { "PF0ABCDE", "", hash }, FORMAT_AUTOPILOTINFO,
		    { 0, 1, 2, NONE, NONE, NONE, NONE, NONE } },
		{ "MMD", { "LENOVO", "20B6008MMH", "PF0ABCDE", hash }, FORMAT_MMD,
		    { 2, NONE, 3, 0, 1, NONE, NONE, NONE } },
		{ "four cells", { "a", "b", hash, "c" }, FORMAT_UNKNOWN, { 0 } },
		{ "corporate ids", { "LENOVO", "20B6008MMH", "PF0ABCDE" }, FORMAT_CORP_ID, { 0 } },
		{ "serials", { "PF0ABCDE" }, FORMAT_SERIALS,
		    { 0, NONE, NONE, NONE, NONE, NONE, NONE, NONE } },
		{ "a hash alone", { hash }, FORMAT_OTHER,
		    { NONE, NONE, 0, NONE, NONE, NONE, NONE, NONE } },
		{ "blank", { " " }, FORMAT_UNKNOWN, { 0 } },
		{ "no cell", { NULL }, FORMAT_UNKNOWN, { 0 } },
		{ "two cells", { "PF0ABCDE", hash }, FORMAT_UNKNOWN, { 0 } },
		{ "six cells", { "a", "b", "c", "d", "e", "f" }, FORMAT_UNKNOWN, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice cell[CELLS];
		size_t n = cells_of(tc[i].cell, cell);
		struct columns c;
		struct columns poison;

		print_message("  %s\n", tc[i].name);
		memset(&c, 9, sizeof c);
		poison = c;
		assert_int_equal(list_format_of_data(cell, n, &c), tc[i].want);
		if (tc[i].want == FORMAT_UNKNOWN || tc[i].want == FORMAT_CORP_ID) {
			assert_memory_equal(&c, &poison, sizeof c);
		} else {
			assert_memory_equal(c.at, tc[i].at, sizeof c.at);
			assert_int_equal(c.ncell, n);
		}
	}
}

#define LABELS "Device Serial Number", "Windows Product ID", "Hardware Hash"

static void
builtin_rows(void **state)
{
	static const struct {
		const char *name;
		const char *cell[CELLS];
		bool want;
	} tc[] = {
		{ "hash", { LABELS, "PF0ABCDE", "", hash }, true },
		{ "product id", { LABELS, "PF0ABCDE", PKID, "" }, true },
		{ "numbered labels", { "Serial1", "PKID2", "HardwareHash3", "PF0ABCDE", "", hash },
		    true },
		{ "heading row", { LABELS, "Group Tag", "Assigned User", "Manufacturer" }, false },
		{ "own headings", { LABELS, "Site", "Room", "Desk" }, false },
		{ "other labels", { "Model", "PKID", "HWID", "PF0ABCDE", "", hash }, false },
		{ "data", { "PF0ABCDE", "", hash, "LENOVO", "20B6008MMH", "" }, false },
		{ "short", { LABELS, "PF0ABCDE", PKID }, false },
		{ "no cell", { NULL }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		struct slice cell[CELLS];
		size_t n = cells_of(tc[i].cell, cell);
		struct columns c;
		struct columns poison;

		print_message("  %s\n", tc[i].name);
		memset(&c, 9, sizeof c);
		poison = c;
		assert_int_equal(list_format_is_builtin_row(cell, n, &c), tc[i].want);
		if (tc[i].want) {
			static const uint16_t at[NCOLUMN] = { 3, 4, 5, NONE, NONE, NONE, NONE,
				NONE };

			assert_memory_equal(c.at, at, sizeof at);
			assert_int_equal(c.ncell, 6);
		} else {
			assert_memory_equal(&c, &poison, sizeof c);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(by_heading),
		cmocka_unit_test(devicelink),
		cmocka_unit_test(by_data),
		cmocka_unit_test(builtin_rows),
	};

	memset(hash, 'A', sizeof hash - 1);
	memcpy(hash, "T0", 2);
	return cmocka_run_group_tests(test, NULL, NULL);
}
