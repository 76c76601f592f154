/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/hash_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof array / sizeof(array)[0])

static void
test_take(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len, taken;
		unsigned type;
	} cases[] = {
		{ "nothing", "", 0, 0, 0 },
		{ "half a head", "\x0e\0\4", 3, 0, 0 },
		{ "length 0", "\x0e\0\0\0", 4, 0, 0 },
		{ "length 3", "\x0e\0\3\0", 4, 0, 0 },
		{ "head alone", "\x0e\0\4\0", 4, 4, 14 },
		{ "something behind", "\x0e\0\6\0ab\x0f", 7, 6, 14 },
		{ "a byte too few", "\x0e\0\6\0a", 5, 0, 0 },
		{ "far too few",
		    "\x0e\0\xff\xff"
		    "ab",
		    6, 0, 0 },
		{ "both bytes of the type", "\x0e\1\4\0", 4, 4, 270 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct slice rest = { cases[i].bytes, cases[i].len };
		struct hash_record r = { .type = 77 };
		bool taken = hash_record_take(&rest, &r);

		if (taken != (cases[i].taken != 0) || rest.ptr != cases[i].bytes + cases[i].taken ||
		    rest.len != cases[i].len - cases[i].taken)
			fail_msg("%s: %zu bytes left", cases[i].name, rest.len);
		assert_int_equal(r.type, taken ? cases[i].type : 77);
		if (!taken)
			continue;
		assert_ptr_equal(r.payload.ptr, cases[i].bytes + 4);
		assert_int_equal(r.payload.len, cases[i].taken - 4);
	}
}

static void
test_known(void **state)
{
	static const unsigned repeating[] = { 6, 7, 8, 9, 27, 29, 30 };

	(void)state;
	for (unsigned type = 0; type <= 65535; type++) {
		bool known = (type >= 1 && type <= 30) || (type >= 34 && type <= 37);
		bool repeats = false;

		assert_int_equal(hash_record_is_known(type), known);
		for (size_t i = 0; i < LENGTH(repeating); i++)
			repeats = repeats || type == repeating[i];
		if (known)
			assert_int_equal(hash_record_repeats(type), repeats);
	}
}

static void
test_forms(void **state)
{
	static const struct {
		const char *name;
		unsigned type;
		const char *payload;
		size_t len;
		bool regular;
	} cases[] = {
		{ "disk", 6, "\0\0\0\0\0\0\0\0\0\0\0\0", 12, true },
		{ "disk of odd size", 6, "\0\0\0\0\0\0\0\0\0\0\0", 11, false },
		{ "disk name", 7, "a|b|c", 5, true },
		{ "disk name, empty", 7, "", 0, true },
		{ "disk name with NUL", 7, "a|b|c", 6, false },
		{ "adapter", 8, "\x0e\0\0\0\1\2\3\4\5\6\2\0\0\0\0\0", 16, true },
		{ "adapter without bus", 8, "\x0e\0\0\0\1\2\3\4\5\6\0\0\0\0", 14, true },
		{ "adapter cut", 8, "\x0e\0\0\0\1\2\3\4\5\6\0\0\0", 13, false },
		{ "adapter counts too few", 8, "\x0e\0\0\0\1\2\3\4\5\6\1\0\0\0\0\0", 16, false },
		{ "adapter counts too many", 8, "\x0e\0\0\0\1\2\3\4\5\6\3\0\0\0\0\0", 16, false },
		{ "adapter counts 4 GB", 8, "\x0e\0\0\0\1\2\3\4\5\6\xff\xff\xff\xff\0\0", 16,
		    false },
		{ "display", 9, "\0\0\0\0\0\0\0\0\0\0\0\0", 12, true },
		{ "display of odd size", 9, "", 0, false },
		{ "board", 20, "Contoso", 8, true },
		{ "board, empty", 20, "", 1, true },
		{ "board without NUL", 20, "Contoso", 7, false },
		{ "board without anything", 20, "", 0, false },
		{ "board with NUL inside", 20, "Con\0oso", 8, false },
		{ "board with two NULs", 20, "Contoso\0", 9, false },
		{ "display in cm", 27, "\x22\0\x13\0", 4, true },
		{ "display in cm, odd", 27, "\x22\0\x13", 3, false },
		{ "GPU", 29, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18, true },
		{ "GPU of odd size", 29, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 19, false },
		{ "GPU name", 30, "a\0|\0b", 6, true },
		{ "GPU name of odd size", 30, "a\0|\0b", 5, false },
		{ "core classes", 34, "\2\1\4\0\x08\0\0\x08\0\x08", 11, true },
		{ "core classes without", 34, "", 1, true },
		{ "core classes, no count", 34, "", 0, false },
		{ "core classes, one too many", 34, "\3\1\4\0\x08\0\0\x08\0\x08", 11, false },
		{ "record 35", 35, "\2\xff\7", 3, true },
		{ "record 35 of odd size", 35, "\2\xff\7", 4, false },
		{ "language", 36, "en-US|en-US", 11, true },
		{ "language with NUL", 36, "en-US|en-US", 12, false },
		{ "activation id", 37, "\4\0\0\0\4\0\0", 8, true },
		{ "activation id, wrong count", 37, "\5\0\0\0\4\0\0", 8, false },
		{ "activation id, no count", 37, "\4\0\0", 3, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct hash_record r = { cases[i].type, { cases[i].payload, cases[i].len } };

		if (hash_record_is_regular(&r) != cases[i].regular)
			fail_msg("%s", cases[i].name);
	}
}

static void
test_fixed_sizes(void **state)
{
	static const struct {
		unsigned type;
		size_t len;
	} cases[] = {
		{ 1, 24 },
		{ 2, 12 },
		{ 3, 13 },
		{ 4, 48 },
		{ 5, 21 },
		{ 6, 12 },
		{ 9, 12 },
		{ 10, 5 },
		{ 12, 16 },
		{ 25, 256 },
		{ 27, 4 },
		{ 29, 18 },
		{ 35, 3 },
	};
	static const char zeros[257];

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		for (size_t len = 0; len <= sizeof zeros; len++) {
			const struct hash_record r = { cases[i].type, { zeros, len } };

			assert_int_equal(hash_record_is_regular(&r), len == cases[i].len);
		}
	}
}

/* A character, good or not, behind so much ASCII. */
static void
test_utf8(void **state)
{
	static const struct {
		const char *name, *text;
		bool good;
	} cases[] = {
		{ "ASCII", "A", true },
		{ "the last of ASCII", "\x7f", true },
		{ "the first of 2 bytes", "\xc2\x80", true },
		{ "the last of 2 bytes", "\xdf\xbf", true },
		{ "the first of 3 bytes", "\xe0\xa0\x80", true },
		{ "the last before the surrogates", "\xed\x9f\xbf", true },
		{ "the first behind the surrogates", "\xee\x80\x80", true },
		{ "the last of 3 bytes", "\xef\xbf\xbf", true },
		{ "the first of 4 bytes", "\xf0\x90\x80\x80", true },
		{ "the last of all", "\xf4\x8f\xbf\xbf", true },
		{ "a letter of Windows-1252", "\xfc", false },
		{ "a continuation alone", "\x80", false },
		{ "2 bytes, cut", "\xc3", false },
		{ "3 bytes, cut", "\xe2\x82", false },
		{ "3 bytes, broken off", "\xe2\x82+", false },
		{ "4 bytes, cut", "\xf0\x9f\x98", false },
		{ "2 bytes, longer than needed", "\xc1\xbf", false },
		{ "3 bytes, longer than needed", "\xe0\x9f\xbf", false },
		{ "4 bytes, longer than needed", "\xf0\x8f\xbf\xbf", false },
		{ "the first surrogate", "\xed\xa0\x80", false },
		{ "the last surrogate", "\xed\xbf\xbf", false },
		{ "beyond the last", "\xf4\x90\x80\x80", false },
		{ "5 bytes", "\xf8\x88\x80\x80\x80", false },
		{ "a byte that never is", "\xff", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		for (size_t before = 0; before < 17; before++) {
			char board[64] = "";
			struct hash_record r = { HASH_RECORD_BOARD_PRODUCT, { board, 0 } };

			memset(board, 'a', before);
			memcpy(board + before, cases[i].text, strlen(cases[i].text));
			r.payload.len = strlen(board) + 1;
			assert_int_equal(hash_record_is_regular(&r), cases[i].good);
		}
	}
}

static void
test_text(void **state)
{
	static const struct {
		const char *payload;
		size_t len, text_len;
	} cases[] = {
		{ "", 0, 0 },
		{ "", 1, 0 },
		{ "AB", 3, 2 },
		{ "AB", 2, 2 },
		{ "A\0B", 4, 1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct hash_record r = { HASH_RECORD_SERIAL,
			{ cases[i].payload, cases[i].len } };

		assert_ptr_equal(hash_record_text(&r).ptr, cases[i].payload);
		assert_int_equal(hash_record_text(&r).len, cases[i].text_len);
	}
}

static void
test_numbers(void **state)
{
	static const char bytes[] = "?\x81\x02\x03\x04\x05\x06\x07\x88";

	(void)state;
	assert_true(hash_record_u8(bytes + 1) == 0x81);
	assert_true(hash_record_u16(bytes + 1) == 0x0281);
	assert_true(hash_record_u32(bytes + 1) == 0x04030281);
	assert_true(hash_record_u64(bytes + 1) == UINT64_C(0x8807060504030281));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_fixed_sizes),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
