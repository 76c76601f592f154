/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/look_alike.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(s) (s), sizeof(s) - 1
#define ZIP_MEMBER "PK\3\4\24\0\6\0\10\0\0\0!\0................"

static const struct {
	const char *name;
	const char *head;
	size_t len;
	const char *what; /* NULL: a list, for all that can be seen here */
} tc[] = {
	/* not look-alikes */
	{ "nothing", BYTES(""), NULL },
	{ "a list", BYTES("Device Serial Number,Windows Product ID,Hardware Hash\r\n"), NULL },
	{ "a list with a mark", BYTES("\xEF\xBB\xBFManufacturer,Model,Serial Number\r\n"), NULL },
	{ "a list in UTF-16", BYTES("\xFF\xFES\0e\0r\0i\0a\0l\0"), NULL },
	{ "a serial number that begins with MZ", BYTES("MZ0123ABC\r\nMZ0123ABD\r\n"), NULL },
	{ "a serial number that begins with PK", BYTES("PK0123ABC\r\nPK0123ABD\r\n"), NULL },
	{ "a serial number that begins with GIF8", BYTES("GIF81234\r\n"), NULL },
	{ "a serial number in brackets", BYTES("[5CD1234ABC]\r\n"), NULL },
	{ "a serial number in braces", BYTES("{5CD1234ABC}\r\n"), NULL },
	{ "a brace alone", BYTES("{"), NULL },
	{ "a less-than alone", BYTES("<"), NULL },
	{ "less than", BYTES("<5,a\r\n"), NULL },
	{ "an OA3 report", BYTES("<?xml version=\"1.0\"?><Key><HardwareHash>"), NULL },
	{ "an OA3 report in UTF-16", BYTES("\xFF\xFE<\0K\0e\0y\0>\0"), NULL },

	/* by their first bytes */
	{ ".xlsx", BYTES(ZIP_MEMBER "[Content_Types].xml....PK\3\4....xl/workbook.xml"),
	    "an Excel workbook (.xlsx)" },
	{ ".docx", BYTES(ZIP_MEMBER "[Content_Types].xml....PK\3\4....word/document.xml"),
	    "a Word document (.docx)" },
	{ ".ods", BYTES(ZIP_MEMBER "mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK"),
	    "an OpenDocument spreadsheet (.ods)" },
	{ ".zip", BYTES(ZIP_MEMBER "lists/a.csv"), "a zip archive" },
	{ "smallest .zip", BYTES("PK\3\4"), "a zip archive" },
	{ ".xls", BYTES("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0"),
	    "an old Office file, likely an Excel workbook (.xls)" },
	{ "half of .xls", BYTES("\xD0\xCF\x11\xE0"), NULL },
	{ ".pdf", BYTES("%PDF-1.7\n"), "a PDF document" },
	{ ".png", BYTES("\x89PNG\r\n\x1A\n\0\0\0\rIHDR"), "a picture (PNG)" },
	{ ".jpg", BYTES("\xFF\xD8\xFF\xE0\0\20JFIF"), "a picture (JPEG)" },
	{ ".gif", BYTES("GIF89a"), "a picture (GIF)" },
	{ "old .gif", BYTES("GIF87a"), "a picture (GIF)" },
	{ ".gz", BYTES("\x1F\x8B\x08\0"), "a gzip archive" },
	{ ".7z", BYTES("7z\xBC\xAF\x27\x1C\0"), "a 7z archive" },
	{ ".rar", BYTES("Rar!\x1A\x07\1\0"), "a RAR archive" },
	{ ".cab", BYTES("MSCF\0\0\0\0"), "a cabinet archive (.cab)" },
	{ ".bz2", BYTES("BZh91AY&SY"), "a bzip2 archive" },
	{ ".xz", BYTES("\3757zXZ\0\0"), "an xz archive" },
	{ ".zst", BYTES("\x28\xB5\x2F\xFD\4"), "a zstd archive" },
	{ "a program", BYTES("\177ELF\2\1"), "a program (ELF)" },
	{ ".exe", BYTES("MZ\x90\0\3\0\0\0\4"), "a Windows program" },
	{ "a database", BYTES("SQLite format 3\0\20\0"), "an SQLite database" },
	{ ".der", BYTES("\x30\x82\3\x0E\x30\x82"), "a certificate or a key (DER)" },

	/* by their text */
	{ "HTML", BYTES("<!DOCTYPE html>\n<html>"), "a web page (HTML)" },
	{ "HTML with a mark and blanks",
	    BYTES("\xEF\xBB\xBF \r\n\t<HTML xmlns:x=\"urn:schemas-microsoft-com:office:excel\">"),
	    "a web page (HTML)" },
	{ "a table alone", BYTES("<table border=1><tr><td>Serial"), "a web page (HTML)" },
	{ "XHTML", BYTES("<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"\"><html>"),
	    "a web page (HTML)" },
	{ "HTML in UTF-16", BYTES("\xFF\xFE<\0h\0t\0m\0l\0>\0"), "a web page (HTML)" },
	{ "XML workbook",
	    BYTES("<?xml version=\"1.0\"?>\n"
	          "<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">"),
	    "an Excel workbook saved as XML" },
	{ "XML", BYTES("<?xml version=\"1.0\"?><Devices/>"), "an XML file that is no OA3 report" },
	{ "XML, big endian", BYTES("\xFE\xFF\0<\0D\0/\0>"), "an XML file that is no OA3 report" },
	{ "XML with a document type", BYTES("<!DOCTYPE Key><Key/>"),
	    "an XML file that is no OA3 report" },
	{ "JSON", BYTES("{ \"a\": 1 }"), "a JSON file" },
	{ "empty JSON", BYTES("{}"), "a JSON file" },
	{ "JSON array", BYTES("[\r\n  {\"serial\": 1}]"), "a JSON file" },
	{ "JSON in UTF-16", BYTES("\xFF\xFE[\0\"\0a\0\"\0]\0"), "a JSON file" },
	{ "offline profile", BYTES("{\"CloudAssignedTenantId\":\"\",\"Version\":2049}"),
	    "an offline profile (AutopilotConfigurationFile.json)" },
	{ "script", BYTES("\r\n<#PSScriptInfo\r\n.VERSION 3.9"), "a PowerShell script" },
	{ "script with help", BYTES("<#\r\n.SYNOPSIS"), "a PowerShell script" },
	{ "script with parameters", BYTES("Param(\r\n"), "a PowerShell script" },
	{ "certificate", BYTES("-----BEGIN CERTIFICATE-----\n"), "a certificate (PEM)" },
	{ "private key", BYTES("-----BEGIN PRIVATE KEY-----\n"), "a certificate or a key (PEM)" },
	{ ".rtf", BYTES("{\\rtf1\\ansi"), "a document in Rich Text Format" },
	{ ".eml", BYTES("Received: from mail.example"), "an e-mail" },
};

static void
heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		const char *advice = "untouched";
		const char *what = look_alike((struct slice){ tc[i].head, tc[i].len }, &advice);

		print_message("  %s\n", tc[i].name);
		if (!tc[i].what) {
			assert_null(what);
			assert_string_equal(advice, "untouched");
			continue;
		}
		assert_non_null(what);
		assert_string_equal(what, tc[i].what);
		assert_string_not_equal(advice, "untouched");
		assert_int_equal(advice[strlen(advice) - 1], '.');
	}
}

static void
far_behind(void **state)
{
	static char head[8192];
	const char *advice;

	(void)state;
	memset(head, 'x', sizeof head);
	assert_null(look_alike((struct slice){ head, sizeof head }, &advice));
	memcpy(head + 257, "ustar", 5);
	assert_string_equal(look_alike((struct slice){ head, sizeof head }, &advice),
	    "a tar archive");
	assert_null(look_alike((struct slice){ head, 261 }, &advice));
	assert_null(look_alike((struct slice){ NULL, 0 }, &advice));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),
		cmocka_unit_test(far_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
