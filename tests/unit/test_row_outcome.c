/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/row_check.h"
#include "devices/row_findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/hash_record.h"
#include "devices/row_findings.h"
#include "tests/unit/alloc_fault.h"
#include "tests/unit/hash_build.h"
#include "tests/unit/list_fixture.h"

/* What becomes of a row apart from the single findings, which are in test_row_check.c. */

#define LENGTH(array) (sizeof array / sizeof(array)[0])
#define PKID "3305517000001"

/* --- secrets ---------------------------------------------------------------------------------- */

#define KEY "VK7JG-NPHTM-C97JM-9MPGT-3V66T"
#define KEY_PLAIN "VK7JGNPHTMC97JM9MPGT3V66T"

static bool
holds(struct slice s, const char *word)
{
	return memmem(s.ptr, s.len, word, strlen(word)) != NULL;
}

/* A product key ends the row, whatever else is wrong with it, and leaves no trace. */
static void
product_keys(void **state)
{
	static const struct row_policy policy = { .nallowed_tag = 0 };
	static const struct {
		enum column column;
		const char *cell;
	} tc[] = {
		{ COLUMN_SERIAL, KEY },
		{ COLUMN_SERIAL, "key: " KEY "," },
		{ COLUMN_PRODUCT_ID, KEY },
		{ COLUMN_PRODUCT_ID, "vk7jg-nphtm-c97jm-9mpgt-3v66t" },
		{ COLUMN_PRODUCT_ID, KEY_PLAIN },
		{ COLUMN_PRODUCT_ID, " " KEY_PLAIN "\xc2\xa0" },
		{ COLUMN_PRODUCT_ID, "\"" KEY_PLAIN "\"" },
		{ COLUMN_PRODUCT_ID, " \" " KEY_PLAIN "\"" },
		{ COLUMN_HASH, "T0" KEY },
		{ COLUMN_MANUFACTURER, "\"" KEY "\"" },
		{ COLUMN_MODEL, KEY KEY },
		{ COLUMN_TAG, " " KEY },
		{ COLUMN_USER, KEY "@example.com" },
		{ COLUMN_ORDER, "PO 1 " KEY },
	};
	struct row_checker *rc = row_checker_of(&policy);

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const char *cell[NCOLUMN] = { "SN1", "1", "T0?", "SpiralOrbit", " ", " tag", "x",
			"PO" };
		struct row_fields f;
		struct checked_row row;
		char want[128];

		print_message("  %s\n", tc[i].cell);
		cell[tc[i].column] = tc[i].cell;
		f = row_fields_of(cell);
		row_check(rc, &f, &row);
		(void)snprintf(want, sizeof want,
		    "error product-key [%s] a 25-character product key stands in this cell\n",
		    column_name(tc[i].column));
		assert_row_findings(&row, want);
		assert_true(row.refused);
		assert_int_equal(row.finding[0].serial.len, 0);
		assert_int_equal(row.device.serial.len, 0);
	}
	row_checker_free(rc);
}

/* Firmware may say anything: what a proven hash tells would be filled in, and told. */
static void
a_key_that_a_hash_tells_refuses_the_row(void **state)
{
	static const struct row_policy policy = { .nallowed_tag = 0 };
	const struct capture captures[] = {
		{ .serial = KEY, .maker = "Contoso", .model = "Book 14" },
		{ .serial = "SN1", .maker = KEY, .model = "Book 14" },
		{ .serial = "SN1", .maker = "Contoso", .model = "x" KEY },
	};
	struct row_checker *rc = row_checker_of(&policy);

	(void)state;
	for (size_t i = 0; i < LENGTH(captures); i++) {
		char text[HASH_BUILD_CHARS + 1];
		const char *cell[NCOLUMN] = { "", NULL, text, "", "" };
		struct row_fields f;
		struct checked_row row;

		capture_hash(&captures[i], text);
		f = row_fields_of(cell);
		row_check(rc, &f, &row);
		assert_row_findings(&row,
		    "error product-key [Hardware Hash] a 25-character product key stands inside the "
		    "hash\n");
		assert_true(row.refused);
	}
	row_checker_free(rc);
}

/* What is not recognised as a key is not repeated either where the place says what it should be. */
static void
a_key_within_a_hash_is_not_repeated(void **state)
{
	static const char *const cell[NCOLUMN] = { "SN1", NULL,
		"T0FzAQEAHAAAAAoAT0FzAQEAHAAAAAoAT0FzAQEAHAAAAAoAT0FzAQEAHAAAAAoAT0FzAQEAHAAAAAoA" KEY
		"T0FzAQEAHAAAAAoAT0FzAQEAHAAAAAoA" };
	static const struct row_policy policy = { .nallowed_tag = 0 };
	struct row_checker *rc = row_checker_of(&policy);
	struct row_fields f = row_fields_of(cell);
	struct checked_row row;

	(void)state;
	row_check(rc, &f, &row);
	assert_row_findings(&row,
	    "error hash-not-base64 [Hardware Hash] character 86 is not base64\n");
	assert_false(holds(row.finding[0].message, "NPHTM"));
	row_checker_free(rc);
}

/* --- group tags ------------------------------------------------------------------------------- */

static void
tags(void **state)
{
	static const struct slice allowed[] = { { "North", 5 }, { "South_1", 7 } };
	static const struct {
		const char *tag;
		size_t nallowed;
		const char *by_default;
		const char *want;
		const char *becomes; /* NULL: refused */
	} tc[] = {
		{ "anything", 0, "", "", "anything" },
		{ "Microsoft365Managed_Autopilot", 0, "", "", "Microsoft365Managed_Autopilot" },
		{ "Microsoft365Managed Autopilot", 0, "",
		    "error tag-near-miss [Group Tag] \"Microsoft365Managed Autopilot\" is not "
		    "\"Microsoft365Managed_Autopilot\": capitals, blanks and '_' count\n",
		    NULL },
		{ " anything", 0, "",
		    "error tag-near-miss [Group Tag] \" anything\" has blanks at its ends, and "
		    "they count\n",
		    NULL },
		{ "", 0, "", "", "" },
		{ "", 0, "North", "", "North" },
		{ "mine", 0, "North", "", "mine" },
		{ "North", 2, "", "", "North" },
		{ "South_1", 2, "North", "", "South_1" },
		{ "", 2, "South_1", "", "South_1" },
		{ "", 2, "", "", "" },
		{ "north", 2, "",
		    "error tag-near-miss [Group Tag] \"north\" is not \"North\": capitals, "
		    "blanks and '_' count\n",
		    NULL },
		{ "South-1 ", 2, "",
		    "error tag-near-miss [Group Tag] \"South-1 \" is not \"South_1\": capitals, "
		    "blanks and '_' count\n",
		    NULL },
		{ "West", 2, "",
		    "error tag-mismatch [Group Tag] \"West\" is not a tag that is allowed here\n",
		    NULL },
		{ "West ", 2, "",
		    "error tag-near-miss [Group Tag] \"West \" has blanks at its ends, and they "
		    "count\n",
		    NULL },
		{ "Microsoft365Managed_Autopilot", 1, "",
		    "error tag-mismatch [Group Tag] \"Microsoft365Managed_Autopilot\" is not a "
		    "tag that is allowed here\n",
		    NULL },
		{ "South_1", 1, "",
		    "error tag-mismatch [Group Tag] \"South_1\" is not a tag that is allowed "
		    "here\n",
		    NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		const struct row_policy policy = {
			.allowed_tag = allowed,
			.nallowed_tag = tc[i].nallowed,
			.default_tag = slice_of(tc[i].by_default),
		};
		const char *const cell[NCOLUMN] = { NULL, PKID, NULL, NULL, NULL, tc[i].tag };
		struct row_checker *rc = row_checker_of(&policy);
		struct row_fields f = row_fields_of(cell);
		struct checked_row row;

		print_message("  \"%s\" of %zu\n", tc[i].tag, tc[i].nallowed);
		row_check(rc, &f, &row);
		assert_row_findings(&row, tc[i].want);
		assert_int_equal(row.refused, tc[i].becomes == NULL);
		assert_slice(row.device.group_tag, tc[i].becomes ? tc[i].becomes : "");
		row_checker_free(rc);
	}
}

/* --- keys ------------------------------------------------------------------------------------- */

static struct device_key
key_of(const struct row_policy *policy, const char *const cell[NCOLUMN])
{
	struct row_checker *rc = row_checker_of(policy);
	struct row_fields f = row_fields_of(cell);
	struct checked_row row;

	row_check(rc, &f, &row);
	assert_false(row.refused);
	row_checker_free(rc);
	return row.key;
}

static bool
is_same_key(const struct device_key *a, const struct device_key *b)
{
	return a->main == b->main && a->uuid == b->uuid && a->hash == b->hash &&
	    a->collected == b->collected && a->maker == b->maker && a->ek == b->ek;
}

/* Whatever the list says, what a hash proves is what counts. */
static void
keys(void **state)
{
	static const struct row_policy policy = { .accept_serial_mismatch = true,
		.key_seed = "a seed" };
	const struct capture c = { "SN1", "Contoso", "Book 14", NULL, "uuid of a device", "key",
		0 };
	const struct capture shared = { "Default string", "OEM", NULL, NULL, NULL, NULL, 0 };
	char hash[HASH_BUILD_CHARS + 1], unset[HASH_BUILD_CHARS + 1];
	const char *const full[NCOLUMN] = { "SN1", PKID, hash, "Contoso", "Book 14" };
	const char *const mismatch[NCOLUMN] = { "SN2", "3305517000002", hash, "Fabrikam",
		"Book 15" };
	const char *const tuple[NCOLUMN] = { "sn1", "1", "", "CONTOSO", "Book 15" };
	const char *const pkid[NCOLUMN] = { "0", PKID };
	const char *const pkid_alone[NCOLUMN] = { "", PKID };
	const char *const bad_pkid[NCOLUMN] = { "", "1", unset };
	const char *const no_pkid[NCOLUMN] = { "", "", unset };
	const char *const outside[NCOLUMN] = { "SN1", "", unset, "Contoso" };
	struct device_key a, b;

	(void)state;
	capture_hash(&c, hash);
	capture_hash(&shared, unset);
	a = key_of(&policy, full);
	assert_true(a.main && a.uuid && a.hash && a.collected && a.maker && a.ek);
	b = key_of(&policy, mismatch);
	assert_true(is_same_key(&a, &b));

	b = key_of(&policy, tuple);
	assert_true(a.main == b.main && a.maker == b.maker);
	assert_true(b.uuid == 0 && b.hash == 0 && b.collected == 0 && b.ek == 0);
	a = key_of(&policy, outside); /* the hash says nothing, so the list does */
	assert_true(a.main == b.main && a.maker == b.maker && a.hash != 0);

	a = key_of(&policy, pkid);
	b = key_of(&policy, pkid_alone);
	assert_true(a.main != 0 && a.main == b.main);
	a = key_of(&policy, bad_pkid);
	b = key_of(&policy, no_pkid);
	assert_true(a.hash != 0 && is_same_key(&a, &b));
}

/* --- refusals from outside -------------------------------------------------------------------- */

static void
refused_by_the_caller(void **state)
{
	static const char *const cell[NCOLUMN] = { " SN1", PKID };
	static const struct row_policy policy = { .nallowed_tag = 0 };
	struct row_checker *rc = row_checker_of(&policy);
	struct row_fields f = row_fields_of(cell);
	struct checked_row row;

	(void)state;
	row_check(rc, &f, &row);
	assert_false(row.refused);
	row_refuse(rc, &row, FINDING_VALUE_NOT_WRITABLE, "Model", "%s", "one\r\ntwo");
	assert_true(row.refused);
	assert_row_findings(&row,
	    "warning whitespace [Serial Number] blanks around the value, removed\n"
	    "error value-not-writable [Model] one  two\n");
	assert_slice(row.finding[0].serial, "SN1");
	assert_slice(row.finding[1].serial, "SN1");

	row_begin(rc, &row);
	assert_true(!row.refused && row.nfinding == 0);
	row_refuse(rc, &row, FINDING_COLUMN_COUNT, NULL, "%d cells", 2);
	assert_row_findings(&row, "error column-count 2 cells\n");
	assert_true(row.refused);
	assert_int_equal(row.finding[0].serial.len, 0);
	row_checker_free(rc);
}

/* --- one row after another -------------------------------------------------------------------- */

/* What was found in a row, or not, has no part in the judgement on the next. */
static void
rows_do_not_depend_on_each_other(void **state)
{
	static char hash[HASH_BUILD_CHARS + 1], vm_hash[HASH_BUILD_CHARS + 1];
	static const struct {
		const char *cell[NCOLUMN];
		const char *want;
	} tc[] = {
		{ { "A1", PKID, "", "Dell", "Virtual" }, "" },
		{ { "A1", "", "", "Dell", "Virtual" },
		    "warning known-variant [Manufacturer] \"Dell\": the firmware of this maker "
		    "usually says \"Dell Inc.\"\n" },
		{ { "A1", PKID, "", "Dell", "Virtual Machine" },
		    "warning virtual-machine a virtual machine (Hyper-V)\n" },
		{ { "A1", PKID, "", "Dell", "Virtual Machine" },
		    "warning virtual-machine a virtual machine (Hyper-V)\n" },
		{ { "A1", PKID, "", "OEM", "Virtual" },
		    "warning placeholder-value [Manufacturer] \"OEM\" is a factory default\n" },
		{ { "A1", "", "", "OEM", "Virtual" },
		    "error placeholder-value [Manufacturer] \"OEM\" is a factory default\n" },
		{ { NULL, NULL, hash }, "" },
		{ { NULL, NULL, vm_hash }, "warning virtual-machine a virtual machine (VMware)\n" },
		{ { NULL, NULL, hash }, "" },
		{ { "A1", "", hash, "Contoso", "Book 15" },
		    "warning model-mismatch [Model] the list says \"Book 15\", the hash \"Book "
		    "14\"\n" },
		{ { "A1", PKID }, "" },
		{ { "A1" },
		    "error no-identity nothing identifies the device (there is: Serial Number)\n" },
	};
	static const struct row_policy policy = { .now_unix_s = CAPTURE_NOW_UNIX_S };
	const struct capture c = { "A1", "Contoso", "Book 14", NULL, NULL, NULL, 0 };
	const struct capture vm = { "A1", "VMware, Inc.", "VMware20,1", NULL, NULL, NULL, 0 };
	struct row_checker *rc = row_checker_of(&policy);

	(void)state;
	capture_hash(&c, hash);
	capture_hash(&vm, vm_hash);
	for (size_t i = 0; i < 3 * LENGTH(tc); i++) {
		struct row_fields f = row_fields_of(tc[i % LENGTH(tc)].cell);
		struct checked_row row;

		row_check(rc, &f, &row);
		assert_row_findings(&row, tc[i % LENGTH(tc)].want);
	}
	row_checker_free(rc);
}

/* --- limits ----------------------------------------------------------------------------------- */

/* A hash with every oddity that goes with a full set of values, in quotes. */
static void
build_odd_hash(char text[HASH_BUILD_CHARS + 3])
{
	static const uint8_t offline_id[10 + 32] = { [4] = HASH_ID_TPM_EK, [6] = 32 };
	const struct capture c = { "SN1", "Contoso", "Book 14", PKID, NULL, "key", 1000000 };
	struct hash_build b;

	capture_records(&c, &b);
	hash_build_record(&b, HASH_RECORD_OFFLINE_ID, offline_id, sizeof offline_id);
	hash_build_record(&b, HASH_RECORD_UUID, "short", 5);
	hash_build_finish(&b, text + 1);
	b.bytes[HASH_BUILD_BYTES - 1] = 1;
	hash_build_encode(&b, text + 1);
	text[0] = text[HASH_BUILD_CHARS + 1] = '\'';
	text[HASH_BUILD_CHARS + 2] = '\0';
}

/* However much there is to say: of a row that is refused an error is told. */
static void
more_findings_than_are_kept(void **state)
{
	char hash[HASH_BUILD_CHARS + 3];
	char hash_in_blanks[HASH_BUILD_CHARS + 8];
	const char *cell[NCOLUMN] = { " \"S\tN 2\"", " \"1\t2\"", hash_in_blanks,
		" \"QEMU\t\xc2\xa0x\"", " \"Book\t15\"", "tag", " \"x\"" };
	static const struct row_policy policy = {
		.accept_serial_mismatch = true,
		.now_unix_s = CAPTURE_NOW_UNIX_S,
	};
	struct row_checker *rc = row_checker_of(&policy);
	struct row_fields f;
	struct checked_row row;
	size_t errors = 0;

	(void)state;
	build_odd_hash(hash);
	(void)snprintf(hash_in_blanks, sizeof hash_in_blanks, " %s", hash);
	f = row_fields_of(cell);
	row_check(rc, &f, &row);
	assert_false(row.refused);
	assert_int_equal(row.nfinding, ROW_FINDINGS_MAX);

	cell[COLUMN_TAG] = " tag";
	f = row_fields_of(cell);
	row_check(rc, &f, &row);
	assert_true(row.refused);
	assert_int_equal(row.nfinding, ROW_FINDINGS_MAX);
	for (size_t i = 0; i < row.nfinding; i++)
		errors += row.finding[i].severity == SEVERITY_ERROR;
	assert_int_equal(errors, 1);
	row_checker_free(rc);
}

static void
try_new(void *arg)
{
	static const struct row_policy policy = { .nallowed_tag = 0 };
	struct row_checker *rc = NULL;
	struct err err;
	enum err_code code = row_checker_new(&policy, &rc, &err);

	(void)arg;
	assert_int_equal(code, alloc_fault_hit() ? ERR_NOMEM : ERR_OK);
	assert_true((rc == NULL) == alloc_fault_hit());
	row_checker_free(rc);
}

static void
no_memory(void **state)
{
	(void)state;
	assert_true(alloc_fault_sweep(try_new, NULL) >= 2);
	row_checker_free(NULL);
}

/* It is for no column, so that there is no finding on it either. */
static void
families(void **state)
{
	static const struct row_policy policy = { .nallowed_tag = 0 };
	static const struct capture book = { .serial = "SN1", .maker = "Contoso", .model = "Book" };
	static const struct {
		const char *name;
		const char *in_hash; /* NULL: no such record */
		const char *want;
	} tc[] = {
		{ "a family", "Book 14 Gen 2", "Book 14 Gen 2" },
		{ "blanks around it", " Book\xc2\xa0", "Book" },
		{ "beyond ASCII",
		    "B\xc3\xbc"
		    "cher",
		    "B\xc3\xbc"
		    "cher" },
		{ "none", NULL, "" },
		{ "empty", "", "" },
		{ "a factory default", "To be filled by O.E.M.", "" },
		{ "damaged", "Bo\xef\xbf\xbdk", "" },
		{ "not UTF-8",
		    "B\xfc"
		    "cher",
		    "" },
		{ "a product key", KEY, "" },
	};
	struct row_checker *rc = row_checker_of(&policy);

	(void)state;
	for (size_t i = 0; i < LENGTH(tc); i++) {
		char text[HASH_BUILD_CHARS + 1];
		const char *cell[NCOLUMN] = { "SN1", NULL, text, "Contoso", "Book" };
		struct hash_build b;
		struct row_fields f;
		struct checked_row row;

		print_message("  %s\n", tc[i].name);
		capture_records(&book, &b);
		if (tc[i].in_hash)
			hash_build_text_record(&b, HASH_RECORD_FAMILY, tc[i].in_hash);
		hash_build_finish(&b, text);
		f = row_fields_of(cell);
		row_check(rc, &f, &row);
		assert_false(row.refused);
		assert_slice(row.device.family, tc[i].want);
	}
	row_checker_free(rc);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(product_keys),
		cmocka_unit_test(a_key_that_a_hash_tells_refuses_the_row),
		cmocka_unit_test(a_key_within_a_hash_is_not_repeated),
		cmocka_unit_test(families),
		cmocka_unit_test(tags),
		cmocka_unit_test(keys),
		cmocka_unit_test(refused_by_the_caller),
		cmocka_unit_test(rows_do_not_depend_on_each_other),
		cmocka_unit_test(more_findings_than_are_kept),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
