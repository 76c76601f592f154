/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Enough for random bytes that are the same in every run. */
static uint8_t
next_byte(uint32_t *state)
{
	*state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
	return (uint8_t)(*state >> 24);
}

typedef size_t decode_fn(struct slice text, uint8_t *dst);

/*
 * Decodes from and to blocks of exactly the right size, so that the sanitizer sees a byte too many.
 * The caller frees what is returned.
 */
static uint8_t *
decode(decode_fn *fn, const char *text, size_t len, size_t *taken)
{
	char *exact = malloc(len + 1);
	uint8_t *dst = malloc(BASE64_DECODED_MAX(len) + 1);

	assert_non_null(exact);
	assert_non_null(dst);
	exact = realloc(exact, len ? len : 1);
	dst = realloc(dst, len >= 4 ? BASE64_DECODED_MAX(len) : 1);
	assert_non_null(exact);
	assert_non_null(dst);
	memcpy(exact, text, len);
	*taken = fn((struct slice){ exact, len }, dst);
	free(exact);
	return dst;
}

static void
assert_decoders_agree(const char *text, size_t len, size_t expected)
{
	size_t plain_taken, taken;
	uint8_t *plain = decode(base64_decode_plain, text, len, &plain_taken);
	uint8_t *best = decode(base64_decode, text, len, &taken);

	assert_int_equal(plain_taken, expected);
	assert_int_equal(taken, expected);
	assert_memory_equal(plain, best, BASE64_DECODED_MAX(expected));
	free(plain);
	free(best);
}

static void
test_value(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		const char *p = c != 0 ? strchr(alphabet, c) : NULL;

		assert_int_equal(base64_value((char)c), p ? p - alphabet : -1);
	}
}

static void
test_encode(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" },
		{ "\xfb\xff", "+/8=" },
		{ "\xff", "/w==" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = strlen(cases[i].bytes);
		char text[9];

		memset(text, '#', sizeof text);
		base64_encode((const uint8_t *)cases[i].bytes, n, text);
		assert_int_equal(BASE64_ENCODED_LEN(n), strlen(cases[i].text));
		assert_memory_equal(text, cases[i].text, strlen(cases[i].text));
		assert_int_equal(text[BASE64_ENCODED_LEN(n)], '#');
	}
}

/* OpenSSL says what is right, for every length up to several vector blocks. */
static void
test_against_openssl(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (size_t n = 0; n <= 300; n++) {
		uint8_t bytes[300];
		char expected[BASE64_ENCODED_LEN(sizeof bytes) + 1], text[sizeof expected];
		size_t whole = n / 3 * 4;

		for (size_t i = 0; i < n; i++)
			bytes[i] = next_byte(&seed);
		EVP_EncodeBlock((unsigned char *)expected, bytes, (int)n);
		base64_encode(bytes, n, text);
		assert_memory_equal(text, expected, BASE64_ENCODED_LEN(n));
		for (size_t len = whole; len < whole + 4 && len <= BASE64_ENCODED_LEN(n); len++) {
			size_t taken;
			uint8_t *best;

			assert_decoders_agree(text, len, len < whole + 4 ? whole : whole + 4);
			best = decode(base64_decode, text, len, &taken);
			assert_memory_equal(best, bytes, BASE64_DECODED_MAX(whole));
			free(best);
		}
	}
}

/* Every character of the alphabet at every place of a vector block, and a bad one nowhere. */
static void
test_every_good_character(void **state)
{
	char text[128];

	(void)state;
	for (size_t shift = 0; shift < 64; shift++) {
		uint8_t expected[BASE64_DECODED_MAX(sizeof text)];
		size_t taken;
		uint8_t *best;

		for (size_t i = 0; i < sizeof text; i++)
			text[i] = alphabet[(i + shift) % 64];
		EVP_DecodeBlock(expected, (const unsigned char *)text, sizeof text);
		assert_decoders_agree(text, sizeof text, sizeof text);
		best = decode(base64_decode, text, sizeof text, &taken);
		assert_memory_equal(best, expected, sizeof expected);
		free(best);
	}
}

/* Every byte that is not base64, at every place: the group it stands in is not taken. */
static void
test_every_bad_byte(void **state)
{
	static const size_t lengths[] = { 4, 8, 40, 44, 48, 76, 80, 108, 112 };

	(void)state;
	for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
		size_t len = lengths[l];
		char text[112];

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[i * 7 % 64];
		for (size_t at = 0; at < len; at++) {
			char good = text[at];

			for (int c = 0; c < 256; c++) {
				if (base64_value((char)c) >= 0)
					continue;
				text[at] = (char)c;
				assert_decoders_agree(text, len, at / 4 * 4);
			}
			text[at] = good;
		}
	}
}

static void
test_bad_byte_in_long_text(void **state)
{
	static const char bad[] = { '=', '\0', '\n', '-', '_', '\x80', '\xff', '@', '[', '`', '{',
		':', '.' };
	static char text[4000];

	(void)state;
	memset(text, 'q', sizeof text);
	for (size_t at = 0; at < sizeof text; at++) {
		uint8_t bytes[BASE64_DECODED_MAX(sizeof text)];

		text[at] = bad[at % sizeof bad];
		assert_int_equal(base64_decode((struct slice){ text, sizeof text }, bytes),
		    at / 4 * 4);
		assert_int_equal(base64_decode_plain((struct slice){ text, sizeof text }, bytes),
		    at / 4 * 4);
		text[at] = 'q';
	}
}

static void
test_nothing(void **state)
{
	const struct slice empty = { NULL, 0 };
	uint8_t byte = 0xa5;

	(void)state;
	assert_int_equal(base64_decode(empty, &byte), 0);
	assert_int_equal(base64_decode_plain(empty, &byte), 0);
	assert_int_equal(byte, 0xa5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_against_openssl),
		cmocka_unit_test(test_every_good_character),
		cmocka_unit_test(test_every_bad_byte),
		cmocka_unit_test(test_bad_byte_in_long_text),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
