/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/field_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A literal that may hold NULs. */
#define S(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

#define NBSP "\xc2\xa0"
#define ZERO_WIDTH "\xe2\x80\x8b"
#define WORD_JOINER "\xe2\x81\xa0"
#define BOM "\xef\xbb\xbf"
#define IDEOGRAPHIC "\xe3\x80\x80"

struct verdict {
	struct slice value;
	bool want;
};

static void
assert_verdicts(bool (*rule)(struct slice v), const struct verdict *tc, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rule(tc[i].value) != tc[i].want)
			fail_msg("row %zu: \"" SLICE_FMT "\"", i, SLICE_ARG(tc[i].value));
	}
}

static void
trimming(void **state)
{
	static const struct {
		struct slice value;
		const char *want;
	} tc[] = {
		{ { NULL, 0 }, "" }, { S(""), "" }, { S("PF0ABC"), "PF0ABC" },
		{ S(" \t\r\n\v\fPF0 ABC\f\v\n\r\t "), "PF0 ABC" }, { S(NBSP "A" NBSP), "A" },
		{ S(ZERO_WIDTH "\xe2\x80\x8c\xe2\x80\x8d"
		               "A"
		               "\xe2\x80\x8d\xe2\x80\x8c" ZERO_WIDTH),
		    "A" },
		{ S(BOM IDEOGRAPHIC "A" WORD_JOINER), "A" }, { S(" " NBSP " " BOM " "), "" },
		{ S("\xe2\x80\x8e"
		    "A"),
		    "\xe2\x80\x8e"
		    "A" },
		{ S("A\xe2\x80"), "A\xe2\x80" },       /* a blank cut in the middle */
		{ S("\xa0"), "\xa0" },                 /* half of a blank */
		{ S("\xe3\x81\x80"), "\xe3\x81\x80" }, /* a letter that ends like a blank */
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		if (!slice_eq(value_trim(tc[i].value), slice_of(tc[i].want)))
			fail_msg("row %zu", i);
	}
	assert_int_equal(value_blank(slice_of(NBSP "A")), 2);
	assert_int_equal(value_blank(slice_of(BOM)), 3);
	assert_int_equal(value_blank(slice_of("\tA")), 1);
	assert_int_equal(value_blank(slice_of("A ")), 0);
	assert_int_equal(value_blank(slice_of("")), 0);
}

static void
quoted(void **state)
{
	static const struct verdict tc[] = {
		{ S("\"\""), true },
		{ S("\"PF0\""), true },
		{ S("\""), false },
		{ S("\"PF0"), false },
		{ S("PF0\""), false },
		{ { NULL, 0 }, false },
	};

	(void)state;
	assert_verdicts(value_is_quoted, tc, sizeof tc / sizeof tc[0]);
}

static void
damaged(void **state)
{
	static const struct verdict tc[] = {
		{ { NULL, 0 }, false }, { S("Surface Pro 7"), false },
		{ S("M\xc3\xbcller \xe4\xb8\xad"), false }, { S("Caf\xef\xbf\xbd"), true },
		{ S("a\tb"), true }, { S("a\nb"), true }, { S("a\0b"), true }, { S("a\x7f"), true },
		{ S("a\xc2\x80"), true }, { S("a\xc2\x9f"), true }, { S("a\xc2\xa1"), false },
		{ S("Surface" NBSP "Pro"), true }, { S("PF0" ZERO_WIDTH "ABC"), true },
		{ S("PF0" WORD_JOINER "ABC"), true }, { S("PF0" BOM "ABC"), true },
		{ S("a\xc2"), false }, /* the end of the value: nothing behind it is read */
	};

	(void)state;
	assert_verdicts(value_is_damaged, tc, sizeof tc / sizeof tc[0]);
}

static void
product_ids(void **state)
{
	static const struct verdict tc[] = {
		{ S("0012345678901"), true },
		{ S("3305371234567"), true },
		{ S("001234567890"), false },
		{ S("00123456789012"), false },
		{ S("001234567890A"), false },
		{ S(" 012345678901"), false },
		{ S("00329-00000-0003-AA606"), false },
		{ { NULL, 0 }, false },
	};

	(void)state;
	assert_verdicts(product_id_is_good, tc, sizeof tc / sizeof tc[0]);
}

#define KEY "ABCDE-12345-FGHIJ-67890-klmno"
#define DASHLESS "ABCDE12345FGHIJ67890klmno"

static void
product_keys(void **state)
{
	static const struct {
		struct slice value;
		bool with_dashes;
		bool dashless_too;
	} tc[] = {
		{ S(KEY), true, true },
		{ S(DASHLESS), false, true },
		{ S(KEY "X"), false, false },
		{ S(DASHLESS "X"), false, false },
		{ S("ABCDE-12345-FGHIJ-67890-klmn"), false, false },
		{ S("ABCDE-12345-FGHIJ-67890-klmn_"), false, false },
		{ S("ABCDE_12345-FGHIJ-67890-klmno"), false, false },
		{ S("ABCDE-12345-FGHIJ-67890-klm\xc3\xbc"), false, false },
		{ { NULL, 0 }, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		assert_int_equal(value_is_product_key(tc[i].value, false), tc[i].with_dashes);
		assert_int_equal(value_is_product_key(tc[i].value, true), tc[i].dashless_too);
	}
}

static void
product_key_in_text(void **state)
{
	static const struct {
		struct slice text;
		bool want;
		size_t at;
	} tc[] = {
		{ S(KEY), true, 0 },
		{ S("key: " KEY), true, 5 },
		{ S("a-b-c," KEY ",x"), true, 6 },
		{ S("pre" KEY), true, 3 },
		{ S("-----" KEY), true, 5 },
		{ S("ABCDE-12345-FGHIJ-67890-klmn"), false, 0 },
		{ S("1234-1234-1234-1234-1234-1234-12"), false, 0 },
		{ S("2f1f1e1d-0c0b-4a09-8807-060504030201"), false, 0 },
		{ S(DASHLESS), false, 0 },
		{ S("-"), false, 0 },
		{ { NULL, 0 }, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		size_t at = 99;

		assert_int_equal(text_has_product_key(tc[i].text, &at), tc[i].want);
		assert_int_equal(at, tc[i].want ? tc[i].at : 99);
	}
}

static void
excel_damage(void **state)
{
	static const struct verdict tc[] = {
		{ S("1.23457E+11"), true },
		{ S("1,23457E+11"), true },
		{ S("5E+10"), true },
		{ S("1.2e+100"), true },
		{ S("12.3E+11"), false },
		{ S("1.E+11"), false },
		{ S("1.5E11"), false },
		{ S("1E5"), false },
		{ S("5E+1"), false },
		{ S("5E+1A"), false },
		{ S("1"), false },
		{ S("3-Jan"), true },
		{ S("03-Jan"), true },
		{ S("31-Dec"), true },
		{ S("32-Dec"), false },
		{ S("0-Jan"), false },
		{ S("003-Jan"), false },
		{ S("Jan-05"), true },
		{ S("Mar-05"), true },
		{ S("May-99"), true },
		{ S("Jan-5"), false },
		{ S("Jan-2005"), false },
		{ S("3-JAN"), false },
		{ S("3 Jan"), false },
		{ S("PF-Jan"), false },
		{ S("-Jan"), false },
		{ S("Jan-"), false },
		{ S("3-Feb"), true },
		{ S("3-Apr"), true },
		{ S("3-Jun"), true },
		{ S("3-Jul"), true },
		{ S("3-Aug"), true },
		{ S("3-Sep"), true },
		{ S("3-Oct"), true },
		{ S("3-Nov"), true },
		{ S("3-Mrz"), true },
		{ S("3-Mai"), true },
		{ S("3-Okt"), true },
		{ S("Dez-05"), true },
		{ S("3-janv"), true },
		{ S("03-f\xc3\xa9vr"), true },
		{ S("3-avr"), true },
		{ S("3-juin"), true },
		{ S("3-juil"), true },
		{ S("3-ao\xc3\xbbt"), true },
		{ S("3-ene"), true },
		{ S("3-abr"), true },
		{ S("3-ago"), true },
		{ S("3-dic"), true },
		{ S("#NAME?"), true },
		{ S("#REF!"), true },
		{ S("#N/A"), true },
		{ S("#VALUE!"), true },
		{ S("#NUM!"), true },
		{ S("#DIV/0!"), true },
		{ S("#NULL!"), true },
		{ S("#1"), false },
		{ S("PF0ABCDE"), false },
		{ { NULL, 0 }, false },
	};

	(void)state;
	assert_verdicts(value_is_excel_damage, tc, sizeof tc / sizeof tc[0]);
}

static void
lost_zeros(void **state)
{
	static const struct {
		const char *value, *full;
		bool want;
	} tc[] = {
		{ "123", "0123", true },
		{ "123", "000123", true },
		{ "123", "123", false },
		{ "0123", "123", false },
		{ "123", "0124", false },
		{ "123", "1123", false },
		{ "12A", "012A", false },
		{ "123", "A123", false },
		{ "", "0", false },
		{ "0", "000", true },
		{ "23", "0123", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		if (value_lost_zeros(slice_of(tc[i].value), slice_of(tc[i].full)) != tc[i].want)
			fail_msg("%s of %s", tc[i].value, tc[i].full);
	}
}

static void
placeholders(void **state)
{
	static const struct verdict tc[] = {
		{ S("Default string"), true },
		{ S("To be filled by O.E.M."), true },
		{ S("System Serial Number"), true },
		{ S("System manufacturer"), true },
		{ S("System Product Name"), true },
		{ S("Not Specified"), true },
		{ S("Not Applicable"), true },
		{ S("None"), true },
		{ S("UNKNOWN"), true },
		{ S("N/A"), true },
		{ S("na"), true },
		{ S("0"), true },
		{ S("O.E.M."), true },
		{ S("OEM"), true },
		{ S("INVALID"), true },
		{ S("Serial"), true },
		{ S("123456789"), true },
		{ S("0123456789"), true },
		{ S("1234567890"), true },
		{ S("00000000"), true },
		{ S("xxxxxxx"), true },
		{ S("xXx"), true },
		{ S("........"), true },
		{ S("R9-ZNP67"), true },
		{ S("000000000000"), true },
		{ S("00"), false },
		{ S("1"), false },
		{ S("00000001"), false },
		{ S("12345678"), false },
		{ S("OEM2"), false },
		{ S("PF0ABCDE"), false },
		{ { NULL, 0 }, false },
	};

	(void)state;
	assert_verdicts(value_is_placeholder, tc, sizeof tc / sizeof tc[0]);
}

static void
samples(void **state)
{
	static const struct {
		enum sample_column column;
		const char *value;
		bool want;
	} tc[] = {
		{ SAMPLE_SERIAL, "000000000000", true },
		{ SAMPLE_SERIAL, "00000000000", false },
		{ SAMPLE_SERIAL, "r9-znp67", true },
		{ SAMPLE_SERIAL, "SpiralOrbit", false },
		{ SAMPLE_PRODUCT_ID, "00329-00000-0003-AA606", true },
		{ SAMPLE_PRODUCT_ID, "123451234567", true },
		{ SAMPLE_PRODUCT_ID, "1234512345678", false },
		{ SAMPLE_HASH, "dGhpc2RldmljZWlzYW5tbWRkZXZpY2U", true },
		{ SAMPLE_HASH, "dGhpc2RldmljZWlzYW5tbWRkZXZpY2U=", true },
		{ SAMPLE_HASH, "dGhpc2RldmljZWlzYW5tbWRkZXZpY2UA", false },
		{ SAMPLE_HASH, "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3g", true },
		{ SAMPLE_HASH, "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3g2AAAA", true },
		{ SAMPLE_HASH, "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3", false },
		{ SAMPLE_SERIAL, "T0FzAQEAHAAAAAoA6AOCOgEABgBgW7EdzorHH3g", false },
		{ SAMPLE_MANUFACTURER, "SPIRALORBIT", true },
		{ SAMPLE_MANUFACTURER, "Contoso", false },
		{ SAMPLE_MODEL, "contosoabc", true },
		{ SAMPLE_MODEL, "Surface Laptop", false },
		{ SAMPLE_MODEL, "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		if (value_is_sample(tc[i].column, slice_of(tc[i].value)) != tc[i].want)
			fail_msg("row %zu: %s", i, tc[i].value);
	}
}

static void
assert_text(const char *got, const char *want)
{
	if (want)
		assert_string_equal(got ? got : "(nothing)", want);
	else
		assert_null(got);
}

static void
manufacturer_variants(void **state)
{
	static const struct {
		const char *value;
		const char *want;
	} tc[] = {
		{ "LENOVO", NULL },
		{ "Lenovo", "LENOVO" },
		{ "Dell Inc.", NULL },
		{ "Dell", "Dell Inc." },
		{ "DELL INC", "Dell Inc." },
		{ "dell inc.", "Dell Inc." },
		{ "HP", NULL },
		{ "hp", "HP" },
		{ "HP Inc.", "HP" },
		{ "HP Inc", "HP" },
		{ "Hewlett Packard", "HP" },
		{ "Hewlett-Packard", NULL },
		{ "hewlett-packard", "Hewlett-Packard" },
		{ "Microsoft Corporation", NULL },
		{ "Microsoft", "Microsoft Corporation" },
		{ "Contoso", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++)
		assert_text(manufacturer_known_variant(slice_of(tc[i].value)), tc[i].want);
}

static void
virtual_machines(void **state)
{
	static const struct {
		const char *manufacturer, *model, *serial;
		const char *want;
	} tc[] = {
		{ "Microsoft Corporation", "Virtual Machine", "", "Hyper-V" },
		{ "", "", "1234-5678-9012-3456-7890-1234-56", "Hyper-V" },
		{ "", "", "1234-5678-9012-3456-7890-1234-5A", NULL },
		{ "Microsoft Corporation", "Surface Pro 7", "012345678901", NULL },
		{ "VMware, Inc.", "", "", "VMware" },
		{ "", "VMware20,1", "", "VMware" },
		{ "", "", "VMware-56 4d 01 02 03 04 05 06-07 08 09 0a 0b 0c 0d 0e", "VMware" },
		{ "", "", "Parallels-56 4D 01 02 03", "Parallels" },
		{ "innotek GmbH", "", "0", "VirtualBox" },
		{ "", "VirtualBox", "0", "VirtualBox" },
		{ "QEMU", "", "", "QEMU/KVM" },
		{ "", "Standard PC (Q35 + ICH9, 2009)", "", "QEMU/KVM" },
		{ "LENOVO", "20B6008MMH", "PF0ABCDE", NULL },
		{ "", "", "", NULL },
		{ "", "", "0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++)
		assert_text(virtual_machine_kind(slice_of(tc[i].manufacturer),
		                slice_of(tc[i].model), slice_of(tc[i].serial)),
		    tc[i].want);
}

static void
hashes_by_looks(void **state)
{
	char text[101];

	(void)state;
	memset(text, 'A', sizeof text);
	memcpy(text, "T0", 2);
	assert_true(value_looks_like_hash((struct slice){ text, 101 }));
	assert_false(value_looks_like_hash((struct slice){ text, 100 }));
	assert_false(value_looks_like_hash((struct slice){ NULL, 0 }));
	text[1] = 'O';
	assert_false(value_looks_like_hash((struct slice){ text, 101 }));
}

static void
user_names(void **state)
{
	static const struct verdict tc[] = {
		{ S("ana@contoso.com"), true },
		{ S("ana.b@contoso.onmicrosoft.com"), true },
		{ S("a@b.c"), true },
		{ S("m\xc3\xbcller@contoso.com"), true },
		{ S("contoso\\ana"), false },
		{ S("Ana Berg"), false },
		{ S("@contoso.com"), false },
		{ S("ana@"), false },
		{ S("ana@contoso"), false },
		{ S("ana@.com"), false },
		{ S("ana@contoso."), false },
		{ S("ana@@contoso.com"), false },
		{ S("ana@con@toso.com"), false },
		{ S("ana berg@contoso.com"), false },
		{ S("ana" NBSP "@contoso.com"), false },
		{ { NULL, 0 }, false },
	};

	(void)state;
	assert_verdicts(value_is_upn, tc, sizeof tc / sizeof tc[0]);
}

static void
tags(void **state)
{
	static const struct {
		struct slice tag;
		enum tag_match want;
	} tc[] = {
		{ S("Microsoft365Managed_Autopilot"), TAG_EQUAL },
		{ S("microsoft365managed_autopilot"), TAG_NEAR },
		{ S("Microsoft365Managed-Autopilot"), TAG_NEAR },
		{ S("Microsoft365Managed Autopilot"), TAG_NEAR },
		{ S("Microsoft365ManagedAutopilot"), TAG_NEAR },
		{ S("Microsoft365Managed__Autopilot"), TAG_NEAR },
		{ S(" Microsoft365Managed_Autopilot"), TAG_NEAR },
		{ S("Microsoft365Managed_Autopilot" NBSP), TAG_NEAR },
		{ S("Microsoft 365 Managed\t_ Autopilot" ZERO_WIDTH), TAG_NEAR },
		{ S("Microsoft365Managed_Autopilot2"), TAG_DIFFERENT },
		{ S("Microsoft365Managed_Autopilo"), TAG_DIFFERENT },
		{ S("Microsoft365Managed.Autopilot"), TAG_DIFFERENT },
		{ S("Microsoft365Managed_Autopilot\0"), TAG_DIFFERENT },
		{ S("Kiosk"), TAG_DIFFERENT },
		{ { NULL, 0 }, TAG_DIFFERENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tc / sizeof tc[0]; i++) {
		if (tag_compare(tc[i].tag, slice_of(GROUP_TAG_MMD)) != tc[i].want)
			fail_msg("row %zu: \"" SLICE_FMT "\"", i, SLICE_ARG(tc[i].tag));
	}
}

int
main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(trimming),
		cmocka_unit_test(quoted),
		cmocka_unit_test(damaged),
		cmocka_unit_test(product_ids),
		cmocka_unit_test(product_keys),
		cmocka_unit_test(product_key_in_text),
		cmocka_unit_test(excel_damage),
		cmocka_unit_test(lost_zeros),
		cmocka_unit_test(placeholders),
		cmocka_unit_test(samples),
		cmocka_unit_test(manufacturer_variants),
		cmocka_unit_test(virtual_machines),
		cmocka_unit_test(hashes_by_looks),
		cmocka_unit_test(user_names),
		cmocka_unit_test(tags),
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
