/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EXPLAIN_COLUMNS = 78 };

/* The contract with scripts: words and severities, typed here a second time. */
static const struct {
	enum finding_code code;
	const char *word;
	enum severity severity;
} contract[] = {
	{ FINDING_NOT_A_LIST, "not-a-list", SEVERITY_ERROR },
	{ FINDING_LIST_EMPTY, "list-empty", SEVERITY_ERROR },
	{ FINDING_COLUMNS_UNKNOWN, "columns-unknown", SEVERITY_ERROR },
	{ FINDING_ENCODING_MIXED, "encoding-mixed", SEVERITY_ERROR },
	{ FINDING_ENCODING_CUT, "encoding-cut", SEVERITY_WARNING },
	{ FINDING_UNREADABLE, "unreadable", SEVERITY_ERROR },
	{ FINDING_HEADING_MISSING, "heading-missing", SEVERITY_WARNING },
	{ FINDING_TAG_NOT_WRITTEN, "tag-not-written", SEVERITY_WARNING },
	{ FINDING_SAMPLE_DATA, "sample-data", SEVERITY_ERROR },
	{ FINDING_HEADER_ROW, "header-row", SEVERITY_ERROR },
	{ FINDING_COLUMN_COUNT, "column-count", SEVERITY_ERROR },
	{ FINDING_NO_IDENTITY, "no-identity", SEVERITY_ERROR },
	{ FINDING_ROW_TOO_LONG, "row-too-long", SEVERITY_ERROR },
	{ FINDING_UNCLOSED_QUOTE, "unclosed-quote", SEVERITY_ERROR },
	{ FINDING_DUPLICATE, "duplicate", SEVERITY_INFO },
	{ FINDING_CONFLICT, "conflict", SEVERITY_ERROR },
	{ FINDING_SHARED_IDENTITY, "shared-identity", SEVERITY_WARNING },
	{ FINDING_SHORT_SERIALS, "short-serials", SEVERITY_WARNING },
	{ FINDING_VALUE_NOT_WRITABLE, "value-not-writable", SEVERITY_ERROR },
	{ FINDING_HASH_NOT_BASE64, "hash-not-base64", SEVERITY_ERROR },
	{ FINDING_HASH_NOT_OA, "hash-not-oa", SEVERITY_ERROR },
	{ FINDING_HASH_TRUNCATED, "hash-truncated", SEVERITY_ERROR },
	{ FINDING_HASH_MALFORMED, "hash-malformed", SEVERITY_ERROR },
	{ FINDING_HASH_CHECKSUM, "hash-checksum", SEVERITY_ERROR },
	{ FINDING_HASH_LEGACY, "hash-legacy", SEVERITY_ERROR },
	{ FINDING_HASH_NONCANONICAL, "hash-noncanonical", SEVERITY_WARNING },
	{ FINDING_HASH_INCOMPLETE, "hash-incomplete", SEVERITY_WARNING },
	{ FINDING_HASH_UNUSUAL, "hash-unusual", SEVERITY_WARNING },
	{ FINDING_SERIAL_MISMATCH, "serial-mismatch", SEVERITY_ERROR },
	{ FINDING_MANUFACTURER_MISMATCH, "manufacturer-mismatch", SEVERITY_WARNING },
	{ FINDING_MODEL_MISMATCH, "model-mismatch", SEVERITY_WARNING },
	{ FINDING_PRODUCT_ID_MISMATCH, "product-id-mismatch", SEVERITY_WARNING },
	{ FINDING_PLACEHOLDER_SERIAL, "placeholder-serial", SEVERITY_ERROR },
	{ FINDING_PLACEHOLDER_VALUE, "placeholder-value", SEVERITY_ERROR },
	{ FINDING_BAD_PRODUCT_ID, "bad-product-id", SEVERITY_ERROR },
	{ FINDING_PRODUCT_KEY, "product-key", SEVERITY_ERROR },
	{ FINDING_EXCEL_DAMAGE, "excel-damage", SEVERITY_ERROR },
	{ FINDING_LEADING_ZEROS, "leading-zeros", SEVERITY_WARNING },
	{ FINDING_WHITESPACE, "whitespace", SEVERITY_WARNING },
	{ FINDING_QUOTED_VALUE, "quoted-value", SEVERITY_WARNING },
	{ FINDING_DAMAGED_TEXT, "damaged-text", SEVERITY_ERROR },
	{ FINDING_VALUE_TOO_LONG, "value-too-long", SEVERITY_ERROR },
	{ FINDING_FILLED, "filled", SEVERITY_INFO },
	{ FINDING_KNOWN_VARIANT, "known-variant", SEVERITY_WARNING },
	{ FINDING_SERIAL_BLANKS, "serial-blanks", SEVERITY_WARNING },
	{ FINDING_BAD_USER, "bad-user", SEVERITY_WARNING },
	{ FINDING_TAG_MISMATCH, "tag-mismatch", SEVERITY_ERROR },
	{ FINDING_TAG_NEAR_MISS, "tag-near-miss", SEVERITY_ERROR },
	{ FINDING_VIRTUAL_MACHINE, "virtual-machine", SEVERITY_WARNING },
};

static void
codes_and_severities(void **state)
{
	(void)state;
	assert_int_equal(sizeof contract / sizeof contract[0], NFINDING);
	for (size_t i = 0; i < sizeof contract / sizeof contract[0]; i++) {
		const struct finding_info *info = finding_info(contract[i].code);
		enum finding_code found = (enum finding_code)NFINDING;

		assert_int_equal(contract[i].code, i); /* none left out, none twice */
		assert_string_equal(info->code, contract[i].word);
		assert_int_equal(info->severity, contract[i].severity);
		assert_ptr_equal(finding_by_name(slice_of(contract[i].word), &found), info);
		assert_int_equal(found, contract[i].code);
	}
}

static void
unknown_names(void **state)
{
	static const char *const name[] = {
		"",
		"hash",
		"hash-truncated-",
		"Hash-Truncated",
		" filled",
		"nothing",
	};

	(void)state;
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		enum finding_code found = FINDING_FILLED;

		assert_null(finding_by_name(slice_of(name[i]), &found));
		assert_int_equal(found, FINDING_FILLED);
	}
}

/* Words of lower-case letters and digits with single hyphens between them. */
static void
assert_word(const char *code)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyz0123456789-";

	assert_int_equal(strspn(code, allowed), strlen(code));
	assert_true(code[0] != '-' && code[strlen(code) - 1] != '-');
	assert_null(strstr(code, "--"));
}

/* One line of plain ASCII. */
static void
assert_line(const char *text)
{
	for (const char *p = text; *p; p++)
		assert_in_range(*p, ' ', '~');
	assert_null(strstr(text, "  "));
}

static void
assert_paragraphs(const char *text)
{
	size_t paragraphs = 1;

	while (*text) {
		size_t len = strcspn(text, "\n");

		assert_in_range(len, 0, EXPLAIN_COLUMNS);
		paragraphs += len == 0;
		for (size_t i = 0; i < len; i++)
			assert_in_range(text[i], ' ', '~');
		assert_true(len == 0 || (text[0] != ' ' && text[len - 1] != ' '));
		assert_int_equal(text[len], '\n'); /* the last line, too */
		text += len + 1;
		assert_false(len == 0 && *text == '\0');
	}
	assert_in_range(paragraphs, 2, 4);
}

static void
texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < NFINDING; i++) {
		const struct finding_info *info = finding_info((enum finding_code)i);

		assert_word(info->code);
		assert_line(info->title);
		assert_in_range(strlen(info->title), 5, 50);
		assert_int_not_equal(info->title[strlen(info->title) - 1], '.');
		assert_line(info->advice);
		assert_in_range(strlen(info->advice), 20, 250);
		assert_int_equal(info->advice[strlen(info->advice) - 1], '.');
		assert_paragraphs(info->explain);
	}
}

static void
severity_names(void **state)
{
	(void)state;
	assert_string_equal(severity_name(SEVERITY_ERROR), "error");
	assert_string_equal(severity_name(SEVERITY_WARNING), "warning");
	assert_string_equal(severity_name(SEVERITY_INFO), "info");
}

int
main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(codes_and_severities),
		cmocka_unit_test(unknown_names),
		cmocka_unit_test(texts),
		cmocka_unit_test(severity_names),
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
