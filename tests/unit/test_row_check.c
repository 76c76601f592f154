/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/row_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base64.h"
#include "devices/hardware_hash.h"
#include "devices/hash_record.h"
#include "tests/unit/hash_build.h"
#include "tests/unit/list_fixture.h"

#define LENGTH(array) (sizeof array / sizeof(array)[0])

#define X16 "0123456789abcdef"
#define X64 X16 X16 X16 X16
#define X256 X64 X64 X64 X64
#define NBSP "\xc2\xa0"
#define ZERO_WIDTH "\xe2\x80\x8b"
#define REPLACEMENT "\xef\xbf\xbd"
#define PKID "3305517000001"
#define NO_SERIAL_IN_HASH \
	"warning hash-incomplete [Hardware Hash] the hash holds no serial number, " \
	"or a factory default\n"
#define NO_MAKER_IN_HASH \
	"warning hash-incomplete [Hardware Hash] the hash holds no manufacturer, " \
	"or a factory default\n"
#define UNSEEN "a character that is damaged or cannot be seen stands in the value\n"
#define SAMPLE_HASH_BEGIN "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3g"

/* Whole hashes, by what is in them. */
static char good[HASH_BUILD_CHARS + 1];    /* SN1, Contoso, Book 14, PKID */
static char zeros[HASH_BUILD_CHARS + 1];   /* SN and product id begin with zeros */
static char unset[HASH_BUILD_CHARS + 1];   /* nothing but factory defaults */
static char virtual[HASH_BUILD_CHARS + 1]; /* of VMware, and a tab in the model */
static char bare[HASH_BUILD_CHARS + 1];    /* no text at all */
static char padded[HASH_BUILD_CHARS + 1];  /* as good, and the padding is not zero */
static char odd[HASH_BUILD_CHARS + 1];     /* as good, with another TPM's id, from the future */
static char trimmed[HASH_BUILD_CHARS + 1]; /* as good, without its padding */

/* Hashes that are none. The small one has 32 bytes of records, so it needs 68. */
static char cut[41];
static char cut_255[256];
static char foreign[HASH_BUILD_CHARS + 1];
static char no_checksum[HASH_BUILD_CHARS + 1];
static char changed[HASH_BUILD_CHARS + 1];
static char broken[HASH_BUILD_CHARS + 1];
static char legacy[173];
static char too_long[HARDWARE_HASH_TEXT_MAX + 2];

static void
build_odd(void)
{
	static const uint8_t offline_id[10 + 32] = { [4] = HASH_ID_TPM_EK, [6] = 32 };
	struct capture c = { "SN1", "Contoso", "Book 14", PKID, NULL, "key",
		1000 + 24 * 60 * 60 + 1 };
	struct hash_build b;

	capture_records(&c, &b);
	hash_build_record(&b, HASH_RECORD_OFFLINE_ID, offline_id, sizeof offline_id);
	hash_build_finish(&b, odd);
}

static void
build_damaged(void)
{
	const struct capture c = { .second = 0 };
	struct hash_build b;

	capture_records(&c, &b);
	assert_int_equal(b.len, 32);
	hash_build_finish(&b, changed);
	memcpy(cut, changed, sizeof cut - 1);
	memset(cut_255, 'A', sizeof cut_255 - 1);
	memcpy(cut_255, "T0GkAAEA", 8); /* it says that 164 bytes and a checksum follow */
	memcpy(foreign, changed, sizeof foreign);
	foreign[10] = '!';
	b.bytes[20] ^= 1;
	hash_build_encode(&b, changed);
	b.bytes[b.len] = 'X';
	hash_build_encode(&b, no_checksum);
	b.bytes[6] = 3; /* a record shorter than its own head */
	hash_build_encode(&b, broken);
	memcpy(legacy, X64 X64 X16 X16, 160);
	memcpy(legacy + 160, "AAAAAAAAAAA=", 12);
	memset(too_long, 'A', sizeof too_long - 1);
}

static int
build_hashes(void **state)
{
	struct capture c = { "SN1", "Contoso", "Book 14", PKID, "uuid of a device", "key", 0 };
	struct hash_build b;

	(void)state;
	capture_records(&c, &b);
	hash_build_finish(&b, good);
	memcpy(trimmed, good, BASE64_ENCODED_LEN(b.len + HARDWARE_HASH_CHECKSUM));
	b.bytes[HASH_BUILD_BYTES - 1] = 1;
	hash_build_encode(&b, padded);
	c = (struct capture){ "000123", "Contoso", "Book 14", "0005517000001", NULL, NULL, 0 };
	capture_hash(&c, zeros);
	c = (struct capture){ "To be filled by O.E.M.", "Default string", "System Product Name",
		NULL, NULL, NULL, 0 };
	capture_hash(&c, unset);
	c = (struct capture){ "SN1", "VMware, Inc.", "VMware\t20", NULL, NULL, NULL, 0 };
	capture_hash(&c, virtual);
	c = (struct capture){ .second = 0 };
	capture_hash(&c, bare);
	build_odd();
	build_damaged();
	return 0;
}

static struct slice
device_value(const struct device *d, enum column c)
{
	const struct slice value[NCOLUMN] = { d->serial, d->product_id, d->hash, d->manufacturer,
		d->model, d->group_tag, d->assigned_user };

	return value[c];
}

/* The device is as its cells, but for the values that are given. */
static void
assert_device(const struct checked_row *row, const char *const cell[NCOLUMN],
    const char *const other[NCOLUMN])
{
	for (enum column c = 0; c < COLUMN_ORDER; c++) {
		const char *want = other[c] ? other[c] : cell[c];

		assert_slice(device_value(&row->device, c), want ? want : "");
	}
}

static void
assert_no_device(const struct checked_row *row)
{
	static const struct device_key none;

	assert_true(row->refused);
	for (enum column c = 0; c < COLUMN_ORDER; c++)
		assert_int_equal(device_value(&row->device, c).len, 0);
	assert_memory_equal(&row->key, &none, sizeof none);
}

struct row_case {
	const char *name;
	const char *cell[NCOLUMN];
	const char *want;            /* the findings */
	const char *device[NCOLUMN]; /* values that differ from the cells */
	bool accept_serial_mismatch;
	bool last_and_cut;
};

static void
check_rows(const struct row_case *tc, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row_policy policy = {
			.accept_serial_mismatch = tc[i].accept_serial_mismatch,
			.now_unix_s = CAPTURE_NOW_UNIX_S,
		};
		struct row_checker *rc = row_checker_of(&policy);
		struct row_fields f = row_fields_of(tc[i].cell);
		struct checked_row row;

		print_message("  %s\n", tc[i].name);
		memset(&row, 0xa5, sizeof row);
		f.last_and_cut = tc[i].last_and_cut;
		row_check(rc, &f, &row);
		assert_row_findings(&row, tc[i].want);
		assert_int_equal(row.refused,
		    strncmp(tc[i].want, "error", 5) == 0 || strstr(tc[i].want, "\nerror"));
		if (row.refused)
			assert_no_device(&row);
		else
			assert_device(&row, tc[i].cell, tc[i].device);
		row_checker_free(rc);
	}
}

static void
identities(void **state)
{
	static const struct row_case tc[] = {
		{ "a hash alone fills what the list has no column for", { NULL, NULL, good },
		    .want = "", .device = { "SN1", NULL, NULL, "Contoso", "Book 14" } },
		{ "a hash fills empty cells", { "", "", good, " ", "" },
		    .want =
		        "info filled [Serial Number] was empty, filled from the hash: \"SN1\"\n"
		        "info filled [Manufacturer] was empty, filled from the hash: \"Contoso\"\n"
		        "info filled [Model] was empty, filled from the hash: \"Book 14\"\n",
		    .device = { "SN1", NULL, NULL, "Contoso", "Book 14" } },
		{ "all of it, agreeing",
		    { "SN1", PKID, good, "Contoso", "Book 14", "tag", "a@b.cd", "PO 1" },
		    .want = "" },
		{ "another case is no other name", { "SN1", NULL, good, "CONTOSO", "BOOK 14" },
		    .want = "" },
		{ "a product id alone", { NULL, PKID }, .want = "" },
		{ "make, model and serial number", { "SN1", NULL, NULL, "Contoso", "Book 14" },
		    .want = "" },
		{ "a product id beside half a tuple", { "SN1", PKID, "", "", "Book 14" },
		    .want = "" },
		{ "nothing at all", { "" },
		    .want =
		        "error no-identity nothing identifies the device (there is: no value)\n" },
		{ "an order number", { "", "", "", "", "", "tag", "a@b.cd", "PO 1" },
		    .want =
		        "error no-identity nothing identifies the device (there is: no value)\n" },
		{ "a lone serial number", { "SN1" },
		    .want = "error no-identity nothing identifies the device (there is: Serial "
		            "Number)\n" },
		{ "no model", { "SN1", "", "", "Contoso" },
		    .want = "error no-identity nothing identifies the device (there is: Serial "
		            "Number, Manufacturer)\n" },
		{ "no serial number", { "", "", "", "Contoso", "Book 14" },
		    .want = "error no-identity nothing identifies the device (there is: "
		            "Manufacturer, Model)\n" },
	};

	(void)state;
	check_rows(tc, LENGTH(tc));
}

static void
damaged_hashes(void **state)
{
	static const struct row_case tc[] = {
		{ "not base64", { "SN1", NULL, foreign },
		    .want = "error hash-not-base64 [Hardware Hash] character 11 is not base64\n" },
		{ "not OA", { "SN1", NULL, "aGVsbG8gd29ybGQ=" },
		    .want = "error hash-not-oa [Hardware Hash] not a hardware hash: it does not "
		            "begin with \"OA\"\n" },
		{ "legacy", { "SN1", NULL, legacy },
		    .want =
		        "error hash-legacy [Hardware Hash] the 128-byte hash of Windows 10 1703 "
		        "or older\n" },
		{ "truncated", { "SN1", NULL, cut },
		    .want = "error hash-truncated [Hardware Hash] the hash is cut short: 40 "
		            "characters hold 30 of 68 bytes\n" },
		{ "truncated with the file", { "SN1", NULL, cut },
		    .want = "error hash-truncated [Hardware Hash] the hash is cut short, and so is "
		            "the file: 40 characters hold 30 of 68 bytes\n",
		    .last_and_cut = true },
		{ "truncated by a tool", { "SN1", NULL, cut_255 },
		    .want =
		        "error hash-truncated [Hardware Hash] the hash is cut short, at a limit "
		        "of the tool that wrote it: 255 characters hold 191 of 200 bytes\n" },
		{ "a whole hash may end the file", { "SN1", NULL, good }, .want = "",
		    .device = { NULL, NULL, NULL, "Contoso", "Book 14" }, .last_and_cut = true },
		{ "malformed", { "SN1", NULL, broken },
		    .want =
		        "error hash-malformed [Hardware Hash] the hash is damaged at byte 4\n" },
		{ "no checksum", { "SN1", NULL, no_checksum },
		    .want = "error hash-malformed [Hardware Hash] the hash is damaged: no checksum "
		            "at byte 32\n" },
		{ "changed", { "SN1", NULL, changed },
		    .want = "error hash-checksum [Hardware Hash] the hash is damaged: its checksum "
		            "does not match\n" },
		{ "too long", { "SN1", NULL, too_long },
		    .want =
		        "error value-too-long [Hardware Hash] 16385 characters, a hash has 4000\n" },
		{ "nothing but wrapping", { "SN1", PKID, "\"\"" }, .want = "",
		    .device = { NULL, NULL, "" } },
		{ "no other identity makes up for it",
		    { "SN1", PKID, changed, "Contoso", "Book 14" },
		    .want = "error hash-checksum [Hardware Hash] the hash is damaged: its checksum "
		            "does not match\n" },
	};

	(void)state;
	check_rows(tc, LENGTH(tc));
}

static void
odd_hashes(void **state)
{
	static const struct row_case tc[] = {
		{ "trimmed", { "SN1", NULL, trimmed, "Contoso", "Book 14" },
		    .want = "warning hash-noncanonical [Hardware Hash] the text is wrapped, quoted "
		            "or not 4000 characters long\n",
		    .device = { NULL, NULL, good } },
		{ "padded", { "SN1", NULL, padded, "Contoso", "Book 14" },
		    .want = "warning hash-noncanonical [Hardware Hash] the padding behind the "
		            "checksum is not zero\n",
		    .device = { NULL, NULL, good } },
		{ "factory defaults are filled in nowhere", { "", "", unset, "", "" },
		    .want = NO_SERIAL_IN_HASH NO_MAKER_IN_HASH },
		{ "factory defaults contradict nothing", { "SN1", "", unset, "Contoso", "Book 14" },
		    .want = NO_SERIAL_IN_HASH NO_MAKER_IN_HASH },
		{ "no text in it", { "SN1", "", bare, "Contoso", "Book 14" },
		    .want = NO_SERIAL_IN_HASH NO_MAKER_IN_HASH },
		{ "strange", { "SN1", NULL, odd, "Contoso", "Book 14" },
		    .want =
		        "warning hash-unusual [Hardware Hash] the offline device id does not "
		        "belong to the TPM's key\n"
		        "warning hash-unusual [Hardware Hash] the device's clock was ahead when "
		        "the hash was collected\n" },
	};

	(void)state;
	check_rows(tc, LENGTH(tc));
}

static void
contradictions(void **state)
{
	static const struct row_case tc[] = {
		{ "another serial number", { "SN2", NULL, good, "Contoso", "Book 14" },
		    .want = "error serial-mismatch [Serial Number] the list says \"SN2\", the hash "
		            "\"SN1\"\n" },
		{ "the same in another case is another, too",
		    { "sn1", NULL, good, "Contoso", "Book 14" },
		    .want = "error serial-mismatch [Serial Number] the list says \"sn1\", the hash "
		            "\"SN1\"\n" },
		{ "another serial number, accepted", { "SN2", NULL, good, "Contoso", "Book 14" },
		    .want = "warning serial-mismatch [Serial Number] the list says \"SN2\", the "
		            "hash \"SN1\"\n",
		    .accept_serial_mismatch = true },
		{ "another make, model and product id",
		    { "SN1", "3305517000002", good, "Fabrikam", "Book 15" },
		    .want = "warning manufacturer-mismatch [Manufacturer] the list says "
		            "\"Fabrikam\", the hash \"Contoso\"\n"
		            "warning model-mismatch [Model] the list says \"Book 15\", the hash "
		            "\"Book 14\"\n"
		            "warning product-id-mismatch [Windows Product ID] the list says "
		            "\"3305517000002\", the hash \"3305517000001\"\n" },
		{ "zeros were lost", { "123", "5517000001", zeros, "Contoso", "Book 14" },
		    .want =
		        "warning leading-zeros [Serial Number] leading zeros were lost: \"123\" "
		        "is \"000123\", as the hash says\n"
		        "warning leading-zeros [Windows Product ID] leading zeros were lost: "
		        "\"5517000001\" is \"0005517000001\", as the hash says\n",
		    .device = { "000123", "0005517000001" } },
		{ "a zero too many is not one lost",
		    { "0000123", NULL, zeros, "Contoso", "Book 14" },
		    .want = "error serial-mismatch [Serial Number] the list says \"0000123\", the "
		            "hash \"000123\"\n" },
	};

	(void)state;
	check_rows(tc, LENGTH(tc));
}

static void
repairs(void **state)
{
	static const struct row_case tc[] = {
		{ "blanks of all kinds",
		    { "\tSN1 ", " " PKID, " ", NBSP "Contoso", "Book 14" ZERO_WIDTH, "tag",
		        " a@b.cd", " PO 1 " },
		    .want =
		        "warning whitespace [Serial Number] blanks around the value, removed\n"
		        "warning whitespace [Windows Product ID] blanks around the value, removed\n"
		        "warning whitespace [Manufacturer] blanks around the value, removed\n"
		        "warning whitespace [Model] blanks around the value, removed\n"
		        "warning whitespace [Assigned User] blanks around the value, removed\n",
		    .device = { "SN1", PKID, "", "Contoso", "Book 14", NULL, "a@b.cd" } },
		{ "blanks around a hash", { NULL, NULL, " \t", "Contoso", "Book 14" },
		    .want = "error no-identity nothing identifies the device (there is: "
		            "Manufacturer, Model)\n" },
		{ "quotes",
		    { " \"SN1 \"", "\"" PKID "\"", "", "\"Contoso\"", "\"\"", "\"tag\"",
		        "\"a@b.cd\"" },
		    .want =
		        "warning whitespace [Serial Number] blanks around the value, removed\n"
		        "warning quoted-value [Serial Number] quotes around the value, removed\n"
		        "warning quoted-value [Windows Product ID] quotes around the value, "
		        "removed\n"
		        "warning quoted-value [Manufacturer] quotes around the value, removed\n"
		        "warning quoted-value [Model] quotes around the value, removed\n"
		        "warning quoted-value [Assigned User] quotes around the value, removed\n",
		    .device = { "SN1", PKID, NULL, "Contoso", "", NULL, "a@b.cd" } },
		{ "half a pair of quotes stays", { "SN1\"", PKID }, .want = "" },
	};

	(void)state;
	check_rows(tc, LENGTH(tc));
}

static void
values(void **state)
{
	static const struct row_case tc[] = {
		{ "placeholder without hash", { "Default string", "", "", "Contoso", "Book 14" },
		    .want = "error placeholder-serial [Serial Number] \"Default string\" is a "
		            "factory default that many devices share\n" },
		{ "placeholder beside a product id", { "0", PKID },
		    .want = "warning placeholder-serial [Serial Number] \"0\" is a factory default "
		            "that many devices share\n" },
		{ "placeholder beside a hash without one", { "0", "", unset, "Contoso", "Book 14" },
		    .want = NO_SERIAL_IN_HASH NO_MAKER_IN_HASH
		    "warning placeholder-serial [Serial Number] \"0\" is a factory default that "
		    "many devices share\n" },
		{ "default make and model",
		    { "SN1", "", "", "System manufacturer", "System Product Name" },
		    .want = "error placeholder-value [Manufacturer] \"System manufacturer\" is a "
		            "factory default\n"
		            "error placeholder-value [Model] \"System Product Name\" is a factory "
		            "default\n" },
		{ "default make beside a product id", { "SN1", PKID, "", "OEM", "Book 14" },
		    .want =
		        "warning placeholder-value [Manufacturer] \"OEM\" is a factory default\n" },
		{ "bad product id alone", { "SN1", "12345678901234" },
		    .want =
		        "error bad-product-id [Windows Product ID] \"12345678901234\" is not 13 "
		        "digits\n" },
		{ "bad product id beside a tuple",
		    { "SN1", "330551700000A", "", "Contoso", "Book 14" },
		    .want = "warning bad-product-id [Windows Product ID] \"330551700000A\" is not "
		            "13 digits\n" },
		{ "bad product id beside a hash", { "SN1", "1-2", bare, "Contoso", "Book 14" },
		    .want = NO_SERIAL_IN_HASH NO_MAKER_IN_HASH
		    "warning bad-product-id [Windows Product ID] \"1-2\" is not 13 digits\n" },
		{ "spreadsheet", { "3-Jan", "3,30552E+12", "", "Contoso", "#NAME?" },
		    .want = "error excel-damage [Serial Number] \"3-Jan\" is what a spreadsheet "
		            "made of the value\n"
		            "error excel-damage [Windows Product ID] \"3,30552E+12\" is what a "
		            "spreadsheet made of the value\n"
		            "error excel-damage [Model] \"#NAME?\" is what a spreadsheet made of "
		            "the value\n" },
		{ "spreadsheet beside a hash", { "1.23457E+11", "", good },
		    .want = "error excel-damage [Serial Number] \"1.23457E+11\" is what a "
		            "spreadsheet made of the value\n" },
		{ "invisible characters",
		    { "SN" ZERO_WIDTH "1", "", "", "Con" REPLACEMENT "toso", "Book\t14" },
		    .want = "error damaged-text [Serial Number] " UNSEEN
		            "error damaged-text [Manufacturer] " UNSEEN
		            "error damaged-text [Model] " UNSEEN },
		{ "invisible characters beside a hash", { "", "", bare, "", "Book" NBSP "14" },
		    .want =
		        NO_SERIAL_IN_HASH NO_MAKER_IN_HASH "warning damaged-text [Model] " UNSEEN },
		{ "invisible characters in a tag", { "", "", good, "", "", "t" ZERO_WIDTH "ag" },
		    .want =
		        "info filled [Serial Number] was empty, filled from the hash: \"SN1\"\n"
		        "info filled [Manufacturer] was empty, filled from the hash: \"Contoso\"\n"
		        "info filled [Model] was empty, filled from the hash: \"Book 14\"\n"
		        "error damaged-text [Group Tag] a character that is damaged or cannot "
		        "be seen stands in the tag\n" },
		{ "blanks inside", { "VM 1 2", PKID },
		    .want =
		        "warning serial-blanks [Serial Number] \"VM 1 2\" has blanks inside\n" },
		{ "a line end inside", { "SN 1\r\n2", PKID },
		    .want =
		        "error damaged-text [Serial Number] " UNSEEN
		        "warning serial-blanks [Serial Number] \"SN 1  2\" has blanks inside\n" },
		{ "a variant of a make", { "SN1", "", "", "Dell", "Latitude" },
		    .want = "warning known-variant [Manufacturer] \"Dell\": the firmware of this "
		            "maker usually says \"Dell Inc.\"\n" },
		{ "a variant matters to tuples only", { "SN1", PKID, "", "Dell", "Latitude" },
		    .want = "" },
		{ "no user", { "", PKID, "", "", "", "", "Jane Doe" },
		    .want = "warning bad-user [Assigned User] \"Jane Doe\" is not a user principal "
		            "name\n" },
		{ "virtual machine", { "SN1", PKID, "", "VMware, Inc.", "VMware20,1" },
		    .want = "warning virtual-machine a virtual machine (VMware)\n" },
		{ "what a hash fills in is looked at, too", { NULL, NULL, virtual },
		    .want = "warning damaged-text [Model] " UNSEEN
		            "warning virtual-machine a virtual machine (VMware)\n",
		    .device = { "SN1", NULL, NULL, "VMware, Inc.", "VMware\t20" } },
		{ "the longest",
		    { X64 X64, PKID, "", X256, X256, X256 X256,
		        X64 X64 X64 X16 X16 X16 "01234567@ab.cdef" },
		    .want = "" },
		{ "longer than that",
		    { X64 X64 "0", X64 X64 "0", "", X256 "0", X256 "0", X256 X256 "0",
		        X256 "@b.c" },
		    .want =
		        "error value-too-long [Serial Number] 129 bytes, at most 128 are taken\n"
		        "error value-too-long [Windows Product ID] 129 bytes, at most 128 are "
		        "taken\n"
		        "error value-too-long [Manufacturer] 257 bytes, at most 256 are taken\n"
		        "error value-too-long [Model] 257 bytes, at most 256 are taken\n"
		        "error value-too-long [Group Tag] 513 bytes, at most 512 are taken\n"
		        "error value-too-long [Assigned User] 260 bytes, at most 256 are taken\n"
		        "warning bad-product-id [Windows Product ID] \"" X64
		        "\" is not 13 digits\n" },
		{ "a message ends before a character",
		    { X16 X16 X16 "0123456789abcd \xc3\xa9 0", PKID },
		    .want = "warning serial-blanks [Serial Number] \"" X16 X16 X16
		            "0123456789abcd \" has blanks inside\n" },
	};

	(void)state;
	check_rows(tc, LENGTH(tc));
}

/* Each cell of a template's example ends the row. What was mended before it is still told. */
static void
samples(void **state)
{
	static const struct row_case tc[] = {
		{ "serial number", { "r9-znp67", "1-2", changed, "Dell", "#REF!", " x" },
		    .want = "error sample-data [Serial Number] \"r9-znp67\" is an example of the "
		            "template\n" },
		{ "product id", { "SN1", "00329-00000-0003-AA606" },
		    .want = "error sample-data [Windows Product ID] \"00329-00000-0003-AA606\" is "
		            "an example of the template\n" },
		{ "hash", { "SN1", "", SAMPLE_HASH_BEGIN X16 X16 },
		    .want = "error sample-data [Hardware Hash] \"" SAMPLE_HASH_BEGIN X16
		            "012345678\" is an example of the template\n" },
		{ "make", { "SN1", PKID, good, "SpiralOrbit " },
		    .want = "warning whitespace [Manufacturer] blanks around the value, removed\n"
		            "error sample-data [Manufacturer] \"SpiralOrbit\" is an example of the "
		            "template\n" },
		{ "model", { "SN1", PKID, good, "Contoso", "CONTOSOABC" },
		    .want =
		        "error sample-data [Model] \"CONTOSOABC\" is an example of the template\n" },
	};

	(void)state;
	check_rows(tc, LENGTH(tc));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities),
		cmocka_unit_test(damaged_hashes),
		cmocka_unit_test(odd_hashes),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(repairs),
		cmocka_unit_test(values),
		cmocka_unit_test(samples),
	};

	return cmocka_run_group_tests(tests, build_hashes, NULL);
}
